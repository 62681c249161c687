/* SPDX-License-Identifier: Apache-2.0 */
/* storage/local: where outputs may lie, and that they lie nowhere else. */
#include "core/base/cleanup.h"
#include "tests/lib/file-fault.h"
#include "tests/lib/local-kit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static struct kit kit;

static void setup(void)
{
	kit_init(&kit);
}

static void teardown(void)
{
	file_fault_clear();
	kit_fini(&kit);
}

static int32_t open_in(const char *dir, const char *name)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, name);
	void *place;
	int32_t rc;

	args.dir = dir;
	rc = kit.ops->place_open(kit.storage, &args, &place, &kit.err);
	if (rc == 0)
		kit.ops->abort(place);
	return rc;
}

static char *make_dir(const char *name, mode_t mode)
{
	char *path = kit_path(&kit, name);

	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
	return path;
}

/* Each is tried beneath the root R and must not make or remove a thing. */
START_TEST(unsafe_directories)
{
	static const char *const dirs[] = {
		"",	      "relative", "./x",    "R/../x",	   "R/x/..",
		"R//x",	      "//R/x",	  "R/x//",  "R/.",	   "R/x.",
		"R/x./y",     "R/...",	  "R-evil", "R-evil/x",	   "/",
		"/etc",	      "R/.hyp-x", "R/a\nb", "R/a\x7f",	   "R/\xff\xfe",
		"R/\xc0\xaf", "R/a\x01",  "/tmp",   "R/x/../../y",
	};
	HYP_AUTO_FREE char *evil = NULL;
	char dir[256];

	ck_assert_int_eq(hyp_asprintf(&evil, NULL, "%s-evil", kit.root), 0);
	ck_assert_int_eq(mkdir(evil, 0700), 0);
	if (strchr(dirs[_i], 'R') != NULL && dirs[_i][0] != 'r')
		snprintf(dir, sizeof(dir), "%.*s%s%s",
			 (int)strcspn(dirs[_i], "R"), dirs[_i], kit.root,
			 strchr(dirs[_i], 'R') + 1);
	else
		snprintf(dir, sizeof(dir), "%s", dirs[_i]);
	file_fault_set(FILE_ANY, 0, 0, 0);
	ck_fails(open_in(dir, "a"), &kit.err, HYP_E_USAGE, "unsafe_path");
	ck_assert_uint_eq(file_fault_calls(FILE_ANY), 0);
	ck_assert_int_eq(rmdir(evil), 0);
	kit_expect(&kit, "");
}
END_TEST

START_TEST(unsafe_names)
{
	static const char *const names[] = {
		"",   ".",	".x",	"..",	"../x",	    "a/b",
		"/x", ".hyp-x", "a\nb", "a\\b", "\xc0\xaf", "a*"};
	char name[300];

	if (_i < (int)HYP_COUNT(names)) {
		snprintf(name, sizeof(name), "%s", names[_i]);
	} else {
		memset(name, 'n', sizeof(name));
		name[243] = '\0'; /* its receipt's name would not fit */
	}
	ck_fails(open_in(kit.root, name), &kit.err, HYP_E_USAGE, "unsafe_path");
	kit_expect(&kit, "");
}
END_TEST

START_TEST(unsafe_jobs)
{
	static const char *const jobs[] = {"", "a/b", "../x", "a b"};
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	char job[130];
	void *place;

	memset(job, 'j', sizeof(job));
	job[129] = '\0';
	args.job_id = _i < (int)HYP_COUNT(jobs) ? jobs[_i] : job;
	ck_fails(kit.ops->place_open(kit.storage, &args, &place, &kit.err),
		 &kit.err, HYP_E_USAGE, "bad_value");
	kit_expect(&kit, "");
}
END_TEST

START_TEST(safe_directories)
{
	static const char *const rest[] = {
		"",    "/",    "/x",  "/x/y/z",	   "/x y",
		"/-x", "/..x", "/.x", "/\xc3\xa9", "/x/y/z/"};
	char dir[256];

	snprintf(dir, sizeof(dir), "%s%s", kit.root, rest[_i]);
	ck_ok(open_in(dir, "a"), &kit.err);
	kit_expect(&kit, "");
}
END_TEST

/* The longest root wins, and each binds its own tree only. */
START_TEST(several_roots)
{
	HYP_AUTO_FREE char *inner = make_dir("inner", 0700);
	HYP_AUTO_FREE char *x = kit_path(&kit, "inner/x");
	HYP_AUTO_FREE char *y = kit_path(&kit, "y");
	const char *roots[] = {"/nowhere", inner};

	kit.options.roots.items = roots;
	kit.options.roots.count = 2;
	ck_ok(open_in(x, "a"), &kit.err);
	ck_fails(open_in(y, "a"), &kit.err, HYP_E_USAGE, "unsafe_path");
	ck_fails(open_in("/nowhere/x", "a"), &kit.err, HYP_E_NOT_FOUND,
		 "not_found");
	kit.options.roots.count = 0; /* the built-in one */
	ck_fails(open_in(x, "a"), &kit.err, HYP_E_USAGE, "unsafe_path");
}
END_TEST

