/* SPDX-License-Identifier: Apache-2.0 */
/* Faults 4, 6, 11 and 19: who waits for a sync, one that fails, and the
 * descriptors and locks of the database. SQLite's own file layer is wrapped
 * here, so that a sync of the write-ahead log can be made to fail. */
#include "plugins/store/sqlite/sqlite.h"
#include "tests/lib/fake-host.h"
#include "tests/lib/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static sqlite3_vfs shim;
static sqlite3_vfs *under;
static sqlite3_io_methods wal_methods, db_methods;
static int (*real_sync)(sqlite3_file *file, int flags);
static int (*real_write)(sqlite3_file *file, const void *data, int n,
			 sqlite3_int64 at);
static int failing;	  /* syncs of the log yet to fail */
static int reason = EIO;  /* why they do */
static int synced;	  /* how many there were */
static int held;	  /* none ends before it is 0 */
static int database_full; /* its file; the log still grows */

static int wal_sync(sqlite3_file *file, int flags)
{
	__atomic_add_fetch(&synced, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&held, __ATOMIC_ACQUIRE))
		sched_yield();
	if (__atomic_load_n(&failing, __ATOMIC_ACQUIRE) == 0)
		return real_sync(file, flags);
	__atomic_sub_fetch(&failing, 1, __ATOMIC_ACQ_REL);
	errno = reason;
	return SQLITE_IOERR_FSYNC;
}

static int db_write(sqlite3_file *file, const void *data, int n,
		    sqlite3_int64 at)
{
	if (__atomic_load_n(&database_full, __ATOMIC_ACQUIRE))
		return SQLITE_FULL;
	return real_write(file, data, n, at);
}

static void wrap_database(sqlite3_file *file)
{
	db_methods = *file->pMethods;
	if (db_methods.xWrite != db_write)
		real_write = db_methods.xWrite;
	db_methods.xWrite = db_write;
	file->pMethods = &db_methods;
}

static int shim_open(sqlite3_vfs *vfs, sqlite3_filename name,
		     sqlite3_file *file, int flags, int *out)
{
	int code;

	(void)vfs;
	code = under->xOpen(under, name, file, flags, out);
	if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL)) {
		wal_methods = *file->pMethods;
		if (wal_methods.xSync != wal_sync)
			real_sync = wal_methods.xSync;
		wal_methods.xSync = wal_sync;
		file->pMethods = &wal_methods;
	}
	if (code == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB))
		wrap_database(file);
	return code;
}

static char dir[] = "/tmp/hyp-sync-XXXXXX";
static char path[64];
static struct fake_host host;
static struct sqlite_options options;
static const struct hyp_store_ops *ops;
static void *store;
static struct hyp_error err;

static void open_store(void)
{
	ck_ok(ops->create(&host.table, &options, &store, &err), &err);
}

static void setup(void)
{
	under = sqlite3_vfs_find(NULL);
	shim = *under;
	shim.zName = "shim";
	shim.xOpen = shim_open;
	ck_assert_int_eq(sqlite3_vfs_register(&shim, 1), SQLITE_OK);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/jobs.db", dir);
	options.path = path;
	ops = sqlite_plugin.ops;
	fake_host_init(&host);
	open_store();
}

static void teardown(void)
{
	char file[128];

	if (store != NULL)
		ops->destroy(store);
	fake_host_fini(&host);
	unlink(path);
	snprintf(file, sizeof(file), "%s-wal", path);
	unlink(file);
	snprintf(file, sizeof(file), "%s-shm", path);
	unlink(file);
	rmdir(dir);
}

static int32_t put_with(const char *id, const char *data, uint32_t flags,
			struct hyp_error *e)
{
	struct hyp_event_row row = {
		.size = sizeof(row), .id = id, .type = "t", .data_json = data};
	const struct hyp_store_op op = {.size = sizeof(op),
					.verb = HYP_OP_PUT,
					.table = HYP_TABLE_EVENT,
					.row = &row};
	const struct hyp_change change = {.size = sizeof(change),
					  .ops = &op,
					  .op_stride = sizeof(op),
					  .op_count = 1,
					  .flags = flags};

