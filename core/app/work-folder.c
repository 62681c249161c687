/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/work-folder.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int32_t hyp_work_folder_make(struct hyp_work_folder *folder,
			     struct hyp_error *err)
{
	const char *base = getenv("TMPDIR");

	if (base == NULL || base[0] != '/')
		base = "/tmp";
	if (hyp_asprintf(&folder->path, err, "%s/hypersdk.XXXXXX", base) != 0)
		return err->code;
	if (mkdtemp(folder->path) != NULL)
		return 0;
	hyp_error_errno(err, errno, "make a folder in", base);
	free(folder->path);
	folder->path = NULL;
	return err->code;
}

/* Every folder above the last part of path, which is whole again after. */
static int make_above(char *path, size_t from)
{
	int rc = 0;

	for (char *p = path + from; rc == 0 && (p = strchr(p, '/')) != NULL;
	     p++) {
		*p = '\0';
		rc = mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -1;
		*p = '/';
	}
	return rc;
}

int32_t hyp_work_folder_dir(const struct hyp_work_folder *folder,
			    const char *name, struct hyp_error *err)
{
	HYP_AUTO_FREE char *path = NULL;

	if (hyp_asprintf(&path, err, "%s/%s/", folder->path, name) != 0)
		return err->code;
	return make_above(path, strlen(folder->path) + 1) == 0
		       ? 0
		       : hyp_error_errno(err, errno, "make", path);
}

int32_t hyp_work_folder_write(const struct hyp_work_folder *folder,
			      const char *name, const void *bytes, size_t n,
			      mode_t mode, struct hyp_error *err)
{
	HYP_AUTO_FREE char *path = NULL;
	HYP_AUTO_CLOSE int fd = -1;

	if (hyp_asprintf(&path, err, "%s/%s", folder->path, name) != 0)
		return err->code;
	if (make_above(path, strlen(folder->path) + 1) == 0)
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 || hyp_file_pwrite_all(fd, bytes, n, 0) != 0)
		return hyp_error_errno(err, errno, "write", path);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	remove(path);
	return 0;
}

void hyp_work_folder_remove(struct hyp_work_folder *folder)
{
	if (folder->path == NULL)
		return;
	nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(folder->path);
	folder->path = NULL;
}