START_TEST(roots_are_checked_at_once)
{
	static const char *const bad[] = {"relative", "/x/../y", "//x", "/x/."};
	struct local_options options = {.roots = {&bad[_i], 1}};
	void *instance;

	ck_fails(kit.ops->create(&kit.host.table, &options, NULL, NULL,
				 &instance, &kit.err),
		 &kit.err, HYP_E_USAGE, "unsafe_path");
}
END_TEST

/* A symbolic link in the place of a parent, of the directory, of a loop. */
START_TEST(links_are_not_followed)
{
	HYP_AUTO_FREE char *real = make_dir("real", 0700);
	HYP_AUTO_FREE char *link = kit_path(&kit, "link");
	HYP_AUTO_FREE char *below = kit_path(&kit, "link/x");
	const char *targets[] = {real, "real", "/tmp", "link", "/nowhere"};

	ck_assert_int_eq(symlink(targets[_i], link), 0);
	ck_fails(open_in(link, "a"), &kit.err, HYP_E_PERMANENT, "unsafe_path");
	ck_fails(open_in(below, "a"), &kit.err, HYP_E_PERMANENT, "unsafe_path");
	kit_expect(&kit, "link ->\nreal/\n");
}
END_TEST

START_TEST(a_file_is_no_directory)
{
	HYP_AUTO_FREE char *path = kit_path(&kit, "file/x");

	kit_make(&kit, "file", "precious");
	ck_fails(open_in(path, "a"), &kit.err, HYP_E_NOT_FOUND, "not_found");
	kit_expect(&kit, "file 9\n");
}
END_TEST

/* Who else may write there could swap what we make. */
START_TEST(shared_parents_are_refused)
{
	static const mode_t modes[] = {0777, 01777, 0707};
	HYP_AUTO_FREE char *shared = make_dir("shared", modes[_i]);
	HYP_AUTO_FREE char *below = kit_path(&kit, "shared/x");

	ck_fails(open_in(shared, "a"), &kit.err, HYP_E_PERMANENT,
		 "unsafe_path");
	ck_fails(open_in(below, "a"), &kit.err, HYP_E_PERMANENT, "unsafe_path");
	kit_expect(&kit, "shared/\n");
	ck_assert_int_eq(chmod(shared, 0775), 0);
	ck_ok(open_in(below, "a"), &kit.err);
}
END_TEST

START_TEST(a_missing_root_is_not_made)
{
	HYP_AUTO_FREE char *root = kit_path(&kit, "root");
	const char *roots[] = {root};

	kit.options.roots.items = roots;
	ck_fails(open_in(root, "a"), &kit.err, HYP_E_NOT_FOUND, "not_found");
	kit_expect(&kit, "");
}
END_TEST

START_TEST(a_mount_is_required)
{
	struct stat top, root;

	ck_assert_int_eq(stat("/", &top), 0);
	ck_assert_int_eq(stat(kit.root, &root), 0);
	kit.options.require_mount = 1;
	if (top.st_dev == root.st_dev)
		ck_fails(open_in(kit.root, "a"), &kit.err, HYP_E_TRANSIENT,
			 "io_error");
	else
		ck_ok(open_in(kit.root, "a"), &kit.err);
}
END_TEST

/* The directory goes, or another takes its place, while a job runs. */
START_TEST(a_directory_that_went_away)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	HYP_AUTO_FREE char *dir = make_dir("x", 0700);
	HYP_AUTO_FREE char *moved = kit_path(&kit, "y");
	int before_seal = _i % 2 == 0;
	void *place;
	int32_t rc;

	args.dir = dir;
	ck_ok(kit.ops->place_open(kit.storage, &args, &place, &kit.err),
	      &kit.err);
	ck_ok(kit_put(&kit, place, "a", 10, 10), &kit.err);
	if (!before_seal)
		ck_ok(kit_seal(&kit, place, &args, 10), &kit.err);
	ck_assert_int_eq(rename(dir, moved), 0);
	if (_i / 2 == 1)
		ck_assert_int_eq(mkdir(dir, 0700), 0);
	else if (_i / 2 == 2)
		ck_assert_int_eq(symlink("y", dir), 0);
	rc = before_seal ? kit_seal(&kit, place, &args, 10)
			 : kit.ops->publish(place, &kit.err);
	if (_i / 2 == 2)
		ck_fails(rc, &kit.err, HYP_E_PERMANENT, "unsafe_path");
	else
		ck_fails(rc, &kit.err, HYP_E_TRANSIENT, "io_error");
	kit.ops->abort(place);
	kit_expect(&kit, _i / 2 == 0   ? "y/\n"
			 : _i / 2 == 1 ? "x/\ny/\n"
				       : "x ->\ny/\n");
}
END_TEST

/* The output folder goes while its attempt begins: it is another's that made
 * it, and took it back. */
