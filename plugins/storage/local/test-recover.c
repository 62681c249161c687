/* SPDX-License-Identifier: Apache-2.0 */
/* storage/local: the process is killed before any of its file operations, and
 * another one finds out what there is, finishes it or sweeps it away. */
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "tests/lib/local-kit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>

#define FAST "/dev/shm" /* thousands of fsyncs */
#define OLD 7000	/* bytes of the package that is replaced */

static struct kit kit;

static void setup(void)
{
	kit_init_in(&kit, FAST);
}

static void teardown(void)
{
	hyp_file_set_ops(NULL);
	kit_fini(&kit);
}

/* File operations of which the Nth kills the process; no_flags: renameat2
 * knows no flags, as on NFS. */
static struct {
	unsigned int calls, kill_at;
	int no_flags;
} deadly;

static const struct hyp_file_ops *step(void)
{
	if (++deadly.calls == deadly.kill_at)
		kill(getpid(), SIGKILL);
	return hyp_file_system_ops();
}

static int d_openat(void *ctx, int dir, const char *path, int flags,
		    mode_t mode, uint64_t resolve)
{
	return step()->openat(ctx, dir, path, flags, mode, resolve);
}

static int d_mkdirat(void *ctx, int dir, const char *path, mode_t mode)
{
	return step()->mkdirat(ctx, dir, path, mode);
}

static int d_unlinkat(void *ctx, int dir, const char *path, int flags)
{
	return step()->unlinkat(ctx, dir, path, flags);
}

static int d_renameat2(void *ctx, int dir, const char *from, int todir,
		       const char *to, unsigned int flags)
{
	const struct hyp_file_ops *sys = step();

	if (deadly.no_flags && flags != 0) {
		errno = EINVAL;
		return -1;
	}
	return sys->renameat2(ctx, dir, from, todir, to, flags);
}

static ssize_t d_pwrite(void *ctx, int fd, const void *buf, size_t n, off_t at)
{
	const struct hyp_file_ops *sys = hyp_file_system_ops();

	/* Killed in the middle of it, too. */
	if (deadly.calls + 1 == deadly.kill_at && n > 1)
		sys->pwrite(ctx, fd, buf, n / 2, at);
	return step()->pwrite(ctx, fd, buf, n, at);
}

static int d_ftruncate(void *ctx, int fd, off_t size)
{
	return step()->ftruncate(ctx, fd, size);
}

static int d_fallocate(void *ctx, int fd, int mode, off_t at, off_t n)
{
	return step()->fallocate(ctx, fd, mode, at, n);
}

static int d_fsync(void *ctx, int fd)
{
	return step()->fsync(ctx, fd);
}

static int d_close(void *ctx, int fd)
{
	return step()->close(ctx, fd);
}

static int d_linkat(void *ctx, int dir, const char *from, int todir,
		    const char *to)
{
	return step()->linkat(ctx, dir, from, todir, to);
}

static void set_deadly(unsigned int kill_at)
{
	struct hyp_file_ops ops = *hyp_file_system_ops();

	ops.openat = d_openat;
	ops.mkdirat = d_mkdirat;
	ops.unlinkat = d_unlinkat;
	ops.renameat2 = d_renameat2;
	ops.pwrite = d_pwrite;
	ops.ftruncate = d_ftruncate;
	ops.fallocate = d_fallocate;
	ops.fsync = d_fsync;
	ops.close = d_close;
	ops.linkat = d_linkat;
	hyp_file_set_ops(&ops);
	deadly.calls = 0;
	deadly.kill_at = kill_at;
}

/* What the child does: a package with scratch on the way. */
static int32_t export_with_scratch(const struct hyp_place_args *args,
				   uint64_t n)
{
	uint64_t bytes = n, slot;
	void *place, *scratch;

	if (kit.ops->place_open(kit.storage, args, &place, &kit.err) != 0 ||
	    kit.ops->object_open(place, "s", HYP_OBJECT_SCRATCH, &scratch,
				 &kit.err) != 0 ||
	    kit.ops->reserve(scratch, 2, &slot, &kit.err) != 0 ||
	    kit.ops->write(scratch, "abc", 3, &kit.err) != 0 ||
	    kit.ops->rewind(scratch, slot, &kit.err) != 0)
		return kit.err.code;
	if (args->layout == HYP_LAYOUT_DIRECTORY) {
		bytes += 100;
		if (kit_put(&kit, place, "a.ovf", 100, 100) != 0)
			return kit.err.code;
	}
	if (kit_put(&kit, place, "a-disk1.vmdk", n, 4096) != 0 ||
	    kit.ops->object_close(scratch, &kit.err) != 0 ||
	    kit_seal(&kit, place, args, bytes) != 0 ||
	    kit.ops->publish(place, &kit.err) != 0)
		return kit.err.code;
	return 0;
}

