/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lib/output.h"
#include "tests/lib/unit.h"

#include <sys/stat.h>
#include <unistd.h>

static struct hyp_output out;
static struct hyp_error err;
static char top[64];

/* A folder with a/b.ova (a folder), a/file, and link to a. */
static void setup(void)
{
	char name[] = "/tmp/hyp-output-XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(name));
	snprintf(top, sizeof(top), "%s", name);
	ck_assert_int_eq(chdir(top), 0);
	ck_assert_int_eq(mkdir("a", 0700), 0);
	ck_assert_int_eq(mkdir("a/b.ova", 0700), 0);
	ck_assert_int_eq(symlink("a", "link"), 0);
	ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
	fclose(fopen("a/file", "w"));
}

static void teardown(void)
{
	unlink("a/file");
	unlink("link");
	unlink("dangling");
	rmdir("a/b.ova");
	rmdir("a");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(top), 0);
}

static void check(const char *text, const char *dir, const char *root,
		  const char *name, const char *format)
{
	char want[256];

	ck_ok(hyp_output_resolve(text, NULL, "ovf", &out, &err), &err);
	snprintf(want, sizeof(want), "%s%s", top, dir);
	ck_assert_str_eq(out.dir, want);
	snprintf(want, sizeof(want), "%s%s", top, root);
	ck_assert_str_eq(out.root, want);
	ck_assert_pstr_eq(out.name, name);
	ck_assert_str_eq(out.format, format);
	hyp_output_fini(&out);
}

START_TEST(folders)
{
	char absolute[128];

	check("a", "/a", "/a", NULL, "ovf");
	check("a/", "/a", "/a", NULL, "ovf");
	check(".", "", "", NULL, "ovf");
	check("./a/../a", "/a", "/a", NULL, "ovf");
	check("link", "/a", "/a", NULL, "ovf");
	check("a/b.ova", "/a/b.ova", "/a/b.ova", NULL, "ovf");
	check("new", "/new", "", NULL, "ovf");
	check("a/x/y/", "/a/x/y", "/a", NULL, "ovf");
	check("link/x", "/a/x", "/a", NULL, "ovf");
	snprintf(absolute, sizeof(absolute), "%s/a/new", top);
	check(absolute, "/a/new", "/a", NULL, "ovf");
}
END_TEST

START_TEST(files)
{
	check("web.ova", "", "", "web", "ova");
	check("a/web.v1.OVA", "/a", "/a", "web.v1", "ova");
	check("new/web.ova", "/new", "", "web", "ova");
	check("link/web.ova", "/a", "/a", "web", "ova");
	ck_ok(hyp_output_resolve("/x.ova", NULL, "ova", &out, &err), &err);
	ck_assert_str_eq(out.dir, "/");
	ck_assert_str_eq(out.name, "x");
	hyp_output_fini(&out);
}
END_TEST

START_TEST(the_format_given_counts)
{
	ck_ok(hyp_output_resolve("a", "ova", "ovf", &out, &err), &err);
	ck_assert_str_eq(out.format, "ova");
	hyp_output_fini(&out);
	ck_fails(hyp_output_resolve("a", "zip", "ova", &out, &err), &err,
		 HYP_E_USAGE, "usage");
	ck_fails(hyp_output_resolve("x.ova", "ovf", "ova", &out, &err), &err,
		 HYP_E_USAGE, "usage");
	ck_fails(hyp_output_resolve("", NULL, "ova", &out, &err), &err,
		 HYP_E_USAGE, "usage");
}
END_TEST

START_TEST(unsafe_ones_are_refused)
{
	static const char *const bad[] = {
		"new/../x",  "new/./x", "a/file",    "a/file/x",
		"my vm.ova", "-x.ova",	"..ova.ova", "new/../x.ova",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_fails(hyp_output_resolve(bad[i], NULL, "ova", &out, &err),
			 &err, HYP_E_USAGE, "unsafe_path");
		ck_assert_ptr_null(out.dir);
	}
}
END_TEST

START_TEST(makes_folders_and_takes_back_its_own)
{
	struct stat st;

	ck_ok(hyp_output_resolve("a/x/y/z", NULL, "ova", &out, &err), &err);
	ck_assert_int_eq(mkdir("a/x", 0700), 0);
	ck_ok(hyp_output_make(&out, &err), &err);
	ck_assert_int_eq(stat("a/x/y/z", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	hyp_output_unmake(&out);
	ck_assert_int_ne(stat("a/x/y", &st), 0);
	ck_assert_int_eq(rmdir("a/x"), 0);
	ck_ok(hyp_output_make(&out, &err), &err);
	fclose(fopen("a/x/y/file", "w"));
	hyp_output_unmake(&out);
	ck_assert_int_ne(stat("a/x/y/z", &st), 0);
	ck_assert_int_eq(unlink("a/x/y/file"), 0);
	ck_assert_int_eq(rmdir("a/x/y"), 0);
	ck_assert_int_eq(rmdir("a/x"), 0);
	hyp_output_fini(&out);
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_leaves_nothing)
{
	struct stat st;

	ck_ok(hyp_output_resolve("new/y", NULL, "ova", &out, &err), &err);
	fclose(fopen("new", "w"));
	ck_assert_int_ne(hyp_output_make(&out, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "new/y"));
	ck_assert_int_eq(stat("new", &st), 0);
	ck_assert_int_eq(unlink("new"), 0);
	hyp_output_fini(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("output");
	TCase *tc = tcase_create("output");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, folders);
	tcase_add_test(tc, files);
	tcase_add_test(tc, the_format_given_counts);
	tcase_add_test(tc, unsafe_ones_are_refused);
	tcase_add_test(tc, makes_folders_and_takes_back_its_own);
	tcase_add_test(tc, a_folder_that_cannot_be_made_leaves_nothing);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
