/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/pipeline/attempt.h"
#include "core/pipeline/place-record.h"
#include "core/pipeline/thread.h"
#include "core/pipeline/undo-shared.h"
#include "core/pipeline/undo-record.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#define ORIGIN "undo"
#define THREADS_MAX 4
#define NAMES_MAX 10000
/* A temporary without a lock is being made, or its maker died; it is made in
 * far less time than this. */
#define TEMPORARY_AGE_S 3600

struct recovery {
	struct hyp_undo_dir *dir;
	struct hyp_registry *registry;
	uint64_t end_ms;
	char (*names)[HYP_UNDO_NAME_MAX];
	size_t count;

	pthread_mutex_t lock; /* over what follows */
	size_t next;
	uint32_t undone, left;
};

static int32_t forget(void *ctx, const char *origin, const char *key,
		      struct hyp_error *err)
{
	(void)ctx;
	(void)origin;
	(void)key;
	(void)err;
	return 0; /* the record goes when undo returns 0 */
}

static int32_t undo_provider(struct recovery *recovery,
			     const struct hyp_undo_record *record,
			     const struct hyp_host_job *job,
			     struct hyp_error *err)
{
	struct hyp_member provider;
	int32_t rc;

	rc = hyp_member_init(&provider, recovery->registry, HYP_KIND_PROVIDER,
			     record->part, job, NULL, err);
	if (rc < 0)
		return rc;
	rc = hyp_provider_calls.undo(provider.instance, record->key,
				     record->bytes, record->n, err);
	hyp_member_fini(&provider);
	return rc;
}

static int32_t undo_storage(struct recovery *recovery,
			    const struct hyp_undo_record *record,
			    const struct hyp_host_job *job,
			    struct hyp_error *err)
{
	struct hyp_storages storages = {.storage = NULL};
	int32_t rc;

	rc = hyp_storages_init(&storages, recovery->registry, record->part, job,
			       err);
	if (rc == 0)
		rc = hyp_place_undo(storages.storage, record->job_id,
				    record->attempt, record->bytes, record->n,
				    err);
	hyp_storages_fini(&storages);
	return rc;
}

static int32_t undo(struct recovery *recovery,
		    const struct hyp_undo_record *record, struct hyp_error *err)
{
	struct hyp_host_job job = {
		.job_id = record->job_id,
		.attempt = record->attempt,
		.forget = forget,
	};

	return record->kind == HYP_KIND_STORAGE
		       ? undo_storage(recovery, record, &job, err)
		       : undo_provider(recovery, record, &job, err);
}

static int32_t load(struct recovery *recovery, const char *name, int fd,
		    struct hyp_undo_record *record, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf sealed =
		HYP_BUF_INIT(HYP_UNDO_FILE_MAX + HYP_SEAL_OVERHEAD);
	struct hyp_buf plain = HYP_BUF_INIT(HYP_UNDO_FILE_MAX);
	int32_t rc;

	rc = hyp_undo_read(fd, name, &sealed, err);
	if (rc == 0)
		rc = hyp_unseal(recovery->dir->key, name, sealed.data,
				sealed.len, &plain, err);
	if (rc == 0)
		rc = hyp_undo_decode(plain.data, plain.len, record, err);
	hyp_buf_wipe(&plain);
	return rc;
}

/* A record that is ours to undo: its lock is held by fd. */
static int32_t settle(struct recovery *recovery, const char *name, int fd,
		      struct hyp_error *err)
{
	struct hyp_undo_record record;
	int32_t rc = load(recovery, name, fd, &record, err);

	if (rc < 0)
		return rc;
	rc = undo(recovery, &record, err);
	if (rc < 0)
		hyp_error_prefix(err, "%s of job %s: ", record.key,
				 record.job_id);
	else
		hyp_log(HYP_LOG_INFO, record.job_id, ORIGIN,
			"undone after a crash: %s", record.key);
	hyp_undo_record_fini(&record);
	if (rc == 0)
		rc = hyp_undo_remove(recovery->dir->folder, name, err);
	return rc;
}