/* Runs an export, or with resume a resume, in a child that dies at its nth
 * file operation. 1 if it died, 0 if it came to its end. */
static int run_and_die(const struct hyp_place_args *args, uint64_t n,
		       unsigned int kill_at, int resume)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		set_deadly(kill_at);
		_exit(resume ? kit.ops->resume(kit.storage, args, &kit.err) != 0
			     : export_with_scratch(args, n) != 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return 1;
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	return 0;
}

static uint32_t state_of(const struct hyp_place_args *args)
{
	uint32_t state = 99;

	ck_ok(kit.ops->state(kit.storage, args, &state, &kit.err), &kit.err);
	return state;
}

static uint32_t nobody_lives(void *ctx, const char *job_id, uint32_t attempt)
{
	(void)ctx;
	(void)job_id;
	(void)attempt;
	return 0;
}

static uint64_t sweep(const char *dir)
{
	uint64_t removed = 99;

	ck_ok(kit.ops->sweep(kit.storage, dir, nobody_lives, NULL, &removed,
			     &kit.err),
	      &kit.err);
	return removed;
}

/* The package's bytes are those of that salt. */
static void expect_bytes(uint32_t layout, uint64_t n, unsigned char salt)
{
	HYP_AUTO_FREE char *path = kit_path(
		&kit, layout == HYP_LAYOUT_FILE ? "a" : "a/a-disk1.vmdk");
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	for (uint64_t i = 0; i < n; i++)
		ck_assert_int_eq(fgetc(f), (unsigned char)(kit_byte(i) + salt));
	ck_assert_int_eq(fgetc(f), EOF);
	fclose(f);
}

static void expect_package(uint32_t layout, uint64_t n, unsigned char salt)
{
	char list[128];

	snprintf(list, sizeof(list),
		 layout == HYP_LAYOUT_FILE
			 ? "a %llu\na.receipt.json\n"
			 : "a/\na/a-disk1.vmdk %llu\na/a.ovf 100\n"
			   "a/receipt.json\n",
		 (unsigned long long)n);
	kit_expect(&kit, list);
	expect_bytes(layout, n, salt);
}

struct scenario {
	const char *name;
	uint32_t layout, force;
	uint64_t bytes;
	int no_flags;
};

static const struct scenario scenarios[] = {
	{"new file", HYP_LAYOUT_FILE, 0, 9000, 0},
	{"new directory", HYP_LAYOUT_DIRECTORY, 0, 9000, 0},
	{"replaced file", HYP_LAYOUT_FILE, 1, 9000, 0},
	{"replaced file of the same size", HYP_LAYOUT_FILE, 1, OLD, 0},
	{"replaced directory", HYP_LAYOUT_DIRECTORY, 1, 9000, 0},
	{"replaced directory of the same size", HYP_LAYOUT_DIRECTORY, 1, OLD,
	 0},
	{"new file on NFS", HYP_LAYOUT_FILE, 0, 9000, 1},
	{"new directory on NFS", HYP_LAYOUT_DIRECTORY, 0, 9000, 1},
};

/* An empty root, or one with an older package in it. */
static struct hyp_place_args prepare(const struct scenario *s)
{
	struct hyp_place_args args = kit_args(&kit, s->layout, "a");

	kit_fini(&kit);
	kit_init_in(&kit, FAST);
	deadly.no_flags = s->no_flags;
	args.dir = kit.root;
	if (s->force) {
		args.job_id = "older";
		kit.salt = 1;
		ck_ok(kit_export(&kit, &args, OLD), &kit.err);
		args.job_id = "test-job";
		kit.salt = 2;
	}
	args.force = s->force;
	args.expected = 20000;
	return args;
}

static void expect_before(const struct scenario *s)
{
	if (s->force)
		expect_package(s->layout, OLD, 1);
	else
		kit_expect(&kit, "");
}

