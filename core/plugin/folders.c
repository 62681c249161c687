/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/folders.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/plugin/describe.h"
#include "core/plugin/kinds.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

static int32_t absolute(const char *dir, char **out, struct hyp_error *err)
{
	HYP_AUTO_FREE char *here = NULL;

	if (dir[0] == '/')
		return hyp_strdup(dir, out, err);
	here = getcwd(NULL, 0);
	if (here == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", errno,
				     "%s: the current directory is gone: %s",
				     dir, strerror(errno));
	return hyp_asprintf(out, err, "%s/%s", here, dir);
}

int32_t hyp_folders_init(struct hyp_folders *folders, const char *const *dirs,
			 size_t count, struct hyp_error *err)
{
	int32_t rc = 0;

	folders->count = 0;
	folders->dirs = calloc(count + 1, sizeof(*folders->dirs));
	if (folders->dirs == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = absolute(dirs[i], &folders->dirs[i], err);
		if (rc == 0)
			folders->count++;
	}
	return rc;
}

void hyp_folders_fini(struct hyp_folders *folders)
{
	for (size_t i = 0; i < folders->count; i++)
		free(folders->dirs[i]);
	free(folders->dirs);
}

void hyp_plugin_files_fini(struct hyp_plugin_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->at[i].name);
		free(files->at[i].path);
	}
	free(files->at);
	*files = (struct hyp_plugin_files){NULL, 0};
}

static int listed(const struct hyp_plugin_files *files, uint32_t kind,
		  const char *name)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->at[i].kind == kind &&
		    strcmp(files->at[i].name, name) == 0)
			return 1;
	return 0;
}

static int32_t add_file(struct hyp_plugin_files *files, uint32_t kind,
			const char *dir, const char *name, size_t name_len,
			struct hyp_error *err)
{
	struct hyp_plugin_file *more, file = {kind, NULL, NULL};
	int32_t rc = hyp_asprintf(&file.name, err, "%.*s", (int)name_len, name);

	if (rc == 0 && listed(files, kind, file.name)) {
		free(file.name);
		return 0;
	}
	if (rc == 0)
		rc = hyp_asprintf(&file.path, err, "%s/%s", dir, name);
	more = rc == 0 ? realloc(files->at, (files->count + 1) * sizeof(*more))
		       : NULL;
	if (more == NULL) {
		free(file.name);
		free(file.path);
		return rc != 0 ? rc : hyp_error_nomem(err);
	}
	files->at = more;
	more[files->count++] = file;
	return 0;
}

static int32_t list_folder(struct hyp_plugin_files *files, const char *base,
			   const struct hyp_kind_info *info,
			   struct hyp_error *err)
{
	HYP_AUTO_FREE char *path = NULL;
	struct dirent *d;
	int32_t rc = hyp_asprintf(&path, err, "%s/%s", base, info->name);
	DIR *dir = rc == 0 ? opendir(path) : NULL;

	/* A folder that cannot be read has nothing for us: what is asked for
	 * by name is looked for, and then it is said why. */
	if (dir == NULL)
		return rc;
	while (rc == 0 && (d = readdir(dir)) != NULL) {
		size_t n = strlen(d->d_name);

		if (d->d_name[0] != '.' && n > 3 &&
		    strcmp(d->d_name + n - 3, ".so") == 0)
			rc = add_file(files, info->kind, path, d->d_name, n - 3,
				      err);
	}
	closedir(dir);
	return rc;
}

int32_t hyp_folders_list(const struct hyp_folders *folders, uint32_t kind,
			 struct hyp_plugin_files *out, struct hyp_error *err)
{
	struct hyp_plugin_files files = {NULL, 0};
	const struct hyp_kind_info *info;
	int32_t rc = 0;

	for (size_t i = 0; i < folders->count && rc == 0; i++)
		for (size_t k = 0; rc == 0 && (info = hyp_kind_at(k)) != NULL;
		     k++)
			if (kind == 0 || kind == info->kind)
				rc = list_folder(&files, folders->dirs[i], info,
						 err);
	if (rc == 0)
		*out = files;
	else
		hyp_plugin_files_fini(&files);
	return rc;
}

static void nearest(const struct hyp_folders *folders, uint32_t kind,
		    const char *name, char *out, size_t max)
{
	struct hyp_plugin_files files = {NULL, 0};
	HYP_AUTO_FREE const char **names = NULL;
	const char *near = NULL;

	out[0] = '\0';
	if (hyp_folders_list(folders, kind, &files, NULL) != 0)
		return;
	names = calloc(files.count + 1, sizeof(*names));
	for (size_t i = 0; names != NULL && i < files.count; i++)
		names[i] = files.at[i].name;
	if (names != NULL)
		near = hyp_text_nearest(name, names, files.count);
	if (near != NULL)
		snprintf(out, max, "; did you mean \"%s\"?", near);
	hyp_plugin_files_fini(&files);
}

static int32_t unknown(const struct hyp_folders *folders, uint32_t kind,
		       const char *name, struct hyp_error *err)
{
	char near[128], where[512] = "";
	size_t n = 0;

	nearest(folders, kind, name, near, sizeof(near));
	for (size_t i = 0; i < folders->count && n < sizeof(where); i++)
		n += (size_t)snprintf(where + n, sizeof(where) - n, "%s%s",
				      i > 0 ? ", " : "", folders->dirs[i]);
	return hyp_error_set(err, HYP_E_USAGE, "plugin_unknown", 0,
			     "there is no %s plugin \"%s\" in %s%s",
			     hyp_kind_name(kind), name,
			     folders->count > 0 ? where : "(no folder)", near);
}

int32_t hyp_folders_find(const struct hyp_folders *folders, uint32_t kind,
			 const char *name, char **path, struct hyp_error *err)
{
	struct stat st;

	for (size_t i = 0; i < folders->count && hyp_plugin_name_valid(name);
	     i++) {
		HYP_AUTO_FREE char *try = NULL;
		int32_t rc =
			hyp_asprintf(&try, err, "%s/%s/%s.so", folders->dirs[i],
				     hyp_kind_name(kind), name);

		if (rc != 0)
			return rc;
		if (lstat(try, &st) == 0 ||
		    (errno != ENOENT && errno != ENOTDIR)) {
			*path = HYP_STEAL(try);
			return 0;
		}
	}
	return unknown(folders, kind, name, err);
}
