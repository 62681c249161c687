/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules over the store, by a clock that the tests set: what fires, when,
 * and what becomes of it. Numbers are those of faults.md. */
#include "core/plugin/call.h"
#include "core/engine/tally.h"
#include "tests/unit/engine/scheduler-kit.h"

START_TEST(fires_and_outcomes)
{
	create("s", "*/10 * * * *", "");
	pass(9 * MINUTE, 0);
	ck_assert_uint_eq(fired("s"), 0);
	pass(1 * MINUTE, 0);
	ck_assert_uint_eq(fired("s"), 1);
	ck_assert_str_eq(last("s")->status, "running");
	ck_assert_int_eq(last("s")->instant, at("2026-11-26T12:10:00Z"));
	wall += 90 * SECOND;
	boot += 90 * SECOND;
	end("s", 0, HYP_JOB_COMPLETED);
	ck_assert_str_eq(last("s")->status, "completed");
	ck_assert_int_eq(last("s")->duration, 90 * SECOND);
	pass(10 * MINUTE, 0);
	reopen(); /* what is to be told at the end survives */
	end("s", 1, HYP_JOB_FAILED);
	ck_assert_str_eq(last("s")->status, "failed");
	ck_assert_str_eq(last("s")->error, "it broke");
	ck_assert_uint_eq(fired("s"), 2);
}
END_TEST

START_TEST(f103_missed_while_down)
{
	create("once", "0 * * * *", ",'overlap':'allow'");
	create("skip", "0 * * * *", ",'catch_up':'skip'");
	create("all", "0 * * * *", ",'catch_up':'all','overlap':'allow'");
	create("dead", "0 2 * * *", ",'deadline':'1h'");
	engine_kit_close(&kit);
	wall += 3 * DAY + 30 * MINUTE;
	boot = 500000; /* another boot */
	open_engine();
	ck_assert_uint_eq(fired("once"), 1);
	ck_assert_int_eq(last("once")->instant, at("2026-11-29T12:00:00Z"));
	ck_assert_uint_eq(fired("all"), 10);
	ck_assert_uint_eq(fired("skip"), 0);
	ck_assert_str_eq(last("skip")->status, "skipped");
	ck_assert_ptr_nonnull(strstr(last("skip")->error, "71 before it"));
	ck_assert_uint_eq(fired("dead"), 0);
	ck_assert_str_eq(last("dead")->status, "skipped");
	pass(30 * MINUTE, 0);
	ck_assert_uint_eq(fired("once"), 2);
	ck_assert_uint_eq(fired("all"), 11);
	ck_assert_uint_eq(fired("skip"), 1);
}
END_TEST

START_TEST(f104_clock_steps)
{
	create("s", "0 * * * *", ",'overlap':'allow'");
	pass(HOUR, 0);
	ck_assert_uint_eq(fired("s"), 1);
	pass(MINUTE, -10 * MINUTE); /* 12:51 again */
	pass(9 * MINUTE, 0);
	ck_assert_uint_eq(fired("s"), 1);
	pass(30 * MINUTE, 0);
	ck_assert_uint_eq(fired("s"), 1);
	pass(MINUTE, HOUR); /* 13:30 becomes 14:31 */
	ck_assert_uint_eq(fired("s"), 2);
	ck_assert_int_eq(last("s")->instant, at("2026-11-26T14:00:00Z"));
	pass(MINUTE, 365 * DAY);
	ck_assert_uint_eq(fired("s"), 3);
	pass(MINUTE, -365 * DAY); /* a year back: it does not wait a year */
	ck_assert_uint_eq(fired("s"), 3);
	pass(HOUR, 0);
	ck_assert_uint_eq(fired("s"), 4);
	ck_assert_int_eq(last("s")->instant, at("2026-11-26T15:00:00Z"));
}
END_TEST