START_TEST(killed_anywhere)
{
	const struct scenario *s = &scenarios[_i];
	unsigned char salt = s->force ? 2 : 0;
	unsigned int seen[4] = {0}, n = 0;
	uint32_t state;
	int died;

	do {
		struct hyp_place_args args = prepare(s);

		died = run_and_die(&args, s->bytes, ++n, 0);
		if (s->no_flags)
			set_deadly(0);
		state = state_of(&args);
		ck_assert_uint_lt(state, 4);
		seen[state]++;
		if (!died)
			ck_assert_uint_eq(state, HYP_PLACE_PUBLISHED);
		if (state == HYP_PLACE_SEALED) {
			ck_ok(kit.ops->resume(kit.storage, &args, &kit.err),
			      &kit.err);
			ck_assert_uint_eq(state_of(&args), HYP_PLACE_PUBLISHED);
			expect_package(s->layout, s->bytes, salt);
		} else {
			sweep(kit.root);
			if (state == HYP_PLACE_PUBLISHED)
				expect_package(s->layout, s->bytes, salt);
			else
				expect_before(s);
		}
		ck_assert_uint_eq(sweep(kit.root), 0);
		hyp_file_set_ops(NULL);
	} while (died);
	for (unsigned int i = 0; i < 4; i++)
		ck_assert_msg(seen[i] > 0, "%s: state %u never came", s->name,
			      i);
	ck_assert_uint_gt(n, 20);
}
END_TEST

/* Sealed, then the resume is killed at any of its operations; the next one
 * finishes it. */
START_TEST(killed_while_resuming)
{
	const struct scenario *s = &scenarios[_i];
	unsigned char salt = s->force ? 2 : 0;
	unsigned int sealed_at = 0, n = 0;
	int died;

	do { /* the first operation after sealing */
		struct hyp_place_args args = prepare(s);

		run_and_die(&args, s->bytes, ++sealed_at, 0);
		n = state_of(&args);
	} while (n != HYP_PLACE_SEALED);
	n = 0;
	do {
		struct hyp_place_args args = prepare(s);
		uint32_t state;

		ck_assert_int_eq(run_and_die(&args, s->bytes, sealed_at, 0), 1);
		died = run_and_die(&args, 0, ++n, 1);
		if (s->no_flags)
			set_deadly(0);
		state = state_of(&args);
		if (state != HYP_PLACE_PUBLISHED)
			ck_assert_uint_eq(state, HYP_PLACE_SEALED);
		ck_ok(kit.ops->resume(kit.storage, &args, &kit.err), &kit.err);
		sweep(kit.root);
		expect_package(s->layout, s->bytes, salt);
		hyp_file_set_ops(NULL);
	} while (died);
	ck_assert_uint_gt(n, 5);
}
END_TEST

START_TEST(nothing_to_resume)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	HYP_AUTO_FREE char *dir = kit_path(&kit, "x");
	void *place;

	ck_fails(kit.ops->resume(kit.storage, &args, &kit.err), &kit.err,
		 HYP_E_NOT_FOUND, "not_sealed");
	ck_ok(kit.ops->place_open(kit.storage, &args, &place, &kit.err),
	      &kit.err);
	ck_assert_uint_eq(state_of(&args), HYP_PLACE_PARTIAL);
	ck_fails(kit.ops->resume(kit.storage, &args, &kit.err), &kit.err,
		 HYP_E_NOT_FOUND, "not_sealed");
	kit.ops->abort(place);
	args.dir = dir; /* not there */
	ck_assert_uint_eq(state_of(&args), HYP_PLACE_NONE);
	ck_assert_uint_eq(sweep(dir), 0);
	ck_fails(kit.ops->resume(kit.storage, &args, &kit.err), &kit.err,
		 HYP_E_NOT_FOUND, "not_sealed");
}
END_TEST

/* Of another job or attempt, or with another length than the receipt says. */
START_TEST(only_this_attempt_counts)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	HYP_AUTO_FREE char *path = kit_path(&kit, "a");

	ck_ok(kit_export(&kit, &args, 5000), &kit.err);
	ck_assert_uint_eq(state_of(&args), HYP_PLACE_PUBLISHED);
	args.attempt = 2;
	ck_assert_uint_eq(state_of(&args), HYP_PLACE_NONE);
	args.attempt = 1;
	args.job_id = "other";
	ck_assert_uint_eq(state_of(&args), HYP_PLACE_NONE);
	args.job_id = "test-job";
	ck_assert_int_eq(truncate(path, 4999), 0);
	ck_assert_uint_eq(state_of(&args), HYP_PLACE_NONE);
}
END_TEST

