/* SPDX-License-Identifier: Apache-2.0 */
/* The folders that plugins are looked for in: DIR/KIND/NAME.so. */
#ifndef HYP_PLUGIN_FOLDERS_H
#define HYP_PLUGIN_FOLDERS_H

#include <hypersdk/error.h>
#include <stddef.h>

struct hyp_folders {
	char **dirs; /* absolute */
	size_t count;
};

struct hyp_plugin_file {
	uint32_t kind;
	char *name; /* of the file, without ".so": not yet checked */
	char *path;
};

struct hyp_plugin_files {
	struct hyp_plugin_file *at;
	size_t count;
};

/* Relative directories are taken from where the process now is. */
int32_t hyp_folders_init(struct hyp_folders *folders, const char *const *dirs,
			 size_t count, struct hyp_error *err);
void hyp_folders_fini(struct hyp_folders *folders);

/* The first file of that kind and name. HYP_E_USAGE "plugin_unknown", with the
 * nearest name there is. */
int32_t hyp_folders_find(const struct hyp_folders *folders, uint32_t kind,
			 const char *name, char **path, struct hyp_error *err);

/* Every file *.so, of one kind or of all (0); a name that an earlier
 * directory has too is left out. */
int32_t hyp_folders_list(const struct hyp_folders *folders, uint32_t kind,
			 struct hyp_plugin_files *out, struct hyp_error *err);
void hyp_plugin_files_fini(struct hyp_plugin_files *files);

#endif
