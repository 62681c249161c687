/* SPDX-License-Identifier: Apache-2.0 */
/* What a schedule may say, and which instants are due: no store, no thread,
 * years in moments. Numbers are those of faults.md. */
#include "core/base/clock.h"
#include "core/engine/schedule.h"
#include "tests/unit/engine/definition-kit.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define TEMPLATE "'job_template':{" KIT_VM "}"

static int32_t try(const char *text, struct hyp_schedule **out)
{
	json_object *json = kit_json(text);
	int32_t rc = hyp_schedule_read(json, NULL, "api", KIT_NOW, out, &err);

	json_object_put(json);
	return rc;
}

static struct hyp_schedule *make(const char *expression, const char *more)
{
	struct hyp_schedule *s;
	char text[4096];

	snprintf(text, sizeof(text),
		 "{'id':'s','schedule':'%s'," TEMPLATE "%s}", expression, more);
	ck_ok(try(text, &s), &err);
	return s;
}

static int64_t at(const char *text)
{
	int64_t ms;

	ck_ok(hyp_time_read(text, &ms, &err), &err);
	return ms;
}

static void refuse(const char *expression, const char *more, const char *kind,
		   const char *begin)
{
	struct hyp_schedule *s;
	char text[8192];

	snprintf(text, sizeof(text),
		 "{'id':'s','schedule':'%s'," TEMPLATE "%s}", expression, more);
	ck_fails(try(text, &s), &err, HYP_E_USAGE, kind);
	ck_assert_msg(strncmp(err.text, begin, strlen(begin)) == 0, "%s",
		      err.text);
}

START_TEST(f106_bad_expressions)
{
	char longest[5000] = "";

	refuse("0 0 30 2 *", "", "never_fires", "/schedule: ");
	refuse("0 0 31 4-6/2 *", "", "never_fires", "/schedule: ");
	refuse("60 * * * *", "", "bad_cron",
	       "/schedule: minute: 60 is outside");
	refuse("*/0 * * * *", "", "bad_cron", "/schedule: ");
	refuse("5-1 * * * *", "", "bad_cron", "/schedule: ");
	refuse("@every 1ns", "", "bad_cron", "/schedule: ");
	memset(longest, '1', 4097);
	refuse(longest, "", "bad_request", "/schedule: is longer");
	refuse("", "", "bad_request", "/schedule: must be given");
}
END_TEST

START_TEST(f105_zones_by_name)
{
	refuse("0 2 * * *", ",'zone':'../../etc/passwd'", "bad_zone",
	       "/zone: ");
	refuse("0 2 * * *", ",'zone':'Europe/Berln'", "bad_zone", "/zone: ");
	refuse("TZ=/etc/localtime 0 2 * * *", "", "bad_zone", "/schedule: ");
}
END_TEST

START_TEST(bad_members)
{
	struct hyp_schedule *s;

	refuse("@daily", ",'overlap':'never'", "bad_request", "/overlap: ");
	refuse("@daily", ",'catch_up':1", "bad_request", "/catch_up: ");
	refuse("@daily", ",'deadline':'12'", "bad_request", "/deadline: ");
	refuse("@daily", ",'deadline':'1ms'", "bad_request", "/deadline: ");
	refuse("@daily", ",'enabled':'yes'", "bad_request", "/enabled: ");
	refuse("@daily", ",'tags':['a',1]", "bad_request", "/tags/1: ");
	refuse("@daily", ",'skedule':'x'", "bad_request", "/skedule: ");
	ck_fails(try("{'id':'stats','schedule':'@daily'," TEMPLATE "}", &s),
		 &err, HYP_E_USAGE, "bad_request");
	ck_fails(try("{'id':'a b','schedule':'@daily'," TEMPLATE "}", &s), &err,
		 HYP_E_USAGE, "bad_request");
	ck_fails(
		try("{'schedule':'@daily','job_template':{'vm_path':'x'}}", &s),
		&err, HYP_E_USAGE, "bad_request");
	ck_assert_ptr_nonnull(strstr(err.text, "/job_template/output_path: "));
	ck_fails(try("{'schedule':'@daily','job_template':{'id':'j'," KIT_VM
		     "}}",
		     &s),
		 &err, HYP_E_USAGE, "bad_request");
	ck_assert_ptr_nonnull(strstr(err.text, "/job_template/id: "));
}
END_TEST

