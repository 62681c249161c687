/* SPDX-License-Identifier: Apache-2.0 */
/* Removing an attempt's directory, and only what is surely ours in it. */
#include "plugins/storage/local/local.h"

#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Objects, the receipt, and the short-lived .reserve, .scratch and .probe. */
static int is_ours(int dir, const char *name)
{
	struct stat st;

	return hyp_text_is_plain_name(name + (*name == '.'), 255) &&
	       fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && st.st_uid == geteuid();
}

static int empty(int fd)
{
	DIR *list = local_list(fd, "", NULL);
	struct dirent *e;
	int failed = list == NULL ? -1 : 0;

	while (list != NULL && (e = readdir(list)) != NULL)
		if (strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0 && is_ours(fd, e->d_name) &&
		    hyp_file_unlinkat(fd, e->d_name, 0) != 0)
			failed = -1;
	if (list != NULL)
		closedir(list);
	return failed;
}

int local_remove_temp(int dir, const char *temp, int fd)
{
	struct stat open_st, named;

	if (fstat(fd, &open_st) != 0 ||
	    fstatat(dir, temp, &named, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -1;
	if (!local_same_file(&open_st, &named)) {
		errno = EBUSY; /* somebody put another thing there */
		return -1;
	}
	/* Twice: an attempt shall leave nothing, so one failure is none. */
	for (int i = 0; i < 2; i++)
		if (empty(fd) == 0 &&
		    hyp_file_unlinkat(dir, temp, AT_REMOVEDIR) == 0) {
			/* Else a power cut brings it back when nobody looks
			 * for it any more; a failure costs no more than
			 * that. */
			hyp_file_fsync(dir);
			return 0;
		}
	return -1;
}
