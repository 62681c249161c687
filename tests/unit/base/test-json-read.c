/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/json-read.h"
#include "tests/lib/unit.h"

#include <locale.h>

static struct hyp_error err;

static json_object *reads(const char *text)
{
	json_object *v = (void *)1;

	ck_ok(hyp_json_read(text, strlen(text), &v, &err), &err);
	return v;
}

static void refused_n(const char *text, size_t n, const char *why)
{
	json_object *v = (void *)1;

	ck_assert_msg(hyp_json_read(text, n, &v, &err) == HYP_E_USAGE,
		      "taken: %.*s", (int)(n < 200 ? n : 200), text);
	ck_assert_str_eq(err.kind, "bad_request");
	ck_assert_msg(strstr(err.text, why) != NULL, "%.80s: %s", text,
		      err.text);
	ck_assert_ptr_eq(v, (void *)1);
}

static void refused(const char *text, const char *why)
{
	refused_n(text, strlen(text), why);
}

/* Written down again by json-c. */
static void same(const char *text, const char *want)
{
	json_object *v = reads(text);

	ck_assert_str_eq(json_object_to_json_string_ext(
				 v, JSON_C_TO_STRING_PLAIN |
					    JSON_C_TO_STRING_NOSLASHESCAPE),
			 want);
	json_object_put(v);
}

START_TEST(values)
{
	same("{}", "{}");
	same(" [ ] ", "[]");
	same("\t{\"a\" : [1, -2,3.50,true,false,null,\"x\"] }\r\n",
	     "{\"a\":[1,-2,3.50,true,false,null,\"x\"]}");
	same("null", "null");
	same("\"\"", "\"\"");
	same("-0", "0");
	same("0", "0");
	same("1E+2", "1E+2");
	same("1e-400", "1e-400");
	same("9223372036854775807", "9223372036854775807");
	same("9223372036854775808", "9223372036854775808");
	same("18446744073709551615", "18446744073709551615");
	same("-9223372036854775808", "-9223372036854775808");
	same("{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}",
	     "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}");
}
END_TEST

START_TEST(texts)
{
	json_object *v = reads("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC"
			       "\\ud83d\\uDE00\xc3\xa9\xf0\x9f\x98\x80\"");

	ck_assert_str_eq(json_object_get_string(v),
			 "\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"
			 "\xc3\xa9\xf0\x9f\x98\x80");
	json_object_put(v);
}
END_TEST

START_TEST(no_json)
{
	static const char *const bad[] = {
		"",
		" ",
		"{",
		"[",
		"}",
		"[1",
		"[1,",
		"[1,]",
		"[,1]",
		"[1 2]",
		"[1}",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{\"a\" 1}",
		"{a:1}",
		"{'a':1}",
		"{\"a\":'b'}",
		"{1:2}",
		"{null:2}",
		"nul",
		"nulll",
		"True",
		"NaN",
		"[NaN]",
		"Infinity",
		"-Infinity",
		"[-]",
		"+1",
		"01",
		"-01",
		"1.",
		".5",
		"1.e3",
		"1e",
		"1e+",
		"0x10",
		"1 2",
		"{} {}",
		"[] x",
		"/* c */ 1",
		"// c\n1",
		"\"",
		"\"a",
		"\"\\\"",
		"\"\\",
		"\"\\x41\"",
		"\"\\u12\"",
		"\"\\u12g4\"",
		"\"\\'\"",
		"'a'",
		"\xef\xbb\xbf{}",
		"\v1",
		"\xc2\xa0",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i], "line 1, column ");
}
END_TEST

