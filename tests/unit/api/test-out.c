/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as text: what comes out is read back by json-c. */
#include "core/api/out.h"
#include "core/api/stream.h"
#include "tests/lib/unit.h"

#include <json-c/json.h>
#include <math.h>

START_TEST(a_document)
{
	HYP_AUTO_BUF struct hyp_buf buf = HYP_BUF_INIT(65536);
	struct hyp_error err;
	struct hyp_out out;

	hyp_out_init(&out, &buf, &err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_text(&out, "a", "x");
	hyp_out_text(&out, "b", NULL);
	hyp_out_text_or_null(&out, "c", "");
	hyp_out_number(&out, "d", INT64_MIN);
	hyp_out_real(&out, "e", 1.5);
	hyp_out_real(&out, "f", NAN);
	hyp_out_real(&out, "g", INFINITY);
	hyp_out_bool(&out, "h", 1);
	hyp_out_time(&out, "i", 0);
	hyp_out_time(&out, "j", 1795642680999);
	hyp_out_json(&out, "k", "[1,2]");
	hyp_out_json(&out, "l", "");
	hyp_out_open(&out, "m", '[');
	hyp_out_open(&out, NULL, '[');
	hyp_out_close(&out, ']');
	hyp_out_open(&out, NULL, '{');
	hyp_out_close(&out, '}');
	hyp_out_number(&out, NULL, 1);
	hyp_out_close(&out, ']');
	hyp_out_close(&out, '}');
	ck_assert_int_eq(out.rc, 0);
	ck_assert_str_eq(
		hyp_buf_str(&buf),
		"{\"a\":\"x\",\"b\":null,\"c\":null,"
		"\"d\":-9223372036854775808,\"e\":1.5,\"f\":null,\"g\":null,"
		"\"h\":true,\"i\":null,\"j\":\"2026-11-25T21:38:00Z\","
		"\"k\":[1,2],\"l\":null,\"m\":[[],{},1]}");
}
END_TEST

static void escaped(const char *text, const char *want)
{
	HYP_AUTO_BUF struct hyp_buf buf = HYP_BUF_INIT(65536);
	struct hyp_error err;
	struct hyp_out out;

	hyp_out_init(&out, &buf, &err);
	hyp_out_text(&out, NULL, text);
	ck_assert_int_eq(out.rc, 0);
	ck_assert_str_eq(hyp_buf_str(&buf), want);
}

START_TEST(texts_are_escaped)
{
	escaped("", "\"\"");
	escaped("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
	escaped("\n\r\t\001\037\177",
		"\"\\n\\u000d\\u0009\\u0001\\u001f\\u007f\"");
	escaped("<img src=x onerror=alert(1)>&",
		"\"\\u003cimg src=x onerror=alert(1)\\u003e\\u0026\"");
	escaped("\303\251 \360\237\230\200", "\"\303\251 \360\237\230\200\"");
	escaped("a\377b", "\"a\\ufffdb\"");
	escaped("\303", "\"\\ufffd\"");
	escaped("\355\240\200", "\"\\ufffd\\ufffd\\ufffd\"");
	escaped("\300\200", "\"\\ufffd\\ufffd\"");
}
END_TEST

/* Every byte, alone and between others, gives JSON that reads back. */
START_TEST(every_byte_gives_json)
{
	for (int c = 1; c < 256; c++) {
		HYP_AUTO_BUF struct hyp_buf buf = HYP_BUF_INIT(256);
		const char text[] = {'a', (char)c, 'b', '\0'};
		struct json_object *back;
		struct hyp_error err;
		struct hyp_out out;

		hyp_out_init(&out, &buf, &err);
		hyp_out_text(&out, NULL, text);
		back = json_tokener_parse(hyp_buf_str(&buf));
		ck_assert_msg(json_object_is_type(back, json_type_string),
			      "byte %d: %s", c, hyp_buf_str(&buf));
		if (c < 128)
			ck_assert_str_eq(json_object_get_string(back), text);
		json_object_put(back);
	}
}
END_TEST

START_TEST(a_full_buffer_is_told)
{
	HYP_AUTO_BUF struct hyp_buf buf = HYP_BUF_INIT(8);
	struct hyp_error err;
	struct hyp_out out;

	hyp_out_init(&out, &buf, &err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_text(&out, "long", "longer than eight bytes");
	hyp_out_close(&out, '}');
	ck_assert_int_eq(out.rc, HYP_E_PERMANENT);
	ck_assert_str_eq(err.kind, "too_large");
}
END_TEST

/* What writes the rest may have called a plugin meanwhile, which clears it. */
START_TEST(a_failure_is_told_again)
{
	HYP_AUTO_BUF struct hyp_buf buf = HYP_BUF_INIT(4);
	struct hyp_error err;
	struct hyp_out out;

	hyp_out_init(&out, &buf, &err);
	hyp_out_text(&out, NULL, "longer than that");
	ck_assert_int_eq(out.rc, HYP_E_PERMANENT);
	memset(&err, 0, sizeof(err));
	hyp_out_number(&out, NULL, 1);
	ck_assert_int_eq(out.rc, HYP_E_PERMANENT);
	ck_assert_str_eq(err.kind, "too_large");
	memset(&err, 0, sizeof(err));
	hyp_out_nomem(&out);
	ck_assert_int_eq(err.code, HYP_E_PERMANENT);
}
END_TEST

START_TEST(an_event_is_one_block_of_lines)
{
	HYP_AUTO_BUF struct hyp_buf buf = HYP_BUF_INIT(65536);
	const struct hyp_event_row event = {
		.size = sizeof(event),
		.seq = 7,
		.time_ms = 1795642680000,
		.id = "e-1",
		.type = "job.created",
		.job_id = "j",
		.data_json = "{\n\"a\":\r\n1}",
	};
	struct hyp_error err;

	ck_ok(hyp_stream_write_event(&buf, &event, &err), &err);
	ck_assert_str_eq(hyp_buf_str(&buf),
			 "id: 7\nevent: job.created\ndata: {\"event\":"
			 "\"job.created\",\"timestamp\":"
			 "\"2026-11-25T21:38:00Z\",\"id\":\"e-1\",\"data\":"
			 "{ \"a\":  1}}\n\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("api/out");
	TCase *t = tcase_create("out");

	tcase_add_test(t, a_document);
	tcase_add_test(t, texts_are_escaped);
	tcase_add_test(t, every_byte_gives_json);
	tcase_add_test(t, a_full_buffer_is_told);
	tcase_add_test(t, a_failure_is_told_again);
	tcase_add_test(t, an_event_is_one_block_of_lines);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