START_TEST(f104_a_clock_that_was_wrong_at_start)
{
	create("s", "0 2 * * *", "");
	engine_kit_close(&kit);
	wall = at("1970-01-01T00:01:00Z");
	open_engine();
	ck_assert_uint_eq(fired("s"), 0);
	pass(MINUTE, at("2026-11-27T03:00:00Z") - wall);
	ck_assert_uint_eq(fired("s"), 1);
	ck_assert_int_eq(last("s")->instant, at("2026-11-27T02:00:00Z"));
	pass(HOUR, 0);
	ck_assert_uint_eq(fired("s"), 1);
}
END_TEST

START_TEST(f110_suspended)
{
	create("s", "*/10 * * * *", "");
	pass(5 * MINUTE, 0);
	pass(6 * HOUR, 0); /* both clocks go on */
	ck_assert_uint_eq(fired("s"), 1);
	ck_assert_int_eq(last("s")->instant, at("2026-11-26T18:00:00Z"));
}
END_TEST

START_TEST(f107_forbid)
{
	create("s", "* * * * *", "");
	for (int i = 0; i < 30; i++)
		pass(MINUTE, 0);
	ck_assert_uint_eq(fired("s"), 1);
	ck_assert_uint_eq(fire_count, 2); /* one row for 29 that were skipped */
	ck_assert_str_eq(last("s")->status, "skipped");
	ck_assert_ptr_nonnull(strstr(last("s")->error, "(29 instants)"));
	end("s", 0, HYP_JOB_COMPLETED);
	pass(MINUTE, 0);
	ck_assert_uint_eq(fired("s"), 2);
	reopen();
	pass(MINUTE, 0);
	ck_assert_uint_eq(fired("s"), 2);
}
END_TEST

/* The row that says so may have grown old and been pruned. */
START_TEST(f107_forbid_for_long)
{
	struct hyp_prune prune = {.size = sizeof(prune), .limit = 1000};
	uint64_t removed;

	create("s", "* * * * *", "");
	for (int i = 0; i < 5; i++)
		pass(MINUTE, 0);
	prune.fires_ms = wall;
	ck_ok(hyp_store_calls.prune(hyp_engine_store(kit.engine), &prune,
				    &removed, &kit.err),
	      &kit.err);
	ck_assert_uint_eq(removed, 2);
	for (int i = 0; i < 5; i++)
		pass(MINUTE, 0);
	ck_assert_str_eq(last("s")->status, "skipped");
}
END_TEST

START_TEST(f107_queue)
{
	struct hyp_job_list jobs;

	create("s", "* * * * *", ",'overlap':'queue'");
	for (int i = 0; i < 5; i++)
		pass(MINUTE, 0);
	jobs = jobs_of("s");
	ck_assert_uint_eq(jobs.count, 2);
	ck_assert_uint_eq(jobs.at[0]->row.state, HYP_JOB_QUEUED);
	ck_assert_uint_eq(jobs.at[1]->row.state, HYP_JOB_SCHEDULED);
	hyp_job_list_fini(&jobs);
	reopen();
	pass(SECOND, 0);
	end("s", 0, HYP_JOB_COMPLETED);
	pass(SECOND, 0);
	jobs = jobs_of("s");
	ck_assert_uint_eq(jobs.count, 2);
	ck_assert_uint_eq(jobs.at[1]->row.state, HYP_JOB_QUEUED);
	hyp_job_list_fini(&jobs);
	pass(MINUTE, 0); /* another may wait now */
	jobs = jobs_of("s");
	ck_assert_uint_eq(jobs.count, 3);
	ck_assert_uint_eq(jobs.at[2]->row.state, HYP_JOB_SCHEDULED);
	/* also when the daemon was not there at the end */
	ck_ok(hyp_engine_schedule_delete(kit.engine, NULL, "s", &kit.err),
	      &kit.err);
	end("s", 1, HYP_JOB_FAILED);
	hyp_job_list_fini(&jobs);
	reopen();
	jobs = jobs_of("s");
	ck_assert_uint_eq(jobs.at[2]->row.state, HYP_JOB_QUEUED);
	hyp_job_list_fini(&jobs);
}
END_TEST

