/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose code is this? A file is trusted when nobody but root and this
 * process's own user could have changed it: file and folder belong to one of
 * them and others may not write; so do all folders above, which others may
 * write only if sticky; nothing on the way is a symbolic link.
 */
#ifndef HYP_PLUGIN_TRUST_H
#define HYP_PLUGIN_TRUST_H

#include <hypersdk/error.h>

/* Opens an absolute path for reading if it is trusted, a regular file, and
 * neither SUID nor SGID. HYP_E_NOT_FOUND, or HYP_E_USAGE "plugin_rejected"
 * with what is wrong and what to do. */
int32_t hyp_trust_open(const char *path, int *fd, struct hyp_error *err);

/* The same for a directory, as the folder of a plugin. */
int32_t hyp_trust_dir(const char *path, struct hyp_error *err);

/* Every directory of a colon-separated list: absolute, and trusted if it is
 * there at all. what names the list in the error. */
int32_t hyp_trust_list(const char *list, const char *what,
		       struct hyp_error *err);

#endif
