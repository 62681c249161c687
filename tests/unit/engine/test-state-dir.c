/* SPDX-License-Identifier: Apache-2.0 */
/* The folder a daemon keeps everything in (faults.md 13, 14): whose it may be,
 * where it may lie, and where the key of sealed passwords comes from. */
#include "core/base/cleanup.h"
#include "core/engine/recover.h"
#include "core/engine/secrets.h"
#include "core/engine/state-dir.h"
#include "tests/unit/engine/engine-kit.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct engine_kit kit;
static struct hyp_state_dir dir;
static long shown_type;	 /* 0: what the file system is */
static ino_t shown_only; /* 0: everywhere, else in this folder */

__attribute__((visibility("default"))) int fstatfs(int fd, struct statfs *out)
{
	int rc = (int)syscall(SYS_fstatfs, fd, out);
	struct stat st;

	if (rc == 0 && shown_type != 0 &&
	    (shown_only == 0 ||
	     (fstat(fd, &st) == 0 && st.st_ino == shown_only)))
		out->f_type = (__typeof__(out->f_type))shown_type;
	return rc;
}

static int orphan = -1; /* its end of a pipe, while there is one */
static int looks, looks_until_let_go;

__attribute__((visibility("default"))) int kill(pid_t pid, int sig)
{
	if (sig == 0 && ++looks == looks_until_let_go) {
		close(orphan);
		orphan = -1;
	}
	return (int)syscall(SYS_kill, pid, sig);
}

static void setup(void)
{
	shown_type = 0;
	shown_only = 0;
	unsetenv("CREDENTIALS_DIRECTORY");
	engine_kit_init(&kit, "", "");
}

static void teardown(void)
{
	engine_kit_fini(&kit);
}

static int32_t open_at(const char *name, uint32_t allow)
{
	const struct hyp_settings settings = {
		.state_dir = tree_path(&kit.tree, name),
		.allow_network_state = allow};
	int32_t rc = hyp_state_dir_open(&dir, &settings, &kit.err);

	if (rc != 0)
		hyp_state_dir_close(&dir);
	return rc;
}

static void opens(const char *name)
{
	ck_ok(open_at(name, 0), &kit.err);
	hyp_state_dir_close(&dir);
}

static void refused(const char *name, const char *kind)
{
	ck_fails(open_at(name, 0), &kit.err, HYP_E_USAGE, kind);
}

START_TEST(network)
{
	static const struct {
		long type;
		const char *name;
	} all[] = {{0x6969, "NFS"},	   {0xff534d42, "CIFS"},
		   {0xfe534d42, "SMB"},	   {0x65735546, "FUSE"},
		   {0x01021997, "9P"},	   {0x00c36400, "Ceph"},
		   {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"}};

	opens("s");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		shown_type = all[i].type;
		refused("s", "network_state_dir");
		ck_assert_ptr_nonnull(strstr(kit.err.text, all[i].name));
		ck_assert_ptr_nonnull(
			strstr(kit.err.text, "allow_network_state"));
		ck_ok(open_at("s", 1), &kit.err);
		ck_assert_uint_eq(dir.network, 1);
		hyp_state_dir_close(&dir);
	}
}
END_TEST

/* What a job left that is not known here is another machine's, maybe at work,
 * where such share the root; what ours left goes. */
START_TEST(network_sweep)
{
	HYP_AUTO_FREE char *id = NULL, *kept = NULL, *swept = NULL;
	char ours[128];

	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "hot", "synthetic-1", "a");
	engine_kit_expect(&kit, id, HYP_JOB_COMPLETED);
	snprintf(ours, sizeof(ours), "out/.hyp-%s-7.part", id);
	tree_mkdir(&kit.tree, ours, 0700);
	tree_mkdir(&kit.tree, "out/.hyp-unknown-1.part", 0700);
	shown_type = 0x6969;
	hyp_sweep(kit.engine);
	kept = engine_kit_files(&kit, "out");
	ck_assert_str_eq(kept, ".hyp-unknown-1.part a");
	shown_type = 0;
	hyp_sweep(kit.engine);
	swept = engine_kit_files(&kit, "out");
	ck_assert_str_eq(swept, "a");
}
END_TEST

static void journal_is(const char *name, const char *mode)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(tree_path(&kit.tree, name), &db),
			 SQLITE_OK);
	/* The engine writes what it likes when it likes. */
	sqlite3_busy_timeout(db, 60000);
	ck_assert_int_eq(
		sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL),
		SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	ck_assert_str_eq((const char *)sqlite3_column_text(stmt, 0), mode);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

static void configure(const char *more)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "state_dir = \"%s/state\";\n"
		 "storage = { roots = [ \"%s/out\" ]; };\n%s",
		 kit.tree.root, kit.tree.root, more);
	tree_write(&kit.tree, "hypersdk.conf", text, 0600);
}

