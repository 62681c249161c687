/* SPDX-License-Identifier: Apache-2.0 */
/* Fault 125: what a file must be before its content counts as a secret. */
#include "core/config/options.h"
#include "tests/lib/tree.h"
#include "tests/lib/unit.h"

#include <sys/stat.h>
#include <unistd.h>

static struct tree tree;
static struct hyp_error err;
static char *text;
static size_t len;

static void setup(void)
{
	tree_init(&tree);
	text = NULL;
}

static void teardown(void)
{
	free(text);
	tree_fini(&tree);
}

static const char *file_reference(const char *name)
{
	static char reference[1100];

	snprintf(reference, sizeof(reference), "file:%s",
		 tree_path(&tree, name));
	return reference;
}

static void refused(const char *reference, const char *why)
{
	ck_fails(hyp_secret_read(reference, &text, &len, &err), &err,
		 HYP_E_USAGE, "bad_secret");
	ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.text, "s3cret") == NULL, "%s", err.text);
	ck_assert_ptr_null(text);
}

static void is(const char *reference, const char *want)
{
	ck_ok(hyp_secret_read(reference, &text, &len, &err), &err);
	ck_assert_str_eq(text, want);
	ck_assert_uint_eq(len, strlen(want));
	free(text);
	text = NULL;
}

START_TEST(one_newline_goes)
{
	tree_write(&tree, "a", "s3cret\n", 0600);
	is(file_reference("a"), "s3cret");
	tree_write(&tree, "a", "s3cret", 0400);
	is(file_reference("a"), "s3cret");
	tree_write(&tree, "a", "s3cret\n\n", 0600);
	is(file_reference("a"), "s3cret\n");
}
END_TEST

static const mode_t open_modes[] = {0644, 0640, 0604, 0660, 0620, 0601, 0777};

START_TEST(others_have_access)
{
	tree_write(&tree, "a", "s3cret", open_modes[_i]);
	refused(file_reference("a"), "gives others access; chmod 0600");
}
END_TEST

START_TEST(not_a_file)
{
	tree_write(&tree, "a", "s3cret", 0600);
	ck_assert_int_eq(symlink("a", tree_path(&tree, "link")), 0);
	refused(file_reference("link"), "is a symbolic link");
	tree_mkdir(&tree, "dir", 0700);
	refused(file_reference("dir"), "is not a regular file");
	ck_assert_int_eq(mkfifo(tree_path(&tree, "fifo"), 0600), 0);
	refused(file_reference("fifo"), "is not a regular file");
	refused(file_reference("none"), "cannot be opened: No such file");
}
END_TEST

START_TEST(size)
{
	static char big[4098];

	memset(big, 'x', sizeof(big) - 1);
	tree_write(&tree, "a", big, 0600);
	refused(file_reference("a"), "longer than 4 KiB");
	big[4096] = '\0';
	tree_write(&tree, "a", big, 0600);
	is(file_reference("a"), big);
	tree_write(&tree, "a", "", 0600);
	refused(file_reference("a"), "is empty");
	tree_write(&tree, "a", "\n", 0600);
	refused(file_reference("a"), "is empty");
}
END_TEST

START_TEST(nul_inside)
{
	FILE *out = fopen(tree_path(&tree, "a"), "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite("s3\0cret", 1, 7, out), 7);
	fclose(out);
	chmod(tree.path, 0600);
	refused(file_reference("a"), "NUL");
}
END_TEST

START_TEST(environment)
{
	setenv("HYP_TEST_SECRET", "s3cret", 1);
	is("env:HYP_TEST_SECRET", "s3cret");
	setenv("HYP_TEST_SECRET", "", 1);
	refused("env:HYP_TEST_SECRET", "is empty");
	unsetenv("HYP_TEST_SECRET");
	refused("env:HYP_TEST_SECRET", "is not set");
}
END_TEST

START_TEST(credential)
{
	unsetenv("CREDENTIALS_DIRECTORY");
	refused("credential:vc", "CREDENTIALS_DIRECTORY");
	tree_write(&tree, "vc", "s3cret\n", 0440);
	setenv("CREDENTIALS_DIRECTORY", tree.root, 1);
	is("credential:vc", "s3cret");
	refused("credential:none", "cannot be opened");
	refused("credential:../vc", "by reference");
}
END_TEST

static const char *const literals[] = {"s3cret",
				       "",
				       "file:",
				       "env:",
				       "env:A=s3cret",
				       "credential:",
				       "credential:/s3cret",
				       "FILE:/s3cret"};

START_TEST(not_a_reference)
{
	ck_assert(!hyp_secret_is_reference(literals[_i]));
	refused(literals[_i], "a secret is given by reference");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("secret");
	TCase *c = tcase_create("secret");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, one_newline_goes);
	tcase_add_loop_test(c, others_have_access, 0, 7);
	tcase_add_test(c, not_a_file);
	tcase_add_test(c, size);
	tcase_add_test(c, nul_inside);
	tcase_add_test(c, environment);
	tcase_add_test(c, credential);
	tcase_add_loop_test(c, not_a_reference, 0, 8);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