#define WINDOW(members) ",'advanced_config':{'time_windows':[{" members "}]}"

START_TEST(advanced_config)
{
	static const char *const others[] = {
		"'priority':50",
		"'depends_on':[{'job_id':'x'}]",
		"'retry_policy':{}",
		"'conditions':[1]",
		"'notify_on_failure':true",
	};
	struct hyp_schedule *s;
	char text[256];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(text, sizeof(text), ",'advanced_config':{%s}",
			 others[i]);
		refuse("@daily", text, "unsupported", "/advanced_config/");
	}
	refuse("@daily", ",'advanced_config':{'prio':1}", "bad_request",
	       "/advanced_config/prio: ");
	refuse("@daily", WINDOW("'start_time':'22:00'"), "bad_request",
	       "/advanced_config/time_windows/0: ");
	refuse("@daily", WINDOW("'start_time':'25:00','end_time':'06:00'"),
	       "bad_request", "/advanced_config/time_windows/0/start_time: ");
	refuse("@daily", WINDOW("'start_time':'2:00','end_time':'06:00'"),
	       "bad_request", "/advanced_config/time_windows/0/start_time: ");
	refuse("@daily",
	       WINDOW("'start_time':'22:00','end_time':'06:00',"
		      "'days':['Mon','Tux']"),
	       "bad_request", "/advanced_config/time_windows/0/days/1: ");
	refuse("@daily",
	       ",'overlap':'queue','advanced_config':{'max_concurrent':2}",
	       "bad_request", "/advanced_config/max_concurrent: ");
	refuse("@daily",
	       ",'overlap':'allow','advanced_config':{'skip_if_running':true}",
	       "bad_request", "/advanced_config/skip_if_running: ");
	/* what a client of old sends without meaning it */
	s = make("@daily", ",'advanced_config':{'priority':0,"
			   "'max_concurrent':0,'skip_if_running':false,"
			   "'notify_on_start':false,'depends_on':[]}");
	ck_assert_uint_eq(s->policy.overlap, HYP_OVERLAP_FORBID);
	hyp_schedule_put(s);
	s = make("@daily", ",'advanced_config':{'max_concurrent':3}");
	ck_assert_uint_eq(s->policy.overlap, HYP_OVERLAP_ALLOW);
	ck_assert_int_eq(s->policy.max_runs, 3);
	hyp_schedule_put(s);
}
END_TEST

START_TEST(windows)
{
	/* 2026-11-27 is a Friday; Berlin is an hour ahead of UTC */
	struct hyp_schedule *s =
		make("@hourly", ",'zone':'Europe/Berlin'" WINDOW(
					"'start_time':'22:00',"
					"'end_time':'06:00','days':['fri']"));

	ck_assert(!hyp_schedule_is_open(s, at("2026-11-27T20:59:59Z")));
	ck_assert(hyp_schedule_is_open(s, at("2026-11-27T21:00:00Z")));
	ck_assert(hyp_schedule_is_open(s, at("2026-11-28T04:59:59Z")));
	ck_assert(!hyp_schedule_is_open(s, at("2026-11-28T05:00:00Z")));
	ck_assert(!hyp_schedule_is_open(s, at("2026-11-27T04:00:00Z")));
	ck_assert(!hyp_schedule_is_open(s, at("2026-11-28T21:30:00Z")));
	hyp_schedule_put(s);
	s = make("@hourly", WINDOW("'start_time':'09:00','end_time':'17:00',"
				   "'timezone':'America/New_York'"));
	ck_assert(!hyp_schedule_is_open(s, at("2026-11-27T13:59:59Z")));
	ck_assert(hyp_schedule_is_open(s, at("2026-11-27T14:00:00Z")));
	ck_assert(!hyp_schedule_is_open(s, at("2026-11-27T22:00:00Z")));
	hyp_schedule_put(s);
	s = make("@hourly", WINDOW("'start_time':'00:00','end_time':'24:00'"));
	ck_assert(hyp_schedule_is_open(s, at("2026-11-27T23:59:59Z")));
	hyp_schedule_put(s);
	s = make("@hourly", "");
	ck_assert(hyp_schedule_is_open(s, at("2026-11-27T23:59:59Z")));
	hyp_schedule_put(s);
}
END_TEST