/* Where it is allowed, the database's log shares no memory. */
START_TEST(network_journal)
{
	configure("allow_network_state = true;\n");
	engine_kit_start(&kit);
	journal_is("state/jobs.db", "wal");
	engine_kit_close(&kit);
	shown_type = 0x6969;
	engine_kit_start(&kit);
	journal_is("state/jobs.db", "delete");
}
END_TEST

static void database_elsewhere(const char *more)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "database = { path = \"%s/db/j.db\"; };\n%s", kit.tree.root,
		 more);
	configure(text);
}

/* So it is with a database of which only the folder is there. */
START_TEST(network_database)
{
	struct stat st;

	tree_mkdir(&kit.tree, "db", 0700);
	ck_assert_int_eq(stat(tree_path(&kit.tree, "db"), &st), 0);
	shown_only = st.st_ino;
	database_elsewhere("");
	engine_kit_start(&kit);
	journal_is("db/j.db", "wal");
	engine_kit_close(&kit);
	shown_type = 0x6969;
	ck_fails(engine_kit_open(&kit), &kit.err, HYP_E_USAGE,
		 "network_state_dir");
	ck_assert_ptr_nonnull(strstr(kit.err.text, "db/j.db is on NFS"));
	ck_assert_ptr_nonnull(strstr(kit.err.text, "a local database.path"));
	database_elsewhere("allow_network_state = true;\n");
	engine_kit_start(&kit);
	journal_is("db/j.db", "delete");
}
END_TEST