	return ops->apply(store, &change, e);
}

static int32_t put_so(const char *id, uint32_t flags, struct hyp_error *e)
{
	return put_with(id, "{}", flags, e);
}

static int32_t put(const char *id)
{
	return put_so(id, 0, &err);
}

static int32_t put_lazily(const char *id)
{
	return put_so(id, HYP_CHANGE_LAZY, &err);
}

static int32_t add_id(void *ctx, const void *row, struct hyp_error *e)
{
	const struct hyp_event_row *event = row;

	(void)e;
	strcat(ctx, event->id);
	return 0;
}

static void expect(const char *ids)
{
	const struct hyp_store_query q = {.size = sizeof(q)};
	char got[64] = "";
	const struct hyp_row_sink sink = {sizeof(sink), 0, got, add_id};

	ck_ok(ops->list(store, HYP_TABLE_EVENT, &q, &sink, &err), &err);
	ck_assert_str_eq(got, ids);
}

START_TEST(a_failed_sync_fails_the_change)
{
	ck_ok(put("a"), &err);
	__atomic_store_n(&failing, 1, __ATOMIC_RELEASE);
	ck_fails(put("b"), &err, HYP_E_TRANSIENT, "db_error");
	expect("a");
	ck_ok(put("c"), &err);
	expect("ac");
	/* Nor is it there after a crash: the log was begun anew. */
	ops->destroy(store);
	open_store();
	expect("ac");
}
END_TEST

static int syncs(void)
{
	return __atomic_load_n(&synced, __ATOMIC_ACQUIRE);
}

/* What may be lost waits for no disk, what is acknowledged does, whatever was
 * before it. */
START_TEST(a_lazy_change_spares_only_itself)
{
	int before;

	ck_ok(put("a"), &err);
	before = syncs();
	ck_ok(put_lazily("b"), &err);
	ck_assert_int_eq(syncs(), before);
	ck_ok(put("c"), &err);
	ck_assert_int_eq(syncs(), before + 1);
	ck_ok(put_lazily("d"), &err);
	__atomic_store_n(&failing, 1, __ATOMIC_RELEASE);
	ck_fails(put("e"), &err, HYP_E_TRANSIENT, "db_error");
	/* The connection that is new since, and a log that is begun: */
	ck_ok(put("f"), &err);
	before = syncs();
	ck_ok(put_lazily("g"), &err);
	ck_assert_int_eq(syncs(), before);
	ck_ok(put("h"), &err);
	ck_assert_int_eq(syncs(), before + 1);
	expect("abcdfgh");
}
END_TEST

struct caller {
	const char *id;
	uint32_t flags;
	pthread_t thread;
	int32_t rc;
};

static void *call(void *arg)
{
	struct caller *c = arg;
	struct hyp_error e;

	c->rc = put_so(c->id, c->flags, &e);
	return NULL;
}

static void start(struct caller *c)
{
	ck_assert_int_eq(pthread_create(&c->thread, NULL, call, c), 0);
}

static void join(struct caller *c)
{
	pthread_join(c->thread, NULL);
	ck_assert_int_eq(c->rc, 0);
}

static void until_waiting(int n)
{
	struct writer *w = &((struct store *)store)->writer;
	int waiting;

	do {
		sched_yield();
		waiting = 0;
		pthread_mutex_lock(&w->lock);
		for (struct request *r = w->first; r != NULL; r = r->next)
			waiting++;
		pthread_mutex_unlock(&w->lock);
	} while (waiting < n);
}

