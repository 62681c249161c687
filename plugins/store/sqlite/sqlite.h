/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/sqlite inside: one file, one writing thread that commits the changes
 * of all who wait in one go, and a few connections that read.
 */
#ifndef HYP_STORE_SQLITE_H
#define HYP_STORE_SQLITE_H

#include "core/base/buf.h"
#include "core/base/store-table.h"

#include <pthread.h>
#include <sqlite3.h>

#define BUSY_MS 5000

#define SQLITE_JOURNAL_WAL 0u
#define SQLITE_JOURNAL_ROLLBACK 1u

struct sqlite_options {
	const char *path;
	uint32_t read_only;
	uint32_t journal;
};

/* --- a connection ------------------------------------------------------ */

/* Statements by their text; the oldest gives way. */
#define CONN_STATEMENTS 48
struct conn {
	sqlite3 *db;
	struct {
		sqlite3_stmt *stmt;
		uint64_t used;
	} cache[CONN_STATEMENTS];
	uint64_t uses;
	int failed; /* the newest error; sqlite3_reset may hide it */
	struct conn *next;
};

struct store;

/* flags: of sqlite3_open_v2. */
int32_t conn_open(struct store *s, const char *path, int flags,
		  struct conn *out, struct hyp_error *err);
void conn_close(struct conn *c);
/* Reset and without bindings; it stays the connection's. */
int32_t conn_prepare(struct store *s, struct conn *c, const char *sql,
		     sqlite3_stmt **out, struct hyp_error *err);
int32_t conn_exec(struct store *s, struct conn *c, const char *sql,
		  struct hyp_error *err);
/* A statement without rows and parameters; SQLite's own code. */
int conn_run(struct store *s, struct conn *c, const char *sql);
/* The first column of the first row; 0 and *out untouched if none. */
int32_t conn_number(struct store *s, struct conn *c, const char *sql,
		    int64_t *out, struct hyp_error *err);

/* --- errors (error.c) -------------------------------------------------- */

/* A SQLite code as an error of store.h. doing: "writing a job". */
int32_t store_error(struct store *s, struct conn *c, int code,
		    const char *doing, struct hyp_error *err);
int32_t store_corrupt(struct store *s, const char *what, struct hyp_error *err);
/* 1 if a row of an integrity check tells of missing memory (7: SQLITE_NOMEM,
 * 3082: SQLITE_IOERR_NOMEM), not of a fault. */
int store_is_nomem(const char *text);
__attribute__((format(printf, 3, 4))) void
store_log(const struct store *s, uint32_t level, const char *fmt, ...);

/* --- values (values.c) ------------------------------------------------- */

#define TIME_TEXT 25
/* "2026-11-25T21:38:00.123Z": the order of texts is that of times. */
void time_to_text(int64_t ms, char out[TIME_TEXT]);
int64_t time_from_text(const char *text);

/* Binds column i of the table to parameter i + 1. */
int bind_column(sqlite3_stmt *stmt, const struct hyp_store_table *table,
		uint32_t i, const void *row);
/* The current row into a struct of the table; its texts are SQLite's. */
void read_row(sqlite3_stmt *stmt, const struct hyp_store_table *table,
	      void *row);

/* --- SQL of the tables (sql.c) ----------------------------------------- */

/* A text that grows; the first failure stays and is told at the end. */
struct sql {
	struct hyp_buf buf;
	int32_t rc;
	struct hyp_error *err;
};
void sql_init(struct sql *sql, struct hyp_error *err);
__attribute__((format(printf, 2, 3))) void sql_add(struct sql *sql,
						   const char *fmt, ...);
void sql_long(struct sql *sql, const char *text);
/* The text is the caller's to free; sql is finished with. */
int32_t sql_take(struct sql *sql, char **out);

#define SQL_DELETE_GROUP 5u /* by the first key only */
#define SQL_VERBS 6u
/* The statement for a verb of a table; the caller frees it. Parameters:
 * i + 1 for column i, count + 1 the expected states, count + 2 the attempt. */
int32_t sql_for(uint32_t table, uint32_t verb, char **out,
		struct hyp_error *err);
/* "a, b, c": every column, in the table's order. */
int32_t sql_columns(const struct hyp_store_table *table, char **out,
		    struct hyp_error *err);

/* --- the writer (writer.c) --------------------------------------------- */