START_TEST(unsafe)
{
	struct stat st;

	opens("a/b/c");
	ck_assert_int_eq(stat(tree_path(&kit.tree, "a/b/c"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(chmod(tree_path(&kit.tree, "a/b/c"), 0770), 0);
	refused("a/b/c", "unsafe_state_dir");
	ck_assert_int_eq(chmod(tree_path(&kit.tree, "a/b/c"), 0702), 0);
	refused("a/b/c", "unsafe_state_dir");
	ck_assert_int_eq(chmod(tree_path(&kit.tree, "a/b/c"), 0755), 0);
	opens("a/b/c");
	/* a link is followed, as the service manager makes them; what it leads
	 * to is what counts */
	ck_assert_int_eq(symlink("b", tree_path(&kit.tree, "a/link")), 0);
	opens("a/link/c");
	ck_assert_int_eq(chmod(tree_path(&kit.tree, "a/b/c"), 0777), 0);
	refused("a/link/c", "unsafe_state_dir");
	ck_assert_int_eq(chmod(tree_path(&kit.tree, "a/b/c"), 0700), 0);
	tree_write(&kit.tree, "file", "x", 0600);
	ck_assert_int_lt(open_at("file", 0), 0);
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(tree_path(&kit.tree, "a/b/c"), 65534, 0), 0);
	refused("a/b/c", "unsafe_state_dir");
}
END_TEST

START_TEST(key)
{
	const char *path;

	opens("s");
	path = tree_path(&kit.tree, "s/seal.key");
	ck_assert_int_eq(chmod(path, 0640), 0);
	refused("s", "unsafe_state_dir");
	ck_assert_int_eq(chmod(tree_path(&kit.tree, "s/seal.key"), 0600), 0);
	opens("s");
	ck_assert_int_eq(
		truncate(tree_path(&kit.tree, "s/seal.key"), HYP_SEAL_KEY - 1),
		0);
	refused("s", "unsafe_state_dir");
	ck_assert_int_eq(unlink(tree_path(&kit.tree, "s/seal.key")), 0);
	ck_assert_int_eq(
		symlink("/dev/zero", tree_path(&kit.tree, "s/seal.key")), 0);
	ck_assert_int_lt(open_at("s", 0), 0);
}
END_TEST

static void give_key(const char *text)
{
	tree_write(&kit.tree, "credentials/seal-key", text, 0400);
	setenv("CREDENTIALS_DIRECTORY", tree_path(&kit.tree, "credentials"), 1);
}

static int32_t open_secret(char **password)
{
	int32_t rc;

	engine_kit_start(&kit);
	rc = hyp_secret_open(kit.engine, "owner", password, &kit.err);
	engine_kit_close(&kit);
	return rc;
}

/* The service manager's key is used in the place of the file, and without it
 * no password is what it was. */
START_TEST(credential)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	char *password = NULL;

	give_key("0123456789abcdef0123456789abcdef");
	engine_kit_start(&kit);
	ck_ok(hyp_secret_add(kit.engine, &draft, "owner", "canary", &kit.err),
	      &kit.err);
	ck_ok(hyp_engine_apply(kit.engine, &draft, &kit.err), &kit.err);
	engine_kit_close(&kit);
	ck_assert_int_ne(access(tree_path(&kit.tree, "state/seal.key"), F_OK),
			 0);
	ck_ok(open_secret(&password), &kit.err);
	ck_assert_str_eq(password, "canary");
	hyp_secret_wipe(password);
	give_key("another-key-another-key-another-");
	ck_fails(open_secret(&password), &kit.err, HYP_E_PERMANENT,
		 "secret_lost");
	give_key("short");
	ck_fails(engine_kit_open(&kit), &kit.err, HYP_E_USAGE, "bad_secret");
	unsetenv("CREDENTIALS_DIRECTORY");
	ck_fails(open_secret(&password), &kit.err, HYP_E_PERMANENT,
		 "secret_lost");
}
END_TEST

/* The lock is this description's: who opens and closes the file meanwhile does
 * not lose it for us, and it names the process. */
START_TEST(locked)
{
	const struct hyp_settings settings = {
		.state_dir = tree_path(&kit.tree, "s")};
	struct hyp_state_dir other;
	char pid[32];

	ck_ok(hyp_state_dir_open(&dir, &settings, &kit.err), &kit.err);
	close(open(tree_path(&kit.tree, "s/lock"), O_RDWR | O_CLOEXEC));
	snprintf(pid, sizeof(pid), "process %d ", (int)getpid());
	looks = 0;
	for (int i = 0; i < 2; i++) {
		const struct hyp_settings same = {
			.state_dir = tree_path(&kit.tree, "s")};

		ck_fails(hyp_state_dir_open(&other, &same, &kit.err), &kit.err,
			 HYP_E_CONFLICT, "already_running");
		ck_assert_ptr_nonnull(strstr(kit.err.text, pid));
		hyp_state_dir_close(&other);
	}
	ck_assert_int_eq(looks, 2); /* who is there is not waited for */
	hyp_state_dir_close(&dir);
	opens("s");
}
END_TEST

/* Killed with the lock taken, and with a child that has it too. */
static void leave_orphan(pid_t *gone)
{
	int ends[2], status;
	char end;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	*gone = fork();
	ck_assert_int_ge(*gone, 0);
	if (*gone == 0) {
		ck_ok(open_at("s", 0), &kit.err);
		if (fork() != 0)
			raise(SIGKILL);
		close(ends[1]);
		_exit(read(ends[0], &end, 1) == 0 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(*gone, &status, 0), *gone);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(ends[0]);
	orphan = ends[1];
	looks = 0;
}

/* What a daemon that is killed may leave for an instant, if it was just about
 * to try a plugin: its successor waits; for ever it does not. */
START_TEST(orphaned_lock)
{
	char pid[32];
	pid_t gone;

	leave_orphan(&gone);
	looks_until_let_go = 3;
	opens("s");
	ck_assert_int_ge(looks, 3);
	leave_orphan(&gone);
	looks_until_let_go = -1;
	ck_fails(open_at("s", 0), &kit.err, HYP_E_CONFLICT, "already_running");
	snprintf(pid, sizeof(pid), "process %d ", (int)gone);
	ck_assert_ptr_nonnull(strstr(kit.err.text, pid));
	close(orphan);
}
END_TEST

static int32_t open_with(struct hyp_state_dir *d, const char *name,
			 const char *database)
{
	char *state = strdup(tree_path(&kit.tree, name));
	const struct hyp_settings settings = {.state_dir = state};
	int32_t rc = hyp_state_dir_open(d, &settings, &kit.err);

	if (rc == 0)
		rc = hyp_state_dir_lock_store(d, tree_path(&kit.tree, database),
					      &settings, &kit.err);
	free(state);
	return rc;
}

/* Two with a state_dir each, and one database. */
START_TEST(locked_store)
{
	static const char *const places[] = {"db/jobs.db", "s/jobs.db"};
	struct hyp_state_dir other;

	tree_mkdir(&kit.tree, "db", 0700);
	tree_write(&kit.tree, "db/lock", "of another program", 0600);
	for (size_t i = 0; i < 2; i++) {
		ck_ok(open_with(&dir, "s", places[i]), &kit.err);
		ck_fails(open_with(&other, "t", places[i]), &kit.err,
			 HYP_E_CONFLICT, "already_running");
		hyp_state_dir_close(&other);
		ck_ok(open_with(&other, "t", "db/others.db"), &kit.err);
		hyp_state_dir_close(&other);
		hyp_state_dir_close(&dir);
		ck_ok(open_with(&other, "t", places[i]), &kit.err);
		ck_assert(i == 0 ||
			  open_with(&dir, "s", places[i]) == HYP_E_CONFLICT);
		hyp_state_dir_close(&other);
		hyp_state_dir_close(&dir);
	}
	ck_ok(open_with(&dir, "s", "nowhere/jobs.db"), &kit.err);
	hyp_state_dir_close(&dir);
}
END_TEST

static Suite *state_dir_suite(void)
{
	Suite *suite = suite_create("state-dir");
	TCase *tc = tcase_create("state-dir");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, network);
	tcase_add_test(tc, network_sweep);
	tcase_add_test(tc, network_journal);
	tcase_add_test(tc, network_database);
	tcase_add_test(tc, unsafe);
	tcase_add_test(tc, key);
	tcase_add_test(tc, credential);
	tcase_add_test(tc, locked);
	tcase_add_test(tc, orphaned_lock);
	tcase_add_test(tc, locked_store);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(state_dir_suite());
}