/* --- what is due --------------------------------------------------------- */

static struct hyp_due due(const struct hyp_schedule *s, const char *next,
			  const char *now, uint32_t stepped)
{
	struct hyp_due out;

	hyp_schedule_due(s, at(next), at(now), stepped, &out);
	return out;
}

#define is_at(ms, text) ck_assert_int_eq(ms, at(text))

START_TEST(f103_three_days_down)
{
	struct hyp_schedule *s = make("0 * * * *", ",'zone':'UTC'");
	struct hyp_due d =
		due(s, "2026-11-24T01:00:00Z", "2026-11-27T00:30:00Z", 0);

	is_at(d.instant_ms, "2026-11-27T00:00:00Z");
	is_at(d.next_ms, "2026-11-27T01:00:00Z");
	ck_assert_uint_eq(d.late, 0);
	ck_assert_uint_eq(d.missed, 71);
	hyp_schedule_put(s);
	/* behind the deadline: not at all, and counted */
	s = make("0 2 * * *", ",'zone':'UTC','deadline':'6h'");
	d = due(s, "2026-11-24T02:00:00Z", "2026-11-26T08:00:01Z", 0);
	ck_assert_uint_eq(d.late, 1);
	is_at(d.instant_ms, "2026-11-26T02:00:00Z");
	is_at(d.next_ms, "2026-11-27T02:00:00Z");
	ck_assert_uint_eq(d.missed, 2);
	d = due(s, "2026-11-24T02:00:00Z", "2026-11-26T08:00:00Z", 0);
	ck_assert_uint_eq(d.late, 0);
	hyp_schedule_put(s);
	s = make("0 * * * *", ",'zone':'UTC','catch_up':'skip'");
	d = due(s, "2026-11-24T01:00:00Z", "2026-11-24T01:00:59Z", 0);
	ck_assert_uint_eq(d.late, 0);
	d = due(s, "2026-11-24T01:00:00Z", "2026-11-24T03:10:00Z", 0);
	ck_assert_uint_eq(d.late, 1);
	ck_assert_uint_eq(d.missed, 2);
	hyp_schedule_put(s);
}
END_TEST

START_TEST(catch_up_all)
{
	struct hyp_schedule *s = make("0 * * * *", ",'zone':'UTC',"
						   "'catch_up':'all',"
						   "'overlap':'allow'");
	struct hyp_due d;
	int64_t next = at("2026-11-24T01:00:00Z");
	int64_t now = at("2026-11-24T20:30:00Z");
	int n = 0;

	for (; next <= now; n++) {
		hyp_schedule_due(s, next, now, 0, &d);
		ck_assert_uint_eq(d.late, 0);
		if (n == 0)
			is_at(d.instant_ms, "2026-11-24T11:00:00Z");
		next = d.next_ms;
	}
	ck_assert_int_eq(n, HYP_CATCH_UP_MOST);
	/* the clock jumped: once */
	d = due(s, "2026-11-24T01:00:00Z", "2026-11-24T20:30:00Z", 1);
	is_at(d.instant_ms, "2026-11-24T20:00:00Z");
	hyp_schedule_put(s);
	s = make("0 * * * *", ",'zone':'UTC','catch_up':'all','deadline':'3h'");
	d = due(s, "2026-11-24T01:00:00Z", "2026-11-24T20:30:00Z", 0);
	is_at(d.instant_ms, "2026-11-24T18:00:00Z");
	hyp_schedule_put(s);
}
END_TEST

