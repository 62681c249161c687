/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine that is killed (SIGKILL) when its job is somewhere: crash-engine
 * CONF PIPELINE OUTPUT WHERE ID. WHERE is a phase of a job ("queued",
 * "transferring", ...), "moved" (a byte is recorded), "cancelling", "sealed"
 * (and not recorded as publishing), or "published" (visible, and not recorded
 * as completed).
 */
#include "core/engine/inside.h"

#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct hyp_error err;

static void must(int32_t rc, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "crash-engine: %s: %s\n", what, err.text);
	exit(2);
}

static struct hyp_engine *start(const char *conf)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	const char *dir = getenv("HYPERSDK_PLUGIN_DIR");
	struct hyp_registry *registry;
	struct hyp_config *config = NULL;
	struct hyp_engine *engine;

	must(hyp_registry_new(&dir, 1, getenv("HYPERSDK"), &registry, &err),
	     "registry");
	must(hyp_config_load(conf, NULL, &config, &problems), "config");
	must(hyp_engine_open(config, registry, &engine, &err), "open");
	must(hyp_engine_start(engine, &err), "start");
	return engine;
}

static void submit(struct hyp_engine *engine, char **argv)
{
	struct hyp_submitted out;
	json_object *json = json_object_new_object();

	json_object_object_add(json, "vm_path",
			       json_object_new_string("synthetic-1"));
	json_object_object_add(json, "pipeline",
			       json_object_new_string(argv[2]));
	json_object_object_add(json, "output_path",
			       json_object_new_string(argv[3]));
	json_object_object_add(json, "id", json_object_new_string(argv[5]));
	must(hyp_engine_submit(engine, NULL, &json, 1, &out, &err), "submit");
	if (out.rejected_count > 0) {
		err = out.rejected[0].error;
		must(-1, "rejected");
	}
	json_object_put(json);
	hyp_submitted_fini(&out);
}

static int is_there(const struct hyp_job *job, const char *where)
{
	if (strcmp(where, "moved") == 0)
		return job->row.moved;
	if (strcmp(where, "queued") == 0)
		return 1; /* it is, or was */
	return strcmp(where, hyp_job_phase_name(job->row.state)) == 0;
}

static void wait_for(struct hyp_engine *engine, const char *id,
		     const char *where)
{
	struct hyp_job *job;
	int there = 0;

	while (!there) {
		must(hyp_engine_job(engine, id, &job, &err), "look");
		there = is_there(job, where);
		if (hyp_job_is(job, HYP_JOBS_ENDED)) {
			fprintf(stderr, "crash-engine: ended: %s\n",
				job->row.error);
			exit(3);
		}
		hyp_job_free(job);
		poll(NULL, 0, 1);
	}
}

static sqlite3 *open_beside(struct hyp_engine *engine)
{
	const struct hyp_config *config = hyp_engine_config_get(engine);
	char path[4096];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/jobs.db", config->settings->state_dir);
	hyp_engine_config_put(engine, config);
	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_busy_timeout(db, 10000) != SQLITE_OK)
		exit(4);
	return db;
}

static void sql(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK)
		return;
	fprintf(stderr, "crash-engine: %s: %s\n", text, sqlite3_errmsg(db));
	exit(4);
}

/* "completed" alone cannot be written: all is done and undone but that. */
static void wait_for_package(struct hyp_engine *engine, char **argv)
{
	sql(open_beside(engine), "CREATE TRIGGER hold BEFORE UPDATE ON jobs "
				 "WHEN NEW.status = 'completed' "
				 "BEGIN SELECT RAISE(ABORT, 'held'); END");
	submit(engine, argv);
	wait_for(engine, argv[5], "publishing");
	while (hyp_engine_unready(engine) == NULL)
		poll(NULL, 0, 1);
}

/* Sealed, and "publishing" cannot be written. */
static void wait_for_seal(struct hyp_engine *engine, char **argv)
{
	char receipt[4096];
	struct stat st;

	submit(engine, argv);
	wait_for(engine, argv[5], "packaging");
	sql(open_beside(engine), "BEGIN IMMEDIATE");
	snprintf(receipt, sizeof(receipt), "%s/.hyp-%s-1.part/receipt.json",
		 argv[3], argv[5]);
	while (stat(receipt, &st) != 0)
		poll(NULL, 0, 1);
}

int main(int argc, char **argv)
{
	struct hyp_engine *engine;

	if (argc != 6)
		return 1;
	engine = start(argv[1]);
	if (strcmp(argv[4], "published") == 0) {
		wait_for_package(engine, argv);
	} else if (strcmp(argv[4], "sealed") == 0) {
		wait_for_seal(engine, argv);
	} else {
		submit(engine, argv);
		wait_for(engine, argv[5],
			 strcmp(argv[4], "cancelling") == 0 ? "transferring"
							    : argv[4]);
		if (strcmp(argv[4], "cancelling") == 0)
			must(hyp_engine_cancel(engine, NULL, argv[5], &err),
			     "cancel");
	}
	raise(SIGKILL);
	return 0;
}
