/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one thread that writes. Whoever has a change puts it into the queue and
 * sleeps; the thread takes all that waits, runs each in a savepoint of one
 * transaction, commits once, and wakes them. So a sync of the disk is shared
 * by all who came while the last one ran.
 */
#include "core/base/clock.h"
#include "core/base/cleanup.h"
#include "plugins/store/sqlite/sqlite.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

#define BATCH_MAX 512	       /* requests in one transaction */
#define FRAMES_CHECKPOINT 4000 /* 16 MiB of log: move it to the database */
#define FRAMES_RESTART 8000    /* 32 MiB: wait for the readers, begin anew */
#define FRAMES_WARN 16384      /* 64 MiB: somebody else holds it */
#define WARN_EVERY_MS 60000
#define CHECKPOINT_WAIT_MS 500 /* for readers, while writers wait */
#define RESTART_EVERY_MS 5000  /* after one that waited in vain */
#define IDLE_S 5	       /* then what the log holds is moved too */

static void fail(struct request *r, int32_t rc, const struct hyp_error *err)
{
	r->rc = rc;
	*r->err = *err;
}

static void fail_all(struct request *batch, int32_t rc,
		     const struct hyp_error *err)
{
	for (struct request *r = batch; r != NULL; r = r->next)
		if (r->rc == 0)
			fail(r, rc, err);
}

/* Waits for another process's lock, until the oldest request has waited long
 * enough. */
static int on_busy(void *ctx, int n)
{
	const struct writer *w = ctx;
	const struct timespec pause = {.tv_nsec = (n < 20 ? 1 + n : 20) *
						  1000000L};

	if (hyp_clock_boot_ms() >= w->deadline_ms)
		return 0;
	nanosleep(&pause, NULL);
	return 1;
}

static int on_commit(void *ctx, sqlite3 *db, const char *name, int frames)
{
	struct writer *w = ctx;

	(void)db;
	(void)name;
	w->frames = frames;
	return SQLITE_OK;
}

int32_t writer_open(struct store *s, struct hyp_error *err)
{
	struct writer *w = &s->writer;
	int32_t rc;

	rc = conn_open(s, s->path, SQLITE_OPEN_READWRITE, &w->conn, err);
	if (rc != 0)
		return rc;
	w->lazy = 0;
	w->deadline_ms = hyp_clock_boot_ms() + BUSY_MS;
	sqlite3_busy_handler(w->conn.db, on_busy, w);
	sqlite3_wal_hook(w->conn.db, on_commit, w);
	rc = conn_exec(s, &w->conn,
		       "PRAGMA cache_size = -1024;"
		       /* No write depends on room in /tmp. */
		       "PRAGMA temp_store = MEMORY;"
		       "PRAGMA journal_size_limit = 33554432",
		       err);
	if (rc != 0)
		conn_close(&w->conn);
	return rc;
}

/* The new connection joins before the old one goes: what both know of the log
 * is where its committed part ends. Without either it would be read anew from
 * the file, and the change that failed might be taken for one. */
static int32_t replace_conn(struct store *s, struct hyp_error *err)
{
	struct writer *w = &s->writer;
	struct conn old = w->conn;
	int64_t seen;
	int32_t rc;

	memset(&w->conn, 0, sizeof(w->conn));
	rc = writer_open(s, err);
	if (rc == 0)
		rc = conn_number(s, &w->conn, "SELECT value FROM store_meta",
				 &seen, err);
	conn_close(&old);
	return rc;
}

static void give_up(struct store *s, const struct hyp_error *err)
{
	store_log(s, HYP_LOG_ERROR, "%s", err->text);
	__atomic_store_n(&s->lost, 1, __ATOMIC_RELEASE);
}

/* The committed part of the log is copied into the database, that is synced,
 * and the log begins anew. */