START_TEST(f104_a_year_forward)
{
	struct hyp_schedule *s = make("* * * * *", ",'zone':'UTC'");
	struct hyp_due d =
		due(s, "2026-11-24T01:00:00Z", "2027-11-24T01:00:30Z", 1);

	is_at(d.instant_ms, "2027-11-24T01:00:00Z");
	is_at(d.next_ms, "2027-11-24T01:01:00Z");
	ck_assert_uint_eq(d.missed, HYP_DUE_COUNT_MAX);
	hyp_schedule_put(s);
	s = make("@every 90s", "");
	d = due(s, "2026-11-24T01:00:00Z", "2026-11-24T01:04:00Z", 0);
	is_at(d.instant_ms, "2026-11-24T01:03:00Z");
	is_at(d.next_ms, "2026-11-24T01:04:30Z");
	ck_assert_uint_eq(d.missed, 2);
	hyp_schedule_put(s);
}
END_TEST

/* All instants from a time on, as the scheduler would meet them by a clock
 * that is looked at every step_ms. */
static int walk(const char *expression, const char *more, const char *from,
		const char *until, int64_t step_ms, int64_t *list, int max)
{
	struct hyp_schedule *s = make(expression, more);
	int64_t now = at(from), end = at(until);
	int64_t next = hyp_schedule_next(s, now);
	struct hyp_due d;
	int n = 0;

	for (; now < end; now += step_ms) {
		while (next != 0 && next <= now) {
			hyp_schedule_due(s, next, now, 0, &d);
			ck_assert_uint_eq(d.late, 0);
			ck_assert_uint_eq(d.missed, 0);
			ck_assert_int_eq(d.instant_ms, next);
			ck_assert(d.next_ms == 0 || d.next_ms > now);
			if (n < max)
				list[n] = d.instant_ms;
			n++;
			next = d.next_ms;
		}
	}
	hyp_schedule_put(s);
	return n;
}

START_TEST(f102_daylight_saving)
{
	int64_t list[300];
	int n;

	/* 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00 */
	n = walk("30 2 * * *", ",'zone':'Europe/Berlin'",
		 "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", MINUTE, list,
		 300);
	ck_assert_int_eq(n, 2);
	is_at(list[0], "2026-03-29T01:00:00Z");
	is_at(list[1], "2026-03-30T00:30:00Z");
	n = walk("30 1 * * *", ",'zone':'America/New_York'",
		 "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z", MINUTE, list,
		 300);
	ck_assert_int_eq(n, 2);
	is_at(list[0], "2026-11-01T05:30:00Z");
	is_at(list[1], "2026-11-02T06:30:00Z");
	n = walk("*/15 * * * *", ",'zone':'Europe/Berlin'",
		 "2026-10-24T21:59:00Z", "2026-10-25T23:00:00Z", MINUTE, list,
		 300);
	ck_assert_int_eq(n, 100); /* 25 hours */
	n = walk("*/15 * * * *", ",'zone':'Europe/Berlin'",
		 "2026-03-28T22:59:00Z", "2026-03-29T22:00:00Z", MINUTE, list,
		 300);
	ck_assert_int_eq(n, 92); /* 23 hours */
}
END_TEST

START_TEST(ten_years)
{
	int64_t first;

	ck_assert_int_eq(walk("0 2 * * *", ",'zone':'Europe/Berlin'",
			      "2026-01-01T12:00:00Z", "2036-01-01T12:00:00Z",
			      10 * MINUTE, &first, 1),
			 3652);
	ck_assert_int_eq(walk("0 */6 * * *", ",'zone':'UTC'",
			      "2026-01-01T12:00:00Z", "2036-01-01T12:00:01Z",
			      10 * MINUTE, &first, 1),
			 4 * 3652 - 1 + 1);
	ck_assert_int_eq(walk("0 3 1 * *", ",'zone':'America/New_York'",
			      "2026-01-01T12:00:00Z", "2036-01-01T12:00:00Z",
			      10 * MINUTE, &first, 1),
			 120);
}
END_TEST

