/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies: YAML becomes the JSON that it would be, or is refused. */
#include "core/api/body.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "tests/lib/unit.h"

static void reads(const char *yaml, const char *want)
{
	struct json_object *json = NULL;
	struct hyp_error err;

	ck_ok(hyp_yaml_read(yaml, strlen(yaml), &json, &err), &err);
	ck_assert_str_eq(json_object_to_json_string_ext(
				 json, JSON_C_TO_STRING_PLAIN |
					       JSON_C_TO_STRING_NOSLASHESCAPE),
			 want);
	json_object_put(json);
}

static void refuses_for(const char *yaml, const char *why)
{
	struct json_object *json = NULL;
	struct hyp_error err;

	ck_fails(hyp_yaml_read(yaml, strlen(yaml), &json, &err), &err,
		 HYP_E_USAGE, "bad_request");
	ck_assert_ptr_null(json);
	ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
}

static void refuses(const char *yaml)
{
	refuses_for(yaml, "");
}

static void repeat(struct hyp_buf *buf, const char *text, size_t n)
{
	struct hyp_error err;

	for (size_t i = 0; i < n; i++)
		ck_ok(hyp_buf_adds(buf, text, &err), &err);
}

START_TEST(documents)
{
	reads("name: a\nvm_path: /DC/vm/a\n",
	      "{\"name\":\"a\",\"vm_path\":\"/DC/vm/a\"}");
	reads("- 1\n- {a: [b, c]}\n", "[1,{\"a\":[\"b\",\"c\"]}]");
	reads("jobs:\n  - &d {a: 1}\n  - *d\n",
	      "{\"jobs\":[{\"a\":1},{\"a\":1}]}");
	reads("--- |\n  two\n  lines\n...\n", "\"two\\nlines\\n\"");
	reads("a: !!str 1\n", "{\"a\":1}");
}
END_TEST

START_TEST(scalars_are_those_of_yaml_1_2)
{
	reads("[null, ~, true, False, NULL]", "[null,null,true,false,null]");
	reads("[yes, no, on, off, y, n]",
	      "[\"yes\",\"no\",\"on\",\"off\",\"y\",\"n\"]");
	reads("[0, -7, +7, 007, 9223372036854775807]",
	      "[0,-7,7,7,9223372036854775807]");
	reads("[1.5, -.5e1, 1e3]", "[1.5,-5.0,1000.0]");
	reads("['1', \"true\", 'null', 0x10, 1_000, 1:30, 1.2.3, .inf, .nan]",
	      "[\"1\",\"true\",\"null\",\"0x10\",\"1_000\",\"1:30\","
	      "\"1.2.3\",\".inf\",\".nan\"]");
	reads("{a: , b: ''}", "{\"a\":null,\"b\":\"\"}");
}
END_TEST

START_TEST(what_is_refused)
{
	static const char *const bad[] = {
		"",
		"a: b: c",
		"{a: 1",
		"a: 1\na: 2\n",
		"'a': 1\na: 2\n",
		"? [a]\n: 1\n",
		"a: !!binary aGk=\n",
		"a: !custom x\n",
		"a: !!python/object:os.system x\n",
		"a: &b {<<: *b}\n",
		"x: &x {a: 1}\ny: {<<: *x}\n",
		"a: *nobody\n",
		"--- 1\n--- 2\n",
		"a: 9223372036854775808\n",
		"a: 1e400\n",
		"a: \"\\0\"\n",
		"\"a\\0b\": 1\n",
		"a:\t- b\n\t- c\n",
		"a: \x01\n",
	};

	for (size_t i = 0; i < HYP_COUNT(bad); i++)
		refuses(bad[i]);
	refuses("\xff\xfe"
		"a");
	refuses("a: \xc3\x28\n");
}
END_TEST

