/* SPDX-License-Identifier: Apache-2.0 */
/* What failed file operations mean, and reading small files whole. */
#include "core/base/file.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define CHUNK 16384

static const struct meaning {
	int sys_errno;
	int32_t code;
	const char *kind, *advice;
} meanings[] = {
	{ENOSPC, HYP_E_RESOURCE, "insufficient_space",
	 "; free space there or choose another place"},
	{EDQUOT, HYP_E_RESOURCE, "quota_exceeded",
	 "; free space or have the quota raised"},
	{EFBIG, HYP_E_PERMANENT, "file_too_large",
	 "; the file system or a limit (ulimit -f) takes no larger file"},
	{EROFS, HYP_E_PERMANENT, "read_only",
	 "; mount it writable or choose another place"},
	{ENAMETOOLONG, HYP_E_PERMANENT, "name_too_long",
	 "; choose a shorter name"},
	{EACCES, HYP_E_PERMANENT, "no_permission",
	 "; check owner and mode of it and of the folders above"},
	{EPERM, HYP_E_PERMANENT, "no_permission",
	 "; check owner, mode and attributes of it"},
	{ELOOP, HYP_E_PERMANENT, "unsafe_path",
	 "; symbolic links are not followed here"},
	{EXDEV, HYP_E_PERMANENT, "unsafe_path",
	 "; it leads out of the allowed folder or to another file system"},
	{EEXIST, HYP_E_EXISTS, "output_exists",
	 "; remove it or choose another name"},
	{ENOTEMPTY, HYP_E_EXISTS, "output_exists",
	 "; remove it or choose another name"},
	{ENOENT, HYP_E_NOT_FOUND, "not_found", ""},
	{ENOTDIR, HYP_E_NOT_FOUND, "not_found", ""},
	{EISDIR, HYP_E_PERMANENT, "not_a_file", ""},
	{EMLINK, HYP_E_PERMANENT, "too_many_links", ""},
	{EMFILE, HYP_E_TRANSIENT, "too_many_files",
	 "; raise the limit (ulimit -n)"},
	{ENFILE, HYP_E_TRANSIENT, "too_many_files", ""},
	{ENOMEM, HYP_E_TRANSIENT, "no_memory", ""},
};

int32_t hyp_error_errno(struct hyp_error *err, int sys_errno, const char *what,
			const char *path)
{
	struct meaning m = {sys_errno, HYP_E_TRANSIENT, "io_error", ""};
	const char *text = strerrordesc_np(sys_errno);
	char shown[512];

	for (size_t i = 0; i < HYP_COUNT(meanings); i++)
		if (meanings[i].sys_errno == sys_errno)
			m = meanings[i];
	hyp_text_printable(path, shown, sizeof(shown));
	return hyp_error_set(err, m.code, m.kind, sys_errno,
			     "cannot %s %s: %s%s", what, shown,
			     text == NULL ? "unknown error" : text, m.advice);
}

static int32_t read_all(int fd, const char *path, struct hyp_buf *buf,
			struct hyp_error *err)
{
	char chunk[CHUNK], shown[512];
	int32_t rc = hyp_buf_add(buf, "", 0, err);
	ssize_t n = 1;

	while (rc == 0 && n > 0) {
		n = hyp_file_pread_all(fd, chunk, sizeof(chunk),
				       (off_t)buf->len);
		if (n < 0)
			rc = hyp_error_errno(err, errno, "read", path);
		else
			rc = hyp_buf_add(buf, chunk, (size_t)n, err);
		if (rc != 0 && n >= 0) {
			hyp_text_printable(path, shown, sizeof(shown));
			hyp_error_prefix(err, "%s: ", shown);
		}
	}
	explicit_bzero(chunk, sizeof(chunk));
	return rc;
}

static int32_t not_a_file(const char *path, struct hyp_error *err)
{
	char shown[512];

	hyp_text_printable(path, shown, sizeof(shown));
	return hyp_error_set(err, HYP_E_PERMANENT, "not_a_file", 0,
			     "%s is not a regular file", shown);
}

int32_t hyp_file_read_small(const char *path, size_t max, char **out,
			    size_t *len, struct hyp_error *err)
{
	struct hyp_buf buf = HYP_BUF_INIT(max);
	HYP_AUTO_CLOSE int fd = -1;
	struct stat st;
	int32_t rc;

	/* O_NONBLOCK: a FIFO must not hang the open. */
	fd = hyp_file_openat(AT_FDCWD, path,
			     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0,
			     0);
	if (fd < 0)
		return hyp_error_errno(err, errno, "open", path);
	if (fstat(fd, &st) != 0)
		return hyp_error_errno(err, errno, "examine", path);
	if (!S_ISREG(st.st_mode))
		return not_a_file(path, err);
	rc = read_all(fd, path, &buf, err);
	if (rc != 0) {
		hyp_buf_wipe(&buf);
		return rc;
	}
	*out = buf.data;
	*len = buf.len;
	return 0;
}
