/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/nomem/kit.h"
#include "core/base/clock.h"
#include "tests/nomem/units.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t ahead_ms;

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
	return now_ns(CLOCK_REALTIME) / 1000000 + ahead_ms;
}

static struct hyp_config *load(struct kit *kit)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	struct hyp_config *config = NULL;

	hyp_config_load(tree_path(&kit->tree, "hypersdk.conf"), NULL, &config,
			&problems);
	hyp_problems_error(&problems, &kit->err);
	must(problems.count == 0, kit->err.text);
	hyp_problems_fini(&problems);
	return config;
}

void kit_init(struct kit *kit, const char *options)
{
	static const struct hyp_clock clock = {.boot_ns = boot_ns,
					       .wall_ms = wall_ms};
	char text[4096];

	memset(kit, 0, sizeof(*kit));
	hyp_clock_set(&clock);
	tree_init(&kit->tree);
	tree_mkdir(&kit->tree, "out", 0700);
	tree_mkdir(&kit->tree, "snap", 0700);
	snprintf(text, sizeof(text),
		 "state_dir = \"%s/state\";\n"
		 "storage = { roots = [ \"%s/out\" ]; };\n"
		 "jobs = { retry_min = \"1s\"; retry_max = \"1s\"; };\n"
		 "api = { listen = \"127.0.0.1:0\"; socket = \"\"; "
		 "auth = \"none\"; };\n"
		 "pipelines = ( { name = \"one\"; default = true;\n"
		 "  provider = { plugin = \"synthetic\"; vms = 3; disks = 1;\n"
		 "  power = \"on\"; snapshots = \"%s/snap\";\n"
		 "  disk_size = \"64KiB\"; %s }; } );\n",
		 kit->tree.root, kit->tree.root, kit->tree.root, options);
	tree_write(&kit->tree, "hypersdk.conf", text, 0600);
	kit->config = load(kit);
}

char *kit_path(struct kit *kit, const char *name)
{
	char *path = strdup(tree_path(&kit->tree, name));

	must(path != NULL, "memory");
	return path;
}

/* Settings are not what is tried: libconfig ends the program. */
int32_t kit_open(struct kit *kit)
{
	int32_t rc;

	if (kit->config == NULL) {
		shim_spare(1);
		kit->config = load(kit);
		shim_spare(-1);
	}
	rc = hyp_engine_open(kit->config, NULL, &kit->engine, &kit->err);
	if (rc == 0)
		kit->config = NULL;
	else
		kit->engine = NULL;
	return rc;
}

void kit_close(struct kit *kit)
{
	if (kit->engine == NULL)
		return;
	hyp_engine_hurry(kit->engine);
	hyp_engine_stop(kit->engine);
	hyp_engine_close(kit->engine);
	kit->engine = NULL;
}

void kit_fini(struct kit *kit)
{
	kit_close(kit);
	hyp_config_free(kit->config);
	hyp_clock_set(NULL);
	tree_fini(&kit->tree);
}

int32_t kit_submit(struct kit *kit, const char *vm, char **id)
{
	struct hyp_submitted out;
	json_object *json;
	char text[2048];
	int32_t rc;

	*id = NULL;
	snprintf(text, sizeof(text),
		 "{\"vm_path\":\"%s\",\"output_path\":\"%s/out/%s\"}", vm,
		 kit->tree.root, vm);
	shim_spare(1);
	json = json_tokener_parse(text);
	shim_spare(-1);
	rc = hyp_engine_submit(kit->engine, NULL, &json, 1, &out, &kit->err);
	shim_spare(1);
	if (rc == 0 && out.rejected_count > 0)
		kit->err = out.rejected[0].error;
	else if (rc == 0)
		*id = strdup(out.ids[0]);
	if (rc == 0)
		hyp_submitted_fini(&out);
	if (rc == 0 && *id == NULL)
		rc = kit->err.code;
	json_object_put(json);
	shim_spare(-1);
	return rc;
}