/* While an attempt lives, whatever process it is in, nobody takes it over. */
START_TEST(the_living_are_left_alone)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	void *place;

	ck_ok(kit.ops->place_open(kit.storage, &args, &place, &kit.err),
	      &kit.err);
	ck_ok(kit_put(&kit, place, "a", 10, 10), &kit.err);
	ck_assert_uint_eq(sweep(kit.root), 0);
	ck_ok(kit_seal(&kit, place, &args, 10), &kit.err);
	ck_assert_uint_eq(sweep(kit.root), 0);
	ck_assert_uint_eq(state_of(&args), HYP_PLACE_SEALED);
	ck_fails(kit.ops->resume(kit.storage, &args, &kit.err), &kit.err,
		 HYP_E_BUSY, "place_in_use");
	ck_ok(kit.ops->publish(place, &kit.err), &kit.err);
	ck_assert_uint_eq(state_of(&args), HYP_PLACE_PUBLISHED);
}
END_TEST

static uint32_t live_or_not(void *ctx, const char *job_id, uint32_t attempt)
{
	(void)ctx;
	return strcmp(job_id, "live.job-7") == 0 && attempt == 3;
}

static void make_dir(const char *name)
{
	HYP_AUTO_FREE char *path = kit_path(&kit, name);

	ck_assert_int_eq(mkdir(path, 0700), 0);
}

START_TEST(sweep_takes_only_ours)
{
	static const char *const foreign[] = {
		".hyp-a-1.part.bak", ".hyp-a-01.part", ".hyp-a-x.part",
		".hyp--1.part",	     ".hyp-a.part",    ".hyp-a-0.part",
		"hyp-a-1.part",	     ".hyp-a-1",       ".hyp-a-4294967296.part",
		".hyp-a b-1.part",   ".hyp-.part"};
	HYP_AUTO_FREE char *link = kit_path(&kit, ".hyp-link-1.part");
	HYP_AUTO_FREE char *before = NULL;
	uint64_t removed;

	for (size_t i = 0; i < HYP_COUNT(foreign); i++)
		make_dir(foreign[i]);
	make_dir(".hyp-live.job-7-3.part");
	make_dir(".hyp-full-1.part"); /* not by us: a folder is in it */
	make_dir(".hyp-full-1.part/folder");
	kit_make(&kit, ".hyp-full-1.part/folder/file", "precious");
	make_dir("package");
	kit_make(&kit, "package/.hyp-x-1.part", "precious");
	kit_make(&kit, ".hyp-file-1.part", "precious");
	ck_assert_int_eq(symlink("package", link), 0);
	before = kit_list(kit.root);

	make_dir(".hyp-dead-job.with-dash-12.part");
	kit_make(&kit, ".hyp-dead-job.with-dash-12.part/a.vmdk", "x");
	kit_make(&kit, ".hyp-dead-job.with-dash-12.part/.scratch", "x");
	make_dir(".hyp-live.job-7-2.part");
	ck_ok(kit.ops->sweep(kit.storage, kit.root, live_or_not, NULL, &removed,
			     &kit.err),
	      &kit.err);
	ck_assert_uint_eq(removed, 2);
	kit_expect(&kit, before);
	ck_assert_ptr_nonnull(fake_host_find(&kit.host, "log", "warning"));
}
END_TEST

START_TEST(sweep_refuses_unsafe_paths)
{
	static const char *const dirs[] = {"",	      ".",    "..",  "a/..",
					   "../../x", "/etc", "/tmp"};
	uint64_t removed;

	set_deadly(0);
	ck_fails(kit.ops->sweep(kit.storage, dirs[_i], nobody_lives, NULL,
				&removed, &kit.err),
		 &kit.err, HYP_E_USAGE, "unsafe_path");
	ck_assert_uint_eq(deadly.calls, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("storage/local recovery");
	TCase *tc = tcase_create("recovery");

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, killed_anywhere, 0, HYP_COUNT(scenarios));
	tcase_add_loop_test(tc, killed_while_resuming, 0, HYP_COUNT(scenarios));
	tcase_add_test(tc, nothing_to_resume);
	tcase_add_test(tc, only_this_attempt_counts);
	tcase_add_test(tc, the_living_are_left_alone);
	tcase_add_test(tc, sweep_takes_only_ours);
	tcase_add_loop_test(tc, sweep_refuses_unsafe_paths, 0, 7);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
