/* SPDX-License-Identifier: Apache-2.0 */
/* Faults 6, 11 and 19: a sync that fails, and the descriptors and locks of
 * the database. */
#include "core/base/clock.h"
#include "plugins/store/sqlite/test-kit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(a_failed_sync_fails_the_change)
{
	ck_ok(kit_put("a"), &kit.err);
	__atomic_store_n(&kit.failing, 1, __ATOMIC_RELEASE);
	ck_fails(kit_put("b"), &kit.err, HYP_E_TRANSIENT, "db_error");
	kit_expect("a");
	ck_ok(kit_put("c"), &kit.err);
	kit_expect("ac");
	/* Nor is it there after a crash: the log was begun anew. */
	kit.ops->destroy(kit.store);
	kit_open();
	kit_expect("ac");
}
END_TEST

/* By another process: to close the file here would drop SQLite's locks. */
static void copy_file(const char *suffix)
{
	char from[80], to[80];
	char *const argv[] = {(char[]){"cp"}, from, to, NULL};
	int status;
	pid_t pid;

	snprintf(from, sizeof(from), "%s%s", kit.path, suffix);
	snprintf(to, sizeof(to), "%s/crash%s", kit.dir, suffix);
	pid = fork();
	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

/* Who is told that a change failed will not find it after a crash. */
START_TEST(a_crash_does_not_bring_it_back)
{
	char crash[80];

	ck_ok(kit_put("a"), &kit.err);
	__atomic_store_n(&kit.failing, 1, __ATOMIC_RELEASE);
	ck_fails(kit_put("b"), &kit.err, HYP_E_TRANSIENT, "db_error");
	copy_file("");
	copy_file("-wal");
	kit.ops->destroy(kit.store);
	snprintf(crash, sizeof(crash), "%s/crash", kit.dir);
	kit.options.path = crash;
	kit_open();
	kit_expect("a");
	kit.ops->destroy(kit.store);
	kit.store = NULL;
	unlink(crash);
}
END_TEST

START_TEST(a_second_one_is_the_last)
{
	ck_ok(kit_put("a"), &kit.err);
	__atomic_store_n(&kit.failing, 1, __ATOMIC_RELEASE);
	ck_fails(kit_put("b"), &kit.err, HYP_E_TRANSIENT, "db_error");
	__atomic_store_n(&kit.failing, 1, __ATOMIC_RELEASE);
	ck_fails(kit_put("c"), &kit.err, HYP_E_TRANSIENT, "db_error");
	ck_fails(kit_put("d"), &kit.err, HYP_E_PERMANENT, "db_lost");
	ck_fails(kit_put("e"), &kit.err, HYP_E_PERMANENT, "db_lost");
	kit_expect("a");
	kit.ops->destroy(kit.store);
	kit_open();
	kit_expect("a");
	ck_ok(kit_put("f"), &kit.err);
}
END_TEST

START_TEST(reopening_that_fails_is_the_last)
{
	ck_ok(kit_put("a"), &kit.err);
	__atomic_store_n(&kit.failing, 2, __ATOMIC_RELEASE);
	ck_fails(kit_put("b"), &kit.err, HYP_E_TRANSIENT, "db_error");
	ck_fails(kit_put("c"), &kit.err, HYP_E_PERMANENT, "db_lost");
	ck_assert_ptr_nonnull(fake_host_find(&kit.host, "log", "error"));
}
END_TEST

/* What could not be copied out of the log keeps everything out of it. */
START_TEST(a_doubtful_log_takes_nothing)
{
	ck_ok(kit_put("a"), &kit.err);
	__atomic_store_n(&kit.failing, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&kit.database_full, 1, __ATOMIC_RELEASE);
	ck_fails(kit_put("b"), &kit.err, HYP_E_TRANSIENT, "db_error");
	ck_fails(kit_put("c"), &kit.err, HYP_E_RESOURCE, "db_full");
	ck_fails(kit_put("d"), &kit.err, HYP_E_RESOURCE, "db_full");
	__atomic_store_n(&kit.database_full, 0, __ATOMIC_RELEASE);
	ck_ok(kit_put("e"), &kit.err);
	kit_expect("ae");
}
END_TEST

/* A log that is long enough to be moved, of changes that were not kit.synced.
 */
static void fill_log(int frames)
{
	const size_t size = 65536;
	char *data = malloc(size + 1), id[16];

	ck_assert_ptr_nonnull(data);
	memset(data, ' ', size);
	memcpy(data, "{}", 2);
	data[size] = '\0';
	for (int i = 0; i < frames / 16 + 8; i++) {
		snprintf(id, sizeof(id), "%d", i);
		ck_ok(kit_put_with(id, data, HYP_CHANGE_LAZY, &kit.err),
		      &kit.err);
	}
	free(data);
}

static void fail_checkpoint(int why)
{
	ck_ok(kit_put("a"), &kit.err); /* the log's head, which is kit.synced */
	kit.reason = why;
	__atomic_store_n(&kit.failing, 1, __ATOMIC_RELEASE);
	fill_log(4000);
	ck_ok(kit_put("x"), &kit.err);
	ck_assert_int_eq(__atomic_load_n(&kit.failing, __ATOMIC_ACQUIRE), 0);
	ck_assert_ptr_nonnull(fake_host_find(&kit.host, "log", "error"));
	ck_assert_ptr_nonnull(strstr(fake_host_find(&kit.host, "log", "error"),
				     "opened anew"));
}

/* Its first sync may be that of a checkpoint, whose failure is the kernel's
 * one word about them. */
START_TEST(a_checkpoint_that_fails_is_not_forgotten)
{
	fail_checkpoint(EIO);
	__atomic_store_n(&kit.failing, 1, __ATOMIC_RELEASE);
	ck_fails(kit_put("b"), &kit.err, HYP_E_TRANSIENT, "db_error");
	ck_fails(kit_put("c"), &kit.err, HYP_E_PERMANENT, "db_lost");
}
END_TEST

/* A full disk does not count as one that fails, but what it dropped is gone as
 * well. */
START_TEST(nor_is_one_without_room)
{
	fail_checkpoint(ENOSPC);
	__atomic_store_n(&kit.failing, 1, __ATOMIC_RELEASE);
	ck_fails(kit_put("b"), &kit.err, HYP_E_TRANSIENT, "db_error");
	ck_ok(kit_put("c"), &kit.err);
}
END_TEST

/* 20 ms later, each time that it is looked at. */
static uint64_t tick(void *ctx)
{
	return __atomic_add_fetch((uint64_t *)ctx, 20000000, __ATOMIC_ACQ_REL);
}

static int64_t stand(void *ctx)
{
	(void)ctx;
	return 1764106680000;
}

/* A backup reads one state for minutes: changes do not wait for its end. */
START_TEST(a_reader_that_stays_is_waited_for_once)
{
	static uint64_t now = 1000000000;
	static const struct hyp_clock clock = {tick, stand, &now};
	sqlite3 *reader;
	int before;

	kit.ops->destroy(kit.store);
	hyp_clock_set(&clock);
	kit_open();
	ck_ok(kit_put("a"), &kit.err);
	ck_assert_int_eq(sqlite3_open(kit.path, &reader), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(reader,
				      "BEGIN; SELECT count(*) FROM events",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	fill_log(8000);
	ck_ok(kit_put("b"), &kit.err);
	before = __atomic_load_n(&kit.busy, __ATOMIC_ACQUIRE);
	ck_assert_int_gt(before, 20); /* it was */
	for (int i = 0; i < 3; i++) {
		char id[] = {(char)('c' + i), '\0'};

		ck_ok(kit_put(id), &kit.err);
	}
	ck_assert_int_lt(__atomic_load_n(&kit.busy, __ATOMIC_ACQUIRE),
			 before + 20);
	sqlite3_close(reader);
}
END_TEST

/* Every descriptor of the database is closed by exec. */
START_TEST(descriptors_are_closed_on_exec)
{
	DIR *fds = opendir("/proc/self/fd");
	struct dirent *e;
	int seen = 0;

	ck_ok(kit_put("a"), &kit.err);
	kit_expect("a");
	while ((e = readdir(fds)) != NULL) {
		char link[64], to[256] = "";

		snprintf(link, sizeof(link), "/proc/self/fd/%.16s", e->d_name);
		if (readlink(link, to, sizeof(to) - 1) < 0 ||
		    strncmp(to, kit.path, strlen(kit.path)) != 0)
			continue;
		seen++;
		ck_assert_msg(fcntl(atoi(e->d_name), F_GETFD) & FD_CLOEXEC,
			      "%s", to);
	}
	closedir(fds);
	ck_assert_int_ge(seen, 3);
}
END_TEST

/* As another process sees it: closing any descriptor of a file would drop all
 * locks of this one on it. */
static int is_locked(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	pid_t child = fork();
	int fd, status;

	if (child == 0) {
		fd = open(kit.path, O_RDWR | O_CLOEXEC);
		if (fd < 0 || fcntl(fd, F_GETLK, &lock) != 0)
			_exit(2);
		_exit(lock.l_type != F_UNLCK);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) != 2);
	return WEXITSTATUS(status);
}

START_TEST(a_backup_leaves_the_locks)
{
	char copy[80];

	snprintf(copy, sizeof(copy), "%s/copy", kit.dir);
	ck_ok(kit_put("a"), &kit.err);
	ck_assert(is_locked());
	ck_ok(kit.ops->backup(kit.store, copy, &kit.err), &kit.err);
	ck_assert(is_locked());
	unlink(copy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store/sqlite: sync");
	TCase *tc = tcase_create("sync");

	tcase_add_checked_fixture(tc, kit_setup, kit_teardown);
	tcase_add_test(tc, a_failed_sync_fails_the_change);
	tcase_add_test(tc, a_crash_does_not_bring_it_back);
	tcase_add_test(tc, a_second_one_is_the_last);
	tcase_add_test(tc, reopening_that_fails_is_the_last);
	tcase_add_test(tc, a_doubtful_log_takes_nothing);
	tcase_add_test(tc, a_checkpoint_that_fails_is_not_forgotten);
	tcase_add_test(tc, nor_is_one_without_room);
	tcase_add_test(tc, a_reader_that_stays_is_waited_for_once);
	tcase_add_test(tc, descriptors_are_closed_on_exec);
	tcase_add_test(tc, a_backup_leaves_the_locks);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
