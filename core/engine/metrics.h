/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is measured: counters, gauges and histograms, with labels.
 *
 * metrics-families.c is the one table of what there is. Recording waits for
 * nobody: it finds its series without a lock and adds atomically; only the
 * first record of a new set of label values takes one for a moment. A snapshot
 * takes no lock that a record waits for.
 *
 * However many label values come in, there are at most HYP_METRICS_LINES
 * lines in a scrape: a set of values that has no room any more is counted in
 * its family's last series, whose label values are all "other". Gauges have
 * their room however many of the others there are. Where the first
 * label is a name and those behind it say what happened, as with schedules and
 * webhooks, only the name becomes "other": what went wrong is seen all the
 * same.
 *
 * One registry per engine; every function from any thread. metrics may be
 * NULL: then nothing is recorded.
 */
#ifndef HYP_ENGINE_METRICS_H
#define HYP_ENGINE_METRICS_H

#include <hypersdk/exporter.h>

#define HYP_METRICS_LINES 2000u	   /* a histogram's series has several */
#define HYP_METRICS_LABELS 3	   /* of a family, at most */
#define HYP_METRICS_VALUE_MAX 128u /* bytes of a label's value, then cut */

enum hyp_family {
	HYP_FAMILY_BUILD_INFO,
	HYP_FAMILY_JOBS,
	HYP_FAMILY_JOBS_SUBMITTED,
	HYP_FAMILY_JOB_DURATION,
	HYP_FAMILY_JOB_QUEUE_WAIT,
	HYP_FAMILY_ACTIVE_JOBS,
	HYP_FAMILY_QUEUED_JOBS,
	HYP_FAMILY_VMS_EXPORTED,
	HYP_FAMILY_BYTES_EXPORTED,
	HYP_FAMILY_BYTES_TRANSFERRED,
	HYP_FAMILY_BYTES_VERIFIED,
	HYP_FAMILY_EXPORT_SPEED,
	HYP_FAMILY_DISK_DOWNLOAD,
	HYP_FAMILY_OVF_GENERATION,
	HYP_FAMILY_ERRORS,
	HYP_FAMILY_RETRIES,
	HYP_FAMILY_VMS_DISCOVERED,
	HYP_FAMILY_POOL_SIZE,
	HYP_FAMILY_PLUGIN_EVENTS,
	HYP_FAMILY_API_REQUESTS,
	HYP_FAMILY_API_DURATION,
	HYP_FAMILY_API_CONNECTIONS,
	HYP_FAMILY_API_STREAMS,
	HYP_FAMILY_API_REFUSED,
	HYP_FAMILY_SCHEDULE_INSTANTS,
	HYP_FAMILY_SCHEDULE_ENABLED,
	HYP_FAMILY_SCHEDULE_CREATED,
	HYP_FAMILY_SCHEDULE_NEXT_RUN,
	HYP_FAMILY_SCHEDULE_LAST_RUN,
	HYP_FAMILY_SCHEDULE_LAST_SUCCESS,
	HYP_FAMILY_WEBHOOK_DELIVERIES,
	HYP_FAMILY_WEBHOOK_DURATION,
	HYP_FAMILY_WEBHOOK_BACKLOG,
	HYP_FAMILY_WEBHOOK_OLDEST,
	HYP_FAMILY_STORE_COMMIT,
	HYP_FAMILY_STORE_SIZE,
	HYP_FAMILY_STORE_WAL,
	HYP_FAMILY_STORAGE_FREE,
	HYP_FAMILY_STORAGE_SIZE,
	HYP_FAMILY_STORAGE_CHECKED,
	HYP_FAMILY_READY,
	HYP_FAMILY_PLUGIN_INFO,
	HYP_FAMILY_PROCESS_CPU,
	HYP_FAMILY_PROCESS_START,
	HYP_FAMILY_PROCESS_RESIDENT,
	HYP_FAMILY_PROCESS_VIRTUAL,
	HYP_FAMILY_PROCESS_OPEN_FDS,
	HYP_FAMILY_PROCESS_MAX_FDS,
	HYP_FAMILIES
};

/* What two gauges of one series come to. */
enum hyp_joined { HYP_JOINED_SUM, HYP_JOINED_LEAST, HYP_JOINED_MOST };

struct hyp_family_info {
	const char *name, *help;
	const char *unit; /* as in exporter.h; NULL: "" */
	uint32_t type;	  /* HYP_METRIC_* */
	uint32_t max;	  /* series beside the one for others */
	/* Of them, those that only have "other" as their first label's value;
	 * 0: there are none such. */
	uint32_t kept;
	enum hyp_joined joined; /* of what collectors tell */
	const char *labels[HYP_METRICS_LABELS];
	const double *bounds;
	uint32_t bound_count;
};
extern const struct hyp_family_info hyp_families[HYP_FAMILIES];

struct hyp_metrics;

int32_t hyp_metrics_new(struct hyp_metrics **out, struct hyp_error *err);
void hyp_metrics_free(struct hyp_metrics *metrics); /* takes NULL */

/* The values of a family's labels in their order; NULL where it has none.
 * Broken UTF-8 becomes U+FFFD, too long a value is cut, NULL and "" become
 * "unknown". */
typedef const char *const hyp_labels[HYP_METRICS_LABELS];
#define HYP_LABELS(...) ((hyp_labels){__VA_ARGS__})

/* Counters. */
void hyp_metrics_add(struct hyp_metrics *metrics, enum hyp_family family,
		     uint64_t n, const char *const *labels);
/* What was added did not come to be: it is left out of what is added next, so
 * that the counter never falls. */
void hyp_metrics_take_back(struct hyp_metrics *metrics, enum hyp_family family,
			   uint64_t n, const char *const *labels);
/* Gauges. */
void hyp_metrics_set(struct hyp_metrics *metrics, enum hyp_family family,
		     double value, const char *const *labels);
void hyp_metrics_shift(struct hyp_metrics *metrics, enum hyp_family family,
		       double by, const char *const *labels);
/* Histograms; what is no number is left out. */
void hyp_metrics_observe(struct hyp_metrics *metrics, enum hyp_family family,
			 double value, const char *const *labels);

/* --- reading ------------------------------------------------------------- */

/* What is true now and need not be counted on the way: told by collectors
 * when somebody asks. A family is either recorded or told. */
struct hyp_gathering;
void hyp_gather(struct hyp_gathering *gathering, enum hyp_family family,
		double value, const char *const *labels);

typedef void hyp_collector(void *ctx, struct hyp_gathering *gathering);
#define HYP_COLLECTORS_MAX 8
/* Called in each snapshot, by one thread at a time. HYP_E_RESOURCE
 * "too_many". */
int32_t hyp_metrics_collect(struct hyp_metrics *metrics,
			    hyp_collector *collector, void *ctx,
			    struct hyp_error *err);
/* Returns when no call of it is under way. */
void hyp_metrics_uncollect(struct hyp_metrics *metrics,
			   hyp_collector *collector, void *ctx);

struct hyp_snapshot {
	struct hyp_metric_snapshot view;
	struct hyp_gathering *owner;
};
/* Valid until its fini, and as long as metrics. */
int32_t hyp_metrics_snapshot(struct hyp_metrics *metrics,
			     struct hyp_snapshot *out, struct hyp_error *err);
void hyp_snapshot_fini(struct hyp_snapshot *snapshot);

#endif
