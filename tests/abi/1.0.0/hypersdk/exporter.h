/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/exporter.h - renders what the core has measured, as others read it.
 *
 * An exporter only renders: it opens no sockets, keeps nothing between two
 * calls, and asks nobody. Order: create · (content_types | render)* · destroy;
 * all are mandatory. render may be called from several threads at once if the
 * plugin is HYP_THREADS_PARALLEL, with different snapshots.
 */
#ifndef HYPERSDK_EXPORTER_H
#define HYPERSDK_EXPORTER_H

#include <hypersdk/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HYP_METRIC_COUNTER 1u	/* only rises; its name ends in _total */
#define HYP_METRIC_GAUGE 2u	/* rises and falls */
#define HYP_METRIC_HISTOGRAM 3u /* how many were at most so large */

/* One set of label values with what was measured for it. */
struct hyp_metric_series {
	uint32_t size; /* sizeof(struct hyp_metric_series) */
	uint32_t reserved;
	/* As many as the family has labels: any UTF-8 without NUL, so also
	 * quotes and newlines, at most 128 bytes each. */
	const char *const *values;
	double value;	/* counter or gauge; may be NaN or infinite */
	double sum;	/* histogram: of all that was observed */
	uint64_t count; /* histogram: how many were */
	/* Histogram: for each bound of the family, how many were at most that
	 * large; cumulative, so that none is less than the one before, and
	 * none more than count. */
	const uint64_t *buckets;
	double created; /* Unix time in seconds of its beginning, 0: unknown */
};

/* What is measured, whether or not there are series of it yet. */
struct hyp_metric_family {
	uint32_t size;	  /* sizeof(struct hyp_metric_family) */
	uint32_t type;	  /* HYP_METRIC_* */
	const char *name; /* [a-zA-Z_:][a-zA-Z0-9_:]*, unique */
	const char *help; /* one line of UTF-8 */
	const char *unit; /* "seconds": how name ends (before _total); or "" */
	const char *const *labels; /* [a-zA-Z_][a-zA-Z0-9_]*, label_count */
	const double *bounds;	   /* histogram: rising, finite, bound_count */
	uint32_t label_count;
	uint32_t bound_count;
	const struct hyp_metric_series *series;
	uint32_t series_stride, series_count;
};

/* All families at one moment: the core's, and as it is until render ends. */
struct hyp_metric_snapshot {
	uint32_t size; /* sizeof(struct hyp_metric_snapshot) */
	uint32_t reserved;
	const struct hyp_metric_family *families;
	uint32_t family_stride, family_count;
};

struct hyp_exporter_ops {
	uint32_t size;
	uint32_t reserved;

	/* As in provider.h. */
	int32_t (*create)(const struct hyp_host *host, const void *options,
			  void **instance, struct hyp_error *err);
	void (*destroy)(void *instance);

	/* Adds each content type that render can make, as an HTTP header has
	 * it ("text/plain; version=0.0.4; charset=utf-8"): at least one, at
	 * most 16, the same in each call. The core chooses by what a client
	 * accepts; of those that are liked the same it takes the first. */
	int32_t (*content_types)(void *instance,
				 int32_t (*add)(void *ctx, const char *type,
						struct hyp_error *err),
				 void *ctx, struct hyp_error *err);

	/* Writes the snapshot as the content type of that index, in the order
	 * in which content_types adds them, from 0. */
	int32_t (*render)(void *instance, uint32_t type,
			  const struct hyp_metric_snapshot *snapshot,
			  const struct hyp_writer *out, struct hyp_error *err);
};

#ifdef __cplusplus
}
#endif
#endif