START_TEST(f109_far_years)
{
	int64_t first;

	ck_assert_int_eq(walk("0 2 * * *", ",'zone':'UTC'",
			      "2038-01-18T00:00:00Z", "2038-01-21T00:00:00Z",
			      MINUTE, &first, 1),
			 3);
	ck_assert_int_eq(walk("59 23 31 12 *", ",'zone':'UTC'",
			      "9999-12-30T00:00:00Z", "9999-12-31T23:59:59Z",
			      MINUTE / 2, &first, 1),
			 1);
}
END_TEST

START_TEST(next_is_latest)
{
	static const char *const expressions[] = {
		"* * * * *",   "0 2 * * *",    "*/7 3-5 * * 1-5",
		"30 2 29 2 *", "0 9-17 * * 1", "15 2 * 3,10 0",
	};
	static const char *const zones[] = {"Europe/Berlin", "UTC",
					    "Australia/Lord_Howe"};
	struct hyp_schedule *s;
	struct hyp_due d;
	char zone[64];

	srand(7);
	for (int i = 0; i < 2000; i++) {
		int64_t from, now, next;

		snprintf(zone, sizeof(zone), ",'zone':'%s','deadline':'366d'",
			 zones[rand() % 3]);
		s = make(expressions[rand() % 6], zone);
		from = KIT_NOW + rand() % 700 * DAY;
		next = hyp_schedule_next(s, from);
		now = next + rand() % 3000000 * INT64_C(100);
		hyp_schedule_due(s, next, now, 1, &d);
		ck_assert_int_le(d.instant_ms, now);
		ck_assert_int_ge(d.instant_ms, next);
		ck_assert_int_gt(d.next_ms, now);
		ck_assert_int_eq(hyp_schedule_next(s, d.instant_ms - 1),
				 d.instant_ms);
		ck_assert_int_eq(hyp_schedule_next(s, d.instant_ms), d.next_ms);
		hyp_schedule_put(s);
	}
}
END_TEST

/* --- templates and changes ----------------------------------------------- */

static void output_is(const char *given, const char *kept)
{
	struct hyp_definition *d;
	struct hyp_schedule *s;
	char text[512];

	snprintf(text, sizeof(text),
		 "{'id':'nightly','schedule':'@daily','job_template':"
		 "{'vm_path':'/DC/vm/web','output_path':'%s'}}",
		 given);
	ck_ok(try(text, &s), &err);
	ck_ok(hyp_schedule_definition(s, NULL, KIT_NOW, &d, &err), &err);
	ck_assert_str_eq(d->output_path, kept);
	hyp_definition_free(d);
	hyp_schedule_put(s);
}

START_TEST(outputs)
{
	output_is("/srv/x", "/srv/x/{date}T{time}");
	output_is("/srv/x/", "/srv/x/{date}T{time}");
	output_is("/srv/{vm}", "/srv/{vm}/{date}T{time}");
	output_is("/srv/{schedule}", "/srv/nightly/{date}T{time}");
	output_is("/srv/{date}", "/srv/{date}");
	output_is("/srv/{id}", "/srv/{id}");
	output_is("/srv/{time}/{schedule}", "/srv/{time}/nightly");
}
END_TEST