static int32_t list_busy(void *instance, uint32_t table,
			 const struct hyp_store_query *query,
			 const struct hyp_row_sink *sink, struct hyp_error *e)
{
	(void)instance;
	(void)table;
	(void)query;
	(void)sink;
	return hyp_error_set(e, HYP_E_BUSY, "db_busy", 0, "busy");
}

/* The store is in trouble just when the one that waits may begin. */
START_TEST(f107_queue_in_trouble)
{
	struct hyp_instance *store = kit.engine->store.instance;
	const struct hyp_loaded *loaded = store->loaded;
	struct hyp_store_ops ops = *(const struct hyp_store_ops *)loaded->ops;
	struct hyp_loaded busy = *loaded;
	struct hyp_job_list jobs;

	create("s", "* * * * *", ",'overlap':'queue'");
	pass(MINUTE, 0);
	pass(MINUTE, 0);
	end("s", 0, HYP_JOB_COMPLETED);
	ops.list = list_busy;
	busy.ops = &ops;
	store->loaded = &busy;
	pass(SECOND, 0);
	store->loaded = loaded;
	pass(SECOND, 0);
	jobs = jobs_of("s");
	ck_assert_uint_eq(jobs.count, 2);
	ck_assert_uint_eq(jobs.at[1]->row.state, HYP_JOB_QUEUED);
	hyp_job_list_fini(&jobs);
}
END_TEST

START_TEST(f107_allow)
{
	create("s", "* * * * *", ",'overlap':'allow'");
	create("two", "* * * * *", ",'advanced_config':{'max_concurrent':2}");
	for (int i = 0; i < 5; i++)
		pass(MINUTE, 0);
	ck_assert_uint_eq(fired("s"), 5);
	ck_assert_uint_eq(fired("two"), 2);
	end("two", 0, HYP_JOB_FAILED);
	pass(MINUTE, 0);
	ck_assert_uint_eq(fired("two"), 3);
}
END_TEST

START_TEST(windows)
{
	create("s", "*/30 * * * *",
	       ",'overlap':'allow','advanced_config':{'time_windows':[{"
	       "'start_time':'13:00','end_time':'14:00'}]}");
	for (int i = 0; i < 6; i++)
		pass(30 * MINUTE, 0);
	ck_assert_uint_eq(fired("s"), 2);
	ck_assert_int_eq(fired_at("s", at("2026-11-26T13:00:00Z")), 1);
	ck_assert_int_eq(fired_at("s", at("2026-11-26T13:30:00Z")), 1);
	ck_assert_str_eq(last("s")->status, "skipped");
}
END_TEST

START_TEST(groups)
{
	struct hyp_submitted out;
	struct hyp_schedule *s;
	struct hyp_job_list jobs;

	ck_ok(change(NULL, of("g", "0 13 * * *", "*", ""), &s), &kit.err);
	ck_assert_uint_eq(s->is_group, 1);
	hyp_schedule_put(s);
	pass(HOUR, 0);
	list_fires("g");
	ck_assert_uint_eq(fire_count, 1);
	jobs = jobs_of("g");
	ck_assert_uint_eq(jobs.count, 9);
	ck_assert_str_eq(jobs.at[8]->row.group_id, fires[0].job);
	hyp_job_list_fini(&jobs);
	ck_fails(hyp_engine_schedule_trigger(kit.engine, NULL, "g", &out,
					     &kit.err),
		 &kit.err, HYP_E_CONFLICT, "already_running");
	for (size_t i = 0; i < 9; i++) {
		ck_assert_str_eq(last("g")->status, "running");
		end("g", i, i == 3 ? HYP_JOB_FAILED : HYP_JOB_COMPLETED);
		if (i == 5)
			reopen();
	}
	ck_assert_str_eq(last("g")->status, "failed");
	wall += 1;
	ck_ok(hyp_engine_schedule_trigger(kit.engine, NULL, "g", &out,
					  &kit.err),
	      &kit.err);
	ck_assert_uint_eq(out.id_count, 9);
	hyp_submitted_fini(&out);
}
END_TEST

