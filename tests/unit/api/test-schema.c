/* SPDX-License-Identifier: Apache-2.0 */
/* Requests against schemas: what is wrong is pointed at. */
#include "core/api/schemas.h"
#include "core/base/cleanup.h"
#include "tests/lib/unit.h"

static const struct hyp_field inner_fields[] = {
	HYP_STRING("a/b~c", HYP_FIELD_REQUIRED, 4, NULL),
};
static const struct hyp_schema inner = {.name = "Inner",
					HYP_FIELDS(inner_fields)};
static const char *const words[] = {"red", "green", NULL};
static const struct hyp_field fields[] = {
	{.name = "text", .type = HYP_TYPE_STRING, .max = 4},
	{.name = "word",
	 .type = HYP_TYPE_STRING,
	 .words = words,
	 .help = "red, green"},
	{.name = "number", .type = HYP_TYPE_INTEGER, .min = 1, .max = 16},
	{.name = "real", .type = HYP_TYPE_NUMBER},
	{.name = "flag", .type = HYP_TYPE_BOOLEAN},
	{.name = "when", .type = HYP_TYPE_TIME, .flags = HYP_FIELD_NULL},
	{.name = "list",
	 .type = HYP_TYPE_ARRAY,
	 .min = 1,
	 .max = 2,
	 .items = HYP_TYPE_STRING},
	{.name = "loose",
	 .type = HYP_TYPE_ARRAY,
	 .flags = HYP_FIELD_OR_ONE,
	 .items = HYP_TYPE_STRING,
	 .words = words,
	 .help = "red, green"},
	HYP_OBJECT("inner", 0, &inner, NULL),
	HYP_LIST_OF("inners", 0, &inner, NULL),
	HYP_VALUE(ANY, "any", 0, NULL),
	HYP_VALUE(OBJECT, "free", 0, NULL),
};
static const struct hyp_schema schema = {.name = "Test", HYP_FIELDS(fields)};

static const char *wrong(const struct hyp_schema *by, const char *text)
{
	static struct hyp_error err;
	struct json_object *json = json_tokener_parse(text);
	int32_t rc = hyp_schema_check(by, json, &err);

	json_object_put(json);
	if (rc == 0)
		return "";
	ck_assert_int_eq(rc, HYP_E_USAGE);
	ck_assert_str_eq(err.kind, "bad_request");
	return err.text;
}

#define RIGHT(text) ck_assert_str_eq(wrong(&schema, text), "")
#define WRONG(text, want)                                                      \
	ck_assert_msg(strncmp(wrong(&schema, text), want, strlen(want)) == 0,  \
		      "%s", wrong(&schema, text))

START_TEST(right_ones_pass)
{
	RIGHT("{}");
	RIGHT("{\"text\":\"\",\"word\":\"red\",\"number\":16,\"real\":1,"
	      "\"flag\":false,\"when\":null,\"list\":[\"a\"],"
	      "\"loose\":\"green\",\"inner\":{\"a/b~c\":\"x\"},"
	      "\"inners\":[],\"any\":[null],\"free\":{\"x\":1}}");
	RIGHT("{\"loose\":[\"red\",\"green\"],\"real\":1.5,"
	      "\"when\":\"2026-11-25T21:38:00Z\"}");
}
END_TEST

START_TEST(wrong_ones_are_pointed_at)
{
	WRONG("[]", "/: must be an object");
	WRONG("null", "/: must be an object");
	WRONG("{\"text\":1}", "/text: must be a string");
	WRONG("{\"text\":null}", "/text: must be a string");
	WRONG("{\"text\":\"12345\"}", "/text: is longer than 4 bytes");
	WRONG("{\"word\":\"blue\"}", "/word: must be one of red, green");
	WRONG("{\"number\":0}", "/number: must be from 1 to 16");
	WRONG("{\"number\":17}", "/number: must be from 1 to 16");
	WRONG("{\"number\":1.5}", "/number: must be an integer");
	WRONG("{\"number\":\"1\"}", "/number: must be an integer");
	WRONG("{\"flag\":1}", "/flag: must be true or false");
	WRONG("{\"when\":\"noon\"}", "/when: must be a time");
	WRONG("{\"list\":[]}", "/list: must not be empty");
	WRONG("{\"list\":[\"a\",\"b\",\"c\"]}", "/list: holds more than 2");
	WRONG("{\"list\":[\"a\",1]}", "/list/1: must be a string");
	WRONG("{\"list\":[\"\"]}", "/list/0: must not be empty");
	WRONG("{\"loose\":[\"blue\"]}", "/loose/0: must be one of");
	WRONG("{\"loose\":\"blue\"}", "/loose: must be one of");
	WRONG("{\"inner\":{}}", "/inner/a~1b~0c: is missing");
	WRONG("{\"inner\":{\"a/b~c\":1}}", "/inner/a~1b~0c: must be a string");
	WRONG("{\"inners\":[{\"a/b~c\":\"\"}]}",
	      "/inners/0/a~1b~0c: must not be empty");
	WRONG("{\"txt\":1}", "/txt: unknown field, meant \"text\"?");
	WRONG("{\"zzzzzz\":1}", "/zzzzzz: unknown field");
	WRONG("{\"text\":\"a\\u0000\"}", "/text: holds a NUL");
	WRONG("{\"x\\ny\":1}", "/x\\");
}
END_TEST

START_TEST(a_long_name_is_cut)
{
	char text[1200], name[1024];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text), "{\"%s\":1}", name);
	ck_assert_ptr_nonnull(strstr(wrong(&schema, text), "...: unknown"));
}
END_TEST

START_TEST(three_forms_of_a_submit)
{
	const struct hyp_schema *s = &hyp_schema_submit;

	ck_assert_str_eq(wrong(s, "{\"vm_path\":\"a\"}"), "");
	ck_assert_str_eq(wrong(s, "{\"anything\":1}"), "");
	ck_assert_str_eq(wrong(s, "[{\"vm_path\":\"a\"}]"), "");
	ck_assert_str_eq(wrong(s, "{\"jobs\":[{\"vm_path\":\"a\"}]}"), "");
	ck_assert_str_eq(wrong(s, "[]"), "/: must not be empty");
	ck_assert_str_eq(wrong(s, "[1]"), "/0: must be an object");
	ck_assert_str_eq(wrong(s, "{\"jobs\":[]}"), "/jobs: must not be empty");
	ck_assert_str_eq(wrong(s, "{\"jobs\":[[]]}"),
			 "/jobs/0: must be an object");
	ck_assert_str_eq(wrong(s, "{\"jobs\":[{}],\"x\":1}"),
			 "/x: unknown field");
	ck_assert_str_eq(wrong(s, "1"), "/: must be an object or an array");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("api/schema");
	TCase *t = tcase_create("schema");

	tcase_add_test(t, right_ones_pass);
	tcase_add_test(t, wrong_ones_are_pointed_at);
	tcase_add_test(t, a_long_name_is_cut);
	tcase_add_test(t, three_forms_of_a_submit);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
