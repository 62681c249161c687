/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/exporter/prometheus/prometheus.h"

#include <stdlib.h>

#define TOTAL "_total"

/* One family at work. */
struct page {
	struct prometheus_out *out;
	uint32_t format;
	const struct hyp_metric_family *family;
	size_t base; /* bytes of the name without _total */
};

static int has_end(const char *name, size_t n, const char *end)
{
	size_t k = strlen(end);

	return n > k && memcmp(name + n - k, end, k) == 0;
}

static const char *type_name(uint32_t type)
{
	return type == HYP_METRIC_COUNTER ? "counter"
	       : type == HYP_METRIC_GAUGE ? "gauge"
					  : "histogram";
}

/* OpenMetrics names a counter's family without _total. */
static void head(const struct page *p)
{
	const struct hyp_metric_family *f = p->family;
	int open = p->format == PROMETHEUS_OPENMETRICS;
	size_t n = open ? p->base : strlen(f->name), unit = strlen(f->unit);

	prometheus_puts(p->out, "# HELP ");
	prometheus_put(p->out, f->name, n);
	prometheus_puts(p->out, " ");
	prometheus_escape(p->out, f->help, open);
	prometheus_puts(p->out, "\n# TYPE ");
	prometheus_put(p->out, f->name, n);
	prometheus_puts(p->out, " ");
	prometheus_puts(p->out, type_name(f->type));
	prometheus_puts(p->out, "\n");
	if (!open || unit == 0 || !has_end(f->name, n, f->unit) ||
	    f->name[n - unit - 1] != '_')
		return;
	prometheus_puts(p->out, "# UNIT ");
	prometheus_put(p->out, f->name, n);
	prometheus_puts(p->out, " ");
	prometheus_puts(p->out, f->unit);
	prometheus_puts(p->out, "\n");
}

/* NAME{label="value",le="bound"}, with its blank. */
static void begin(const struct page *p, const struct hyp_metric_series *s,
		  const char *end, const char *bound)
{
	const struct hyp_metric_family *f = p->family;
	const char *comma = "{";

	prometheus_put(p->out, f->name, p->base);
	prometheus_puts(p->out, end);
	for (uint32_t i = 0; i < f->label_count; i++, comma = ",") {
		prometheus_puts(p->out, comma);
		prometheus_puts(p->out, f->labels[i]);
		prometheus_puts(p->out, "=\"");
		prometheus_escape(p->out, s->values[i], 1);
		prometheus_puts(p->out, "\"");
	}
	if (bound != NULL) {
		prometheus_puts(p->out, comma);
		prometheus_puts(p->out, "le=\"");
		prometheus_puts(p->out, bound);
		prometheus_puts(p->out, "\"");
	}
	prometheus_puts(p->out,
			f->label_count > 0 || bound != NULL ? "} " : " ");
}

static void value(const struct page *p, double number)
{
	char text[PROMETHEUS_NUMBER_MAX];

	prometheus_put(p->out, text, prometheus_value(number, text));
	prometheus_puts(p->out, "\n");
}

static void count(const struct page *p, uint64_t number)
{
	char text[PROMETHEUS_NUMBER_MAX];

	prometheus_put(p->out, text, prometheus_count(number, text));
	prometheus_puts(p->out, "\n");
}

static void histogram(const struct page *p, const struct hyp_metric_series *s)
{
	char bound[PROMETHEUS_NUMBER_MAX];

	for (uint32_t i = 0; i < p->family->bound_count; i++) {
		prometheus_bound(p->family->bounds[i], p->format, bound);
		begin(p, s, "_bucket", bound);
		count(p, s->buckets[i]);
	}
	begin(p, s, "_bucket", "+Inf");
	count(p, s->count);
	begin(p, s, "_sum", NULL);
	value(p, s->sum);
	begin(p, s, "_count", NULL);
	count(p, s->count);
}

static void family(struct page *p)
{
	const struct hyp_metric_family *f = p->family;
	size_t n = strlen(f->name);
	int total = f->type == HYP_METRIC_COUNTER && has_end(f->name, n, TOTAL);

	p->base = total ? n - (sizeof(TOTAL) - 1) : n;
	head(p);
	for (uint32_t i = 0; i < f->series_count; i++) {
		const struct hyp_metric_series *s =
			HYP_AT(struct hyp_metric_series, f->series,
			       f->series_stride, i);

		if (f->type == HYP_METRIC_HISTOGRAM) {
			histogram(p, s);
			continue;
		}
		begin(p, s, total ? TOTAL : "", NULL);
		value(p, s->value);
	}
}

int32_t prometheus_render(void *instance, uint32_t type,
			  const struct hyp_metric_snapshot *snapshot,
			  const struct hyp_writer *to, struct hyp_error *err)
{
	struct prometheus_out *out;
	struct page page = {.format = type};
	int32_t rc;

	(void)instance;
	if (type >= PROMETHEUS_TYPES)
		return hyp_error_set(err, HYP_E_USAGE, "bad_call", 0,
				     "there is no content type %u", type);
	out = calloc(1, sizeof(*out));
	if (out == NULL)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", 0,
				     "out of memory");
	out->to = to;
	out->err = err;
	page.out = out;
	for (uint32_t i = 0; i < snapshot->family_count && out->rc == 0; i++) {
		page.family =
			HYP_AT(struct hyp_metric_family, snapshot->families,
			       snapshot->family_stride, i);
		family(&page);
	}
	if (type == PROMETHEUS_OPENMETRICS)
		prometheus_puts(out, "# EOF\n");
	rc = prometheus_flush(out);
	free(out);
	return rc;
}
