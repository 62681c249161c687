/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Space set aside for an attempt: a file without a name that holds as many
 * blocks as are still expected, and shrinks as they are written. So two jobs
 * that both passed the check cannot both find the disk full hours later.
 * Where the file system cannot do it, the check alone must serve.
 */
#include "plugins/storage/local/local.h"

#include "core/base/file.h"
#include "core/base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define NAME ".reserve"
#define STEP_MAX (64u << 20)

int32_t local_space_check(int fd, const char *path, uint64_t expected,
			  struct hyp_error *err)
{
	char need[HYP_UNITS_TEXT_MAX], have[HYP_UNITS_TEXT_MAX];
	struct statvfs fs;
	uint64_t wanted = hyp_add_sat(expected, expected / 20), available;

	if (fstatvfs(fd, &fs) != 0)
		return hyp_error_errno(err, errno, "ask for free space at",
				       path);
	available = hyp_mul_sat(fs.f_bavail, fs.f_frsize);
	if (fs.f_blocks == 0 || available >= wanted)
		return 0;
	hyp_format_bytes(wanted, need);
	hyp_format_bytes(available, have);
	return hyp_error_set(err, HYP_E_RESOURCE, "insufficient_space", ENOSPC,
			     "%s has %s free, and %s are needed (the package "
			     "and 5 %%): free space there or choose another "
			     "place",
			     path, have, need);
}

static int open_unnamed(int dir)
{
	int fd = hyp_file_openat(dir, NAME, O_RDWR | O_CREAT | O_EXCL, 0600,
				 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	int keep;

	if (fd >= 0 && hyp_file_unlinkat(dir, NAME, 0) != 0) {
		keep = errno;
		close(fd);
		errno = keep;
		return -1;
	}
	return fd;
}

int32_t local_reserve_open(struct local_reserve *reserve, int dir,
			   const char *path, uint64_t expected,
			   struct hyp_error *err)
{
	struct local_reserve r = {.fd = -1, .expected = expected};
	int failed;

	*reserve = r;
	if (expected == 0 || expected > INT64_MAX)
		return 0;
	r.fd = open_unnamed(dir);
	if (r.fd < 0)
		return local_error(err, errno, "make", path, NAME);
	do
		failed = hyp_file_fallocate(r.fd, 0, 0, (off_t)expected);
	while (failed && errno == EINTR);
	if (failed)
		failed = errno;
	else
		r.size = expected;
	if (failed == ENOSPC || failed == EDQUOT || failed == EIO) {
		close(r.fd);
		return local_error(err, failed, "reserve space at", path, NULL);
	}
	*reserve = r;
	return 0;
}

static void resize(struct local_reserve *r)
{
	uint64_t target = r->used < r->expected ? r->expected - r->used : 0;
	uint64_t step = r->expected / 32; /* the 5 % above expected cover it */

	if (step > STEP_MAX)
		step = STEP_MAX;
	if (target < r->size && r->size - target < step && target != 0)
		return;
	if (target < r->size
		    ? hyp_file_ftruncate(r->fd, (off_t)target) == 0
		    : hyp_file_fallocate(r->fd, 0, 0, (off_t)target) == 0)
		r->size = target;
}

void local_reserve_use(struct local_reserve *r, uint64_t n)
{
	r->used += n;
	if (r->size > 0)
		resize(r);
}

void local_reserve_give_back(struct local_reserve *r, uint64_t n)
{
	r->used -= n < r->used ? n : r->used;
	if (r->size > 0)
		resize(r);
}

void local_reserve_close(struct local_reserve *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	r->size = 0;
}
