/* SPDX-License-Identifier: Apache-2.0 */
/* store/sqlite: opening, closing, and the plugin's description. */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "plugins/store/sqlite/sqlite.h"

static const char *const journals[] = {"wal", "rollback", NULL};

static const struct hyp_option options[] = {
	HYP_OPT_STRING(struct sqlite_options, path, "path", NULL, 0,
		       "the database file, absolute; without it jobs.db in "
		       "the state directory"),
	HYP_OPT_ENUM(struct sqlite_options, journal, "journal", journals, "wal",
		     0,
		     "how it survives a crash; rollback is slow, but works on "
		     "a network file system"),
	HYP_OPT_BOOL(struct sqlite_options, read_only, "read_only", "false", 0,
		     "change nothing, also while another process writes"),
};

static int32_t make_sql(struct store *s, struct hyp_error *err)
{
	HYP_AUTO_FREE char *columns = NULL;
	int32_t rc = sql_columns(hyp_store_table(HYP_TABLE_JOB), &columns, err);

	if (rc == 0)
		rc = hyp_asprintf(&s->get_sql, err,
				  "SELECT %s FROM jobs WHERE id = ?1", columns);
	if (rc == 0)
		rc = hyp_asprintf(&s->row_sql, err,
				  "SELECT %s FROM jobs WHERE rowid = ?1",
				  columns);
	return rc;
}

/* The writer waits by the clock that nobody sets. */
static int init_locks(struct store *s)
{
	pthread_condattr_t attr;

	if (pthread_mutex_init(&s->writer.lock, NULL) != 0 ||
	    pthread_mutex_init(&s->readers.lock, NULL) != 0 ||
	    pthread_cond_init(&s->readers.free_one, NULL) != 0 ||
	    pthread_condattr_init(&attr) != 0)
		return -1;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	return pthread_cond_init(&s->writer.work, &attr);
}

static void destroy(void *instance)
{
	struct store *s = instance;

	checker_stop(s);
	readers_close(s); /* the last to close puts the log away */
	writer_stop(s);
	pthread_mutex_destroy(&s->writer.lock);
	pthread_cond_destroy(&s->writer.work);
	pthread_mutex_destroy(&s->readers.lock);
	pthread_cond_destroy(&s->readers.free_one);
	free(s->get_sql);
	free(s->row_sql);
	free(s->path);
	free(s);
}

static int32_t create(const struct hyp_host *host, const void *opts,
		      void **instance, struct hyp_error *err)
{
	struct store *s = calloc(1, sizeof(*s));
	int32_t rc;

	if (s == NULL)
		return hyp_error_nomem(err);
	s->host = host;
	s->options = opts;
	if (init_locks(s) != 0) {
		free(s);
		return hyp_error_nomem(err);
	}
	rc = make_sql(s, err);
	if (rc == 0)
		rc = file_prepare(s, err);
	if (rc == 0)
		rc = store_open(s, err);
	if (rc != 0) {
		destroy(s);
		return rc;
	}
	*instance = s;
	return 0;
}

static const struct hyp_store_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.apply = op_apply,
	.claim = op_claim,
	.list = op_list,
	.get = op_get,
	.counts = op_counts,
	.prune = op_prune,
	.backup = op_backup,
	.check = op_check,
};

const struct hyp_plugin sqlite_plugin = {
	.size = sizeof(sqlite_plugin),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_STORE,
	.threads = HYP_THREADS_PARALLEL,
	.options_size = sizeof(struct sqlite_options),
	.name = "sqlite",
	.version = "0.1.0",
	.summary = "jobs, schedules and events in one SQLite file",
	.options = options,
	.option_stride = sizeof(options[0]),
	.option_count = HYP_COUNT(options),
	.ops = &ops,
};
