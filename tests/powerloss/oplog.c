/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/powerloss/oplog.h"
#include "core/base/file.h"
#include "tests/powerloss/reached.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM (hyp_file_system_ops())

static struct oplog *log_;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

static int node_of(const struct stat *st)
{
	for (int i = log_->node_count - 1; i >= 0; i--)
		if (log_->nodes[i].ino == st->st_ino &&
		    log_->nodes[i].dev == st->st_dev)
			return i;
	return -1;
}

static int node_of_fd(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? node_of(&st) : -1;
}

static int node_of_name(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? node_of(&st)
								 : -1;
}

static int node_add(const struct stat *st)
{
	int i = log_->node_count++;

	need(i < OPLOG_NODES, "too many files");
	log_->nodes[i].dev = st->st_dev;
	log_->nodes[i].ino = st->st_ino;
	log_->nodes[i].is_dir = S_ISDIR(st->st_mode);
	return i;
}

static struct op *add(enum op_kind kind, int node)
{
	struct op *op;

	log_->ops = reallocarray(log_->ops, log_->count + 1, sizeof(*op));
	need(log_->ops != NULL, "memory");
	op = &log_->ops[log_->count++];
	*op = (struct op){.kind = kind,
			  .node = node,
			  .other = -1,
			  .dir = -1,
			  .todir = -1};
	return op;
}

static void add_name(enum op_kind kind, int node, int dir, const char *name)
{
	struct op *op;

	if (node < 0 || dir < 0)
		return;
	op = add(kind, node);
	op->dir = dir;
	snprintf(op->name, sizeof(op->name), "%s", name);
}

static void made(int dir, const char *name)
{
	int parent = node_of_fd(dir);
	struct stat st;

	if (parent < 0)
		return;
	need(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0, name);
	add_name(OP_MAKE, node_add(&st), parent, name);
}

static int l_openat(void *ctx, int dir, const char *path, int flags,
		    mode_t mode, uint64_t resolve)
{
	int fd;

	pthread_mutex_lock(&lock);
	fd = SYSTEM->openat(ctx, dir, path, flags, mode, resolve);
	if (fd >= 0 && (flags & O_EXCL) != 0 && dir >= 0)
		made(dir, path);
	pthread_mutex_unlock(&lock);
	return fd;
}

static int l_mkdirat(void *ctx, int dir, const char *path, mode_t mode)
{
	int rc;

	pthread_mutex_lock(&lock);
	rc = SYSTEM->mkdirat(ctx, dir, path, mode);
	if (rc == 0 && dir >= 0)
		made(dir, path);
	pthread_mutex_unlock(&lock);
	return rc;
}

