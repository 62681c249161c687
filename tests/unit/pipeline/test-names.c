/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/names.h"
#include "core/base/text.h"
#include "tests/lib/unit.h"

#include <string.h>

START_TEST(test_from_vm)
{
	static const char *const hostile[][2] = {
		{"web01", "web01"},
		{"Web 01 (prod)", NULL},
		{"../../etc/cron.d/x", NULL},
		{"a\nb\x1b[31m", NULL},
		{"\xe2\x80\xaegpj.exe", NULL},
		{"]]><x a='&'/>", NULL},
		{"", "vm"},
		{"...", NULL},
		{"\xf0\x9f\x90\xa7", NULL},
		{"--output=/etc/x", NULL},
	};
	struct hyp_error err;

	for (size_t i = 0; i < 10; i++) {
		char *name;

		ck_ok(hyp_name_package(NULL, hostile[i][0], &name, &err), &err);
		ck_assert_msg(hyp_text_is_file_name(name, 80), "%s", name);
		ck_assert_int_ne(name[0], '-');
		if (hostile[i][1] != NULL)
			ck_assert_str_eq(name, hostile[i][1]);
		free(name);
	}
}
END_TEST

START_TEST(test_wanted)
{
	char *name, long_name[202];
	struct hyp_error err;

	ck_ok(hyp_name_package("Backup_1.2", "web01", &name, &err), &err);
	ck_assert_str_eq(name, "Backup_1.2");
	free(name);
	ck_fails(hyp_name_package("my vm", "web01", &name, &err), &err,
		 HYP_E_USAGE, "unsafe_path");
	ck_assert_ptr_nonnull(strstr(err.text, "\"my-vm\""));
	ck_fails(hyp_name_package("a/b", "web01", &name, &err), &err,
		 HYP_E_USAGE, "unsafe_path");
	ck_fails(hyp_name_package(".hidden", "web01", &name, &err), &err,
		 HYP_E_USAGE, "unsafe_path");
	memset(long_name, 'a', 201);
	long_name[201] = '\0';
	ck_fails(hyp_name_package(long_name, "web01", &name, &err), &err,
		 HYP_E_USAGE, "unsafe_path");
}
END_TEST

START_TEST(test_files)
{
	static const uint32_t roles[] = {HYP_ROLE_DISK, HYP_ROLE_NVRAM,
					 HYP_ROLE_ISO, HYP_ROLE_FLOPPY,
					 HYP_ROLE_OTHER};
	static const char *const first[] = {
		"web01-disk1.vmdk", "web01.nvram", "web01-cdrom1.iso",
		"web01-floppy1.flp", "web01-file1.bin"};
	char name[HYP_FILE_NAME_MAX], base[HYP_NAME_MAX], long_name[201];

	for (size_t i = 0; i < 5; i++) {
		hyp_name_file("web01", roles[i], 1, name);
		ck_assert_str_eq(name, first[i]);
	}
	hyp_name_file("web01", HYP_ROLE_DISK, 12, name);
	ck_assert_str_eq(name, "web01-disk12.vmdk");
	hyp_name_file("web01", HYP_ROLE_NVRAM, 2, name);
	ck_assert_str_eq(name, "web01-nvram2.nvram");
	hyp_name_file("web01", 99, 1, name);
	ck_assert_str_eq(name, "web01-file1.bin");

	/* the longest fits into a tar header */
	memset(long_name, 'b', 200);
	long_name[200] = '\0';
	hyp_name_base(long_name, base);
	ck_assert_uint_eq(strlen(base), HYP_NAME_MAX - 1);
	hyp_name_file(base, HYP_ROLE_FLOPPY, 1000, name);
	ck_assert_uint_le(strlen(name), 99);
	ck_assert_ptr_nonnull(strstr(name, "b-floppy1000.flp"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("names");
	TCase *tc = tcase_create("names");

	tcase_add_test(tc, test_from_vm);
	tcase_add_test(tc, test_wanted);
	tcase_add_test(tc, test_files);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