static int32_t renew_log(struct store *s, struct hyp_error *err)
{
	struct writer *w = &s->writer;
	int code = sqlite3_wal_checkpoint_v2(
		w->conn.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	int32_t rc;

	if (code == SQLITE_OK) {
		w->doubtful = 0;
		w->frames = 0;
		return 0;
	}
	rc = store_error(s, &w->conn, code, "reopening", err);
	if (rc != HYP_E_RESOURCE && rc != HYP_E_BUSY)
		give_up(s, err);
	return rc;
}

/* A sync failed: what the kernel holds of the log since the last good one is
 * not to be trusted to a second sync. As long as such a log is in use, on a
 * full disk or for somebody who reads it, nothing is written. */
static void reopen(struct store *s)
{
	struct hyp_error err;

	s->writer.doubtful = 1;
	if (replace_conn(s, &err) != 0)
		give_up(s, &err);
	else
		renew_log(s, &err);
}

static int32_t lost(const struct store *s, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "db_lost", 0,
			     "the database %s cannot be written any more: its "
			     "disk failed twice. Check the disk, then start "
			     "again",
			     s->path);
}

/* A sync that failed for want of room has dropped as much as any other. */
static int is_doubtful(int code, int32_t rc)
{
	return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC ||
	       (rc == HYP_E_TRANSIENT && (code & 0xff) == SQLITE_IOERR &&
		code != SQLITE_IOERR_NOMEM);
}

/* After an error that may have left the connection in doubt. */
static void judge(struct store *s, int code, int32_t rc)
{
	struct writer *w = &s->writer;

	if (!is_doubtful(code, rc))
		return;
	store_log(s, HYP_LOG_ERROR,
		  "writing the database %s failed (%s): it is opened anew",
		  s->path, sqlite3_errstr(code));
	if (rc != HYP_E_RESOURCE && ++w->failures > 1)
		__atomic_store_n(&s->lost, 1, __ATOMIC_RELEASE);
	reopen(s);
}

static int set_lazy(struct store *s, uint32_t lazy)
{
	struct writer *w = &s->writer;
	int code;

	if (w->lazy == lazy || s->options->journal != SQLITE_JOURNAL_WAL)
		return SQLITE_OK;
	code = sqlite3_exec(w->conn.db,
			    lazy ? "PRAGMA synchronous = NORMAL"
				 : "PRAGMA synchronous = FULL",
			    NULL, NULL, NULL);
	if (code == SQLITE_OK)
		w->lazy = lazy;
	return code;
}

/* Runs one request so that its failure leaves nothing of it. Returns 0 if the
 * transaction goes on. */
static int run_one(struct store *s, struct request *r)
{
	struct conn *c = &s->writer.conn;
	int code = conn_run(s, c, "SAVEPOINT one");

	if (code != SQLITE_OK)
		return code;
	c->failed = SQLITE_OK;
	r->rc = r->run(s, r, r->err);
	/* A full disk, or a failing one, ends the whole transaction. */
	if (sqlite3_get_autocommit(c->db))
		return c->failed != SQLITE_OK ? c->failed : SQLITE_ABORT;
	if (r->rc != 0)
		code = conn_run(s, c, "ROLLBACK TO one");
	if (code == SQLITE_OK)
		code = conn_run(s, c, "RELEASE one");
	return code;
}

/* The whole batch; a SQLite code other than 0 means that all failed. */
static int run_batch(struct store *s, struct request *batch, int *begun)
{
	struct conn *c = &s->writer.conn;
	uint32_t lazy = 1;
	int code;

	for (const struct request *r = batch; r != NULL; r = r->next)
		lazy = lazy && r->lazy;
	code = set_lazy(s, lazy);
	if (code == SQLITE_OK)
		code = conn_run(s, c, "BEGIN IMMEDIATE");
	*begun = code == SQLITE_OK;
	for (struct request *r = batch; r != NULL && code == SQLITE_OK;
	     r = r->next)
		code = run_one(s, r);
	if (code == SQLITE_OK)
		code = conn_run(s, c, "COMMIT");
	return code;
}

/* Those who have waited long enough fail; the others, that are returned, wait
 * on. Both lists keep the order. */
