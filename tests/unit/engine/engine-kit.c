/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/engine/engine-kit.h"
#include "core/base/clock.h"

#include <dirent.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static _Atomic int64_t ahead_ms, wrong_ms; /* wrong: of the wall clock */

static int64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static uint64_t boot_ns(void *ctx)
{
	(void)ctx;
	return (uint64_t)(now_ns(CLOCK_BOOTTIME) + ahead_ms * 1000000);
}

static int64_t wall_ms(void *ctx)
{
	(void)ctx;
	return now_ns(CLOCK_REALTIME) / 1000000 + ahead_ms + wrong_ms;
}

void engine_kit_advance(int64_t ms)
{
	ahead_ms += ms;
}

void engine_kit_set_clock(int64_t by_ms)
{
	wrong_ms += by_ms;
}

void engine_kit_breathe(void)
{
	poll(NULL, 0, 2);
}

void engine_kit_conf(struct engine_kit *kit, const char *jobs,
		     const char *pipelines)
{
	char text[8192];

	snprintf(text, sizeof(text),
		 "state_dir = \"%s/state\";\n"
		 "storage = { roots = [ \"%s/out\" ]; };\n"
		 "jobs = { %s };\n"
		 "pipelines = (\n"
		 "{ name = \"fast\"; default = true; provider = {\n"
		 "  plugin = \"synthetic\"; vms = 9; disks = 1;\n"
		 "  disk_size = \"1MiB\"; }; },\n"
		 "{ name = \"hot\"; provider = {\n"
		 "  plugin = \"synthetic\"; vms = 9; disks = 1; power = "
		 "\"on\";\n"
		 "  disk_size = \"1MiB\"; snapshots = \"%s/snap\"; }; },\n"
		 "{ name = \"stall\"; provider = {\n"
		 "  plugin = \"synthetic\"; vms = 9; disks = 1; power = "
		 "\"on\";\n"
		 "  disk_size = \"1MiB\"; snapshots = \"%s/snap\";\n"
		 "  stall_at = \"200KiB\"; }; }\n"
		 "%s);\n",
		 kit->tree.root, kit->tree.root, jobs, kit->tree.root,
		 kit->tree.root, pipelines);
	tree_write(&kit->tree, "hypersdk.conf", text, 0600);
}

void engine_kit_init(struct engine_kit *kit, const char *jobs,
		     const char *pipelines)
{
	static const struct hyp_clock clock = {.boot_ns = boot_ns,
					       .wall_ms = wall_ms};
	const char *dir = getenv("HYPERSDK_PLUGIN_DIR");

	memset(kit, 0, sizeof(*kit));
	tree_init(&kit->tree);
	tree_mkdir(&kit->tree, "out", 0755);
	tree_mkdir(&kit->tree, "snap", 0755);
	engine_kit_conf(kit, jobs, pipelines);
	ahead_ms = wrong_ms = 0;
	hyp_clock_set(&clock);
	ck_ok(hyp_registry_new(&dir, 1, getenv("HYPERSDK"), &kit->registry,
			       &kit->err),
	      &kit->err);
}

struct hyp_config *engine_kit_load(struct engine_kit *kit)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	struct hyp_config *config = NULL;

	hyp_config_load(tree_path(&kit->tree, "hypersdk.conf"), NULL, &config,
			&problems);
	hyp_problems_error(&problems, &kit->err);
	ck_assert_msg(problems.count == 0, "%s", kit->err.text);
	hyp_problems_fini(&problems);
	return config;
}

int32_t engine_kit_open(struct engine_kit *kit)
{
	struct hyp_config *config = engine_kit_load(kit);
	int32_t rc =
		hyp_engine_open(config, kit->registry, &kit->engine, &kit->err);

	if (rc < 0)
		hyp_config_free(config);
	return rc;
}

void engine_kit_start(struct engine_kit *kit)
{
	ck_ok(engine_kit_open(kit), &kit->err);
	ck_ok(hyp_engine_start(kit->engine, &kit->err), &kit->err);
	ck_assert_ptr_null(hyp_engine_unready(kit->engine));
}

void engine_kit_close(struct engine_kit *kit)
{
	if (kit->engine == NULL)
		return;
	hyp_engine_hurry(kit->engine);
	hyp_engine_close(kit->engine);
	kit->engine = NULL;
}

void engine_kit_fini(struct engine_kit *kit)
{
	engine_kit_close(kit);
	hyp_registry_free(kit->registry);
	hyp_clock_set(NULL);
	tree_fini(&kit->tree);
}

