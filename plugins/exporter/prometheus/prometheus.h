/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exporter/prometheus: the text format 0.0.4, and OpenMetrics 1.0, which
 * differs in names, in numbers of buckets, in what is escaped, and has an end.
 * _created is left out of it: Prometheus would store each as one more series.
 */
#ifndef HYP_EXPORTER_PROMETHEUS_H
#define HYP_EXPORTER_PROMETHEUS_H

#include <hypersdk/exporter.h>

#define PROMETHEUS_TEXT 0u
#define PROMETHEUS_OPENMETRICS 1u
#define PROMETHEUS_TYPES 2u

/* Text on its way to the writer, in pieces of PROMETHEUS_PIECE bytes. The first
 * failure sticks. */
#define PROMETHEUS_PIECE 32768
struct prometheus_out {
	const struct hyp_writer *to;
	struct hyp_error *err;
	int32_t rc;
	uint32_t n;
	char piece[PROMETHEUS_PIECE];
};
void prometheus_put(struct prometheus_out *out, const char *bytes, size_t n);
void prometheus_puts(struct prometheus_out *out, const char *text);
/* '\', newline, and with quotes '"' too, are escaped. */
void prometheus_escape(struct prometheus_out *out, const char *text,
		       int quotes);
int32_t prometheus_flush(struct prometheus_out *out);

#define PROMETHEUS_NUMBER_MAX 40
/* A sample's value; exact, as short as can be. Returns its length. */
size_t prometheus_value(double value, char *out);
size_t prometheus_count(uint64_t count, char *out);
/* A bucket's bound as Go's client writes it, on which dashboards rely:
 * "0.005", "1" (OpenMetrics "1.0"), "1.048576e+06". */
size_t prometheus_bound(double bound, uint32_t format, char *out);

int32_t prometheus_render(void *instance, uint32_t type,
			  const struct hyp_metric_snapshot *snapshot,
			  const struct hyp_writer *out, struct hyp_error *err);

#endif