uint32_t kit_state(struct kit *kit, const char *id)
{
	struct hyp_job *job;
	uint32_t state;

	if (hyp_engine_job(kit->engine, id, &job, &kit->err) < 0)
		return 0;
	state = job->row.state;
	if (state == HYP_JOB_FAILED)
		printf("job failed: %s: %s\n", job->row.error_kind,
		       job->row.error);
	hyp_job_free(job);
	return state;
}

static void let_fly(struct kit *kit, int64_t ms)
{
	ahead_ms += ms;
	hyp_engine_kick(kit->engine);
	pthread_mutex_lock(&kit->engine->lock);
	pthread_cond_broadcast(&kit->engine->changed);
	pthread_mutex_unlock(&kit->engine->lock);
}

uint32_t kit_wait(struct kit *kit, const char *id)
{
	uint32_t state;
	int looks = 0;

	shim_spare(1);
	while ((HYP_JOB_BIT(state = kit_state(kit, id)) & HYP_JOBS_ENDED) ==
	       0) {
		poll(NULL, 0, 2);
		looks++;
		if (looks > 200)
			shim_disarm();
		if (looks % 20 == 0)
			let_fly(kit, 1000);
	}
	shim_spare(-1);
	return state;
}

/* A temporary of ours, or a snapshot, in that folder or beneath it? */
static int has_stray(const char *path)
{
	char child[4096];
	DIR *dir = opendir(path);
	struct dirent *e;
	int found = 0;

	while (dir != NULL && !found && (e = readdir(dir)) != NULL) {
		snprintf(child, sizeof(child), "%s/%s", path, e->d_name);
		if (e->d_name[0] == '.')
			found = strncmp(e->d_name, ".hyp-", 5) == 0;
		else if (e->d_type == DT_DIR)
			found = has_stray(child);
		else
			found = strstr(path, "/snap") != NULL;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

void kit_settle(struct kit *kit)
{
	char *out = kit_path(kit, "out"), *snap = kit_path(kit, "snap");

	for (int looks = 1; (has_stray(out) || has_stray(snap)) && looks < 2000;
	     looks++) {
		poll(NULL, 0, 5);
		if (looks % 10 == 0)
			let_fly(kit, 3600000);
	}
	free(out);
	free(snap);
}

static void run_or_break(struct kit *kit, const char *command)
{
	char text[4096];

	if (system(command) == 0)
		return;
	broken("the package is not whole, or something is left");
	fflush(stdout);
	snprintf(text, sizeof(text),
		 "cd '%s' && find out snap | sed 's/^/# /' >&%d",
		 kit->tree.root, STDOUT_FILENO);
	if (system(text) != 0)
		broken("find");
}

void kit_prove_none(struct kit *kit)
{
	char command[4096];

	snprintf(command, sizeof(command),
		 "cd '%s' && test $(find out snap ! -type d | wc -l) = 0 && "
		 "test $(find out snap -name '.*' | wc -l) = 0",
		 kit->tree.root);
	run_or_break(kit, command);
}

void kit_prove(struct kit *kit, const char *vm)
{
	char command[4096];

	snprintf(command, sizeof(command),
		 "set -e; cd '%s'; rm -rf check; mkdir check; cd check; "
		 "test $(find ../out -type f | wc -l) = 2; "
		 "test $(find ../out ../snap -name '.*' | wc -l) = 0; "
		 "test -f ../out/%s/%s.ova.receipt.json; "
		 "tar -xmf ../out/%s/%s.ova; "
		 "sed -n 's/^SHA256(\\(.*\\))= *\\(.*\\)/\\2  \\1/p' *.mf "
		 ">sums; test $(wc -l <sums) -ge 3; sha256sum --quiet -c sums; "
		 "test $(ls ../snap | wc -l) = 0",
		 kit->tree.root, vm, vm, vm, vm);
	run_or_break(kit, command);
}
