/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/file-fault.h"

#include <errno.h>
#include <string.h>

static struct {
	enum file_op op;
	unsigned nth;
	int sys_errno, and_later;
	size_t at_once;
	unsigned calls[FILE_OPS + 1];
} fault;

#define SYSTEM (hyp_file_system_ops())

/* 1 if this call is to fail; errno is set. */
static int fails(enum file_op op)
{
	unsigned any =
		__atomic_add_fetch(&fault.calls[FILE_ANY], 1, __ATOMIC_RELAXED);
	unsigned n = __atomic_add_fetch(&fault.calls[op], 1, __ATOMIC_RELAXED);

	if (fault.nth == 0 || (fault.op != FILE_ANY && fault.op != op))
		return 0;
	if (fault.op == FILE_ANY)
		n = any;
	if (n != fault.nth && !(fault.and_later && n > fault.nth))
		return 0;
	errno = fault.sys_errno;
	return 1;
}

static int f_openat(void *ctx, int dir, const char *path, int flags,
		    mode_t mode, uint64_t resolve)
{
	return fails(FILE_OPENAT)
		       ? -1
		       : SYSTEM->openat(ctx, dir, path, flags, mode, resolve);
}

static int f_mkdirat(void *ctx, int dir, const char *path, mode_t mode)
{
	return fails(FILE_MKDIRAT) ? -1 : SYSTEM->mkdirat(ctx, dir, path, mode);
}

static int f_unlinkat(void *ctx, int dir, const char *path, int flags)
{
	return fails(FILE_UNLINKAT) ? -1
				    : SYSTEM->unlinkat(ctx, dir, path, flags);
}

static int f_renameat2(void *ctx, int dir, const char *from, int todir,
		       const char *to, unsigned int flags)
{
	return fails(FILE_RENAMEAT2)
		       ? -1
		       : SYSTEM->renameat2(ctx, dir, from, todir, to, flags);
}

static int f_linkat(void *ctx, int dir, const char *from, int todir,
		    const char *to)
{
	return fails(FILE_LINKAT) ? -1
				  : SYSTEM->linkat(ctx, dir, from, todir, to);
}

static size_t at_once(size_t n)
{
	return fault.at_once != 0 && n > fault.at_once ? fault.at_once : n;
}

static ssize_t f_pwrite(void *ctx, int fd, const void *buf, size_t n, off_t at)
{
	return fails(FILE_PWRITE)
		       ? -1
		       : SYSTEM->pwrite(ctx, fd, buf, at_once(n), at);
}

static ssize_t f_pread(void *ctx, int fd, void *buf, size_t n, off_t at)
{
	return fails(FILE_PREAD) ? -1
				 : SYSTEM->pread(ctx, fd, buf, at_once(n), at);
}

static int f_ftruncate(void *ctx, int fd, off_t size)
{
	return fails(FILE_FTRUNCATE) ? -1 : SYSTEM->ftruncate(ctx, fd, size);
}

static int f_fallocate(void *ctx, int fd, int mode, off_t at, off_t n)
{
	return fails(FILE_FALLOCATE) ? -1
				     : SYSTEM->fallocate(ctx, fd, mode, at, n);
}

static int f_sync_file_range(void *ctx, int fd, off_t at, off_t n,
			     unsigned int flags)
{
	return fails(FILE_SYNC_RANGE)
		       ? -1
		       : SYSTEM->sync_file_range(ctx, fd, at, n, flags);
}

static int f_fsync(void *ctx, int fd)
{
	return fails(FILE_FSYNC) ? -1 : SYSTEM->fsync(ctx, fd);
}

static int f_close(void *ctx, int fd)
{
	int bad = fails(FILE_CLOSE), rc = SYSTEM->close(ctx, fd);

	if (bad)
		errno = fault.sys_errno;
	return bad ? -1 : rc;
}

static const struct hyp_file_ops faulty = {
	.openat = f_openat,
	.mkdirat = f_mkdirat,
	.unlinkat = f_unlinkat,
	.renameat2 = f_renameat2,
	.pwrite = f_pwrite,
	.pread = f_pread,
	.ftruncate = f_ftruncate,
	.fallocate = f_fallocate,
	.sync_file_range = f_sync_file_range,
	.fsync = f_fsync,
	.close = f_close,
	.linkat = f_linkat,
};

void file_fault_set(enum file_op op, unsigned nth, int sys_errno, int and_later)
{
	memset(&fault, 0, sizeof(fault));
	fault.op = op;
	fault.nth = nth;
	fault.sys_errno = sys_errno;
	fault.and_later = and_later;
	hyp_file_set_ops(&faulty);
}

void file_fault_short(size_t n)
{
	fault.at_once = n;
}

unsigned file_fault_calls(enum file_op op)
{
	return __atomic_load_n(&fault.calls[op], __ATOMIC_RELAXED);
}

void file_fault_clear(void)
{
	hyp_file_set_ops(NULL);
	memset(&fault, 0, sizeof(fault));
}
