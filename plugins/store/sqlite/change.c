/* SPDX-License-Identifier: Apache-2.0 */
/* One change, inside the writer's transaction. */
#include "core/base/cleanup.h"
#include "plugins/store/sqlite/sqlite.h"

#include <stddef.h>

struct op_run {
	struct store *s;
	struct conn *c;
	const struct hyp_store_op *op;
	const struct hyp_store_table *table;
	_Alignas(8) unsigned char row[HYP_ROW_MAX];
};

static const char *key_text(const struct op_run *run)
{
	for (uint32_t i = 0; i < run->table->count; i++) {
		const struct hyp_store_column *c = &run->table->columns[i];

		if (c->type == HYP_COL_TEXT && (c->flags & HYP_COL_KEY))
			return hyp_row_text(run->row, c);
	}
	return "";
}

static int32_t fenced(const struct op_run *run, const char *what,
		      struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_FENCED, "fenced", 0, "the %s %.128s %s",
			     run->table->what, key_text(run), what);
}

/* The active job that has the same endpoint, VM and output. */
static int32_t job_conflict(const struct op_run *run, struct hyp_error *err)
{
	const struct hyp_job_row *job = (const void *)run->row;
	sqlite3_stmt *stmt;
	int32_t rc = conn_prepare(run->s, run->c,
				  "SELECT id FROM jobs WHERE endpoint = ?1 AND "
				  "vm_path = ?2 AND output_path = ?3 AND "
				  "state <= 8",
				  &stmt, err);

	if (rc != 0)
		return rc;
	sqlite3_bind_text(stmt, 1, job->endpoint, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, job->vm_path, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, job->output_path, -1, SQLITE_STATIC);
	rc = HYP_E_CONFLICT;
	if (sqlite3_step(stmt) == SQLITE_ROW)
		hyp_error_set(err, rc, "conflict", 0,
			      "job %.128s is active with the same VM and "
			      "output",
			      (const char *)(const void *)sqlite3_column_text(
				      stmt, 0));
	else
		hyp_error_set(err, rc, "conflict", 0,
			      "there is a job %.128s already", job->id);
	sqlite3_reset(stmt);
	return rc;
}

static int32_t constraint(const struct op_run *run, int code,
			  struct hyp_error *err)
{
	switch (code) {
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return fenced(run, "belongs to what is not there", err);
	case SQLITE_CONSTRAINT_NOTNULL: /* only a delivery's event_seq */
		return fenced(run, "is of an event that is not there", err);
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
		if (run->op->table == HYP_TABLE_JOB)
			return job_conflict(run, err);
		return hyp_error_set(err, HYP_E_CONFLICT, "conflict", 0,
				     "there is a %s %.128s already",
				     run->table->what, key_text(run));
	default:
		return store_error(run->s, run->c, code, "writing", err);
	}
}

static int32_t bind(const struct op_run *run, sqlite3_stmt *stmt,
		    struct hyp_error *err)
{
	int last = sqlite3_bind_parameter_count(stmt), code = SQLITE_OK;
	int at = (int)run->table->count;

	for (int i = 0; i < at && i < last && code == SQLITE_OK; i++)
		code = bind_column(stmt, run->table, (uint32_t)i, run->row);
	if (code == SQLITE_OK && last > at)
		code = sqlite3_bind_int64(stmt, at + 1, run->op->states);
	if (code == SQLITE_OK && last > at + 1)
		code = sqlite3_bind_int64(stmt, at + 2, run->op->attempt);
	return code == SQLITE_OK
		       ? 0
		       : store_error(run->s, run->c, code, "writing", err);
}

static int32_t step(const struct op_run *run, sqlite3_stmt *stmt,
		    struct hyp_error *err)
{
	int code = sqlite3_step(stmt);
	int32_t rc = 0;

	sqlite3_reset(stmt);
	/* What was bound may be gone before the statement is. */
	sqlite3_clear_bindings(stmt);
	if (code == SQLITE_DONE &&
	    (run->op->verb == HYP_OP_UPDATE ||
	     (run->op->verb == HYP_OP_DELETE &&
	      (run->op->states != 0 || run->op->attempt != 0))) &&
	    sqlite3_changes(run->c->db) == 0)
		rc = fenced(run, "is not as expected, or gone", err);
	else if ((code & 0xff) == SQLITE_CONSTRAINT)
		rc = constraint(run, code, err);
	else if (code != SQLITE_DONE)
		rc = store_error(run->s, run->c, code, "writing", err);
	return rc;
}

/* Which statement: an undo record without a name is all of its job's. */
static uint32_t variant(const struct op_run *run)
{
	const struct hyp_store_column *c = run->table->columns;

	return run->op->verb == HYP_OP_DELETE && (c->flags & HYP_COL_GROUP) &&
			       hyp_row_text(run->row, c + 1)[0] == '\0'
		       ? SQL_DELETE_GROUP
		       : run->op->verb;
}

static int32_t run_op(struct store *s, const struct hyp_store_op *op,
		      struct hyp_error *err)
{
	struct op_run run = {.s = s, .c = &s->writer.conn, .op = op};
	sqlite3_stmt *stmt;
	uint32_t verb;
	char **sql;
	int32_t rc;

	run.table = hyp_store_table(op->table);
	if (run.table == NULL || op->verb < HYP_OP_PUT ||
	    op->verb > HYP_OP_DELETE || !(run.table->verbs & (1u << op->verb)))
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "operation %u on table %u", op->verb,
				     op->table);
	rc = hyp_store_row_copy(run.table, run.row, op->row, err);
	if (rc != 0)
		return rc;
	verb = variant(&run);
	sql = &s->writer.sql[op->table][verb];
	if (*sql == NULL)
		rc = sql_for(op->table, verb, sql, err);
	if (rc == 0)
		rc = conn_prepare(s, run.c, *sql, &stmt, err);
	if (rc == 0)
		rc = bind(&run, stmt, err);
	return rc == 0 ? step(&run, stmt, err) : rc;
}

int32_t change_run(struct store *s, const struct hyp_change *change,
		   struct hyp_error *err)
{
	int32_t rc = 0;

	for (uint32_t i = 0; i < change->op_count && rc == 0; i++) {
		struct hyp_store_op op = {.size = 0};
		const char *from = (const char *)change->ops +
				   (size_t)i * change->op_stride;

		memcpy(&op, from,
		       change->op_stride < sizeof(op) ? change->op_stride
						      : sizeof(op));
		rc = run_op(s, &op, err);
	}
	return rc;
}

static int32_t run_apply(struct store *s, struct request *r,
			 struct hyp_error *err)
{
	return change_run(s, r->args, err);
}

int32_t op_apply(void *instance, const struct hyp_change *change,
		 struct hyp_error *err)
{
	struct request r = {.run = run_apply,
			    .args = change,
			    .lazy = change->flags & HYP_CHANGE_LAZY};

	return writer_do(instance, &r, err);
}
