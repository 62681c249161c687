/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every file operation that durability depends on, behind one table, so that
 * tests record them or fail the Nth. All return as the system call does: -1
 * and errno. Any thread.
 */
#ifndef HYP_BASE_FILE_H
#define HYP_BASE_FILE_H

#include <hypersdk/error.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct hyp_file_ops {
	/* openat2(2) with this resolve mask, openat(2) if it is 0;
	 * O_CLOEXEC is added. */
	int (*openat)(void *ctx, int dir, const char *path, int flags,
		      mode_t mode, uint64_t resolve);
	int (*mkdirat)(void *ctx, int dir, const char *path, mode_t mode);
	int (*unlinkat)(void *ctx, int dir, const char *path, int flags);
	int (*renameat2)(void *ctx, int dir, const char *from, int todir,
			 const char *to, unsigned int flags);
	ssize_t (*pwrite)(void *ctx, int fd, const void *buf, size_t n,
			  off_t at);
	ssize_t (*pread)(void *ctx, int fd, void *buf, size_t n, off_t at);
	int (*ftruncate)(void *ctx, int fd, off_t size);
	int (*fallocate)(void *ctx, int fd, int mode, off_t at, off_t n);
	int (*sync_file_range)(void *ctx, int fd, off_t at, off_t n,
			       unsigned int flags);
	int (*fsync)(void *ctx, int fd);
	int (*close)(void *ctx, int fd);
	int (*linkat)(void *ctx, int dir, const char *from, int todir,
		      const char *to);
	void *ctx;
};

/* NULL restores the system's. Only while no other thread runs. */
void hyp_file_set_ops(const struct hyp_file_ops *ops);
const struct hyp_file_ops *hyp_file_system_ops(void);

int hyp_file_openat(int dir, const char *path, int flags, mode_t mode,
		    uint64_t resolve);
int hyp_file_mkdirat(int dir, const char *path, mode_t mode);
int hyp_file_unlinkat(int dir, const char *path, int flags);
int hyp_file_renameat2(int dir, const char *from, int todir, const char *to,
		       unsigned int flags);
int hyp_file_linkat(int dir, const char *from, int todir, const char *to);
int hyp_file_ftruncate(int fd, off_t size);
int hyp_file_fallocate(int fd, int mode, off_t at, off_t n);
int hyp_file_sync_range(int fd, off_t at, off_t n, unsigned int flags);
int hyp_file_fsync(int fd);
int hyp_file_close(int fd);

/* All n bytes at that offset, over short writes and EINTR; 0 or -1. */
int hyp_file_pwrite_all(int fd, const void *buf, size_t n, off_t at);
/* Up to n bytes until the end of the file; bytes read or -1. */
ssize_t hyp_file_pread_all(int fd, void *buf, size_t n, off_t at);

/* One error for a failed file operation: code and kind by errno (faults.md
 * 47, 48: insufficient_space, quota_exceeded, file_too_large, read_only,
 * name_too_long, no_permission, unsafe_path (ELOOP, EXDEV of openat2),
 * output_exists, not_found, io_error). what: "write", path: to what. */
int32_t hyp_error_errno(struct hyp_error *err, int sys_errno, const char *what,
			const char *path);

/* The whole of a regular file, at most max bytes, followed by a NUL; the
 * caller frees *out (and wipes it, if need be). O_NOFOLLOW. */
int32_t hyp_file_read_small(const char *path, size_t max, char **out,
			    size_t *len, struct hyp_error *err);

#endif
