/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/log.h"
#include "core/engine/intake.h"

#include <string.h>

#define TRIES 3 /* when others submit the same meanwhile */

void hyp_submitted_fini(struct hyp_submitted *submitted)
{
	for (size_t i = 0; i < submitted->id_count; i++)
		free(submitted->ids[i]);
	free(submitted->ids);
	free(submitted->rejected);
	memset(submitted, 0, sizeof(*submitted));
}

/* What is not the fault of who asks ends the whole call. */
static int is_ours(const struct hyp_error *error)
{
	return strncmp(error->kind, "db_", 3) == 0 ||
	       strcmp(error->kind, "no_memory") == 0 ||
	       strcmp(error->kind, "too_large") == 0;
}

int32_t hyp_submitted_reject(struct hyp_submitted *out, size_t index,
			     const struct hyp_error *why, struct hyp_error *err)
{
	struct hyp_rejection *at = reallocarray(
		out->rejected, out->rejected_count + 1, sizeof(*at));

	if (at == NULL)
		return hyp_error_nomem(err);
	out->rejected = at;
	at[out->rejected_count].index = index;
	at[out->rejected_count].error = *why;
	hyp_redact(at[out->rejected_count++].error.text);
	return 0;
}

/* Takes what was refused into out, and lets what is ours pass. */
static int32_t sort(struct hyp_submitted *out, size_t index, int32_t rc,
		    struct hyp_error *err)
{
	const struct hyp_error why = *err;

	if (rc == 0) {
		out->accepted++;
		return 0;
	}
	return is_ours(&why) ? rc : hyp_submitted_reject(out, index, &why, err);
}

static int32_t read_one(struct hyp_intake *intake, struct json_object *json,
			struct hyp_error *err)
{
	struct hyp_definition *definition = NULL;
	int32_t rc =
		hyp_definition_parse(json, intake->now_ms, &definition, err);

	if (rc == 0)
		rc = hyp_intake_add(intake, definition, NULL, err);
	hyp_definition_free(definition);
	return rc;
}

static int32_t list_ids(const struct hyp_intake *intake,
			struct hyp_submitted *out, struct hyp_error *err)
{
	int32_t rc = 0;

	out->ids = calloc(intake->jobs.count + 1, sizeof(*out->ids));
	if (out->ids == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; rc == 0 && i < intake->jobs.count; i++) {
		rc = hyp_strdup(intake->jobs.at[i]->row.id, &out->ids[i], err);
		out->id_count += rc == 0;
	}
	return rc;
}

/* One row for each definition that was accepted, and for each refused. */
static int32_t audit(struct hyp_intake *intake, const struct hyp_actor *actor,
		     const struct hyp_submitted *out, struct hyp_error *err)
{
	int32_t rc = 0;
	size_t n;

	for (size_t i = 0; rc == 0 && i < intake->jobs.count; i += n) {
		const struct hyp_job_row *job = &intake->jobs.at[i]->row;

		for (n = 1; i + n < intake->jobs.count &&
			    intake->from[i + n] == intake->from[i];)
			n++;
		rc = hyp_audit_add(&intake->draft, actor,
				   job->group_id[0] != '\0' ? job->group_id
							    : job->id,
				   "ok", (uint32_t)n, err);
	}
	for (size_t i = 0; rc == 0 && i < out->rejected_count; i++)
		rc = hyp_audit_add(&intake->draft, actor, "",
				   out->rejected[i].error.kind, 1, err);
	return rc;
}

/* All that belongs to the change, written. */
static int32_t commit(struct hyp_intake *intake, const struct hyp_actor *actor,
		      struct hyp_submitted *out, struct hyp_error *err)
{
	int32_t rc = list_ids(intake, out, err);

	if (rc == 0)
		rc = audit(intake, actor, out, err);
	/* Where nothing was made a second try can double nothing, and may do
	 * better than the first. */
	if (rc == 0 && out->accepted > 0)
		rc = hyp_idempotency_add(intake->engine, &intake->draft, actor,
					 out, err);
	if (rc == 0 && intake->draft.count > 0)
		rc = hyp_engine_apply(intake->engine, &intake->draft, err);
	return rc;
}

