/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/store/sqlite/test-kit.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

static sqlite3_vfs shim;
static sqlite3_vfs *under;
static sqlite3_io_methods wal_methods, db_methods;
static int (*real_sync)(sqlite3_file *file, int flags);
static int (*real_write)(sqlite3_file *file, const void *data, int n,
			 sqlite3_int64 at);
static int (*real_lock)(sqlite3_file *file, int at, int n, int flags);
static int (*real_log)(sqlite3_file *file, const void *data, int n,
		       sqlite3_int64 at);
struct sync_kit kit = {.reason = EIO, .dir = "/tmp/hyp-sync-XXXXXX"};

static int wal_sync(sqlite3_file *file, int flags)
{
	__atomic_add_fetch(&kit.synced, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&kit.held, __ATOMIC_ACQUIRE))
		sched_yield();
	if (__atomic_load_n(&kit.failing, __ATOMIC_ACQUIRE) == 0)
		return real_sync(file, flags);
	__atomic_sub_fetch(&kit.failing, 1, __ATOMIC_ACQ_REL);
	errno = kit.reason;
	return SQLITE_IOERR_FSYNC;
}

static int wal_write(sqlite3_file *file, const void *data, int n,
		     sqlite3_int64 at)
{
	if (__atomic_load_n(&kit.log_full, __ATOMIC_ACQUIRE) == 0)
		return real_log(file, data, n, at);
	__atomic_sub_fetch(&kit.log_full, 1, __ATOMIC_ACQ_REL);
	return SQLITE_FULL;
}

static int db_write(sqlite3_file *file, const void *data, int n,
		    sqlite3_int64 at)
{
	if (__atomic_load_n(&kit.database_full, __ATOMIC_ACQUIRE))
		return SQLITE_FULL;
	return real_write(file, data, n, at);
}

static int db_lock(sqlite3_file *file, int at, int n, int flags)
{
	int code = real_lock(file, at, n, flags);

	if (code == SQLITE_BUSY)
		__atomic_add_fetch(&kit.busy, 1, __ATOMIC_ACQ_REL);
	return code;
}

static void wrap_log(sqlite3_file *file)
{
	wal_methods = *file->pMethods;
	if (wal_methods.xSync != wal_sync) {
		real_sync = wal_methods.xSync;
		real_log = wal_methods.xWrite;
	}
	wal_methods.xSync = wal_sync;
	wal_methods.xWrite = wal_write;
	file->pMethods = &wal_methods;
}

static void wrap_database(sqlite3_file *file)
{
	db_methods = *file->pMethods;
	if (db_methods.xWrite != db_write) {
		real_write = db_methods.xWrite;
		real_lock = db_methods.xShmLock;
	}
	db_methods.xWrite = db_write;
	db_methods.xShmLock = db_lock;
	file->pMethods = &db_methods;
}

static int shim_open(sqlite3_vfs *vfs, sqlite3_filename name,
		     sqlite3_file *file, int flags, int *out)
{
	int code;

	(void)vfs;
	code = under->xOpen(under, name, file, flags, out);
	if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL))
		wrap_log(file);
	if (code == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB))
		wrap_database(file);
	return code;
}

void kit_open(void)
{
	ck_ok(kit.ops->create(&kit.host.table, &kit.options, &kit.store,
			      &kit.err),
	      &kit.err);
}

void kit_setup(void)
{
	under = sqlite3_vfs_find(NULL);
	shim = *under;
	shim.zName = "shim";
	shim.xOpen = shim_open;
	ck_assert_int_eq(sqlite3_vfs_register(&shim, 1), SQLITE_OK);
	ck_assert_ptr_nonnull(mkdtemp(kit.dir));
	snprintf(kit.path, sizeof(kit.path), "%s/jobs.db", kit.dir);
	kit.options.path = kit.path;
	kit.ops = sqlite_plugin.ops;
	fake_host_init(&kit.host);
	kit_open();
}

void kit_teardown(void)
{
	char file[128];

	if (kit.store != NULL)
		kit.ops->destroy(kit.store);
	fake_host_fini(&kit.host);
	unlink(kit.path);
	snprintf(file, sizeof(file), "%s-wal", kit.path);
	unlink(file);
	snprintf(file, sizeof(file), "%s-shm", kit.path);
	unlink(file);
	rmdir(kit.dir);
}

int32_t kit_put_row(uint32_t table, const void *row, uint32_t flags,
		    struct hyp_error *e)
{
	const struct hyp_store_op op = {.size = sizeof(op),
					.verb = HYP_OP_PUT,
					.table = table,
					.row = row};
	const struct hyp_change change = {.size = sizeof(change),
					  .ops = &op,
					  .op_stride = sizeof(op),
					  .op_count = 1,
					  .flags = flags};

	return kit.ops->apply(kit.store, &change, e);
}

int32_t kit_put_with(const char *id, const char *data, uint32_t flags,
		     struct hyp_error *e)
{
	struct hyp_event_row row = {
		.size = sizeof(row), .id = id, .type = "t", .data_json = data};

	return kit_put_row(HYP_TABLE_EVENT, &row, flags, e);
}

int32_t kit_put_so(const char *id, uint32_t flags, struct hyp_error *e)
{
	return kit_put_with(id, "{}", flags, e);
}

int32_t kit_put(const char *id)
{
	return kit_put_so(id, 0, &kit.err);
}

int32_t kit_put_lazily(const char *id)
{
	return kit_put_so(id, HYP_CHANGE_LAZY, &kit.err);
}

static int32_t add_id(void *ctx, const void *row, struct hyp_error *e)
{
	const struct hyp_event_row *event = row;

	(void)e;
	strcat(ctx, event->id);
	return 0;
}

void kit_expect(const char *ids)
{
	const struct hyp_store_query q = {.size = sizeof(q)};
	char got[64] = "";
	const struct hyp_row_sink sink = {sizeof(sink), 0, got, add_id};

	ck_ok(kit.ops->list(kit.store, HYP_TABLE_EVENT, &q, &sink, &kit.err),
	      &kit.err);
	ck_assert_str_eq(got, ids);
}

int kit_syncs(void)
{
	return __atomic_load_n(&kit.synced, __ATOMIC_ACQUIRE);
}

static void *call(void *arg)
{
	struct caller *c = arg;
	struct hyp_error e;

	c->rc = kit_put_so(c->id, c->flags, &e);
	return NULL;
}

void kit_start(struct caller *c)
{
	ck_assert_int_eq(pthread_create(&c->thread, NULL, call, c), 0);
}

void kit_join(struct caller *c)
{
	pthread_join(c->thread, NULL);
	ck_assert_int_eq(c->rc, 0);
}

void kit_until_waiting(int n)
{
	struct writer *w = &((struct store *)kit.store)->writer;
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
