/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules of which this system does not know the zone, or does not any
 * more (faults.md 105). */
#include "tests/unit/engine/scheduler-kit.h"

/* As an older daemon, or another tzdata, has left it. */
static void set_zone(const char *id, const char *zone)
{
	struct hyp_schedule_row row =
		hyp_entry_row(hyp_scheduler_find(kit.engine->scheduler, id));
	struct hyp_draft draft = {.count = 0};

	row.zone = zone;
	ck_ok(hyp_draft_add(&draft, HYP_OP_UPDATE, HYP_TABLE_SCHEDULE, &row,
			    &kit.err),
	      &kit.err);
	ck_ok(hyp_engine_apply(kit.engine, &draft, &kit.err), &kit.err);
	hyp_draft_fini(&draft);
}

static int32_t take_next_run(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_schedule_row *row = at;

	(void)err;
	*(int64_t *)ctx = row->next_run_ms;
	return 0;
}

static int64_t stored_next_run(const char *id)
{
	const struct hyp_store_query query = {.size = sizeof(query), .id = id};
	int64_t next_ms = -1;
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = &next_ms, .row = take_next_run};

	ck_ok(hyp_store_calls.list(hyp_engine_store(kit.engine),
				   HYP_TABLE_SCHEDULE, &query, &sink, &kit.err),
	      &kit.err);
	return next_ms;
}

START_TEST(a_zone_that_is_gone)
{
	create("a", "0 * * * *", "");
	create("b", "0 * * * *", "");
	set_zone("a", "Europe/Atlantis");
	reopen();
	pass(HOUR, 0);
	ck_assert_uint_eq(fired("a"), 0);
	ck_assert_uint_eq(fired("b"), 1);
	ck_assert_int_eq(stored_next_run("a"), 0);
	ck_assert_int_gt(stored_next_run("b"), wall);
}
END_TEST

/* It can be run by hand, turned off, put right, and deleted. */
START_TEST(a_zone_that_is_gone_can_be_changed)
{
	struct hyp_submitted out;
	struct hyp_schedule *s;

	create("a", "0 * * * *", ",'overlap':'allow'");
	create("b", "0 * * * *", "");
	set_zone("a", "Europe/Atlantis");
	set_zone("b", "Europe/Atlantis");
	reopen();
	ck_fails(change("a", "{'description':'x'}", &s), &kit.err, HYP_E_USAGE,
		 "bad_zone");
	ck_ok(hyp_engine_schedule_trigger(kit.engine, NULL, "a", &out,
					  &kit.err),
	      &kit.err);
	hyp_submitted_fini(&out);
	ck_ok(hyp_engine_schedule_enable(kit.engine, NULL, "a", 0, &s,
					 &kit.err),
	      &kit.err);
	hyp_schedule_put(s);
	ck_fails(hyp_engine_schedule_enable(kit.engine, NULL, "a", 1, &s,
					    &kit.err),
		 &kit.err, HYP_E_USAGE, "bad_zone");
	ck_ok(change("a", "{'zone':'Asia/Tokyo','enabled':true}", &s),
	      &kit.err);
	hyp_schedule_put(s);
	ck_ok(hyp_engine_schedule_delete(kit.engine, NULL, "b", &kit.err),
	      &kit.err);
	ck_assert_int_eq(stored_next_run("b"), -1);
	pass(HOUR, 0);
	ck_assert_uint_eq(fired("a"), 2);
}
END_TEST

/* It is installed again: from then on it fires. */
START_TEST(a_zone_that_comes_back)
{
	create("a", "0 * * * *", "");
	set_zone("a", "Europe/Atlantis");
	reopen();
	tick();
	set_zone("a", "UTC");
	reopen();
	pass(HOUR, 0);
	ck_assert_uint_eq(fired("a"), 1);
}
END_TEST

static Suite *zones_suite(void)
{
	Suite *suite = suite_create("scheduler-zones");
	TCase *tc = tcase_create("zones");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_zone_that_is_gone);
	tcase_add_test(tc, a_zone_that_is_gone_can_be_changed);
	tcase_add_test(tc, a_zone_that_comes_back);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(zones_suite());
}
