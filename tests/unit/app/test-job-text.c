/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/refusal.h"
#include "core/app/client.h"
#include "core/app/exit-code.h"
#include "core/app/job-text.h"
#include "tests/lib/unit.h"

static struct json_object *job;
static struct hyp_error err;

static struct json_object *parse(const char *text)
{
	json_object_put(job);
	job = json_tokener_parse(text);
	return job;
}

START_TEST(state_is_the_phase_until_it_ended)
{
	ck_assert_str_eq(hyp_job_text_state(parse("{\"status\":\"running\","
						  "\"phase\":\"packaging\"}")),
			 "packaging");
	ck_assert_str_eq(hyp_job_text_state(parse(
				 "{\"status\":\"running\",\"phase\":null,"
				 "\"progress\":{\"phase\":\"preparing\"}}")),
			 "preparing");
	ck_assert_str_eq(hyp_job_text_state(parse(
				 "{\"status\":\"failed\","
				 "\"progress\":{\"phase\":\"preparing\"}}")),
			 "failed");
	ck_assert_str_eq(hyp_job_text_state(parse("[]")), "");
	ck_assert_str_eq(hyp_job_text_state(parse("null")), "");
}
END_TEST

START_TEST(name_is_given_or_the_vms)
{
	ck_assert_str_eq(
		hyp_job_text_name(parse("{\"definition\":{\"name\":\"n\","
					"\"vm_path\":\"/a/b\"}}")),
		"n");
	ck_assert_str_eq(hyp_job_text_name(parse(
				 "{\"definition\":{\"vm_path\":\"/a/b\"}}")),
			 "b");
	ck_assert_str_eq(hyp_job_text_name(parse(
				 "{\"definition\":{\"vm_path\":\"/a/\"}}")),
			 "/a/");
	ck_assert_str_eq(hyp_job_text_name(parse("{\"definition\":7}")), "");
}
END_TEST

static int percent_of(const char *status, const char *progress)
{
	char text[256];

	snprintf(text, sizeof(text), "{\"status\":\"%s\",\"progress\":%s}",
		 status, progress);
	return hyp_job_text_percent(parse(text));
}

START_TEST(percent_is_honest)
{
	ck_assert_int_eq(percent_of("running", "null"), -1);
	ck_assert_int_eq(percent_of("running", "{}"), -1);
	ck_assert_int_eq(percent_of("running", "{\"percent_complete\":\"9\"}"),
			 -1);
	ck_assert_int_eq(percent_of("running", "{\"percent_complete\":99.99,"
					       "\"total_bytes\":7}"),
			 99);
	ck_assert_int_eq(percent_of("running", "{\"percent_complete\":0,"
					       "\"total_bytes\":0}"),
			 -1);
	ck_assert_int_eq(percent_of("running", "{\"percent_complete\":0,"
					       "\"total_bytes\":7}"),
			 0);
	ck_assert_int_eq(percent_of("running", "{\"percent_complete\":1e99}"),
			 -1);
	ck_assert_int_eq(percent_of("completed", "null"), 100);
}
END_TEST

START_TEST(times_are_read_or_not_at_all)
{
	char ago[HYP_UNITS_TEXT_MAX];

	ck_assert_int_eq(hyp_job_text_time("1970-01-01T00:00:01Z"), 1000);
	ck_assert_int_eq(hyp_job_text_time("1970-01-01T00:00:01.25Z"), 1250);
	ck_assert_int_eq(hyp_job_text_time("2026-11-26T08:00:00Z"),
			 INT64_C(1795680000000));
	ck_assert_int_eq(hyp_job_text_time("2026-11-26T09:00:00+01:00"),
			 INT64_C(1795680000000));
	ck_assert_int_eq(hyp_job_text_time("2026-11-26T08:00:00"), 0);
	ck_assert_int_eq(hyp_job_text_time("yesterday"), 0);
	ck_assert_int_eq(hyp_job_text_time(""), 0);
	hyp_job_text_ago("1970-01-01T00:00:01Z", 61000, ago);
	ck_assert_str_eq(ago, "60s");
	hyp_job_text_ago("1970-01-01T00:00:01Z", 601000, ago);
	ck_assert_str_eq(ago, "10m");
	hyp_job_text_ago("1970-01-03T00:00:00Z", 0, ago);
	ck_assert_str_eq(ago, "0s");
	hyp_job_text_ago("never", 0, ago);
	ck_assert_str_eq(ago, "");
}
END_TEST

static int refused(long status, const char *body)
{
	ck_assert_int_ne(hyp_refusal_error(status, parse(body), &err), 0);
	return hyp_exit_code(&err);
}

START_TEST(refusals_become_exit_codes)
{
	ck_assert_int_eq(refused(400, "{\"error\":\"no\",\"kind\":"
				      "\"bad_request\"}"),
			 HYP_EXIT_USAGE);
	ck_assert_str_eq(err.kind, "bad_request");
	ck_assert_str_eq(err.text, "no");
	ck_assert_int_eq(refused(401, "{}"), HYP_EXIT_AUTH);
	ck_assert_int_eq(refused(403, "null"), HYP_EXIT_AUTH);
	ck_assert_int_eq(refused(404, "[]"), HYP_EXIT_NOT_FOUND);
	ck_assert_str_eq(err.kind, "http_404");
	ck_assert_int_eq(refused(409, "{\"error\":\"there\",\"kind\":"
				      "\"output_exists\"}"),
			 HYP_EXIT_OUTPUT);
	ck_assert_int_eq(refused(409, "{\"error\":\"x\",\"kind\":"
				      "\"conflict\"}"),
			 HYP_EXIT_FAILED);
	ck_assert_int_eq(refused(507, "{\"error\":\"full\",\"kind\":"
				      "\"insufficient_space\"}"),
			 HYP_EXIT_OUTPUT);
	ck_assert_int_eq(refused(500, "{\"error\":5}"), HYP_EXIT_FAILED);
	ck_assert_str_eq(err.text, "the server gave no reason");
}
END_TEST

START_TEST(texts_are_encoded)
{
	char *out;

	ck_ok(hyp_client_encode("/DC0/vm/a b%&?ü-._~", &out, &err), &err);
	ck_assert_str_eq(out, "%2FDC0%2Fvm%2Fa%20b%25%26%3F%C3%BC-._~");
	free(out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("job-text");
	TCase *tc = tcase_create("job-text");

	tcase_add_test(tc, state_is_the_phase_until_it_ended);
	tcase_add_test(tc, name_is_given_or_the_vms);
	tcase_add_test(tc, percent_is_honest);
	tcase_add_test(tc, times_are_read_or_not_at_all);
	tcase_add_test(tc, refusals_become_exit_codes);
	tcase_add_test(tc, texts_are_encoded);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
