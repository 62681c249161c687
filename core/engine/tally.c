/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/tally.h"
#include "core/base/cleanup.h"
#include "core/base/json-read.h"

#include "config.h"

#include <string.h>
#include <strings.h>

#define UNKNOWN "unknown"

const char *hyp_os_type(const char *guest)
{
	static const struct {
		const char *part, *type;
	} parts[] = {
		{"windows", "windows"}, {"win", "windows"},
		{"darwin", "macos"},	{"mac os", "macos"},
		{"bsd", "bsd"},		{"solaris", "solaris"},
		{"linux", "linux"},	{"ubuntu", "linux"},
		{"debian", "linux"},	{"centos", "linux"},
		{"rhel", "linux"},	{"red hat", "linux"},
		{"suse", "linux"},	{"sles", "linux"},
		{"fedora", "linux"},	{"oracle", "linux"},
		{"photon", "linux"},	{"coreos", "linux"},
		{"rocky", "linux"},	{"alma", "linux"},
	};

	if (guest == NULL || *guest == '\0')
		return UNKNOWN;
	/* "darwin" has "win" in it */
	for (size_t i = 0; i < HYP_COUNT(parts); i++)
		if (strcasestr(guest, parts[i].part) != NULL &&
		    (strcmp(parts[i].part, "win") != 0 ||
		     strcasestr(guest, "darwin") == NULL))
			return parts[i].type;
	return "other";
}

const char *hyp_disk_size(uint64_t capacity)
{
	uint64_t gib = capacity >> 30;

	return gib < 10	   ? "small"
	       : gib < 50  ? "medium"
	       : gib < 100 ? "large"
	       : gib < 500 ? "xlarge"
			   : "xxlarge";
}

/* --- a change ------------------------------------------------------------ */

/* Whose job it is, where no attempt of now knows it. *out is the caller's. */
static const char *provider_of(struct hyp_engine *engine,
			       const struct hyp_job_row *job, char **out)
{
	const struct hyp_config *config = hyp_settings_get(engine->book);
	struct hyp_definition *definition = NULL;
	struct hyp_resolved resolved;
	struct hyp_error err;
	int32_t rc;

	*out = NULL;
	rc = hyp_definition_load(job->definition_json, NULL, &definition, &err);
	if (rc == 0)
		rc = hyp_definition_resolve(definition, config, &resolved,
					    &err);
	if (rc == 0) {
		hyp_strdup(resolved.provider.plugin, out, &err);
		hyp_resolved_fini(&resolved);
	}
	hyp_definition_free(definition);
	hyp_settings_put(engine->book, config);
	return *out != NULL ? *out : UNKNOWN;
}

typedef void recorder(struct hyp_metrics *metrics, enum hyp_family family,
		      uint64_t n, const char *const *labels);

static void submitted(struct hyp_engine *engine, const struct hyp_job_row *job,
		      recorder *record)
{
	const char *source =
		job->schedule_id != NULL && *job->schedule_id != '\0'
			? "schedule"
		: job->retry_of != NULL && *job->retry_of != '\0' ? "retry"
								  : "api";

	record(engine->metrics, HYP_FAMILY_JOBS_SUBMITTED, 1,
	       HYP_LABELS(source));
}

/* What an attempt of an earlier process has published. */
static uint64_t stored_bytes(const struct hyp_job_row *job)
{
	struct json_object *json = NULL, *size;
	struct hyp_error err;
	uint64_t bytes = 0;

	if (job->result_json == NULL ||
	    hyp_json_read(job->result_json, strlen(job->result_json), &json,
			  &err) != 0)
		return 0;
	if (json_object_object_get_ex(json, "total_size", &size))
		bytes = (uint64_t)json_object_get_int64(size);
	json_object_put(json);
	return bytes;
}

static void completed(struct hyp_engine *engine, const struct hyp_job_row *job,
		      const struct hyp_measured *m, const char *provider,
		      recorder *record)
{
	uint64_t bytes = m != NULL ? m->package_bytes : stored_bytes(job);

	record(engine->metrics, HYP_FAMILY_VMS_EXPORTED, 1,
	       HYP_LABELS(provider, m != NULL ? m->os_type : NULL));
	record(engine->metrics, HYP_FAMILY_BYTES_EXPORTED, bytes,
	       HYP_LABELS(provider));
	record(engine->metrics, HYP_FAMILY_BYTES_VERIFIED, bytes,
	       HYP_LABELS(provider, m != NULL ? m->proof : NULL));
}