START_TEST(changes)
{
	struct hyp_schedule *s = make("0 2 * * *", ",'zone':'UTC',"
						   "'overlap':'queue',"
						   "'tags':['a']");
	struct hyp_schedule *next;
	json_object *json = kit_json("{'schedule':'0 3 * * *'}");

	ck_ok(hyp_schedule_read(json, s, "api", KIT_NOW, &next, &err), &err);
	json_object_put(json);
	ck_assert_str_eq(next->row.schedule, "0 3 * * *");
	ck_assert_str_eq(next->row.zone, "UTC");
	ck_assert_str_eq(next->row.tags_json, "[\"a\"]");
	ck_assert_uint_eq(next->policy.overlap, HYP_OVERLAP_QUEUE);
	ck_assert(!hyp_schedule_same(s, next));
	hyp_schedule_put(next);
	json = kit_json("{'id':'other'}");
	ck_fails(hyp_schedule_read(json, s, "api", KIT_NOW, &next, &err), &err,
		 HYP_E_USAGE, "bad_request");
	json_object_put(json);
	/* null is the default again */
	json = kit_json("{'overlap':null,'zone':null}");
	ck_ok(hyp_schedule_read(json, s, "api", KIT_NOW, &next, &err), &err);
	json_object_put(json);
	ck_assert_uint_eq(next->policy.overlap, HYP_OVERLAP_FORBID);
	ck_assert_str_eq(next->row.zone, "");
	hyp_schedule_put(next);
	hyp_schedule_put(s);
}
END_TEST

START_TEST(passwords)
{
	static const char text[] =
		"{'id':'s','schedule':'@daily','job_template':{" KIT_VM ","
		"'vcenter':{'server':'vc','username':'u',"
		"'password':'hunter2hunter'}}}";
	struct hyp_schedule *s, *next;
	json_object *json;

	ck_ok(try(text, &s), &err);
	ck_assert_str_eq(s->password, "hunter2hunter");
	ck_assert_ptr_null(strstr(s->row.job_template_json, "hunter2"));
	/* what was shown may be sent again; elsewhere it is not sent */
	json = kit_json("{'job_template':{" KIT_VM ",'vcenter':{"
			"'server':'vc','username':'u'}}}");
	ck_ok(hyp_schedule_read(json, s, "api", KIT_NOW, &next, &err), &err);
	ck_assert_uint_eq(next->keeps_secret, 1);
	hyp_schedule_put(next);
	json_object_put(json);
	json = kit_json("{'job_template':{" KIT_VM ",'vcenter':{"
			"'server':'elsewhere','username':'u'}}}");
	ck_ok(hyp_schedule_read(json, s, "api", KIT_NOW, &next, &err), &err);
	ck_assert_uint_eq(next->keeps_secret, 0);
	ck_assert_ptr_null(next->password);
	hyp_schedule_put(next);
	json_object_put(json);
	/* nor to whoever stands in the way, whose certificate nobody checks */
	json = kit_json("{'job_template':{" KIT_VM ",'vcenter':{"
			"'server':'vc','username':'u','insecure':true}}}");
	ck_ok(hyp_schedule_read(json, s, "api", KIT_NOW, &next, &err), &err);
	ck_assert_uint_eq(next->keeps_secret, 0);
	hyp_schedule_put(next);
	json_object_put(json);
	hyp_schedule_put(s);
}
END_TEST

static Suite *schedule_suite(void)
{
	Suite *suite = suite_create("schedule");
	TCase *tc = tcase_create("schedule");

	tcase_add_test(tc, f102_daylight_saving);
	tcase_add_test(tc, f103_three_days_down);
	tcase_add_test(tc, f104_a_year_forward);
	tcase_add_test(tc, f105_zones_by_name);
	tcase_add_test(tc, f106_bad_expressions);
	tcase_add_test(tc, f109_far_years);
	tcase_add_test(tc, bad_members);
	tcase_add_test(tc, advanced_config);
	tcase_add_test(tc, windows);
	tcase_add_test(tc, catch_up_all);
	tcase_add_test(tc, ten_years);
	tcase_add_test(tc, next_is_latest);
	tcase_add_test(tc, outputs);
	tcase_add_test(tc, changes);
	tcase_add_test(tc, passwords);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(schedule_suite());
}
