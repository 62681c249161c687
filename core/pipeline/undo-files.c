/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/undo-files.h"
#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/random.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define KEY_NAME "undo.key"

/* One step of a path; the folder is made if missing, durably. */
static int step(int dir, const char *name)
{
	int fd = hyp_file_openat(dir, name, O_RDONLY | O_DIRECTORY, 0, 0);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (hyp_file_mkdirat(dir, name, 0700) != 0 && errno != EEXIST)
		return -1;
	if (hyp_file_fsync(dir) != 0)
		return -1;
	return hyp_file_openat(dir, name, O_RDONLY | O_DIRECTORY, 0, 0);
}

static int walk(const char *path)
{
	int fd = hyp_file_openat(AT_FDCWD, path[0] == '/' ? "/" : ".",
				 O_RDONLY | O_DIRECTORY, 0, 0);
	HYP_AUTO_FREE char *copy = strdup(path);
	char *rest = copy, *name;

	if (copy == NULL)
		errno = ENOMEM;
	while (copy != NULL && fd >= 0 &&
	       (name = strtok_r(rest, "/", &rest)) != NULL) {
		int keep, next = step(fd, name);

		keep = errno;
		hyp_file_close(fd);
		errno = keep;
		fd = next;
	}
	return fd;
}

int32_t hyp_undo_folder(const char *path, int *out, struct hyp_error *err)
{
	HYP_AUTO_CLOSE int fd = walk(path);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return hyp_error_errno(err, errno, "open", path);
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return hyp_error_set(err, HYP_E_PERMANENT, "unsafe_path", 0,
				     "%s must belong to you and be closed to "
				     "others: chmod 700 it",
				     path);
	*out = fd;
	fd = -1;
	return 0;
}

/* A file with these bytes, not yet under its name; durable and locked. */
static int32_t write_temporary(int folder, const char *name, const void *bytes,
			       size_t n, int *out, struct hyp_error *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = hyp_file_openat(
		folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, 0);
	int failed;

	if (fd < 0)
		return hyp_error_errno(err, errno, "create", name);
	if (fcntl(fd, F_OFD_SETLK, &lock) == 0 &&
	    hyp_file_pwrite_all(fd, bytes, n, 0) == 0 &&
	    hyp_file_fsync(fd) == 0) {
		*out = fd;
		return 0;
	}
	failed = errno;
	hyp_file_unlinkat(folder, name, 0);
	hyp_file_close(fd);
	return hyp_error_errno(err, failed, "write", name);
}

/* NFS knows no flags of rename; a link does not replace either. */
static int rename_file(int folder, const char *from, const char *to,
		       unsigned flags)
{
	if (hyp_file_renameat2(folder, from, folder, to, flags) == 0)
		return 0;
	if (errno != EINVAL || flags != RENAME_NOREPLACE ||
	    hyp_file_linkat(folder, from, folder, to) != 0)
		return -1;
	hyp_file_unlinkat(folder, from, 0); /* else it is swept one day */
	return 0;
}

static int32_t put(int folder, const char *name, const void *bytes, size_t n,
		   unsigned flags, int *out, struct hyp_error *err)
{
	char temporary[HYP_UNDO_NAME_MAX + 32];
	uint64_t random;
	int fd = -1, failed;
	int32_t rc = hyp_random_bytes(&random, sizeof(random), err);

	if (rc != 0)
		return rc;
	snprintf(temporary, sizeof(temporary), ".new-%016llx-%s",
		 (unsigned long long)random, name);
	rc = write_temporary(folder, temporary, bytes, n, &fd, err);
	if (rc < 0)
		return rc;
	if (rename_file(folder, temporary, name, flags) != 0) {
		failed = errno;
		hyp_file_unlinkat(folder, temporary, 0);
		hyp_file_close(fd);
		return hyp_error_errno(err, failed, "rename", name);
	}
	if (hyp_file_fsync(folder) != 0) {
		failed = errno;
		hyp_file_close(fd);
		return hyp_error_errno(err, failed, "sync the folder of", name);
	}
	*out = fd;
	return 0;
}

int32_t hyp_undo_write(int folder, const char *name, const void *bytes,
		       size_t n, int *fd, struct hyp_error *err)
{
	return put(folder, name, bytes, n, 0, fd, err);
}