/* What one caller waits for; on the caller's stack. */
struct request {
	struct request *next;
	int32_t (*run)(struct store *s, struct request *r,
		       struct hyp_error *err);
	const void *args;
	void *out;
	uint32_t lazy;
	uint64_t since_ms;
	int32_t rc;
	struct hyp_error *err; /* never NULL */
	uint32_t done;
	pthread_cond_t wake;
};

struct writer {
	struct conn conn;
	pthread_t thread;
	uint32_t running;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t work;
	struct request *first, **last;
	uint32_t stop;
	/* The thread's own. */
	uint32_t lazy; /* the connection commits without a sync */
	uint32_t failures;
	uint32_t doubtful;    /* the log may hold what is not on the disk */
	uint64_t deadline_ms; /* until then another's lock is waited for */
	int frames;	      /* in the write-ahead log */
	uint64_t restart_ms;  /* not before: readers are waited for */
	uint64_t warned_ms;
	char *sql[HYP_TABLES][SQL_VERBS];
};

int32_t writer_open(struct store *s, struct hyp_error *err);
int32_t writer_start(struct store *s, struct hyp_error *err);
/* All that waits is done first. */
void writer_stop(struct store *s);
/* Runs in the writer's transaction, and returns when it is committed. */
int32_t writer_do(struct store *s, struct request *r, struct hyp_error *err);

/* --- reading (readers.c) ----------------------------------------------- */

#define READERS_MAX 8
struct readers {
	pthread_mutex_t lock;
	pthread_cond_t free_one;
	struct conn *idle;
	uint32_t count;
};

int32_t reader_take(struct store *s, struct conn **out, struct hyp_error *err);
/* broken: it is closed rather than kept. */
void reader_put(struct store *s, struct conn *c, int broken);
void readers_close(struct store *s);

/* --- the store --------------------------------------------------------- */

struct store {
	const struct hyp_host *host;
	const struct sqlite_options *options;
	char *path;
	struct writer writer;
	struct readers readers;
	struct {
		struct conn conn;
		pthread_t thread;
		uint32_t running;
	} checker; /* of a large file, in the background */
	/* Set once, read by all: what ended the store's use. */
	uint32_t corrupt, lost;
	char *get_sql, *row_sql; /* a job by id, by rowid */
};

/* After that: checked, migrated, its threads running (open.c). */
int32_t store_open(struct store *s, struct hyp_error *err);
void checker_stop(struct store *s);

/* Whether the file may be used, and made if it is not there (file.c). */
int32_t file_prepare(struct store *s, struct hyp_error *err);

/* The folder that path lies in. */
int32_t file_sync_folder(const char *path, struct hyp_error *err);

/* The tables, and what has become of them since (schema.c). */
#define SCHEMA_ID 0x48595053 /* "HYPS" */
int32_t schema_version(struct store *s, struct conn *c, int64_t *version,
		       struct hyp_error *err);
int32_t schema_migrate(struct store *s, struct conn *c, struct hyp_error *err);
int64_t schema_newest(void);

/* One change within the open transaction; c is the writer's. */
int32_t change_run(struct store *s, const struct hyp_change *change,
		   struct hyp_error *err);

/* The operations (store.h), one file each. */
int32_t op_apply(void *instance, const struct hyp_change *change,
		 struct hyp_error *err);
int32_t op_claim(void *instance, const struct hyp_claim *claim,
		 int32_t (*compose)(void *ctx, const struct hyp_job_row *chosen,
				    struct hyp_change *change,
				    struct hyp_error *err),
		 void *ctx, struct hyp_error *err);
int32_t op_list(void *instance, uint32_t table,
		const struct hyp_store_query *query,
		const struct hyp_row_sink *sink, struct hyp_error *err);
int32_t op_get(void *instance, const char *job_id,
	       const struct hyp_row_sink *sink, struct hyp_error *err);
int32_t op_counts(void *instance, struct hyp_store_counts *counts,
		  struct hyp_error *err);
int32_t op_prune(void *instance, const struct hyp_prune *prune,
		 uint64_t *removed, struct hyp_error *err);
int32_t op_backup(void *instance, const char *path, struct hyp_error *err);
int32_t op_check(void *instance, void (*problem)(void *ctx, const char *text),
		 void *ctx, struct hyp_error *err);

extern const struct hyp_plugin sqlite_plugin;

#endif