/* Both wait while a third one's sync runs: one commit has them both. */
START_TEST(a_mixed_batch_is_synced)
{
	struct caller first = {.id = "b"};
	struct caller two[2] = {{.id = "c"}, {.id = "d"}};
	int before;

	two[_i].flags = HYP_CHANGE_LAZY;
	ck_ok(put("a"), &err);
	before = syncs();
	__atomic_store_n(&held, 1, __ATOMIC_RELEASE);
	start(&first);
	while (syncs() == before)
		sched_yield();
	for (int i = 0; i < 2; i++) {
		start(&two[i]);
		until_waiting(i + 1);
	}
	__atomic_store_n(&held, 0, __ATOMIC_RELEASE);
	join(&first);
	join(&two[0]);
	join(&two[1]);
	ck_assert_int_eq(syncs(), before + 2);
	expect("abcd");
}
END_TEST

/* By another process: to close the file here would drop SQLite's locks. */
static void copy_file(const char *suffix)
{
	char from[80], to[80];
	char *const argv[] = {(char[]){"cp"}, from, to, NULL};
	int status;
	pid_t pid;

	snprintf(from, sizeof(from), "%s%s", path, suffix);
	snprintf(to, sizeof(to), "%s/crash%s", dir, suffix);
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

	ck_ok(put("a"), &err);
	__atomic_store_n(&failing, 1, __ATOMIC_RELEASE);
	ck_fails(put("b"), &err, HYP_E_TRANSIENT, "db_error");
	copy_file("");
	copy_file("-wal");
	ops->destroy(store);
	snprintf(crash, sizeof(crash), "%s/crash", dir);
	options.path = crash;
	open_store();
	expect("a");
	ops->destroy(store);
	store = NULL;
	unlink(crash);
}
END_TEST

START_TEST(a_second_one_is_the_last)
{
	ck_ok(put("a"), &err);
	__atomic_store_n(&failing, 1, __ATOMIC_RELEASE);
	ck_fails(put("b"), &err, HYP_E_TRANSIENT, "db_error");
	__atomic_store_n(&failing, 1, __ATOMIC_RELEASE);
	ck_fails(put("c"), &err, HYP_E_TRANSIENT, "db_error");
	ck_fails(put("d"), &err, HYP_E_PERMANENT, "db_lost");
	ck_fails(put("e"), &err, HYP_E_PERMANENT, "db_lost");
	expect("a");
	ops->destroy(store);
	open_store();
	expect("a");
	ck_ok(put("f"), &err);
}
END_TEST

START_TEST(reopening_that_fails_is_the_last)
{
	ck_ok(put("a"), &err);
	__atomic_store_n(&failing, 2, __ATOMIC_RELEASE);
	ck_fails(put("b"), &err, HYP_E_TRANSIENT, "db_error");
	ck_fails(put("c"), &err, HYP_E_PERMANENT, "db_lost");
	ck_assert_ptr_nonnull(fake_host_find(&host, "log", "error"));
}
END_TEST

/* What could not be copied out of the log keeps everything out of it. */
START_TEST(a_doubtful_log_takes_nothing)
{
	ck_ok(put("a"), &err);
	__atomic_store_n(&failing, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&database_full, 1, __ATOMIC_RELEASE);
	ck_fails(put("b"), &err, HYP_E_TRANSIENT, "db_error");
	ck_fails(put("c"), &err, HYP_E_RESOURCE, "db_full");
	ck_fails(put("d"), &err, HYP_E_RESOURCE, "db_full");
	__atomic_store_n(&database_full, 0, __ATOMIC_RELEASE);
	ck_ok(put("e"), &err);
	expect("ae");
}
END_TEST

/* A log that is long enough to be moved, of changes that were not synced. */
static void fill_log(void)
{
	const size_t size = 65536;
	char *data = malloc(size + 1), id[16];

	ck_assert_ptr_nonnull(data);
	memset(data, ' ', size);
	memcpy(data, "{}", 2);
	data[size] = '\0';
	for (int i = 0; i < 4000 * 4096 / 65536 + 8; i++) {
		snprintf(id, sizeof(id), "%d", i);
		ck_ok(put_with(id, data, HYP_CHANGE_LAZY, &err), &err);
	}
	free(data);
}