START_TEST(depth_and_bombs)
{
	HYP_AUTO_BUF struct hyp_buf buf = HYP_BUF_INIT(1 << 20);
	struct hyp_error err;

	for (int i = 0; i < 31; i++)
		ck_ok(hyp_buf_adds(&buf, "[", &err), &err);
	for (int i = 0; i < 31; i++)
		ck_ok(hyp_buf_adds(&buf, "]", &err), &err);
	reads(hyp_buf_str(&buf), hyp_buf_str(&buf));
	hyp_buf_reset(&buf);
	for (int i = 0; i < 10000; i++)
		ck_ok(hyp_buf_adds(&buf, "[", &err), &err);
	refuses(hyp_buf_str(&buf));
	/* A billion laughs. */
	hyp_buf_reset(&buf);
	ck_ok(hyp_buf_adds(&buf, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n", &err),
	      &err);
	for (int i = 1; i < 10; i++) {
		ck_ok(hyp_buf_addf(&buf, &err, "a%d: &a%d [", i, i), &err);
		for (int k = 0; k < 10; k++)
			ck_ok(hyp_buf_addf(&buf, &err, "%s*a%d", k ? "," : "",
					   i - 1),
			      &err);
		ck_ok(hyp_buf_adds(&buf, "]\n", &err), &err);
	}
	refuses(hyp_buf_str(&buf));
	/* An anchor within itself. */
	refuses("a: &a [*a]\n");
}
END_TEST

/* A long text, and its alias so many times. */
static void long_text(struct hyp_buf *buf, const char *form, const char *alias,
		      size_t n)
{
	struct hyp_error err;

	hyp_buf_reset(buf);
	ck_ok(hyp_buf_adds(buf, form, &err), &err);
	repeat(buf, "x", 1024);
	ck_ok(hyp_buf_adds(buf, "\nb: [", &err), &err);
	repeat(buf, alias, n);
	ck_ok(hyp_buf_adds(buf, "]\n", &err), &err);
}

/* Few values, but each alias is a copy of all its text. */
START_TEST(aliases_of_long_texts)
{
	HYP_AUTO_BUF struct hyp_buf buf = HYP_BUF_INIT(1 << 20);
	struct json_object *json = NULL;
	struct hyp_error err;

	long_text(&buf, "a: &x ", "*x,", 4000);
	ck_ok(hyp_yaml_read(buf.data, buf.len, &json, &err), &err);
	json_object_put(json);
	long_text(&buf, "a: &x ", "*x,", 4100);
	refuses_for(hyp_buf_str(&buf), "too much text");
	long_text(&buf, "a: &x ", "{*x : 1},", 4100);
	refuses_for(hyp_buf_str(&buf), "too much text");
}
END_TEST

/* An empty object is the dearest of all values, for its few bytes. */
START_TEST(values_by_weight)
{
	static const enum hyp_body_form forms[] = {HYP_BODY_JSON,
						   HYP_BODY_YAML};
	HYP_AUTO_BUF struct hyp_buf few = HYP_BUF_INIT(1 << 20);
	HYP_AUTO_BUF struct hyp_buf many = HYP_BUF_INIT(1 << 20);
	struct json_object *json = NULL;
	struct hyp_error err;

	repeat(&few, "[{}", 1);
	repeat(&few, ",{}", HYP_BODY_VALUES / 8 - 2);
	repeat(&many, hyp_buf_str(&few), 1);
	repeat(&few, "]", 1);
	repeat(&many, ",1]", 1);
	for (size_t i = 0; i < HYP_COUNT(forms); i++) {
		ck_ok(hyp_body_parse(forms[i], few.data, few.len, &json, &err),
		      &err);
		json_object_put(json);
		json = NULL;
		ck_fails(hyp_body_parse(forms[i], many.data, many.len, &json,
					&err),
			 &err, HYP_E_USAGE, "bad_request");
		ck_assert_msg(strstr(err.text, "too many values") != NULL, "%s",
			      err.text);
	}
}
END_TEST

static void anchors(struct hyp_buf *buf, size_t n)
{
	struct hyp_error err;

	hyp_buf_reset(buf);
	ck_ok(hyp_buf_adds(buf, "[", &err), &err);
	for (size_t i = 0; i < n; i++)
		ck_ok(hyp_buf_addf(buf, &err, "%s&%zx a", i > 0 ? "," : "", i),
		      &err);
	ck_ok(hyp_buf_adds(buf, "]", &err), &err);
}

/* What libyaml would need minutes for is refused before it is loaded. */
START_TEST(what_takes_long)
{
	HYP_AUTO_BUF struct hyp_buf buf = HYP_BUF_INIT(1 << 20);
	struct json_object *json = NULL;
	struct hyp_error err;

	anchors(&buf, HYP_BODY_ANCHORS);
	ck_ok(hyp_yaml_read(buf.data, buf.len, &json, &err), &err);
	json_object_put(json);
	anchors(&buf, HYP_BODY_ANCHORS + 1);
	refuses_for(hyp_buf_str(&buf), "too many anchors");
	anchors(&buf, 90000);
	refuses_for(hyp_buf_str(&buf), "too many anchors");

	hyp_buf_reset(&buf);
	for (int i = 0; i < 60000; i++)
		ck_ok(hyp_buf_addf(&buf, &err, "%%TAG !%x! a\n", i), &err);
	ck_ok(hyp_buf_adds(&buf, "--- 1\n", &err), &err);
	refuses_for(hyp_buf_str(&buf), "tags are not taken");

	hyp_buf_reset(&buf);
	repeat(&buf, "[", 1000000);
	refuses_for(hyp_buf_str(&buf), "nested too deep");
	hyp_buf_reset(&buf);
	repeat(&buf, "- ", 500000);
	refuses_for(hyp_buf_str(&buf), "nested too deep");
	hyp_buf_reset(&buf);
	ck_ok(hyp_buf_adds(&buf, "[", &err), &err);
	repeat(&buf, "[],", 340000);
	ck_ok(hyp_buf_adds(&buf, "]", &err), &err);
	refuses_for(hyp_buf_str(&buf), "too many values");
	hyp_buf_reset(&buf);
	repeat(&buf, "-\n", 500000);
	refuses_for(hyp_buf_str(&buf), "too many values");
	hyp_buf_reset(&buf);
	repeat(&buf, "?\n", 500000);
	refuses_for(hyp_buf_str(&buf), "too many values");
}
END_TEST

START_TEST(content_types)
{
	static const struct {
		const char *type;
		enum hyp_body_form form;
	} cases[] = {
		{"application/json", HYP_BODY_JSON},
		{"Application/JSON; charset=UTF-8", HYP_BODY_JSON},
		{"application/json;charset=\"utf-8\"", HYP_BODY_JSON},
		{"application/x-yaml", HYP_BODY_YAML},
		{"application/yaml", HYP_BODY_YAML},
		{"text/yaml", HYP_BODY_YAML},
		{NULL, HYP_BODY_NONE},
		{"", HYP_BODY_NONE},
		{"text/plain", HYP_BODY_NONE},
		{"application/json, text/plain", HYP_BODY_NONE},
		{"application/json; charset=latin1", HYP_BODY_NONE},
		{"application/json; boundary=x", HYP_BODY_NONE},
		{"application/jsonp", HYP_BODY_NONE},
		{"application/x-www-form-urlencoded", HYP_BODY_NONE},
	};

	for (size_t i = 0; i < HYP_COUNT(cases); i++)
		ck_assert_msg(hyp_body_form(cases[i].type) == cases[i].form,
			      "%s", cases[i].type ? cases[i].type : "none");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("api/yaml");
	TCase *t = tcase_create("yaml");

	tcase_add_test(t, documents);
	tcase_add_test(t, scalars_are_those_of_yaml_1_2);
	tcase_add_test(t, what_is_refused);
	tcase_add_test(t, depth_and_bombs);
	tcase_add_test(t, aliases_of_long_texts);
	tcase_add_test(t, values_by_weight);
	tcase_add_test(t, what_takes_long);
	tcase_add_test(t, content_types);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