static int32_t submit_once(struct hyp_engine *engine,
			   const struct hyp_actor *actor,
			   struct json_object *const *definitions, size_t count,
			   struct hyp_submitted *out, struct hyp_error *err)
{
	struct hyp_intake intake;
	int32_t rc = 0;

	hyp_intake_init(&intake, engine, out);
	for (intake.index = 0; rc == 0 && intake.index < count; intake.index++)
		rc = sort(out, intake.index,
			  read_one(&intake, definitions[intake.index], err),
			  err);
	if (rc == 0)
		rc = commit(&intake, actor, out, err);
	hyp_intake_fini(&intake);
	return rc;
}

int32_t hyp_engine_submit(struct hyp_engine *engine,
			  const struct hyp_actor *actor,
			  struct json_object *const *definitions, size_t count,
			  struct hyp_submitted *out, struct hyp_error *err)
{
	int32_t rc = hyp_engine_accepts(engine, err);

	memset(out, 0, sizeof(*out));
	/* looked at again, who was faster is seen, and named */
	for (int i = 0; rc == 0 || (rc == HYP_E_CONFLICT && i < TRIES); i++) {
		rc = submit_once(engine, actor, definitions, count, out, err);
		if (rc == 0)
			return 0;
		hyp_submitted_fini(out);
	}
	return rc;
}

/* 1 if the job came with a password, which went with its end. */
static int32_t see(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_history_row *row = at;
	uint32_t *sealed = ctx;

	(void)err;
	*sealed |= strcmp(row->details, HYP_INTAKE_SEALED) == 0;
	return 0;
}

static int32_t check_secret(struct hyp_engine *engine, const char *id,
			    struct hyp_error *err)
{
	const struct hyp_store_query query = {
		.size = sizeof(query), .job_id = id, .limit = 1};
	uint32_t sealed = 0;
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = &sealed, .row = see};
	int32_t rc;

	rc = hyp_store_calls.list(engine->store.instance, HYP_TABLE_HISTORY,
				  &query, &sink, err);
	if (rc < 0 || !sealed)
		return rc;
	return hyp_error_set(err, HYP_E_CONFLICT, "secret_lost", 0,
			     "the password of job %s was deleted when it "
			     "ended: submit it again with one",
			     id);
}

static int32_t add_again(struct hyp_intake *intake, const struct hyp_job *job,
			 struct hyp_error *err)
{
	struct hyp_definition *old = NULL, *again = NULL;
	int32_t rc;

	rc = hyp_definition_load(job->row.definition_json, NULL, &old, err);
	if (rc == 0)
		rc = hyp_definition_again(old, old->vm_path, old->name,
					  job->row.id, intake->now_ms, &again,
					  err);
	if (rc == 0)
		rc = hyp_intake_add(intake, again, job->row.id, err);
	hyp_definition_free(old);
	hyp_definition_free(again);
	return rc;
}

static int32_t retry(struct hyp_engine *engine, const struct hyp_actor *actor,
		     const struct hyp_job *job, struct hyp_submitted *out,
		     struct hyp_error *err)
{
	struct hyp_intake intake;
	int32_t rc;

	hyp_intake_init(&intake, engine, out);
	rc = add_again(&intake, job, err);
	out->accepted = rc == 0;
	if (rc == 0)
		rc = commit(&intake, actor, out, err);
	hyp_intake_fini(&intake);
	if (rc < 0)
		hyp_submitted_fini(out);
	return rc;
}

int32_t hyp_engine_retry(struct hyp_engine *engine,
			 const struct hyp_actor *actor, const char *id,
			 struct hyp_submitted *out, struct hyp_error *err)
{
	struct hyp_job *job = NULL;
	int32_t rc = hyp_engine_accepts(engine, err);

	memset(out, 0, sizeof(*out));
	if (rc == 0)
		rc = hyp_engine_job(engine, id, &job, err);
	if (rc == 0 && !hyp_job_is(job, HYP_JOBS_ENDED))
		rc = hyp_error_set(err, HYP_E_CONFLICT, "not_ended", 0,
				   "job %s is %s: only an ended one can be "
				   "tried again",
				   id, hyp_job_status_name(job->row.state));
	if (rc == 0)
		rc = check_secret(engine, id, err);
	if (rc == 0)
		rc = retry(engine, actor, job, out, err);
	hyp_job_free(job);
	return rc;
}