/* What is no counter, and is not taken back: it was so. */
static void observe(struct hyp_engine *engine, const struct hyp_job_row *job,
		    const struct hyp_measured *m, const char *provider)
{
	double seconds = (double)(job->completed_ms - job->started_ms) / 1000;

	if (job->started_ms > 0)
		hyp_metrics_observe(
			engine->metrics, HYP_FAMILY_JOB_DURATION,
			seconds > 0 ? seconds : 0,
			HYP_LABELS(hyp_job_status_name(job->state), provider));
	if (job->state == HYP_JOB_COMPLETED && m != NULL && m->transferred > 0)
		hyp_metrics_observe(engine->metrics, HYP_FAMILY_EXPORT_SPEED,
				    (double)m->transferred * 1000 /
					    (double)(m->duration_ms > 0
							     ? m->duration_ms
							     : 1),
				    HYP_LABELS(provider));
}

static void changed(struct hyp_engine *engine, const struct hyp_job_row *job,
		    const struct hyp_measured *m, recorder *record, int before)
{
	struct hyp_metrics *metrics = engine->metrics;
	int ended = (HYP_JOB_BIT(job->state) & HYP_JOBS_ENDED) != 0;
	HYP_AUTO_FREE char *found = NULL;
	const char *provider;

	if (!ended && job->state != HYP_JOB_RETRY_WAIT)
		return;
	provider = m != NULL && m->provider != NULL
			   ? m->provider
			   : provider_of(engine, job, &found);
	if (job->state == HYP_JOB_RETRY_WAIT)
		record(metrics, HYP_FAMILY_RETRIES, 1,
		       HYP_LABELS("job", provider));
	if (job->state == HYP_JOB_RETRY_WAIT || job->state == HYP_JOB_FAILED)
		record(metrics, HYP_FAMILY_ERRORS, 1,
		       HYP_LABELS(job->error_kind, provider));
	if (job->state == HYP_JOB_COMPLETED)
		completed(engine, job, m, provider, record);
	if (ended)
		record(metrics, HYP_FAMILY_JOBS, 1,
		       HYP_LABELS(hyp_job_status_name(job->state), provider));
	if (ended && before)
		observe(engine, job, m, provider);
}

static void tally(struct hyp_engine *engine, const struct hyp_draft *draft,
		  recorder *record, int before)
{
	for (size_t i = 0; i < draft->count; i++) {
		const struct hyp_store_op *op = &draft->ops[i];
		const struct hyp_job_row *job = op->row;

		if (op->table != HYP_TABLE_JOB)
			continue;
		if (op->verb == HYP_OP_PUT)
			submitted(engine, job, record);
		/* not one that only gets another member */
		else if (op->verb == HYP_OP_UPDATE &&
			 (op->states & HYP_JOB_BIT(job->state)) == 0)
			changed(engine, job, draft->measured, record, before);
	}
}

void hyp_tally_before(struct hyp_engine *engine, const struct hyp_draft *draft)
{
	tally(engine, draft, hyp_metrics_add, 1);
}

void hyp_tally_back(struct hyp_engine *engine, const struct hyp_draft *draft)
{
	tally(engine, draft, hyp_metrics_take_back, 0);
}

void hyp_tally_begun(struct hyp_engine *engine, const struct hyp_job_row *job)
{
	int64_t waited = job->started_ms - job->created_ms;

	if (job->attempt == 1)
		hyp_metrics_observe(engine->metrics, HYP_FAMILY_JOB_QUEUE_WAIT,
				    waited > 0 ? (double)waited / 1000 : 0,
				    NULL);
}

/* --- what is so now ------------------------------------------------------ */

static void collect(void *ctx, struct hyp_gathering *g)
{
	struct hyp_engine *engine = ctx;
	struct hyp_store_counts counts;
	uint64_t active = 0, queued = 0;
	struct hyp_error err;

	if (hyp_store_calls.counts(engine->store.instance, &counts, &err) < 0)
		return;
	for (uint32_t i = 0; i < HYP_JOB_STATES; i++) {
		active +=
			HYP_JOBS_RUNNING & HYP_JOB_BIT(i) ? counts.jobs[i] : 0;
		queued +=
			HYP_JOBS_PENDING & HYP_JOB_BIT(i) ? counts.jobs[i] : 0;
	}
	hyp_gather(g, HYP_FAMILY_ACTIVE_JOBS, (double)active, NULL);
	hyp_gather(g, HYP_FAMILY_QUEUED_JOBS, (double)queued, NULL);
}

int32_t hyp_tally_begin(struct hyp_engine *engine, struct hyp_error *err)
{
	hyp_metrics_set(engine->metrics, HYP_FAMILY_BUILD_INFO, 1,
			HYP_LABELS(PACKAGE_VERSION));
	return hyp_metrics_collect(engine->metrics, collect, engine, err);
}

void hyp_tally_end(struct hyp_engine *engine)
{
	if (engine->metrics != NULL)
		hyp_metrics_uncollect(engine->metrics, collect, engine);
}