static void recover_one(struct recovery *recovery, const char *name)
{
	HYP_AUTO_CLOSE int fd = -1;
	struct hyp_error error;
	int32_t rc = hyp_undo_claim(recovery->dir->folder, name, &fd, &error);

	if (rc == 0 && fd < 0)
		return;
	if (rc == 0 && hyp_clock_boot_ms() >= recovery->end_ms)
		rc = hyp_error_set(&error, HYP_E_TRANSIENT, "out_of_time", 0,
				   "no time left to undo it");
	else if (rc == 0)
		rc = settle(recovery, name, fd, &error);
	if (rc < 0)
		hyp_log(HYP_LOG_WARNING, "", ORIGIN,
			"%s; tried again next time (record %s/%s)", error.text,
			recovery->dir->path, name);
	pthread_mutex_lock(&recovery->lock);
	if (rc < 0)
		recovery->left++;
	else
		recovery->undone++;
	pthread_mutex_unlock(&recovery->lock);
}

static void *recover_main(void *arg)
{
	struct recovery *recovery = arg;
	size_t i;

	for (;;) {
		pthread_mutex_lock(&recovery->lock);
		i = recovery->next++;
		pthread_mutex_unlock(&recovery->lock);
		if (i >= recovery->count)
			return NULL;
		recover_one(recovery, recovery->names[i]);
	}
}

static void remove_temporary(struct hyp_undo_dir *dir, const char *name)
{
	HYP_AUTO_CLOSE int fd = -1;
	struct hyp_error ignored;
	struct stat st;

	if (hyp_undo_claim(dir->folder, name, &fd, &ignored) < 0 || fd < 0 ||
	    fstat(fd, &st) != 0)
		return;
	if (hyp_clock_wall_ms() / 1000 - st.st_mtime > TEMPORARY_AGE_S)
		hyp_undo_remove(dir->folder, name, &ignored);
}

static int is_record(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && n < HYP_UNDO_NAME_MAX && name[0] != '.' &&
	       strcmp(name + n - 5, ".undo") == 0;
}

static int32_t add_name(struct recovery *recovery, const char *name,
			struct hyp_error *err)
{
	void *names;

	if (recovery->count == NAMES_MAX)
		return 0;
	if (recovery->count % 64 == 0) {
		names = reallocarray(recovery->names, recovery->count + 64,
				     HYP_UNDO_NAME_MAX);
		if (names == NULL)
			return hyp_error_nomem(err);
		recovery->names = names;
	}
	memcpy(recovery->names[recovery->count++], name, strlen(name) + 1);
	return 0;
}

static int32_t list(struct recovery *recovery, struct hyp_error *err)
{
	struct hyp_undo_dir *dir = recovery->dir;
	int fd =
		hyp_file_openat(dir->folder, ".", O_RDONLY | O_DIRECTORY, 0, 0);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int32_t rc = 0;

	if (stream == NULL) {
		rc = hyp_error_errno(err, errno, "list", dir->path);
		if (fd >= 0)
			hyp_file_close(fd);
		return rc;
	}
	while (rc == 0 && (entry = readdir(stream)) != NULL) {
		if (is_record(entry->d_name))
			rc = add_name(recovery, entry->d_name, err);
		else if (strncmp(entry->d_name, ".new-", 5) == 0)
			remove_temporary(dir, entry->d_name);
	}
	closedir(stream);
	return rc;
}

/* Records wait for slow servers, so some at once; the last one here. */
static void run(struct recovery *recovery)
{
	pthread_t threads[THREADS_MAX];
	struct hyp_error ignored;
	size_t n = 0;

	while (n < THREADS_MAX && n + 1 < recovery->count &&
	       hyp_thread_start(&threads[n], "hyp-undo", recover_main, recovery,
				&ignored) == 0)
		n++;
	recover_main(recovery);
	while (n > 0)
		pthread_join(threads[--n], NULL);
}

int32_t hyp_undo_dir_recover(struct hyp_undo_dir *dir,
			     struct hyp_registry *registry, uint64_t limit_ms,
			     uint32_t *undone, uint32_t *left,
			     struct hyp_error *err)
{
	struct recovery recovery = {
		.dir = dir,
		.registry = registry,
		.end_ms = hyp_clock_boot_ms() + limit_ms,
	};
	int32_t rc = list(&recovery, err);

	pthread_mutex_init(&recovery.lock, NULL);
	if (rc == 0)
		run(&recovery);
	pthread_mutex_destroy(&recovery.lock);
	free(recovery.names);
	if (rc < 0)
		return rc;
	*undone = recovery.undone;
	*left = recovery.left;
	return 0;
}
