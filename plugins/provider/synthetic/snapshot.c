/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A synthetic snapshot is an empty file in the folder of option snapshots: it
 * stays when the process dies, as a real one would, until it is undone.
 */
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "plugins/provider/synthetic/synthetic.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#define PREFIX "hypersdk-"

void synthetic_snapshot_name(const struct synthetic *s, uint64_t vm,
			     char out[SYNTHETIC_TEXT_MAX])
{
	snprintf(out, SYNTHETIC_TEXT_MAX, PREFIX "%s-%u-vm-%" PRIu64,
		 s->host->job_id, s->host->attempt, vm);
}

static int32_t open_folder(const struct synthetic *s, int *fd,
			   struct hyp_error *err)
{
	*fd = hyp_file_openat(AT_FDCWD, s->options->snapshots,
			      O_RDONLY | O_DIRECTORY, 0, 0);
	return *fd >= 0 ? 0
			: hyp_error_errno(err, errno, "open snapshot folder",
					  s->options->snapshots);
}

int32_t synthetic_snapshot_create(const struct synthetic *s, const char *name,
				  struct hyp_error *err)
{
	HYP_AUTO_CLOSE int folder = -1;
	HYP_AUTO_CLOSE int fd = -1;
	int32_t rc;

	if (s->options->snapshots == NULL)
		return 0;
	rc = open_folder(s, &folder, err);
	if (rc != 0)
		return rc;
	fd = hyp_file_openat(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0600,
			     0);
	return fd >= 0 ? 0
		       : hyp_error_errno(err, errno, "create snapshot", name);
}

int32_t synthetic_snapshot_remove(const struct synthetic *s, const char *name,
				  struct hyp_error *err)
{
	HYP_AUTO_CLOSE int folder = -1;
	int32_t rc;

	if (s->options->snapshots == NULL)
		return 0;
	rc = open_folder(s, &folder, err);
	if (rc != 0)
		return rc;
	if (hyp_file_unlinkat(folder, name, 0) == 0 || errno == ENOENT)
		return 0;
	return hyp_error_errno(err, errno, "remove snapshot", name);
}

/* The bytes come from a record that was kept: believed only as far as they
 * name a snapshot of ours. */
int32_t synthetic_undo(void *instance, const char *key, const void *bytes,
		       uint64_t n, struct hyp_error *err)
{
	const struct synthetic *s = instance;
	char name[SYNTHETIC_TEXT_MAX] = "", line[SYNTHETIC_TEXT_MAX + 64];
	struct hyp_error why;

	if (n < sizeof(name))
		memcpy(name, bytes, (size_t)n);
	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 ||
	    !hyp_text_is_file_name(name, sizeof(name) - 1))
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_record", 0,
				     "the undo record %s names no snapshot of "
				     "ours",
				     key);
	if (synthetic_snapshot_remove(s, name, &why) != 0)
		return hyp_error_set(err, HYP_E_TRANSIENT, why.kind,
				     why.sys_errno, "%s", why.text);
	snprintf(line, sizeof(line), "removed the snapshot %s", name);
	s->host->log(s->host->ctx, HYP_LOG_INFO, line);
	return 0;
}
