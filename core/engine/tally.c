/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/tally.h"
#include "core/base/cleanup.h"
#include "core/base/json-read.h"
#include "core/base/text.h"

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

/* An instant that became jobs, by the clock or because somebody asked. */
static void fired(struct hyp_engine *engine, const struct hyp_fire_row *fire,
		  recorder *record)
{
	if (fire->job_id != NULL && fire->job_id[0] != '\0')
		record(engine->metrics, HYP_FAMILY_SCHEDULE_INSTANTS, 1,
		       HYP_LABELS(fire->schedule_id, "fired"));
}

static void abandoned(struct hyp_engine *engine,
		      const struct hyp_delivery_row *row, recorder *record)
{
	if (row->state == HYP_DELIVERY_ABANDONED)
		record(engine->metrics, HYP_FAMILY_WEBHOOK_DELIVERIES, 1,
		       HYP_LABELS(row->endpoint_id, "abandoned"));
}

static void tally(struct hyp_engine *engine, const struct hyp_draft *draft,
		  recorder *record, int before)
{
	for (size_t i = 0; i < draft->count; i++) {
		const struct hyp_store_op *op = &draft->ops[i];
		const struct hyp_job_row *job = op->row;

		if (op->table == HYP_TABLE_FIRE &&
		    (op->verb == HYP_OP_PUT || op->verb == HYP_OP_SET))
			fired(engine, op->row, record);
		if (op->table == HYP_TABLE_DELIVERY &&
		    op->verb == HYP_OP_UPDATE)
			abandoned(engine, op->row, record);
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

void hyp_tally_before(struct hyp_engine *engine, struct hyp_draft *draft)
{
	tally(engine, draft, hyp_metrics_add, !draft->observed);
	draft->observed = 1;
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

/* --- last successes ------------------------------------------------------ */

struct hyp_success {
	struct hyp_success *next;
	int64_t ms;
	char id[];
};

static struct hyp_success **find(struct hyp_engine *engine, const char *id)
{
	struct hyp_success **at;

	at = &engine->successes[hyp_text_hash(id, strlen(id)) %
				HYP_SUCCESS_LISTS];
	while (*at != NULL && strcmp((*at)->id, id) != 0)
		at = &(*at)->next;
	return at;
}

void hyp_tally_succeeded(struct hyp_engine *engine, const char *id, int64_t ms)
{
	struct hyp_success **at;
	size_t n = strlen(id) + 1;

	pthread_mutex_lock(&engine->successes_lock);
	at = find(engine, id);
	if (*at == NULL) {
		*at = calloc(1, sizeof(**at) + n);
		if (*at != NULL)
			memcpy((*at)->id, id, n);
	}
	if (*at != NULL)
		(*at)->ms = ms;
	pthread_mutex_unlock(&engine->successes_lock);
}

int64_t hyp_tally_success(struct hyp_engine *engine, const char *id)
{
	struct hyp_success **at;
	int64_t ms;

	pthread_mutex_lock(&engine->successes_lock);
	at = find(engine, id);
	ms = *at != NULL ? (*at)->ms : 0;
	pthread_mutex_unlock(&engine->successes_lock);
	return ms;
}

static void forget(struct hyp_engine *engine, const char *id)
{
	struct hyp_success **at, *gone;

	pthread_mutex_lock(&engine->successes_lock);
	at = find(engine, id);
	gone = *at;
	if (gone != NULL)
		*at = gone->next;
	pthread_mutex_unlock(&engine->successes_lock);
	free(gone);
}

/* --- a change that is durable --------------------------------------------- */

static void shift_backlog(struct hyp_engine *engine,
			  const struct hyp_store_op *op)
{
	const struct hyp_delivery_row *row = op->row;
	uint32_t open = HYP_JOB_BIT(HYP_DELIVERY_PENDING) |
			HYP_JOB_BIT(HYP_DELIVERY_SENDING);
	int was = op->verb == HYP_OP_UPDATE && (op->states & open) != 0;
	int is = op->verb != HYP_OP_DELETE &&
		 (HYP_JOB_BIT(row->state) & open) != 0;

	if (was != is)
		hyp_metrics_shift(engine->metrics, HYP_FAMILY_WEBHOOK_BACKLOG,
				  is - was, HYP_LABELS(row->endpoint_id));
}

void hyp_tally_done(struct hyp_engine *engine, const struct hyp_draft *draft)
{
	const char *completed = hyp_job_status_name(HYP_JOB_COMPLETED);

	for (size_t i = 0; i < draft->count; i++) {
		const struct hyp_store_op *op = &draft->ops[i];
		const struct hyp_fire_row *fire = op->row;

		if (op->table == HYP_TABLE_DELIVERY)
			shift_backlog(engine, op);
		else if (op->table == HYP_TABLE_FIRE &&
			 op->verb == HYP_OP_UPDATE &&
			 strcmp(fire->status, completed) == 0)
			hyp_tally_succeeded(engine, fire->schedule_id,
					    fire->executed_ms +
						    fire->duration_ms);
		else if (op->table == HYP_TABLE_SCHEDULE &&
			 op->verb == HYP_OP_DELETE)
			forget(engine,
			       ((const struct hyp_schedule_row *)op->row)->id);
	}
}

/* --- life ---------------------------------------------------------------- */

static void note_plugin(struct hyp_engine *engine,
			const struct hyp_plugin *plugin)
{
	hyp_metrics_set(engine->metrics, HYP_FAMILY_PLUGIN_INFO, 1,
			HYP_LABELS(hyp_kind_name(plugin->kind), plugin->name,
				   plugin->version));
}

void hyp_tally_plugin(struct hyp_engine *engine, uint32_t kind,
		      const struct hyp_part *part)
{
	const struct hyp_loaded *loaded;
	struct hyp_error err;

	for (; part != NULL && part->plugin != NULL; part = part->inner)
		if (hyp_registry_find(engine->registry, kind, part->plugin,
				      &loaded, &err) == 0)
			note_plugin(engine, &loaded->plugin);
}

int32_t hyp_tally_begin(struct hyp_engine *engine, struct hyp_error *err)
{
	hyp_metrics_set(engine->metrics, HYP_FAMILY_BUILD_INFO, 1,
			HYP_LABELS(PACKAGE_VERSION));
	note_plugin(engine,
		    &hyp_instance_plugin(engine->store.instance)->plugin);
	return hyp_metrics_collect(engine->metrics, hyp_tally_collect, engine,
				   err);
}

void hyp_tally_end(struct hyp_engine *engine)
{
	struct hyp_success *s;

	if (engine->metrics != NULL)
		hyp_metrics_uncollect(engine->metrics, hyp_tally_collect,
				      engine);
	for (size_t i = 0; i < HYP_SUCCESS_LISTS; i++)
		while ((s = engine->successes[i]) != NULL) {
			engine->successes[i] = s->next;
			free(s);
		}
}
