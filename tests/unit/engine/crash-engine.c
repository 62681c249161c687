/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine that is killed (SIGKILL) when its job is somewhere: crash-engine
 * CONF PIPELINE OUTPUT WHERE ID. WHERE is a phase of a job ("queued",
 * "transferring", ...), "moved" (a byte is recorded), "cancelling", or
 * "published" (visible, and not recorded as completed).
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

/* Holds the database from "publishing" on, so that "completed" cannot be
 * written, until the package is seen. */
static void wait_for_package(struct hyp_engine *engine, char **argv)
{
	const struct hyp_config *config = hyp_engine_config_get(engine);
	char path[4096], receipt[4096];
	sqlite3 *db;
	struct stat st;

	snprintf(path, sizeof(path), "%s/jobs.db", config->settings->state_dir);
	snprintf(receipt, sizeof(receipt), "%s/synthetic-1.ova.receipt.json",
		 argv[3]);
	wait_for(engine, argv[5], "publishing");
	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_busy_timeout(db, 10000) != SQLITE_OK ||
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		exit(4);
	while (stat(receipt, &st) != 0)
		poll(NULL, 0, 1);
	poll(NULL, 0, 20);
}

int main(int argc, char **argv)
{
	struct hyp_engine *engine;

	if (argc != 6)
		return 1;
	engine = start(argv[1]);
	submit(engine, argv);
	if (strcmp(argv[4], "published") == 0) {
		wait_for_package(engine, argv);
	} else if (strcmp(argv[4], "cancelling") == 0) {
		wait_for(engine, argv[5], "transferring");
		must(hyp_engine_cancel(engine, NULL, argv[5], &err), "cancel");
	} else if (strcmp(argv[4], "queued") != 0) {
		wait_for(engine, argv[5], argv[4]);
	}
	raise(SIGKILL);
	return 0;
}