START_TEST(changes)
{
	struct hyp_schedule *s;
	char text[512];

	create("s", "0 * * * *", "");
	ck_fails(change(NULL, of("s", "@daily", "x", ""), &s), &kit.err,
		 HYP_E_CONFLICT, "conflict");
	ck_fails(change("nobody", "{'name':'x'}", &s), &kit.err,
		 HYP_E_NOT_FOUND, "not_found");
	ck_fails(change("s", "{'schedule':'0 25 * * *'}", &s), &kit.err,
		 HYP_E_USAGE, "bad_cron");
	ck_fails(change("s",
			"{'job_template':{'vm_path':'x','output_path':'/etc'}}",
			&s),
		 &kit.err, HYP_E_USAGE, "unsafe_path");
	snprintf(text, sizeof(text),
		 "{'job_template':{'vm_path':'x','output_path':'%s/out',"
		 "'pipeline':'none'}}",
		 kit.tree.root);
	ck_fails(change("s", text, &s), &kit.err, HYP_E_USAGE, "no_pipeline");
	pass(HOUR, 0); /* none of it changed anything */
	ck_assert_uint_eq(fired("s"), 1);
	end("s", 0, HYP_JOB_COMPLETED);
	ck_ok(hyp_engine_schedule_enable(kit.engine, NULL, "s", 0, &s,
					 &kit.err),
	      &kit.err);
	ck_assert_int_eq(s->row.next_run_ms, 0);
	ck_assert_uint_eq(s->row.run_count, 1);
	hyp_schedule_put(s);
	pass(2 * HOUR, 0);
	reopen();
	pass(2 * HOUR, 0);
	ck_assert_uint_eq(fired("s"), 1);
	ck_ok(hyp_engine_schedule_enable(kit.engine, NULL, "s", 1, &s,
					 &kit.err),
	      &kit.err);
	ck_assert_int_eq(s->row.next_run_ms, at("2026-11-26T18:00:00Z"));
	hyp_schedule_put(s);
	pass(HOUR, 0);
	ck_assert_uint_eq(fired("s"), 2);
	ck_ok(hyp_engine_schedule_delete(kit.engine, NULL, "s", &kit.err),
	      &kit.err);
	end("s", 1, HYP_JOB_COMPLETED); /* its fire is gone: it ends anyway */
	pass(HOUR, 0);
	reopen();
	pass(HOUR, 0);
	ck_assert_uint_eq(job_count("s"), 2);
}
END_TEST

START_TEST(trigger)
{
	struct hyp_submitted out;
	struct hyp_schedule *s;

	create("s", "0 * * * *", "");
	ck_ok(hyp_engine_schedule_enable(kit.engine, NULL, "s", 0, &s,
					 &kit.err),
	      &kit.err);
	hyp_schedule_put(s);
	ck_ok(hyp_engine_schedule_trigger(kit.engine, NULL, "s", &out,
					  &kit.err),
	      &kit.err);
	ck_assert_uint_eq(out.id_count, 1);
	hyp_submitted_fini(&out);
	ck_assert_uint_eq(fired("s"), 1);
	ck_fails(hyp_engine_schedule_trigger(kit.engine, NULL, "s", &out,
					     &kit.err),
		 &kit.err, HYP_E_CONFLICT, "already_running");
	ck_fails(hyp_engine_schedule_trigger(kit.engine, NULL, "t", &out,
					     &kit.err),
		 &kit.err, HYP_E_NOT_FOUND, "not_found");
	ck_assert_uint_eq(fired("s"), 1);
}
END_TEST

