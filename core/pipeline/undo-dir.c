/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/undo-dir.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/pipeline/undo-shared.h"
#include "core/pipeline/undo-record.h"

#include <pwd.h>
#include <string.h>

/* $XDG_STATE_HOME/hypersdk/undo; the specification says that a relative path
 * in it is to be ignored. */
static int32_t default_path(char **out, struct hyp_error *err)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct passwd entry, *found = NULL;
	char room[4096];

	if (state != NULL && state[0] == '/')
		return hyp_asprintf(out, err, "%s/hypersdk/undo", state);
	if (home == NULL || home[0] != '/') {
		if (getpwuid_r(geteuid(), &entry, room, sizeof(room), &found) !=
			    0 ||
		    found == NULL)
			return hyp_error_set(err, HYP_E_USAGE, "no_home", 0,
					     "no home folder to keep undo "
					     "records in: set XDG_STATE_HOME");
		home = found->pw_dir;
	}
	return hyp_asprintf(out, err, "%s/.local/state/hypersdk/undo", home);
}

static int32_t open_dir(struct hyp_undo_dir *dir, const char *path,
			struct hyp_error *err)
{
	int32_t rc;

	rc = path != NULL ? hyp_strdup(path, &dir->path, err)
			  : default_path(&dir->path, err);
	if (rc == 0)
		rc = hyp_undo_folder(dir->path, &dir->folder, err);
	if (rc == 0)
		rc = hyp_undo_key(dir->folder, dir->key, err);
	return rc;
}

int32_t hyp_undo_dir_open(const char *path, struct hyp_undo_dir **out,
			  struct hyp_error *err)
{
	struct hyp_undo_dir *dir = calloc(1, sizeof(*dir));
	int32_t rc;

	if (dir == NULL)
		return hyp_error_nomem(err);
	dir->folder = -1;
	pthread_mutex_init(&dir->lock, NULL);
	rc = open_dir(dir, path, err);
	if (rc < 0)
		hyp_undo_dir_close(dir);
	else
		*out = dir;
	return rc;
}

void hyp_undo_dir_close(struct hyp_undo_dir *dir)
{
	if (dir == NULL)
		return;
	for (size_t i = 0; i < dir->count; i++)
		hyp_file_close(dir->own[i].fd);
	free(dir->own);
	if (dir->folder >= 0)
		hyp_file_close(dir->folder);
	free(dir->path);
	pthread_mutex_destroy(&dir->lock);
	explicit_bzero(dir->key, sizeof(dir->key));
	free(dir);
}

/* The own record of that name, or NULL. With the lock held. */
static struct hyp_undo_own *find(struct hyp_undo_dir *dir, const char *name)
{
	for (size_t i = 0; i < dir->count; i++)
		if (strcmp(dir->own[i].name, name) == 0)
			return &dir->own[i];
	return NULL;
}

static int32_t room_for_one(struct hyp_undo_dir *dir, struct hyp_error *err)
{
	struct hyp_undo_own *own =
		reallocarray(dir->own, dir->count + 1, sizeof(*dir->own));

	if (own == NULL)
		return hyp_error_nomem(err);
	dir->own = own;
	return 0;
}

static int32_t put(struct hyp_undo_dir *dir, const char *name,
		   const struct hyp_buf *sealed, struct hyp_error *err)
{
	struct hyp_undo_own *own;
	int32_t rc = room_for_one(dir, err);
	int fd = -1;

	if (rc == 0)
		rc = hyp_undo_write(dir->folder, name, sealed->data,
				    sealed->len, &fd, err);
	if (rc < 0)
		return rc;
	own = find(dir, name);
	if (own != NULL) {
		hyp_file_close(own->fd);
	} else {
		own = &dir->own[dir->count++];
		snprintf(own->name, sizeof(own->name), "%s", name);
	}
	own->fd = fd;
	return 0;
}

static uint32_t kind_of(const char *origin)
{
	return strncmp(origin, "storage/", 8) == 0 ? HYP_KIND_STORAGE
						   : HYP_KIND_PROVIDER;
}

int32_t hyp_undo_dir_put(struct hyp_undo_dir *dir, const char *job_id,
			 uint32_t attempt, const char *origin,
			 const struct hyp_part *part, const char *key,
			 const void *bytes, uint64_t n, struct hyp_error *err)
{
	struct hyp_buf plain = HYP_BUF_INIT(HYP_UNDO_FILE_MAX);
	HYP_AUTO_BUF struct hyp_buf sealed =
		HYP_BUF_INIT(HYP_UNDO_FILE_MAX + HYP_SEAL_OVERHEAD);
	char name[HYP_UNDO_NAME_MAX];
	int32_t rc;

	rc = hyp_undo_name(job_id, key, name, err);
	if (rc == 0)
		rc = hyp_undo_encode(job_id, attempt, kind_of(origin), part,
				     key, bytes, n, &plain, err);
	if (rc == 0)
		rc = hyp_seal(dir->key, name, plain.data, plain.len, &sealed,
			      err);
	hyp_buf_wipe(&plain);
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&dir->lock);
	rc = put(dir, name, &sealed, err);
	pthread_mutex_unlock(&dir->lock);
	return rc;
}

int32_t hyp_undo_dir_drop(struct hyp_undo_dir *dir, const char *job_id,
			  const char *key, struct hyp_error *err)
{
	char name[HYP_UNDO_NAME_MAX];
	struct hyp_undo_own *own;
	int32_t rc = hyp_undo_name(job_id, key, name, err);

	if (rc < 0)
		return rc;
	pthread_mutex_lock(&dir->lock);
	own = find(dir, name);
	if (own != NULL) /* of another process's records none is touched */
		rc = hyp_undo_remove(dir->folder, name, err);
	if (own != NULL && rc == 0) {
		hyp_file_close(own->fd);
		*own = dir->own[--dir->count];
	}
	pthread_mutex_unlock(&dir->lock);
	return rc;
}
