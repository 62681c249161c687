/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/receipt.h"
#include "core/base/digest.h"
#include "tests/lib/unit.h"

#include <json-c/json.h>
#include <string.h>

static json_object *get(json_object *of, const char *name)
{
	json_object *value = NULL;

	ck_assert_msg(json_object_object_get_ex(of, name, &value), "no %s",
		      name);
	return value;
}

static void is_text(json_object *of, const char *name, const char *want)
{
	ck_assert_str_eq(json_object_get_string(get(of, name)), want);
}

static void is_number(json_object *of, const char *name, uint64_t want)
{
	json_object *value = get(of, name);

	ck_assert(json_object_is_type(value, json_type_int));
	ck_assert_uint_eq(json_object_get_uint64(value), want);
}

static void check_head(json_object *root)
{
	is_text(root, "format", "hypersdk-receipt/1");
	is_text(root, "job", "job-1");
	is_number(root, "attempt", 3);
	is_text(root, "created", "2026-11-25T21:38:00Z");
	is_text(get(root, "vm"), "name", "we\"b\xf0\x9f\x90\xa7");
	is_text(get(root, "vm"), "path", "/dc/vm/web01");
	is_text(root, "source", "vc:443/dc/vm/web01");
	is_text(root, "tls", "ca");
	is_text(root, "mode", "hot");
	is_text(root, "consistency", "quiesced");
	is_text(root, "proof", "host-sha256");
	is_text(root, "digest", "sha256");
	is_number(root, "package_bytes", UINT64_MAX);
}

static void check_files(json_object *root)
{
	json_object *list, *file;

	list = get(root, "files");
	ck_assert_uint_eq(json_object_array_length(list), 2);
	file = json_object_array_get_idx(list, 0);
	is_text(file, "name", "web01.ovf");
	is_text(file, "sha256",
		"88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f"
		"031589");
	ck_assert(!json_object_object_get_ex(file, "proof", NULL));
	file = json_object_array_get_idx(list, 1);
	is_number(file, "size", UINT64_C(9007199254740993));
	is_text(file, "proof", "host-sha256");
}

#define TEXT(s) ((char[]){s})

START_TEST(test_receipt)
{
	struct hyp_result_file files[2] = {
		{.name = TEXT("web01.ovf"), .bytes = 4, .proof = TEXT("none")},
		{.name = TEXT("web01-disk1.vmdk"),
		 .role = HYP_ROLE_DISK,
		 .bytes = UINT64_C(9007199254740993), /* no double holds it */
		 .proof = TEXT("host-sha256")}};
	char *warnings[] = {TEXT("quiesce_failed: \"said\"\nthe guest")};
	struct hyp_export_job job = {
		.id = "job-1", .attempt = 3, .digest = HYP_DIGEST_SHA256};
	struct hyp_result result = {
		.vm_name = TEXT("we\"b\xf0\x9f\x90\xa7"),
		.vm_path = TEXT("/dc/vm/web01"),
		.source = TEXT("vc:443/dc/vm/web01"),
		.files = files,
		.file_count = 2,
		.proof = TEXT("host-sha256"),
		.consistency = TEXT("quiesced"),
		.mode = TEXT("hot"),
		.tls = TEXT("ca"),
		.warnings = warnings,
		.warning_count = 1,
		.package_bytes = UINT64_MAX,
	};
	json_object *root, *list;
	struct hyp_error err;
	char *text;
	size_t len;

	for (unsigned i = 0; i < 2; i++)
		ck_ok(hyp_digest_bytes(HYP_DIGEST_SHA256, "abcd", 4,
				       &files[i].digest, &err),
		      &err);
	ck_ok(hyp_receipt_write(&job, &result, INT64_C(1795642680000), &text,
				&len, &err),
	      &err);
	ck_assert_uint_eq(strlen(text), len);
	ck_assert_int_eq(text[len - 1], '\n');
	root = json_tokener_parse(text);
	ck_assert_ptr_nonnull(root);
	check_head(root);
	check_files(root);
	list = get(root, "warnings");
	ck_assert_str_eq(
		json_object_get_string(json_object_array_get_idx(list, 0)),
		warnings[0]);
	json_object_put(root);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("receipt");
	TCase *tc = tcase_create("receipt");

	tcase_add_test(tc, test_receipt);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