/* A job of somebody else in the way: it is told, and does not stop the next. */
START_TEST(conflicts)
{
	struct hyp_schedule *s;
	char text[512];
	char *id = engine_kit_submit(&kit, "fast", "synthetic-1", "same");

	snprintf(text, sizeof(text),
		 "{'id':'s','schedule':'* * * * *','job_template':{'vm_path':"
		 "'synthetic-1','output_path':'%s/out/{date}/../same'}}",
		 kit.tree.root);
	ck_fails(change(NULL, text, &s), &kit.err, HYP_E_USAGE, "unsafe_path");
	free(id);
	snprintf(text, sizeof(text),
		 "{'id':'s','schedule':'* * * * *','overlap':'allow',"
		 "'job_template':{'vm_path':'synthetic-1','output_path':"
		 "'%s/out/{date}'}}",
		 kit.tree.root);
	ck_ok(change(NULL, text, &s), &kit.err);
	hyp_schedule_put(s);
	pass(MINUTE, 0);
	pass(MINUTE, 0);
	ck_assert_uint_eq(fired("s"), 1);
	ck_assert_str_eq(last("s")->status, "failed");
	ck_assert_ptr_nonnull(strstr(last("s")->error, "conflict: "));
	end("s", 0, HYP_JOB_COMPLETED);
	pass(MINUTE, 0);
	ck_assert_uint_eq(fired("s"), 2);
}
END_TEST

/* --- files --------------------------------------------------------------- */

static void conf(const char *schedules)
{
	char text[4096];

	engine_kit_conf(&kit, "", "");
	snprintf(text, sizeof(text), "schedules = ( %s );\n", schedules);
	tree_mkdir(&kit.tree, "conf.d", 0755);
	tree_write(&kit.tree, "conf.d/schedules.conf", text, 0600);
}

static const char *in_file(const char *id, const char *expression)
{
	static char text[1024];

	snprintf(text, sizeof(text),
		 "{ id = \"%s\"; schedule = \"%s\"; zone = \"UTC\"; "
		 "job_template = { vm_path = \"synthetic-2\"; output_path = "
		 "\"%s/out/f\"; }; }",
		 id, expression, kit.tree.root);
	return text;
}

static void reload(void)
{
	ck_ok(hyp_engine_reload(kit.engine, engine_kit_load(&kit), &kit.err),
	      &kit.err);
}

START_TEST(files)
{
	struct hyp_schedule *s;
	struct hyp_submitted out;

	conf(in_file("f", "0 * * * *"));
	reload();
	pass(HOUR, 0);
	ck_assert_uint_eq(fired("f"), 1);
	ck_fails(change("f", "{'enabled':false}", &s), &kit.err, HYP_E_CONFLICT,
		 "owned_by_file");
	ck_fails(hyp_engine_schedule_enable(kit.engine, NULL, "f", 0, &s,
					    &kit.err),
		 &kit.err, HYP_E_CONFLICT, "owned_by_file");
	ck_fails(hyp_engine_schedule_delete(kit.engine, NULL, "f", &kit.err),
		 &kit.err, HYP_E_CONFLICT, "owned_by_file");
	end("f", 0, HYP_JOB_COMPLETED);
	wall += 1;
	ck_ok(hyp_engine_schedule_trigger(kit.engine, NULL, "f", &out,
					  &kit.err),
	      &kit.err);
	hyp_submitted_fini(&out);
	end("f", 1, HYP_JOB_COMPLETED);
	conf(in_file("f", "30 * * * *"));
	reload();
	pass(30 * MINUTE, 0);
	ck_assert_uint_eq(fired("f"), 3); /* and its history stays */
	/* missed while down, although the file is read anew */
	end("f", 2, HYP_JOB_COMPLETED);
	engine_kit_close(&kit);
	wall += 2 * HOUR;
	open_engine();
	ck_assert_uint_eq(fired("f"), 4);
	conf("");
	reload();
	pass(2 * HOUR, 0);
	ck_assert_uint_eq(job_count("f"), 4);
	ck_fails(change("f", "{'name':'x'}", &s), &kit.err, HYP_E_NOT_FOUND,
		 "not_found");
	/* what was made over the API is not taken over in silence */
	create("api", "0 * * * *", "");
	conf(in_file("api", "@yearly"));
	reload();
	ck_ok(change("api", "{'name':'still mine'}", &s), &kit.err);
	hyp_schedule_put(s);
}
END_TEST

