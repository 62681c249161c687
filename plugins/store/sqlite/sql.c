/* SPDX-License-Identifier: Apache-2.0 */
/* Statements, made of the tables' descriptions. */
#include "core/base/buf.h"
#include "plugins/store/sqlite/sqlite.h"

#define SQL_MAX 16384

void sql_init(struct sql *sql, struct hyp_error *err)
{
	hyp_buf_init(&sql->buf, SQL_MAX);
	sql->rc = 0;
	sql->err = err;
}

void sql_add(struct sql *sql, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (sql->rc == 0 && (n < 0 || (size_t)n >= sizeof(text)))
		sql->rc = hyp_error_nomem(sql->err);
	if (sql->rc == 0)
		sql->rc = hyp_buf_add(&sql->buf, text, (size_t)n, sql->err);
}

void sql_long(struct sql *sql, const char *text)
{
	if (sql->rc == 0)
		sql->rc = hyp_buf_adds(&sql->buf, text, sql->err);
}

int32_t sql_take(struct sql *sql, char **out)
{
	if (sql->rc == 0)
		sql->rc = hyp_strdup(hyp_buf_str(&sql->buf), out, sql->err);
	hyp_buf_fini(&sql->buf);
	return sql->rc;
}

static int is_key(const struct hyp_store_column *c)
{
	return (c->flags & HYP_COL_KEY) != 0;
}

static int is_given(const struct hyp_store_column *c)
{
	return (c->flags & HYP_COL_GIVEN) != 0;
}

/* A number the store gives is the row's own, but for a delivery: there it is
 * the event's. */
static int is_own_number(const struct hyp_store_table *table,
			 const struct hyp_store_column *c)
{
	return is_given(c) && table != hyp_store_table(HYP_TABLE_DELIVERY);
}

static void add_insert(struct sql *b, const struct hyp_store_table *table)
{
	const char *comma = "";

	sql_add(b, "INSERT INTO %s(", table->name);
	for (uint32_t i = 0; i < table->count; i++) {
		if (is_own_number(table, &table->columns[i]))
			continue;
		sql_add(b, "%s%s", comma, table->columns[i].name);
		comma = ", ";
	}
	sql_add(b, ") VALUES(");
	comma = "";
	for (uint32_t i = 0; i < table->count; i++) {
		if (is_own_number(table, &table->columns[i]))
			continue;
		if (is_given(&table->columns[i])) /* event_id follows it */
			sql_add(b,
				"%s(SELECT seq FROM events "
				"WHERE id = ?%u)",
				comma, i + 2);
		else
			sql_add(b, "%s?%u", comma, i + 1);
		comma = ", ";
	}
	sql_add(b, ")");
}

static void add_upsert(struct sql *b, const struct hyp_store_table *table)
{
	const char *comma = "";

	sql_add(b, " ON CONFLICT(");
	for (uint32_t i = 0; i < table->count; i++) {
		if (!is_key(&table->columns[i]))
			continue;
		sql_add(b, "%s%s", comma, table->columns[i].name);
		comma = ", ";
	}
	sql_add(b, ") DO UPDATE SET ");
	comma = "";
	for (uint32_t i = 0; i < table->count; i++) {
		const struct hyp_store_column *c = &table->columns[i];

		if (is_key(c) || is_given(c))
			continue;
		sql_add(b, "%s%s = excluded.%s", comma, c->name, c->name);
		comma = ", ";
	}
}

static void add_update(struct sql *b, const struct hyp_store_table *table)
{
	const char *comma = "";

	sql_add(b, "UPDATE %s SET ", table->name);
	for (uint32_t i = 0; i < table->count; i++) {
		const struct hyp_store_column *c = &table->columns[i];

		if (is_key(c) || is_given(c) || (c->flags & HYP_COL_KEEP))
			continue;
		sql_add(b, "%s%s = ?%u", comma, c->name, i + 1);
		comma = ", ";
	}
}

static void add_where(struct sql *b, uint32_t number,
		      const struct hyp_store_table *table, int group)
{
	const char *and = " WHERE ";
	int job = number == HYP_TABLE_JOB || number == HYP_TABLE_PROGRESS;

	for (uint32_t i = 0; i < table->count; i++) {
		if (!is_key(&table->columns[i]))
			continue;
		sql_add(b, "%s%s = ?%u", and, table->columns[i].name, i + 1);
		and = " AND ";
		if (group)
			break;
	}
	for (uint32_t i = 0; i < table->count; i++)
		if (table->columns[i].flags & HYP_COL_UPTO)
			sql_add(b, " AND (?%u = 0 OR %s <= ?%u)", i + 1,
				table->columns[i].name, i + 1);
	if (job || number == HYP_TABLE_DELIVERY)
		sql_add(b, " AND (?%u = 0 OR (?%u >> state) & 1)",
			table->count + 1, table->count + 1);
	if (job)
		sql_add(b, " AND (?%u = 0 OR attempt = ?%u)", table->count + 2,
			table->count + 2);
}

int32_t sql_for(uint32_t number, uint32_t verb, char **out,
		struct hyp_error *err)
{
	const struct hyp_store_table *table = hyp_store_table(number);
	struct sql b;

	sql_init(&b, err);
	if (verb == HYP_OP_UPDATE) {
		add_update(&b, table);
	} else if (verb == HYP_OP_PUT || verb == HYP_OP_SET) {
		add_insert(&b, table);
		if (verb == HYP_OP_SET)
			add_upsert(&b, table);
	} else {
		sql_add(&b, "DELETE FROM %s", table->name);
	}
	if (verb != HYP_OP_PUT && verb != HYP_OP_SET)
		add_where(&b, number, table, verb == SQL_DELETE_GROUP);
	return sql_take(&b, out);
}

int32_t sql_columns(const struct hyp_store_table *table, char **out,
		    struct hyp_error *err)
{
	struct sql b;

	sql_init(&b, err);
	for (uint32_t i = 0; i < table->count; i++)
		sql_add(&b, "%s%s", i > 0 ? ", " : "", table->columns[i].name);
	return sql_take(&b, out);
}
