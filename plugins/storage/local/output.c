/* SPDX-License-Identifier: Apache-2.0 */
/* What stands at the final place, and whether it is provably ours. */
#include "plugins/storage/local/local.h"

#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>

int local_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

DIR *local_list(int dir, const char *path, struct hyp_error *err)
{
	int fd = hyp_file_openat(dir, ".", O_RDONLY | O_DIRECTORY, 0, 0);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (list != NULL)
		return list;
	local_error(err, errno, "list", path, NULL);
	if (fd >= 0)
		close(fd);
	return NULL;
}

int32_t local_tree_bytes(int dir, const char *path, uint64_t *bytes,
			 unsigned int *empty, struct hyp_error *err)
{
	DIR *list = local_list(dir, path, err);
	struct dirent *e;
	struct stat st;
	int ours = 1;

	if (list == NULL)
		return err->code;
	*bytes = *empty = 0;
	while (ours && (e = readdir(list)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		ours = hyp_text_is_plain_name(e->d_name, 255) &&
		       fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		       S_ISREG(st.st_mode) && st.st_uid == geteuid();
		if (!ours || strcmp(e->d_name, LOCAL_RECEIPT) == 0)
			continue;
		*bytes += (uint64_t)st.st_size;
		*empty += st.st_size == 0;
	}
	closedir(list);
	return ours;
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "a file";
	case S_IFDIR:
		return "a directory";
	case S_IFLNK:
		return "a symbolic link";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device";
	}
}

/* 1 there, 0 not, negative error. */
static int32_t look(int dir, const char *path, const char *name,
		    struct stat *st, struct hyp_error *err)
{
	if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return local_error(err, errno, "examine", path, name);
}

/* 1 provably ours, 0 not, negative error. */
static int32_t is_our_file(int dir, const char *path,
			   const struct local_names *names,
			   const struct local_output *out,
			   struct hyp_error *err)
{
	struct local_receipt receipt;
	int32_t rc;

	if (!S_ISREG(out->package.st_mode) || !S_ISREG(out->receipt.st_mode) ||
	    out->package.st_uid != geteuid())
		return 0;
	rc = local_receipt_read(dir, path, names->receipt, &receipt, err);
	if (rc != 1)
		return rc;
	return receipt.package_bytes == (uint64_t)out->package.st_size;
}

static int32_t is_our_directory(int dir, const char *path,
				const struct local_names *names,
				const struct local_output *out,
				struct hyp_error *err)
{
	HYP_AUTO_CLOSE int fd = -1;
	struct local_receipt receipt;
	unsigned int empty;
	struct stat st;
	uint64_t bytes;
	int32_t rc;

	if (!S_ISDIR(out->package.st_mode) || out->package.st_uid != geteuid())
		return 0;
	fd = hyp_file_openat(dir, names->final, O_RDONLY | O_DIRECTORY, 0,
			     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
				     RESOLVE_NO_XDEV);
	if (fd < 0 || fstat(fd, &st) != 0)
		return local_error(err, errno, "open", path, names->final);
	if (!local_same_file(&st, &out->package))
		return 0;
	rc = local_receipt_read(fd, path, LOCAL_RECEIPT, &receipt, err);
	if (rc == 1)
		rc = local_tree_bytes(fd, path, &bytes, &empty, err);
	if (rc == 1)
		rc = empty == 0 && bytes == receipt.package_bytes;
	return rc;
}

static int32_t exists(struct hyp_error *err, const char *path, const char *name,
		      const struct stat *st, uint32_t force)
{
	return hyp_error_set(
		err, HYP_E_EXISTS, "output_exists", EEXIST,
		"%.400s/%s is there already (%s)%s", path, name,
		type_name(st->st_mode),
		force ? " and not replaced: it is not an export of ours with "
			"a receipt that matches its files"
		      : ": remove it, choose another name, or use force to "
			"replace an export of ours");
}

int32_t local_output_check(int dir, const char *path,
			   const struct local_names *names, uint32_t force,
			   struct local_output *out, struct hyp_error *err)
{
	struct local_output o = {.exists = 0};
	int32_t package, receipt = 0;

	package = look(dir, path, names->final, &o.package, err);
	if (package < 0)
		return package;
	if (names->receipt != NULL) {
		receipt = look(dir, path, names->receipt, &o.receipt, err);
		if (receipt < 0)
			return receipt;
	}
	if (package == 0 && receipt == 1)
		return exists(err, path, names->receipt, &o.receipt, force);
	if (package == 1) {
		int32_t ours = 0;

		if (force && names->receipt != NULL)
			ours = is_our_file(dir, path, names, &o, err);
		else if (force)
			ours = is_our_directory(dir, path, names, &o, err);
		if (ours < 0)
			return ours;
		if (!ours)
			return exists(err, path, names->final, &o.package,
				      force);
	}
	o.exists = package;
	*out = o;
	return 0;
}