/* Its value in a scrape, -1 if there is none. */
static double told(enum hyp_family family, const char *id)
{
	const struct hyp_metric_family *f;
	struct hyp_snapshot snapshot;
	double value = -1;

	ck_ok(hyp_metrics_snapshot(hyp_engine_metrics(kit.engine), &snapshot,
				   &kit.err),
	      &kit.err);
	f = HYP_AT(struct hyp_metric_family, snapshot.view.families,
		   snapshot.view.family_stride, family);
	for (uint32_t i = 0; i < f->series_count; i++)
		if (strcmp(f->series[i].values[0], id) == 0)
			value = f->series[i].value;
	hyp_snapshot_fini(&snapshot);
	return value;
}

/* "z" is the last by its name, and the one to worry about. */
START_TEST(too_many_for_a_scrape)
{
	uint32_t room = hyp_families[HYP_FAMILY_SCHEDULE_ENABLED].max;
	double old = (double)wall / 1000;
	char id[32];

	create("off", "0 2 * * *", ",'enabled':false");
	create("z", "0 2 * * *", "");
	wall += DAY;
	for (uint32_t i = 0; i < room + 3; i++) {
		snprintf(id, sizeof(id), "s-%03u", i);
		create(id, "0 2 * * *", "");
	}
	ck_assert_double_eq(told(HYP_FAMILY_SCHEDULE_ENABLED, "z"), 1);
	ck_assert_double_eq(told(HYP_FAMILY_SCHEDULE_CREATED, "z"), old);
	ck_assert_double_eq(told(HYP_FAMILY_SCHEDULE_ENABLED, "other"), 1);
	ck_assert_double_eq(told(HYP_FAMILY_SCHEDULE_CREATED, "other"),
			    old + (double)DAY / 1000);
	ck_assert_double_eq(told(HYP_FAMILY_SCHEDULE_LAST_SUCCESS, "other"),
			    -1);
	ck_assert_double_eq(told(HYP_FAMILY_SCHEDULE_ENABLED, "off"), -1);
}
END_TEST

static void add_fire(struct hyp_draft *draft, int64_t instant_ms,
		     const char *status)
{
	const struct hyp_fire_row fire = {
		.size = sizeof(fire),
		.instant_ms = instant_ms,
		.executed_ms = instant_ms,
		.schedule_id = "s",
		.status = status,
	};

	ck_ok(hyp_draft_add(draft, HYP_OP_PUT, HYP_TABLE_FIRE, &fire, &kit.err),
	      &kit.err);
}

/* However often it has failed since. */
START_TEST(a_success_long_ago)
{
	struct hyp_draft draft = {.count = 0};
	int64_t success = wall - 90 * DAY;

	create("s", "0 2 * * *", "");
	add_fire(&draft, success, "completed");
	for (int64_t i = 1; i <= 5000; i++)
		add_fire(&draft, success + i * MINUTE, "failed");
	ck_ok(hyp_engine_apply(kit.engine, &draft, &kit.err), &kit.err);
	hyp_draft_fini(&draft);
	reopen();
	ck_ok(hyp_tally_load_schedules(kit.engine, &kit.err), &kit.err);
	ck_assert_int_eq(hyp_tally_success(kit.engine, "s"), success);
}
END_TEST

static Suite *scheduler_suite(void)
{
	Suite *suite = suite_create("scheduler");
	TCase *tc = tcase_create("scheduler");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, fires_and_outcomes);
	tcase_add_test(tc, f103_missed_while_down);
	tcase_add_test(tc, f104_clock_steps);
	tcase_add_test(tc, f104_a_clock_that_was_wrong_at_start);
	tcase_add_test(tc, f110_suspended);
	tcase_add_test(tc, f107_forbid);
	tcase_add_test(tc, f107_forbid_for_long);
	tcase_add_test(tc, f107_queue);
	tcase_add_test(tc, f107_queue_in_trouble);
	tcase_add_test(tc, f107_allow);
	tcase_add_test(tc, windows);
	tcase_add_test(tc, groups);
	tcase_add_test(tc, changes);
	tcase_add_test(tc, trigger);
	tcase_add_test(tc, conflicts);
	tcase_add_test(tc, files);
	tcase_add_test(tc, too_many_for_a_scrape);
	tcase_add_test(tc, a_success_long_ago);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(scheduler_suite());
}