static struct request *split_busy(struct request **batch, int32_t rc,
				  const struct hyp_error *err)
{
	uint64_t now = hyp_clock_boot_ms();
	struct request *waiting = NULL, **last = &waiting, **r = batch;

	while (*r != NULL) {
		if (now - (*r)->since_ms >= BUSY_MS) {
			fail(*r, rc, err);
			r = &(*r)->next;
			continue;
		}
		*last = *r;
		*r = (*r)->next;
		last = &(*last)->next;
		*last = NULL;
	}
	return waiting;
}

/* Whether anything can be written now; it waits as long as a request does that
 * came then. */
static int32_t prepare(struct store *s, uint64_t since_ms,
		       struct hyp_error *err)
{
	struct writer *w = &s->writer;
	int32_t rc;

	if (__atomic_load_n(&s->lost, __ATOMIC_ACQUIRE))
		return lost(s, err);
	if (__atomic_load_n(&s->corrupt, __ATOMIC_ACQUIRE))
		return store_corrupt(s, "see the log", err);
	if (w->conn.db == NULL && (rc = writer_open(s, err)) != 0)
		return rc;
	w->deadline_ms = since_ms + BUSY_MS;
	return w->doubtful ? renew_log(s, err) : 0;
}

/* Returns those that are to be tried again. */
static struct request *commit(struct store *s, struct request **batch)
{
	struct conn *c = &s->writer.conn;
	struct hyp_error err;
	int begun = 0, code;
	int32_t rc = prepare(s, (*batch)->since_ms, &err);

	if (rc == HYP_E_BUSY)
		return split_busy(batch, rc, &err);
	if (rc != 0) {
		fail_all(*batch, rc, &err);
		return NULL;
	}
	code = run_batch(s, *batch, &begun);
	if (code == SQLITE_OK)
		return NULL;
	rc = store_error(s, c, code, "writing", &err);
	if (!sqlite3_get_autocommit(c->db))
		sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	if (rc == HYP_E_BUSY && !begun)
		return split_busy(batch, rc, &err);
	/* Also those that went well are gone. */
	fail_all(*batch, rc, &err);
	judge(s, code, rc);
	/* Without memory there is no ROLLBACK either, but by closing. */
	if (c->db != NULL && !sqlite3_get_autocommit(c->db))
		conn_close(c);
	return NULL;
}

static void warn_of_log(struct store *s)
{
	struct writer *w = &s->writer;
	uint64_t now = hyp_clock_boot_ms();

	if (w->frames < FRAMES_WARN || now < w->warned_ms)
		return;
	store_log(s, HYP_LOG_WARNING,
		  "the write-ahead log of %s has grown to %d MiB: another "
		  "process keeps reading an old state of it",
		  s->path, w->frames / 256);
	w->warned_ms = now + WARN_EVERY_MS;
}

/* From the log to the database: a little of it without waiting for readers,
 * much of it so that the log begins anew. A reader that stays, as a backup
 * does, is not waited for each time. */
static void checkpoint(struct store *s, int least)
{
	struct writer *w = &s->writer;
	struct hyp_error err;
	int frames = 0, done = 0, restart, code;

	if (w->frames < least || w->conn.db == NULL)
		return;
	w->deadline_ms = hyp_clock_boot_ms() + CHECKPOINT_WAIT_MS;
	restart =
		w->frames >= FRAMES_RESTART && w->deadline_ms >= w->restart_ms;
	code = sqlite3_wal_checkpoint_v2(w->conn.db, NULL,
					 restart ? SQLITE_CHECKPOINT_RESTART
						 : SQLITE_CHECKPOINT_PASSIVE,
					 &frames, &done);
	if (restart && code == SQLITE_BUSY)
		w->restart_ms = w->deadline_ms + RESTART_EVERY_MS;
	if (code == SQLITE_OK && frames == done)
		w->frames = 0;
	else if (code != SQLITE_OK)
		judge(s, code,
		      store_error(s, &w->conn, code, "checkpointing", &err));
	warn_of_log(s);
}

