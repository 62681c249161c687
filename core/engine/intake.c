/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/intake.h"
#include "core/base/clock.h"
#include "core/base/cleanup.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/config/parts.h"
#include "core/engine/inventory.h"
#include "core/plugin/check-config.h"
#include "core/engine/secrets.h"
#include "core/engine/transition.h"
#include "core/pipeline/names.h"

#include <string.h>
#include <sys/stat.h>

#define ID_MAX 128

void hyp_intake_init(struct hyp_intake *intake, struct hyp_engine *engine,
		     struct hyp_submitted *out)
{
	memset(intake, 0, sizeof(*intake));
	intake->out = out;
	intake->engine = engine;
	intake->config = hyp_settings_get(engine->book);
	intake->now_ms = hyp_clock_wall_ms();
}

void hyp_intake_fini(struct hyp_intake *intake)
{
	hyp_draft_fini(&intake->draft);
	hyp_job_list_fini(&intake->jobs);
	free(intake->from);
	hyp_settings_put(intake->engine->book, intake->config);
}

/* One job on its way in. */
struct entry {
	const struct hyp_definition *definition;
	const struct hyp_resolved *resolved;
	const char *vm_name; /* of a group's VM, else NULL */
	const char *group_id;
	const char *retry_of;
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static int32_t conflict(struct hyp_error *err, const struct hyp_job_row *with)
{
	return hyp_error_set(err, HYP_E_CONFLICT, "conflict", 0,
			     "job %s does the same: it exports %s to %s",
			     with->id, with->vm_path, with->output_path);
}

static int is_same(const struct hyp_job_row *a, const struct hyp_job_row *b)
{
	return strcmp(a->vm_path, b->vm_path) == 0 &&
	       strcmp(a->output_path, b->output_path) == 0 &&
	       strcmp(a->endpoint, b->endpoint) == 0;
}

static int32_t check_id(struct hyp_engine *engine, const char *id,
			struct hyp_error *err)
{
	struct hyp_job *other;
	int32_t rc = hyp_engine_job(engine, id, &other, err);

	if (rc < 0)
		return rc == HYP_E_NOT_FOUND ? 0 : rc;
	hyp_job_free(other);
	return hyp_error_set(err, HYP_E_CONFLICT, "conflict", 0,
			     "/id: there is a job %s already", id);
}

int32_t hyp_intake_check(struct hyp_engine *engine, const struct hyp_job *job,
			 struct hyp_error *err)
{
	const struct hyp_store_query query = {
		.size = sizeof(query),
		.states = HYP_JOBS_ACTIVE,
		.vm_path = job->row.vm_path,
		.output_path = job->row.output_path,
	};
	struct hyp_job_list jobs;
	int32_t rc = check_id(engine, job->row.id, err);