START_TEST(a_directory_that_goes_at_once)
{
	static const struct {
		enum file_op op;
		unsigned int nth;
	} calls[] = {
		{FILE_MKDIRAT, 1}, {FILE_MKDIRAT, 2}, {FILE_MKDIRAT, 3},
		{FILE_OPENAT, 3},  {FILE_OPENAT, 5},  {FILE_OPENAT, 6},
	};
	HYP_AUTO_FREE char *dir = kit_path(&kit, "x/y");

	file_fault_set(calls[_i].op, calls[_i].nth, ENOENT, 0);
	ck_fails(open_in(dir, "a"), &kit.err, HYP_E_TRANSIENT, "io_error");
	kit_expect(&kit, "");
	ck_ok(open_in(dir, "a"), &kit.err);
}
END_TEST

static int stop_swapping;

/* Exchanges a directory and a link that leads out, over and over. */
static void *swap(void *arg)
{
	const struct kit *k = arg;
	HYP_AUTO_FREE char *dir = kit_path(k, "root/x");
	HYP_AUTO_FREE char *link = kit_path(k, "root/link");

	while (!__atomic_load_n(&stop_swapping, __ATOMIC_RELAXED))
		renameat2(AT_FDCWD, dir, AT_FDCWD, link, RENAME_EXCHANGE);
	return NULL;
}

#define MANY 10000u
#define FEW 20u /* if both outcomes were seen: valgrind is slow */

/* Places while the parent is swapped for a link: whatever is made is made
 * beneath the root, and nothing of it stays. _i: many, or a few. */
START_TEST(swapped_for_a_link)
{
	HYP_AUTO_FREE char *root = make_dir("root", 0700);
	HYP_AUTO_FREE char *outside = make_dir("outside", 0700);
	HYP_AUTO_FREE char *dir = make_dir("root/x", 0700);
	HYP_AUTO_FREE char *link = kit_path(&kit, "root/link");
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	unsigned int tries = 0, opened = 0, published = 0;
	const char *roots[] = {root};
	struct stat before, after;
	pthread_t thread;
	void *place;

	ck_assert_int_eq(symlink(outside, link), 0);
	ck_assert_int_eq(stat(outside, &before), 0);
	kit.options.roots.items = roots;
	args.dir = dir;
	stop_swapping = 0;
	pthread_create(&thread, NULL, swap, &kit);
	while (tries < MANY &&
	       (_i == 0 || tries < FEW || opened == 0 || opened == tries)) {
		args.attempt = ++tries;
		if (kit.ops->place_open(kit.storage, &args, &place, &kit.err) !=
		    0) {
			ck_assert_str_eq(kit.err.kind, "unsafe_path");
			continue;
		}
		opened++;
		if (tries % 64 != 1 || kit_put(&kit, place, "a", 10, 10) != 0 ||
		    kit_seal(&kit, place, &args, 10) != 0 ||
		    kit.ops->publish(place, &kit.err) != 0) {
			kit.ops->abort(place);
			continue;
		}
		published++;
		args.force = 1; /* the next ones replace it */
	}
	__atomic_store_n(&stop_swapping, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	ck_assert_uint_gt(opened, 0);
	ck_assert_uint_lt(opened, tries);
	/* Not even for an instant was anything made there. */
	ck_assert_int_eq(stat(outside, &after), 0);
	ck_assert_int_eq(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	if (published == 0)
		return;
	/* Whichever name the directory ended under. */
	if (lstat(dir, &after) == 0 && S_ISLNK(after.st_mode))
		ck_assert_int_eq(renameat2(AT_FDCWD, dir, AT_FDCWD, link,
					   RENAME_EXCHANGE),
				 0);
	ck_assert_int_eq(unlink(link), 0);
	kit_expect(&kit, "outside/\nroot/\nroot/x/\nroot/x/a 10\n"
			 "root/x/a.receipt.json\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("storage/local paths");
	TCase *tc = tcase_create("paths");

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, unsafe_directories, 0, 24);
	tcase_add_loop_test(tc, unsafe_names, 0, 13);
	tcase_add_loop_test(tc, unsafe_jobs, 0, 5);
	tcase_add_loop_test(tc, safe_directories, 0, 10);
	tcase_add_test(tc, several_roots);
	tcase_add_loop_test(tc, roots_are_checked_at_once, 0, 4);
	tcase_add_loop_test(tc, links_are_not_followed, 0, 5);
	tcase_add_test(tc, a_file_is_no_directory);
	tcase_add_loop_test(tc, shared_parents_are_refused, 0, 3);
	tcase_add_test(tc, a_missing_root_is_not_made);
	tcase_add_test(tc, a_mount_is_required);
	tcase_add_loop_test(tc, a_directory_that_went_away, 0, 6);
	tcase_add_loop_test(tc, a_directory_that_goes_at_once, 0, 6);
	tcase_add_loop_test(tc, swapped_for_a_link, 1, 2);
	suite_add_tcase(suite, tc);
	/* minutes under valgrind */
	tc = tcase_create("many");
	tcase_set_tags(tc, "native");
	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, swapped_for_a_link, 0, 1);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
