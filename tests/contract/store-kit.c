/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/contract/store.h"

struct hyp_job_row db_job(const char *id, uint32_t state)
{
	return (struct hyp_job_row){
		.size = sizeof(struct hyp_job_row),
		.state = state,
		.created_ms = 1764106680123,
		.updated_ms = 1764106680123,
		.id = id,
		.name = "web-1",
		.vm_path = id, /* so that jobs do not collide */
		.output_path = "/srv/exports",
		.endpoint = "vc.example:443",
		.user = "backup",
		.definition_json = "{}",
	};
}

struct hyp_store_op db_op(uint32_t verb, uint32_t table, const void *row)
{
	return (struct hyp_store_op){.size = sizeof(struct hyp_store_op),
				     .verb = verb,
				     .table = table,
				     .row = row};
}

int32_t db_change(const struct hyp_store_op *ops, uint32_t count,
		  uint32_t flags)
{
	const struct hyp_change change = {.size = sizeof(change),
					  .flags = flags,
					  .ops = ops,
					  .op_stride = sizeof(*ops),
					  .op_count = count};

	return calls->apply(db->checked, &change, &db_err);
}

int32_t db_do(uint32_t verb, uint32_t table, const void *row)
{
	const struct hyp_store_op op = db_op(verb, table, row);

	return db_change(&op, 1, 0);
}

void db_put(uint32_t table, const void *row)
{
	ck_ok(db_do(HYP_OP_PUT, table, row), &db_err);
}

static const char *keep(struct db_rows *rows, const void *bytes, size_t n)
{
	char *copy = malloc(n + 1);

	ck_assert_uint_lt(rows->text_count, HYP_COUNT(rows->texts));
	if (n > 0) /* bytes may be NULL then */
		memcpy(copy, bytes, n);
	copy[n] = '\0';
	rows->texts[rows->text_count++] = copy;
	return copy;
}

static int32_t add_row(void *ctx, const void *row, struct hyp_error *err)
{
	struct db_rows *rows = ctx;
	const struct hyp_store_table *t = hyp_store_table(rows->table);
	unsigned char *to;

	(void)err;
	ck_assert_uint_lt(rows->count, ROWS_MAX);
	to = rows->at[rows->count++];
	memcpy(to, row, t->size);
	for (uint32_t i = 0; i < t->count; i++) {
		const struct hyp_store_column *c = &t->columns[i];
		const char *text;
		uint64_t n;

		if (c->type == HYP_COL_TEXT) {
			text = hyp_row_text(row, c);
			text = keep(rows, text, strlen(text));
		} else if (c->type == HYP_COL_BYTES) {
			text = hyp_row_bytes(row, c, &n);
			text = keep(rows, text, n);
		} else {
			continue;
		}
		memcpy(to + c->offset, &text, sizeof(text));
	}
	return 0;
}

int32_t db_list(uint32_t table, const struct hyp_store_query *query,
		struct db_rows *out)
{
	const struct hyp_store_query all = {.size = sizeof(all)};
	const struct hyp_row_sink sink = {sizeof(sink), 0, out, add_row};

	memset(out, 0, sizeof(*out));
	out->table = table;
	return calls->list(db->checked, table, query != NULL ? query : &all,
			   &sink, &db_err);
}

void db_rows_fini(struct db_rows *rows)
{
	for (size_t i = 0; i < rows->text_count; i++)
		free(rows->texts[i]);
}

size_t db_count(uint32_t table, const struct hyp_store_query *query)
{
	struct db_rows rows;

	ck_ok(db_list(table, query, &rows), &db_err);
	db_rows_fini(&rows);
	return rows.count;
}

/* What db_get returned is good until the test ends. */
static struct gotten {
	struct gotten *next;
	struct db_rows rows;
} * gotten;

struct hyp_job_row db_get(const char *id)
{
	struct gotten *got = calloc(1, sizeof(*got));
	const struct hyp_row_sink sink = {sizeof(sink), 0, &got->rows, add_row};
	struct hyp_job_row job;

	ck_assert_ptr_nonnull(got);
	got->next = gotten;
	gotten = got;
	got->rows.table = HYP_TABLE_JOB;
	ck_ok(calls->get(db->checked, id, &sink, &db_err), &db_err);
	ck_assert_uint_eq(got->rows.count, 1);
	memcpy(&job, got->rows.at[0], sizeof(job));
	return job;
}

void db_gotten_fini(void)
{
	while (gotten != NULL) {
		struct gotten *next = gotten->next;

		db_rows_fini(&gotten->rows);
		free(gotten);
		gotten = next;
	}
}

static void same_bytes(const void *got, const void *want,
		       const struct hyp_store_column *c)
{
	uint64_t n, m;
	const void *a = hyp_row_bytes(got, c, &n);
	const void *b = hyp_row_bytes(want, c, &m);

	ck_assert_uint_eq(n, m);
	ck_assert_msg(n == 0 || memcmp(a, b, n) == 0, "%s", c->name);
}

void db_same(uint32_t table, const void *got, const void *want)
{
	const struct hyp_store_table *t = hyp_store_table(table);

	ck_assert_uint_eq(
		hyp_row_u32(got, &(struct hyp_store_column){.offset = 0}),
		t->size);
	for (uint32_t i = 0; i < t->count; i++) {
		const struct hyp_store_column *c = &t->columns[i];

		if (c->flags & HYP_COL_GIVEN)
			continue;
		if (c->type == HYP_COL_TEXT)
			ck_assert_msg(strcmp(hyp_row_text(got, c),
					     hyp_row_text(want, c)) == 0,
				      "%s.%s: \"%s\", not \"%s\"", t->name,
				      c->name, hyp_row_text(got, c),
				      hyp_row_text(want, c));
		else if (c->type == HYP_COL_BYTES)
			same_bytes(got, want, c);
		else if (c->type == HYP_COL_TIME ||
			 c->type == HYP_COL_SECONDS || c->type == HYP_COL_U64)
			ck_assert_msg(hyp_row_u64(got, c) ==
					      hyp_row_u64(want, c),
				      "%s.%s: %lld, not %lld", t->name, c->name,
				      (long long)hyp_row_u64(got, c),
				      (long long)hyp_row_u64(want, c));
		else
			ck_assert_msg(hyp_row_u32(got, c) ==
					      hyp_row_u32(want, c),
				      "%s.%s", t->name, c->name);
	}
}