	if (rc == 0)
		rc = hyp_engine_jobs(engine, &query, &jobs, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < jobs.count; i++)
		if (is_same(&job->row, &jobs.at[i]->row))
			rc = conflict(err, &jobs.at[i]->row);
	hyp_job_list_fini(&jobs);
	return rc;
}

static int32_t check_others(const struct hyp_intake *intake,
			    const struct hyp_job *job, struct hyp_error *err)
{
	for (size_t i = 0; i < intake->jobs.count; i++) {
		const struct hyp_job_row *other = &intake->jobs.at[i]->row;

		if (is_same(&job->row, other))
			return conflict(err, other);
		if (strcmp(job->row.id, other->id) == 0)
			return hyp_error_set(err, HYP_E_CONFLICT, "conflict", 0,
					     "/id: %s is given twice",
					     job->row.id);
	}
	return 0;
}

/* Where the place is a folder of this machine, and the VM's name known: so
 * that nobody waits for an export that cannot be published. */
static int32_t check_output(const struct entry *entry, const char *dir,
			    const char *vm, struct hyp_error *err)
{
	HYP_AUTO_FREE char *name = NULL, *path = NULL;
	struct hyp_part storage = entry->resolved->storage;
	struct stat st;
	int32_t rc;

	if (entry->definition->force || !hyp_part_is_local(&storage))
		return 0;
	rc = hyp_name_package(NULL, vm, &name, err);
	if (rc == 0)
		rc = hyp_asprintf(
			&path, err, "%s/%s%s", dir, name,
			strcmp(entry->resolved->packager.plugin, "ova") == 0
				? ".ova"
				: "");
	if (rc < 0 || lstat(path, &st) != 0)
		return rc;
	return hyp_error_set(err, HYP_E_EXISTS, "output_exists", 0,
			     "/output_path: %s is there already: choose "
			     "another output_path, or options.force",
			     path);
}

static int32_t make_job(const struct hyp_intake *intake,
			const struct entry *entry, struct hyp_job **out,
			struct hyp_error *err)
{
	const struct hyp_definition *d = entry->definition;
	const struct hyp_intake_run *run = intake->run;
	const char *vm =
		entry->vm_name != NULL ? entry->vm_name : last_part(d->vm_path);
	HYP_AUTO_FREE char *output = NULL;
	struct hyp_job_row row = {
		.size = sizeof(row),
		.state = run != NULL && run->waiting ? HYP_JOB_SCHEDULED
						     : HYP_JOB_QUEUED,
		.id = d->id,
		.name = d->name,
		.vm_path = d->vm_path,
		.endpoint = entry->resolved->endpoint,
		.user = entry->resolved->user,
		.group_id = entry->group_id,
		.retry_of = entry->retry_of,
		.schedule_id = run != NULL ? run->schedule_id : NULL,
		.definition_json = d->json,
	};
	int32_t rc;

	rc = hyp_definition_output(d, vm, row.schedule_id,
				   run != NULL ? run->instant_ms
					       : intake->now_ms,
				   &entry->resolved->roots, &output, err);
	row.output_path = output;
	if (rc == 0)
		rc = check_output(entry, output, vm, err);
	return rc < 0 ? rc : hyp_job_new(&row, out, err);
}

static int32_t keep(struct hyp_intake *intake, struct hyp_job *job,
		    struct hyp_error *err)
{
	size_t n = intake->jobs.count;
	struct hyp_job **at = reallocarray(intake->jobs.at, n + 1, sizeof(*at));
	size_t *from;

	if (at == NULL)
		return hyp_error_nomem(err);
	intake->jobs.at = at;
	from = reallocarray(intake->from, n + 1, sizeof(*from));
	if (from == NULL)
		return hyp_error_nomem(err);
	intake->from = from;
	if (n == HYP_INTAKE_JOBS_MAX)
		return hyp_error_set(err, HYP_E_USAGE, "too_many", 0,
				     "more than %d jobs at once: submit them "
				     "in several requests",
				     HYP_INTAKE_JOBS_MAX);
	at[n] = job;
	from[n] = intake->index;
	intake->jobs.count = n + 1;
	return 0;
}

static int32_t compose(struct hyp_intake *intake, struct hyp_job *job,
		       const char *password, struct hyp_error *err)
{
	int32_t rc;

	rc = hyp_transition(&intake->draft, &job->row, 0, 0,
			    password != NULL ? HYP_INTAKE_SEALED : "submitted",
			    err);
	if (rc == 0)
		rc = hyp_secret_add(intake->engine, &intake->draft, job->row.id,
				    password, err);
	return rc;
}

static int32_t add_one(struct hyp_intake *intake, const struct entry *entry,
		       struct hyp_error *err)
{
	struct hyp_job *job = NULL;
	int32_t rc = make_job(intake, entry, &job, err);

	if (rc < 0)
		return rc;
	if (!hyp_text_is_file_name(job->row.id, ID_MAX))
		rc = hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				   "/id: must not begin with a dot");
	if (rc == 0)
		rc = check_others(intake, job, err);
	if (rc == 0)
		rc = hyp_intake_check(intake->engine, job, err);
	if (rc == 0)
		rc = keep(intake, job, err);
	if (rc < 0) {
		hyp_job_free(job);
		return rc;
	}
	return compose(intake, job, entry->definition->password, err);
}

