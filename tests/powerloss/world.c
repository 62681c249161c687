/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/powerloss/world.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/engine/recover.h"
#include "tests/powerloss/parts.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void need(int32_t rc, const struct hyp_error *err)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s: %s\n", err->kind, err->text);
	abort();
}

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

static char *path(struct world *world, const char *name)
{
	char *copy = strdup(tree_path(&world->tree, name));

	must(copy != NULL, "memory");
	return copy;
}

static char *snapshot_path(struct world *world, int number)
{
	char name[64];

	snprintf(name, sizeof(name), "snapshot-%d", number);
	return path(world, name);
}

static void on_commit(void *ctx, const struct hyp_store_ops *ops,
		      void *instance)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct world *world = ctx;
	struct hyp_error err;
	char *to;

	if (world->snapshots < 0)
		return;
	pthread_mutex_lock(&lock);
	to = snapshot_path(world, world->snapshots);
	need(ops->backup(instance, to, &err), &err);
	oplog_commit(world->snapshots++);
	free(to);
	pthread_mutex_unlock(&lock);
}

static void no_log(void *ctx, const struct hyp_log_line *line)
{
	(void)ctx;
	(void)line;
}

void world_init(struct world *world, const char *format, const char *size)
{
	char text[4096];

	memset(world, 0, sizeof(*world));
	world->snapshots = -1;
	world->format = format;
	tree_init(&world->tree);
	tree_mkdir(&world->tree, "out", 0700);
	snprintf(text, sizeof(text),
		 "state_dir = \"%s/state\";\n"
		 "storage = { roots = [ \"%s/out\" ]; };\n"
		 "pipelines = (\n{ name = \"one\"; default = true; provider = "
		 "{\n"
		 "  plugin = \"synthetic\"; vms = 1; disks = 2;\n"
		 "  nvram = \"2000\"; disk_size = \"%s\"; }; },\n"
		 "{ name = \"old\"; provider = {\n"
		 "  plugin = \"synthetic\"; vms = 1; disks = 1;\n"
		 "  nvram = \"2000\"; disk_size = \"64KiB\"; }; } );\n",
		 world->tree.root, world->tree.root, size);
	tree_write(&world->tree, "hypersdk.conf", text, 0600);
	if (getenv("POWERLOSS_LOG") == NULL)
		hyp_log_set_output(no_log, NULL);
	parts_init(on_commit, world);
}

void world_fini(struct world *world)
{
	parts_fini();
	tree_fini(&world->tree);
	free(world->job);
}

static struct hyp_engine *open_engine(struct world *world)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	struct hyp_config *config = NULL;
	struct hyp_engine *engine;
	struct hyp_error err;

	hyp_config_load(tree_path(&world->tree, "hypersdk.conf"), NULL, &config,
			&problems);
	hyp_problems_error(&problems, &err);
	need(problems.count == 0 ? 0 : -1, &err);
	hyp_problems_fini(&problems);
	need(hyp_engine_open(config, NULL, &engine, &err), &err);
	return engine;
}

static uint32_t state_of(struct hyp_engine *engine, const char *id)
{
	struct hyp_job *job;
	struct hyp_error err;
	uint32_t state;

	need(hyp_engine_job(engine, id, &job, &err), &err);
	state = job->row.state;
	hyp_job_free(job);
	return state;
}

static void submit(struct world *world, struct hyp_engine *engine,
		   const char *pipeline)
{
	struct hyp_submitted out;
	struct hyp_error err;
	json_object *json;
	char text[2048];

	snprintf(text, sizeof(text),
		 "{\"vm_path\":\"synthetic-1\",\"format\":\"%s\","
		 "\"output_path\":\"%s/out/a\",\"pipeline\":\"%s\","
		 "\"options\":{\"force\":true}}",
		 world->format, world->tree.root, pipeline);
	json = json_tokener_parse(text);
	need(hyp_engine_submit(engine, NULL, &json, 1, &out, &err), &err);
	need(out.id_count == 1 ? 0 : -1, &out.rejected[0].error);
	free(world->job);
	world->job = strdup(out.ids[0]);
	hyp_submitted_fini(&out);
	json_object_put(json);
}

/* By those who know nothing of us: 1 if tar and sha256sum find it whole. */
static int is_proven(struct world *world)
{
	char command[4096];

	snprintf(command, sizeof(command),
		 "set -e; cd '%s'; rm -rf check; mkdir check; cd check; "
		 "if [ '%s' = ova ]; then tar -xf ../out/a/synthetic-1.ova; "
		 "else cp ../out/a/synthetic-1/* .; fi; "
		 "sed -n 's/^SHA256(\\(.*\\))= *\\(.*\\)/\\2  \\1/p' *.mf "
		 ">sums; test $(wc -l <sums) -ge 3; sha256sum --quiet -c sums",
		 world->tree.root, world->format);
	return system(command) == 0;
}

static int not_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 &&
	       strcmp(entry->d_name, "..") != 0;
}

static void add_file(struct hyp_buf *out, const char *whole, const char *shown)
{
	char hex[HYP_DIGEST_HEX_MAX];
	struct hyp_digest digest;
	struct hyp_error err;
	char *bytes;
	size_t n;

	need(hyp_file_read_small(whole, 256u << 20, &bytes, &n, &err), &err);
	need(hyp_digest_bytes(HYP_DIGEST_SHA256, bytes, n, &digest, &err),
	     &err);
	hyp_digest_hex(&digest, hex);
	need(hyp_buf_addf(out, &err, "%s %s\n", shown, hex), &err);
	free(bytes);
}

