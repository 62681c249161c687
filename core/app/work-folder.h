/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of a command's own, for what other programs need as files. */
#ifndef HYP_APP_WORK_FOLDER_H
#define HYP_APP_WORK_FOLDER_H

#include <hypersdk/error.h>
#include <stddef.h>
#include <sys/types.h>

struct hyp_work_folder {
	char *path; /* NULL: not made */
};

/* In TMPDIR, else /tmp, for nobody else. */
int32_t hyp_work_folder_make(struct hyp_work_folder *folder,
			     struct hyp_error *err);
/* A folder within it, with those above. */
int32_t hyp_work_folder_dir(const struct hyp_work_folder *folder,
			    const char *name, struct hyp_error *err);
/* A new file within it; folders above are made. */
int32_t hyp_work_folder_write(const struct hyp_work_folder *folder,
			      const char *name, const void *bytes, size_t n,
			      mode_t mode, struct hyp_error *err);
/* With all that is in it. */
void hyp_work_folder_remove(struct hyp_work_folder *folder);

#endif