static int32_t add_vm(struct hyp_intake *intake, const struct entry *group,
		      const struct hyp_found_vm *vm, struct hyp_error *err)
{
	struct hyp_definition *definition;
	struct entry entry = *group;
	int32_t rc;

	rc = hyp_definition_again(group->definition, vm->path, vm->name, NULL,
				  intake->now_ms, &definition, err);
	if (rc < 0)
		return rc;
	entry.definition = definition;
	entry.vm_name = vm->name;
	rc = add_one(intake, &entry, err);
	hyp_definition_free(definition);
	return rc < 0 ? hyp_error_prefix(err, "%s: ", vm->path) : 0;
}

/* A VM of a group that has its job already, or its package, is told and left
 * out; the others do not suffer from it. */
static int32_t leave_out(struct hyp_intake *intake, int32_t rc,
			 const struct hyp_error *why, struct hyp_error *err)
{
	if (rc != HYP_E_CONFLICT && rc != HYP_E_EXISTS)
		return rc;
	return hyp_submitted_reject(intake->out, intake->index, why, err);
}

static int32_t add_vms(struct hyp_intake *intake, const struct entry *group,
		       const struct hyp_found *found, struct hyp_error *err)
{
	size_t before = intake->jobs.count,
	       refused = intake->out->rejected_count;
	struct hyp_error why;
	int32_t rc = 0;

	for (size_t i = 0; rc == 0 && i < found->count; i++) {
		rc = add_vm(intake, group, &found->at[i], err);
		if (rc == 0)
			continue;
		why = *err;
		rc = leave_out(intake, rc, &why, err);
	}
	if (rc < 0 || intake->jobs.count > before)
		return rc;
	/* all of them: the definition itself is refused, for the last one */
	intake->out->rejected_count = refused;
	*err = why;
	return why.code;
}

static int32_t add_group(struct hyp_intake *intake, struct entry *group,
			 struct hyp_error *err)
{
	char id[HYP_UUID_TEXT_MAX];
	struct hyp_found found;
	int32_t rc;

	rc = hyp_inventory_group(
		intake->engine, group->resolved, group->definition->vm_path,
		HYP_INTAKE_JOBS_MAX - intake->jobs.count, &found, err);
	if (rc < 0)
		return rc;
	group->group_id = id;
	rc = hyp_uuid7(id, err);
	if (rc == 0)
		rc = add_vms(intake, group, &found, err);
	hyp_found_fini(&found);
	return rc;
}

/* As it was before this definition. */
static void take_back(struct hyp_intake *intake, size_t jobs, size_t ops)
{
	while (intake->jobs.count > jobs)
		hyp_job_free(intake->jobs.at[--intake->jobs.count]);
	intake->draft.count = ops;
}

/* What its plugins would refuse as soon as it runs is refused now. */
static int32_t check_parts(const struct hyp_intake *intake,
			   const struct hyp_resolved *resolved,
			   struct hyp_error *err)
{
	struct hyp_registry *registry = intake->engine->registry;
	int32_t rc;

	rc = hyp_config_check_part(&resolved->provider, HYP_KIND_PROVIDER,
				   registry, err);
	if (rc == 0)
		rc = hyp_config_check_part(&resolved->packager,
					   HYP_KIND_PACKAGER, registry, err);
	if (rc == 0)
		rc = hyp_config_check_part(&resolved->storage, HYP_KIND_STORAGE,
					   registry, err);
	return rc;
}

int32_t hyp_intake_add(struct hyp_intake *intake,
		       const struct hyp_definition *definition,
		       const char *retry_of, struct hyp_error *err)
{
	size_t jobs = intake->jobs.count, ops = intake->draft.count;
	struct hyp_resolved resolved;
	struct entry entry = {.definition = definition,
			      .resolved = &resolved,
			      .retry_of = retry_of};
	int32_t rc;

	rc = hyp_definition_resolve(definition, intake->config, &resolved, err);
	if (rc < 0)
		return rc;
	rc = check_parts(intake, &resolved, err);
	if (rc == 0)
		rc = hyp_definition_is_group(definition)
			     ? add_group(intake, &entry, err)
			     : add_one(intake, &entry, err);
	hyp_resolved_fini(&resolved);
	if (rc < 0)
		take_back(intake, jobs, ops);
	return rc;
}