static int l_unlinkat(void *ctx, int dir, const char *path, int flags)
{
	struct stat st;
	int rc, node;

	pthread_mutex_lock(&lock);
	node = node_of_name(dir, path);
	need(node < 0 || fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0,
	     path);
	rc = SYSTEM->unlinkat(ctx, dir, path, flags);
	if (rc == 0 && node >= 0) {
		add_name(OP_UNLINK, node, node_of_fd(dir), path);
		if (S_ISDIR(st.st_mode) || st.st_nlink == 1)
			log_->nodes[node].ino = 0;
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

static int l_renameat2(void *ctx, int dir, const char *from, int todir,
		       const char *to, unsigned int flags)
{
	int rc, node, other = -1;
	struct op *op;

	pthread_mutex_lock(&lock);
	node = node_of_name(dir, from);
	if ((flags & RENAME_EXCHANGE) != 0)
		other = node_of_name(todir, to);
	rc = SYSTEM->renameat2(ctx, dir, from, todir, to, flags);
	if (rc == 0 && node >= 0) {
		add_name(OP_RENAME, node, node_of_fd(dir), from);
		op = &log_->ops[log_->count - 1];
		op->other = other;
		op->todir = node_of_fd(todir);
		snprintf(op->to, sizeof(op->to), "%s", to);
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

static int l_linkat(void *ctx, int dir, const char *from, int todir,
		    const char *to)
{
	int rc;

	pthread_mutex_lock(&lock);
	rc = SYSTEM->linkat(ctx, dir, from, todir, to);
	if (rc == 0)
		add_name(OP_LINK, node_of_name(todir, to), node_of_fd(todir),
			 to);
	pthread_mutex_unlock(&lock);
	return rc;
}

static ssize_t l_pwrite(void *ctx, int fd, const void *buf, size_t n, off_t at)
{
	struct op *op;
	ssize_t rc;
	int node;

	pthread_mutex_lock(&lock);
	rc = SYSTEM->pwrite(ctx, fd, buf, n, at);
	node = node_of_fd(fd);
	if (rc > 0 && node >= 0) {
		op = add(OP_WRITE, node);
		op->at = at;
		op->n = (size_t)rc;
		op->data = malloc(op->n);
		need(op->data != NULL, "memory");
		memcpy(op->data, buf, op->n);
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

static ssize_t l_pread(void *ctx, int fd, void *buf, size_t n, off_t at)
{
	return SYSTEM->pread(ctx, fd, buf, n, at);
}

static void sized(int fd, off_t size)
{
	int node = node_of_fd(fd);

	if (node >= 0)
		add(OP_SIZE, node)->at = size;
}

static int l_ftruncate(void *ctx, int fd, off_t size)
{
	int rc;

	pthread_mutex_lock(&lock);
	rc = SYSTEM->ftruncate(ctx, fd, size);
	if (rc == 0)
		sized(fd, size);
	pthread_mutex_unlock(&lock);
	return rc;
}

static int l_fallocate(void *ctx, int fd, int mode, off_t at, off_t n)
{
	int rc;

	pthread_mutex_lock(&lock);
	rc = SYSTEM->fallocate(ctx, fd, mode, at, n);
	if (rc == 0 && (mode & FALLOC_FL_KEEP_SIZE) == 0)
		sized(fd, at + n);
	pthread_mutex_unlock(&lock);
	return rc;
}

/* Starts writing, maybe waits: promises nothing after a power cut. */
static int l_sync_file_range(void *ctx, int fd, off_t at, off_t n,
			     unsigned int flags)
{
	return SYSTEM->sync_file_range(ctx, fd, at, n, flags);
}

static int l_fsync(void *ctx, int fd)
{
	unsigned long before = reached_count();
	int rc, node;

	pthread_mutex_lock(&lock);
	rc = SYSTEM->fsync(ctx, fd);
	node = node_of_fd(fd);
	if (rc == 0 && node >= 0 && reached_count() > before)
		add(OP_SYNC, node);
	pthread_mutex_unlock(&lock);
	return rc;
}

static int l_close(void *ctx, int fd)
{
	return SYSTEM->close(ctx, fd);
}

static const struct hyp_file_ops logging = {
	.openat = l_openat,
	.mkdirat = l_mkdirat,
	.unlinkat = l_unlinkat,
	.renameat2 = l_renameat2,
	.pwrite = l_pwrite,
	.pread = l_pread,
	.ftruncate = l_ftruncate,
	.fallocate = l_fallocate,
	.sync_file_range = l_sync_file_range,
	.fsync = l_fsync,
	.close = l_close,
	.linkat = l_linkat,
};

static void import_file(int node, int dir, const char *name, size_t n)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct op *op = add(OP_WRITE, node);

	op->n = n;
	op->data = malloc(n + 1);
	need(fd >= 0 && op->data != NULL &&
		     pread(fd, op->data, n, 0) == (ssize_t)n,
	     name);
	close(fd);
	add(OP_SYNC, node);
}

static void import(int node, int dir)
{
	DIR *list = fdopendir(dir);
	struct dirent *e;
	struct stat st;
	int child;

	need(list != NULL, "list");
	while ((e = readdir(list)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		need(fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0,
		     e->d_name);
		child = node_add(&st);
		add_name(OP_MAKE, child, node, e->d_name);
		if (!S_ISDIR(st.st_mode))
			import_file(child, dir, e->d_name, (size_t)st.st_size);
		else
			import(child,
			       openat(dir, e->d_name,
				      O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	}
	closedir(list);
	add(OP_SYNC, node);
}

void oplog_begin(struct oplog *log, const char *folder)
{
	struct stat st;

	memset(log, 0, sizeof(*log));
	log_ = log;
	need(stat(folder, &st) == 0, folder);
	import(node_add(&st), open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	hyp_file_set_ops(&logging);
}

void oplog_commit(off_t snapshot)
{
	pthread_mutex_lock(&lock);
	add(OP_COMMIT, -1)->at = snapshot;
	pthread_mutex_unlock(&lock);
}

void oplog_end(void)
{
	hyp_file_set_ops(NULL);
	log_ = NULL;
}

void oplog_fini(struct oplog *log)
{
	for (size_t i = 0; i < log->count; i++)
		free(log->ops[i].data);
	free(log->ops);
	memset(log, 0, sizeof(*log));
}

const char *op_text(const struct op *op, char *out, size_t size)
{
	static const char *const kinds[] = {"make",   "link",  "unlink",
					    "rename", "write", "size",
					    "sync",   "commit"};

	snprintf(out, size, "%s #%d %s%s%s %lld+%zu", kinds[op->kind], op->node,
		 op->name, op->kind == OP_RENAME ? " to " : "", op->to,
		 (long long)op->at, op->n);
	return out;
}