/* What the grammar allows, or json-c, and we do not. */
START_TEST(traps)
{
	refused("{\"a\":1,\"a\":1}", "/a: line 1, column 8: the name is given");
	refused("{\"a\":1,\"\\u0061\":1}", "/a: line 1, column 8: the name");
	refused("{\"x\":[{},{\"a\":null,\"a\":null}]}", "/x/1/a: line 1");
	refused("{\"n\":1e400}", "/n: line 1, column 6: the number is too");
	refused("-1e999", "too large");
	refused("18446744073709551616", "does not fit into 64 bits");
	refused("-9223372036854775809", "does not fit into 64 bits");
	refused("{\"a\":\n \"b\\u0000\"}", "/a: line 2, column 4: \\u0000");
	refused("{\"\\u0000\":1}", "\\u0000");
	refused("\"\\ud800\"", "lone surrogate");
	refused("\"\\ud800\\u0041\"", "lone surrogate");
	refused("\"\\ud800\\ud800\"", "lone surrogate");
	refused("\"\\udc00\"", "lone surrogate");
	refused("\"a\nb\"", "control character 0x0a");
	refused("\"a\tb\"", "control character 0x09");
	refused("[\"ok\", \"\xff\"]", "/1: line 1, column 9: byte 0xff is not");
	refused("\"\xc0\xaf\"", "not UTF-8");
	refused("\"\xed\xa0\x80\"", "not UTF-8");
	refused("\"\xf4\x90\x80\x80\"", "not UTF-8");
	refused("\"\xc3\"", "not UTF-8");
	refused_n("\"a\0b\"", 5, "control character 0x00");
	refused_n("1\0", 2, "byte 0x00 where the end");
	refused_n("\0", 1, "byte 0x00");
	refused("{\"a/b~\":[0,{\"x\ty\":1}]}", "/a~1b~0/1: line 1");
}
END_TEST

static char *nested(size_t depth, const char *open, const char *close)
{
	char *text = malloc(depth * (strlen(open) + strlen(close)) + 2);

	text[0] = '\0';
	for (size_t i = 0; i < depth; i++)
		strcat(text, open);
	strcat(text, "1");
	for (size_t i = 0; i < depth; i++)
		strcat(text, close);
	return text;
}

START_TEST(depth)
{
	char *text = nested(32, "[", "]");

	json_object_put(reads(text));
	free(text);
	text = nested(33, "[", "]");
	refused(text, "line 1, column 33: more than 32 levels");
	free(text);
	text = nested(10000, "{\"a\":", "}");
	refused(text, "more than 32 levels");
	free(text);
}
END_TEST

START_TEST(within)
{
	static const char text[] = "{\"a\":[1,\"x\",null],\"b\":{}}";
	size_t weight = 3 * HYP_JSON_CONTAINER + 3;
	json_object *v = NULL;

	ck_ok(hyp_json_read_within(text, strlen(text), weight, &v, &err), &err);
	json_object_put(v);
	ck_fails(hyp_json_read_within(text, strlen(text), weight - 1, &v, &err),
		 &err, HYP_E_USAGE, "bad_request");
	ck_assert_str_eq(err.text, "/b: line 1, column 23: too many values");
}
END_TEST

/* A pointer is shown, not repeated at length. */
START_TEST(long_names)
{
	size_t n = 64 * 1024;
	char *text = malloc(n + 16);

	memcpy(text, "{\"", 2);
	memset(text + 2, 'x', n);
	strcpy(text + 2 + n, "\":!}");
	refused(text, "xxx: line 1, column 65541: '!' where a value");
	ck_assert_uint_lt(strlen(err.text), 300);
	free(text);
}
END_TEST

START_TEST(locales)
{
	json_object *v;

	if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL)
		setlocale(LC_ALL, "C.UTF-8");
	v = reads("1.5");
	ck_assert_double_eq(json_object_get_double(v), 1.5);
	json_object_put(v);
}
END_TEST

/* Each proper beginning of a good text is refused, and read no further. */
START_TEST(cuts)
{
	static const char text[] = "{\"a\":[1.5e3,\"\\ud83d\\ude00\\n\"],"
				   "\"b\":{\"c\":true}}";
	json_object *v;

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		char *copy = malloc(n > 0 ? n : 1);

		memcpy(copy, text, n);
		ck_assert_int_eq(hyp_json_read(copy, n, &v, &err), HYP_E_USAGE);
		free(copy);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json-read");
	TCase *tc = tcase_create("json-read");

	tcase_add_test(tc, values);
	tcase_add_test(tc, texts);
	tcase_add_test(tc, no_json);
	tcase_add_test(tc, traps);
	tcase_add_test(tc, depth);
	tcase_add_test(tc, within);
	tcase_add_test(tc, long_names);
	tcase_add_test(tc, locales);
	tcase_add_test(tc, cuts);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