/* The job's own folder may stay when it is empty: only its files count, and
 * whatever begins with a dot. */
static void list(struct hyp_buf *out, const char *dir, const char *prefix)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, not_dots, alphasort);

	for (int i = 0; i < n; i++) {
		char whole[4096], shown[1024];
		struct stat st;

		snprintf(whole, sizeof(whole), "%s/%s", dir,
			 entries[i]->d_name);
		snprintf(shown, sizeof(shown), "%s/%s", prefix,
			 entries[i]->d_name);
		must(lstat(whole, &st) == 0, whole);
		if (!S_ISDIR(st.st_mode)) {
			add_file(out, whole, shown);
		} else {
			if (strcmp(shown, "/a") != 0)
				need(hyp_buf_addf(out, NULL, "%s/\n", shown),
				     NULL);
			list(out, whole, shown);
		}
		free(entries[i]);
	}
	free(entries);
}

static char *files(struct world *world)
{
	struct hyp_buf out = HYP_BUF_INIT(1u << 20);

	need(hyp_buf_adds(&out, "", NULL), NULL);
	list(&out, tree_path(&world->tree, "out"), "");
	return out.data;
}

static void run(struct world *world, struct hyp_engine *engine)
{
	while ((HYP_JOB_BIT(state_of(engine, world->job)) & HYP_JOBS_ENDED) ==
	       0)
		poll(NULL, 0, 2);
}

static void close_engine(struct hyp_engine *engine)
{
	hyp_engine_hurry(engine);
	hyp_engine_stop(engine);
	hyp_engine_close(engine);
}

void world_record(struct world *world, int replace, struct oplog *log,
		  char **before, char **after)
{
	struct hyp_engine *engine = open_engine(world);
	struct hyp_error err;

	need(hyp_engine_start(engine, &err), &err);
	if (replace) {
		submit(world, engine, "old");
		run(world, engine);
		close_engine(engine); /* it has no more to write down */
		engine = open_engine(world);
		need(hyp_engine_start(engine, &err), &err);
	}
	*before = files(world);
	oplog_begin(log, world_out(world));
	world->snapshots = 0;
	submit(world, engine, "one");
	run(world, engine);
	hyp_engine_hurry(engine);
	hyp_engine_stop(engine);
	world->snapshots = -1; /* no more of them */
	hyp_engine_close(engine);
	oplog_end();
	*after = files(world);
	must(is_proven(world), "tar or sha256sum refuse the package");
}

const char *world_out(struct world *world)
{
	return tree_path(&world->tree, "out");
}

static void empty(const char *dir)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, not_dots, NULL);

	for (int i = 0; i < n; i++) {
		char whole[4096];
		struct stat st;

		snprintf(whole, sizeof(whole), "%s/%s", dir,
			 entries[i]->d_name);
		must(lstat(whole, &st) == 0, whole);
		if (S_ISDIR(st.st_mode))
			empty(whole);
		must(remove(whole) == 0, whole);
		free(entries[i]);
	}
	free(entries);
}

void world_clear(struct world *world)
{
	empty(world_out(world));
}

static int32_t count(void *ctx, const void *row, struct hyp_error *err)
{
	(void)row;
	(void)err;
	++*(unsigned *)ctx;
	return 0;
}

static int32_t count_completed(void *ctx, const void *row,
			       struct hyp_error *err)
{
	const struct hyp_event_row *event = row;

	(void)err;
	*(unsigned *)ctx += strcmp(event->type, "job.completed") == 0;
	return 0;
}

static void look(struct world *world, struct hyp_engine *engine,
		 struct outcome *out)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .job_id = world->job};
	struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = &out->undo, .row = count};
	struct hyp_error err;

	memset(out, 0, sizeof(*out));
	out->state = state_of(engine, world->job);
	need(hyp_store_calls.list(hyp_engine_store(engine), HYP_TABLE_UNDO,
				  &query, &sink, &err),
	     &err);
	sink.ctx = &out->events;
	sink.row = count_completed;
	need(hyp_store_calls.list(hyp_engine_store(engine), HYP_TABLE_EVENT,
				  &query, &sink, &err),
	     &err);
	out->files = files(world);
}

static void copy(const char *from, const char *to)
{
	struct hyp_error err;
	char *bytes;
	size_t n;
	FILE *f;

	need(hyp_file_read_small(from, 256u << 20, &bytes, &n, &err), &err);
	f = fopen(to, "we");
	must(f != NULL && fwrite(bytes, 1, n, f) == n && fclose(f) == 0, to);
	must(chmod(to, 0600) == 0, to);
	free(bytes);
}

void world_recover(struct world *world, int snapshot, int go_on,
		   struct outcome *before, struct outcome *after,
		   struct outcome *ended)
{
	char *from = snapshot_path(world, snapshot);
	char *to = path(world, "state/jobs.db");
	char *wal = path(world, "state/jobs.db-wal");
	char *shm = path(world, "state/jobs.db-shm");
	struct hyp_engine *engine;
	struct hyp_error err;

	remove(wal);
	remove(shm);
	copy(from, to);
	engine = open_engine(world);
	look(world, engine, before);
	need(hyp_recover(engine, &err), &err);
	look(world, engine, after);
	if (go_on && after->state == HYP_JOB_QUEUED) {
		need(hyp_engine_start(engine, &err), &err);
		run(world, engine);
		look(world, engine, ended);
		ended->proven =
			ended->state == HYP_JOB_COMPLETED && is_proven(world);
	}
	close_engine(engine);
	free(from);
	free(to);
	free(wal);
	free(shm);
}

void outcome_fini(struct outcome *outcome)
{
	free(outcome->files);
}