static void fail_checkpoint(int why)
{
	ck_ok(put("a"), &err); /* the log's head, which is synced */
	reason = why;
	__atomic_store_n(&failing, 1, __ATOMIC_RELEASE);
	fill_log();
	ck_ok(put("x"), &err);
	ck_assert_int_eq(__atomic_load_n(&failing, __ATOMIC_ACQUIRE), 0);
	ck_assert_ptr_nonnull(fake_host_find(&host, "log", "error"));
	ck_assert_ptr_nonnull(
		strstr(fake_host_find(&host, "log", "error"), "opened anew"));
}

/* Its first sync may be that of a checkpoint, whose failure is the kernel's
 * one word about them. */
START_TEST(a_checkpoint_that_fails_is_not_forgotten)
{
	fail_checkpoint(EIO);
	__atomic_store_n(&failing, 1, __ATOMIC_RELEASE);
	ck_fails(put("b"), &err, HYP_E_TRANSIENT, "db_error");
	ck_fails(put("c"), &err, HYP_E_PERMANENT, "db_lost");
}
END_TEST

/* A full disk does not count as one that fails, but what it dropped is gone as
 * well. */
START_TEST(nor_is_one_without_room)
{
	fail_checkpoint(ENOSPC);
	__atomic_store_n(&failing, 1, __ATOMIC_RELEASE);
	ck_fails(put("b"), &err, HYP_E_TRANSIENT, "db_error");
	ck_ok(put("c"), &err);
}
END_TEST

/* Every descriptor of the database is closed by exec. */
START_TEST(descriptors_are_closed_on_exec)
{
	DIR *fds = opendir("/proc/self/fd");
	struct dirent *e;
	int seen = 0;

	ck_ok(put("a"), &err);
	expect("a");
	while ((e = readdir(fds)) != NULL) {
		char link[64], to[256] = "";

		snprintf(link, sizeof(link), "/proc/self/fd/%.16s", e->d_name);
		if (readlink(link, to, sizeof(to) - 1) < 0 ||
		    strncmp(to, path, strlen(path)) != 0)
			continue;
		seen++;
		ck_assert_msg(fcntl(atoi(e->d_name), F_GETFD) & FD_CLOEXEC,
			      "%s", to);
	}
	closedir(fds);
	ck_assert_int_ge(seen, 3);
}
END_TEST

/* How many locks the system sees on the database's files. */
static int count_locks(void)
{
	FILE *in = fopen("/proc/locks", "re");
	char line[256], inode[32];
	struct stat st;
	int n = 0;

	ck_assert_int_eq(stat(path, &st), 0);
	snprintf(inode, sizeof(inode), ":%llu ", (unsigned long long)st.st_ino);
	while (fgets(line, sizeof(line), in) != NULL)
		n += strstr(line, inode) != NULL;
	fclose(in);
	return n;
}

START_TEST(a_backup_leaves_the_locks)
{
	char copy[80];
	int before;

	snprintf(copy, sizeof(copy), "%s/copy", dir);
	ck_ok(put("a"), &err);
	before = count_locks();
	ck_assert_int_ge(before, 1);
	ck_ok(ops->backup(store, copy, &err), &err);
	ck_assert_int_eq(count_locks(), before);
	unlink(copy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store/sqlite: sync");
	TCase *tc = tcase_create("sync");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_failed_sync_fails_the_change);
	tcase_add_test(tc, a_lazy_change_spares_only_itself);
	tcase_add_loop_test(tc, a_mixed_batch_is_synced, 0, 2);
	tcase_add_test(tc, a_crash_does_not_bring_it_back);
	tcase_add_test(tc, a_second_one_is_the_last);
	tcase_add_test(tc, reopening_that_fails_is_the_last);
	tcase_add_test(tc, a_doubtful_log_takes_nothing);
	tcase_add_test(tc, a_checkpoint_that_fails_is_not_forgotten);
	tcase_add_test(tc, nor_is_one_without_room);
	tcase_add_test(tc, descriptors_are_closed_on_exec);
	tcase_add_test(tc, a_backup_leaves_the_locks);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
