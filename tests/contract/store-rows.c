/* SPDX-License-Identifier: Apache-2.0 */
/* Every table keeps every member of its rows, and takes the operations that it
 * says it takes. The rows are made from the tables' description: a member
 * that is forgotten somewhere is found here. */
#include "tests/contract/store.h"

/* Something different in each member; n makes rows differ. */
static void fill(uint32_t table, unsigned char *row, unsigned n, char *space)
{
	const struct hyp_store_table *t = hyp_store_table(table);
	int key = 0;

	memset(row, 0, HYP_ROW_MAX);
	memcpy(row, &t->size, sizeof(t->size));
	for (uint32_t i = 0; i < t->count; i++, space += 64) {
		const struct hyp_store_column *c = &t->columns[i];
		uint32_t u32 = 1 + (i + n) % 2;
		int64_t i64 = 1764106680000 + (int64_t)(1000 * i + n);
		const char *text = space;

		key = (c->flags & HYP_COL_KEY) != 0;
		snprintf(space, 64, "%s %u Ä€😀", c->name, key ? 1 : n);
		if (c->type == HYP_COL_TEXT) {
			memcpy(row + c->offset, &text, sizeof(text));
		} else if (c->type == HYP_COL_BYTES) {
			uint64_t size = 64;

			memcpy(row + c->offset, &text, sizeof(text));
			memcpy(row + c->offset + 8, &size, sizeof(size));
		} else if (c->type == HYP_COL_U32 ||
			   c->type == HYP_COL_STATUS) {
			memcpy(row + c->offset, &u32, sizeof(u32));
		} else if (c->type != HYP_COL_PHASE) {
			i64 = key ? 1764106680001 : i64;
			memcpy(row + c->offset, &i64, sizeof(i64));
		}
	}
}

/* What a row needs to be there before it. */
static void prepare(uint32_t table, const unsigned char *row)
{
	struct hyp_job_row job;
	struct hyp_schedule_row s = {.size = sizeof(s)};
	struct hyp_event_row e = {.size = sizeof(e), .type = "job.created"};
	const void *at = row;

	switch (table) {
	case HYP_TABLE_HISTORY:
		job = db_job(((const struct hyp_history_row *)at)->job_id, 2);
		db_put(HYP_TABLE_JOB, &job);
		break;
	case HYP_TABLE_LOG:
		job = db_job(((const struct hyp_log_row *)at)->job_id, 2);
		db_put(HYP_TABLE_JOB, &job);
		break;
	case HYP_TABLE_FIRE:
		s.id = ((const struct hyp_fire_row *)at)->schedule_id;
		db_put(HYP_TABLE_SCHEDULE, &s);
		break;
	case HYP_TABLE_DELIVERY:
		e.id = ((const struct hyp_delivery_row *)at)->event_id;
		db_put(HYP_TABLE_EVENT, &e);
		break;
	default:
		break;
	}
}

static uint32_t verbs_of(uint32_t table)
{
	return hyp_store_table(table)->verbs;
}

static void expect_one(uint32_t table, const void *want)
{
	struct db_rows rows;

	ck_ok(db_list(table, NULL, &rows), &db_err);
	ck_assert_uint_eq(rows.count, 1);
	db_same(table, rows.at[0], want);
	db_rows_fini(&rows);
}

START_TEST(keeps_every_member)
{
	_Alignas(8) unsigned char row[HYP_ROW_MAX];
	uint32_t table = (uint32_t)_i;
	char space[64 * 32];

	if (table == HYP_TABLE_PROGRESS)
		return;
	fill(table, row, 1, space);
	prepare(table, row);
	db_put(table, row);
	expect_one(table, row);
	db_reopen();
	expect_one(table, row);
}
END_TEST

START_TEST(puts_a_key_once)
{
	_Alignas(8) unsigned char row[HYP_ROW_MAX];
	uint32_t table = (uint32_t)_i;
	char space[64 * 32];

	fill(table, row, 1, space);
	if (!(verbs_of(table) & (1u << HYP_OP_UPDATE)) ||
	    table == HYP_TABLE_PROGRESS)
		return; /* its key is given */
	prepare(table, row);
	db_put(table, row);
	ck_fails(db_do(HYP_OP_PUT, table, row), &db_err, HYP_E_CONFLICT,
		 "conflict");
	expect_one(table, row);
}
END_TEST