static int32_t read_key(int folder, uint8_t *key, struct hyp_error *err)
{
	HYP_AUTO_CLOSE int fd = hyp_file_openat(
		folder, KEY_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return hyp_error_errno(err, errno, "open", KEY_NAME);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 077) != 0 || st.st_size != HYP_SEAL_KEY)
		return hyp_error_set(err, HYP_E_PERMANENT, "unsafe_path", 0,
				     KEY_NAME " is not a key of ours that only "
					      "you can read: put it right, or "
					      "remove it and lose the undo "
					      "records beside it");
	if (hyp_file_pread_all(fd, key, HYP_SEAL_KEY, 0) != HYP_SEAL_KEY)
		return hyp_error_errno(err, errno, "read", KEY_NAME);
	return 0;
}

int32_t hyp_undo_key(int folder, uint8_t *key, struct hyp_error *err)
{
	uint8_t fresh[HYP_SEAL_KEY];
	struct stat st;
	int32_t rc;
	int fd = -1;

	if (fstatat(folder, KEY_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return read_key(folder, key, err);
	if (hyp_random_bytes(fresh, sizeof(fresh), err) != 0)
		return err->code;
	rc = put(folder, KEY_NAME, fresh, sizeof(fresh), RENAME_NOREPLACE, &fd,
		 err);
	explicit_bzero(fresh, sizeof(fresh));
	if (rc == 0)
		hyp_file_close(fd);
	else if (err->sys_errno != EEXIST) /* another process was faster */
		return rc;
	return read_key(folder, key, err);
}

int32_t hyp_undo_name(const char *job_id, const char *key, char *out,
		      struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf both = HYP_BUF_INIT(4096);
	struct hyp_digest digest;
	char hex[HYP_DIGEST_HEX_MAX];
	int32_t rc;

	rc = hyp_buf_addf(&both, err, "%s\n%s", job_id, key);
	if (rc == 0)
		rc = hyp_digest_bytes(HYP_DIGEST_SHA256, both.data, both.len,
				      &digest, err);
	if (rc < 0)
		return rc;
	hyp_digest_hex(&digest, hex);
	snprintf(out, HYP_UNDO_NAME_MAX, "%.32s.undo", hex);
	return 0;
}

/* That name still leads to this very file. */
static int is_same(int folder, const char *name, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 &&
	       fstatat(folder, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int32_t hyp_undo_claim(int folder, const char *name, int *out,
		       struct hyp_error *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	HYP_AUTO_CLOSE int fd = hyp_file_openat(
		folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0, 0);

	*out = -1;
	if (fd < 0)
		return errno == ENOENT
			       ? 0
			       : hyp_error_errno(err, errno, "open", name);
	if (fcntl(fd, F_OFD_SETLK, &lock) != 0)
		return errno == EAGAIN || errno == EACCES
			       ? 0
			       : hyp_error_errno(err, errno, "lock", name);
	if (!is_same(folder, name, fd))
		return 0; /* replaced meanwhile: the new one is locked */
	*out = fd;
	fd = -1;
	return 0;
}

int32_t hyp_undo_read(int fd, const char *name, struct hyp_buf *out,
		      struct hyp_error *err)
{
	HYP_AUTO_FREE char *bytes = NULL;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return hyp_error_errno(err, errno, "look at", name);
	if (!S_ISREG(st.st_mode) || st.st_size > HYP_UNDO_FILE_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_record", 0,
				     "%s is no undo record", name);
	bytes = malloc((size_t)st.st_size + 1);
	if (bytes == NULL)
		return hyp_error_nomem(err);
	n = hyp_file_pread_all(fd, bytes, (size_t)st.st_size, 0);
	if (n < 0)
		return hyp_error_errno(err, errno, "read", name);
	return hyp_buf_add(out, bytes, (size_t)n, err);
}

int32_t hyp_undo_remove(int folder, const char *name, struct hyp_error *err)
{
	if (hyp_file_unlinkat(folder, name, 0) != 0)
		return errno == ENOENT
			       ? 0
			       : hyp_error_errno(err, errno, "remove", name);
	if (hyp_file_fsync(folder) != 0)
		return hyp_error_errno(err, errno, "sync the folder of", name);
	return 0;
}