int32_t engine_kit_try(struct engine_kit *kit, const struct hyp_actor *actor,
		       const char *definition, struct hyp_submitted *out)
{
	char *text = strdup(definition);
	json_object *json;
	int32_t rc;

	ck_assert_ptr_nonnull(text);
	for (char *c = text; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	json = json_tokener_parse(text);
	ck_assert_msg(json != NULL, "no JSON: %s", text);
	rc = hyp_engine_submit(kit->engine, actor, &json, 1, out, &kit->err);
	json_object_put(json);
	free(text);
	return rc;
}

char *engine_kit_submit(struct engine_kit *kit, const char *pipeline,
			const char *vm, const char *dir)
{
	struct hyp_submitted out;
	char text[2048], *id;

	snprintf(text, sizeof(text),
		 "{'vm_path':'%s','output_path':'%s/out/%s','pipeline':'%s'}",
		 vm, kit->tree.root, dir, pipeline);
	ck_ok(engine_kit_try(kit, NULL, text, &out), &kit->err);
	ck_assert_msg(out.rejected_count == 0, "%s: %s",
		      out.rejected_count ? out.rejected[0].error.kind : "",
		      out.rejected_count ? out.rejected[0].error.text : "");
	ck_assert_uint_eq(out.id_count, 1);
	id = strdup(out.ids[0]);
	hyp_submitted_fini(&out);
	return id;
}

struct hyp_job *engine_kit_job(struct engine_kit *kit, const char *id)
{
	struct hyp_job *job = NULL;

	ck_ok(hyp_engine_job(kit->engine, id, &job, &kit->err), &kit->err);
	return job;
}

struct hyp_job *engine_kit_wait(struct engine_kit *kit, const char *id,
				uint32_t states)
{
	struct hyp_job *job = engine_kit_job(kit, id);

	while (!hyp_job_is(job, states)) {
		hyp_job_free(job);
		engine_kit_breathe();
		job = engine_kit_job(kit, id);
	}
	return job;
}

void engine_kit_expect(struct engine_kit *kit, const char *id, uint32_t state)
{
	struct hyp_job *job =
		engine_kit_wait(kit, id, HYP_JOBS_ENDED | HYP_JOB_BIT(state));

	ck_assert_msg(job->row.state == state, "%s %s (%s: %s)",
		      hyp_job_status_name(job->row.state),
		      hyp_job_phase_name(job->row.state), job->row.error_kind,
		      job->row.error);
	hyp_job_free(job);
}

struct counting {
	uint32_t table;
	const char *text;
	unsigned count;
};

static int32_t count(void *ctx, const void *row, struct hyp_error *err)
{
	struct counting *c = ctx;
	const struct hyp_event_row *event = row;
	const struct hyp_history_row *history = row;
	const struct hyp_log_row *log = row;

	(void)err;
	if (c->text == NULL)
		c->count++;
	else if (c->table == HYP_TABLE_EVENT)
		c->count += strcmp(event->type, c->text) == 0;
	else if (c->table == HYP_TABLE_HISTORY)
		c->count += strcmp(history->phase, c->text) == 0 ||
			    strcmp(history->status, c->text) == 0;
	else if (c->table == HYP_TABLE_LOG)
		c->count += strstr(log->text, c->text) != NULL;
	return 0;
}

unsigned engine_kit_rows(struct engine_kit *kit, uint32_t table,
			 const char *job_id, const char *text)
{
	struct hyp_store_query query = {.size = sizeof(query)};
	struct counting counting = {table, text, 0};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = &counting, .row = count};

	if (table == HYP_TABLE_SECRET)
		query.owner = job_id;
	else
		query.job_id = job_id;
	ck_ok(hyp_store_calls.list(hyp_engine_store(kit->engine), table, &query,
				   &sink, &kit->err),
	      &kit->err);
	return counting.count;
}

static int not_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 &&
	       strcmp(entry->d_name, "..") != 0;
}

char *engine_kit_files(struct engine_kit *kit, const char *dir)
{
	struct dirent **entries = NULL;
	int n = scandir(tree_path(&kit->tree, dir), &entries, not_dots,
			alphasort);
	char *text = calloc(1, 65536);

	ck_assert_ptr_nonnull(text);
	for (int i = 0; i < n; i++) {
		if (i > 0)
			strcat(text, " ");
		strcat(text, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return text;
}