/* What UPDATE leaves, as the header says. */
static void copy_kept(uint32_t table, unsigned char *to,
		      const unsigned char *from)
{
	const struct hyp_store_table *t = hyp_store_table(table);

	for (uint32_t i = 0; i < t->count; i++)
		if (t->columns[i].flags & HYP_COL_KEEP)
			memcpy(to + t->columns[i].offset,
			       from + t->columns[i].offset, 8);
}

START_TEST(updates_what_is_there)
{
	_Alignas(8) unsigned char row[HYP_ROW_MAX], other[HYP_ROW_MAX];
	uint32_t table = (uint32_t)_i;
	char space[64 * 32], more[64 * 32];

	fill(table, row, 1, space);
	fill(table, other, 2, more);
	if (!(verbs_of(table) & (1u << HYP_OP_UPDATE)))
		return;
	ck_fails(db_do(HYP_OP_UPDATE, table, other), &db_err, HYP_E_FENCED,
		 "fenced");
	if (table == HYP_TABLE_PROGRESS)
		return; /* changes.c */
	prepare(table, row);
	db_put(table, row);
	ck_ok(db_do(HYP_OP_UPDATE, table, other), &db_err);
	copy_kept(table, other, row);
	expect_one(table, other);
}
END_TEST

START_TEST(sets_whatever_is_there)
{
	_Alignas(8) unsigned char row[HYP_ROW_MAX], other[HYP_ROW_MAX];
	uint32_t table = (uint32_t)_i;
	char space[64 * 32], more[64 * 32];

	fill(table, row, 1, space);
	fill(table, other, 2, more);
	if (!(verbs_of(table) & (1u << HYP_OP_SET)))
		return;
	prepare(table, row);
	ck_ok(db_do(HYP_OP_SET, table, row), &db_err);
	expect_one(table, row);
	ck_ok(db_do(HYP_OP_SET, table, other), &db_err);
	expect_one(table, other);
}
END_TEST

START_TEST(deletes)
{
	_Alignas(8) unsigned char row[HYP_ROW_MAX];
	uint32_t table = (uint32_t)_i;
	char space[64 * 32];

	fill(table, row, 1, space);
	if (!(verbs_of(table) & (1u << HYP_OP_DELETE)))
		return;
	prepare(table, row);
	ck_ok(db_do(HYP_OP_DELETE, table, row), &db_err); /* not there */
	db_put(table, row);
	ck_ok(db_do(HYP_OP_DELETE, table, row), &db_err);
	ck_assert_uint_eq(db_count(table, NULL), 0);
}
END_TEST

START_TEST(refuses_what_it_does_not_take)
{
	_Alignas(8) unsigned char row[HYP_ROW_MAX];
	uint32_t table = (uint32_t)_i;
	char space[64 * 32];

	fill(table, row, 1, space);
	for (uint32_t verb = 0; verb < 8; verb++)
		if (!(verbs_of(table) & (1u << verb)))
			ck_fails(db_do(verb, table, row), &db_err, HYP_E_USAGE,
				 "bad_request");
}
END_TEST

/* An older core's rows are shorter: what they lack is nothing. */
START_TEST(takes_shorter_rows)
{
	struct hyp_token_row token = {
		.size = offsetof(struct hyp_token_row, sha256),
		.id = "t1",
		.name = "ci",
		.role = "viewer",
		.sha256 = "must not be read"};
	struct db_rows rows;

	db_put(HYP_TABLE_TOKEN, &token);
	ck_ok(db_list(HYP_TABLE_TOKEN, NULL, &rows), &db_err);
	ck_assert_str_eq(((struct hyp_token_row *)(void *)rows.at[0])->sha256,
			 "");
	ck_assert_str_eq(((struct hyp_token_row *)(void *)rows.at[0])->role,
			 "viewer");
	db_rows_fini(&rows);
}
END_TEST

TCase *store_rows(void)
{
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, keeps_every_member, 1, HYP_TABLES);
	tcase_add_loop_test(tc, puts_a_key_once, 1, HYP_TABLES);
	tcase_add_loop_test(tc, updates_what_is_there, 1, HYP_TABLES);
	tcase_add_loop_test(tc, sets_whatever_is_there, 1, HYP_TABLES);
	tcase_add_loop_test(tc, deletes, 1, HYP_TABLES);
	tcase_add_loop_test(tc, refuses_what_it_does_not_take, 1, HYP_TABLES);
	tcase_add_test(tc, takes_shorter_rows);
	return tc;
}