/* Takes what waits, at most a batch. The lock is held. */
static struct request *take(struct writer *w)
{
	struct request *batch = w->first, *r = batch;

	for (int i = 1; i < BATCH_MAX && r->next != NULL; i++)
		r = r->next;
	w->first = r->next;
	if (w->first == NULL)
		w->last = &w->first;
	r->next = NULL;
	return batch;
}

static void wake(struct request *batch)
{
	struct request *next;

	for (struct request *r = batch; r != NULL; r = next) {
		next = r->next; /* r is gone when it is done */
		r->done = 1;
		pthread_cond_signal(&r->wake);
	}
}

static void put_back(struct writer *w, struct request *again)
{
	struct request **last = &again;

	if (again == NULL)
		return;
	while (*last != NULL)
		last = &(*last)->next;
	*last = w->first;
	if (w->first == NULL)
		w->last = last;
	w->first = again;
}

/* The lock is held, but while it waits. */
static void wait_for_work(struct store *s)
{
	struct writer *w = &s->writer;
	struct timespec until;

	while (w->first == NULL && !w->stop) {
		if (w->frames == 0) {
			pthread_cond_wait(&w->work, &w->lock);
			continue;
		}
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += IDLE_S;
		if (pthread_cond_timedwait(&w->work, &w->lock, &until) !=
		    ETIMEDOUT)
			continue;
		pthread_mutex_unlock(&w->lock);
		checkpoint(s, 1);
		pthread_mutex_lock(&w->lock);
	}
}

static void *writer_main(void *arg)
{
	struct store *s = arg;
	struct writer *w = &s->writer;
	struct request *batch, *again;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		wait_for_work(s);
		if (w->first == NULL)
			break;
		batch = take(w);
		pthread_mutex_unlock(&w->lock);
		again = commit(s, &batch);
		pthread_mutex_lock(&w->lock);
		put_back(w, again);
		wake(batch);
		pthread_mutex_unlock(&w->lock);
		checkpoint(s, FRAMES_CHECKPOINT);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int32_t writer_do(struct store *s, struct request *r, struct hyp_error *err)
{
	struct writer *w = &s->writer;
	struct hyp_error spare;

	if (s->options->read_only)
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "%s was opened for reading only", s->path);
	r->err = err != NULL ? err : &spare;
	if (pthread_cond_init(&r->wake, NULL) != 0)
		return hyp_error_nomem(err);
	r->since_ms = hyp_clock_boot_ms();
	pthread_mutex_lock(&w->lock);
	*w->last = r;
	w->last = &r->next;
	pthread_cond_signal(&w->work);
	while (!r->done)
		pthread_cond_wait(&r->wake, &w->lock);
	pthread_mutex_unlock(&w->lock);
	pthread_cond_destroy(&r->wake);
	return r->rc;
}

int32_t writer_start(struct store *s, struct hyp_error *err)
{
	struct writer *w = &s->writer;
	int rc;

	w->last = &w->first;
	rc = pthread_create(&w->thread, NULL, writer_main, s);
	if (rc != 0)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_threads", rc,
				     "no thread can be made to write the "
				     "database");
	w->running = 1;
	return 0;
}

void writer_stop(struct store *s)
{
	struct writer *w = &s->writer;

	if (w->running) {
		pthread_mutex_lock(&w->lock);
		w->stop = 1;
		pthread_cond_signal(&w->work);
		pthread_mutex_unlock(&w->lock);
		pthread_join(w->thread, NULL);
	}
	if (w->running && !w->failures && !s->corrupt &&
	    s->options->journal == SQLITE_JOURNAL_WAL)
		sqlite3_exec(w->conn.db,
			     "UPDATE store_meta SET value = 0"
			     " WHERE name = 'open'",
			     NULL, NULL, NULL);
	conn_close(&w->conn);
	for (size_t t = 0; t < HYP_TABLES; t++)
		for (size_t v = 0; v < SQL_VERBS; v++)
			free(w->sql[t][v]);
}
