/* SPDX-License-Identifier: Apache-2.0 */
#include "directory.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK (1u << 20)

struct export
{
	const struct directory *directory;
	struct machine machine;
};

int32_t export_open(void *instance, const struct hyp_open_args *args,
		    void **exported, struct hyp_error *err)
{
	const struct directory *d = (const struct directory *)instance;
	struct export *x;
	char source[2 * NAME_MAX_];
	int32_t rc = directory_cancelled(d, err);

	if (rc != 0)
		return rc;
	x = (struct export *)calloc(1, sizeof(*x));
	if (x == NULL)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", ENOMEM,
				     "out of memory");
	x->directory = d;
	rc = machine_read(d, args->vm_id, &x->machine, err);
	if (rc == 0 && args->mode == HYP_MODE_HOT)
		rc = hyp_error_set(err, HYP_E_UNSUPPORTED, "no_snapshots", 0,
				   "%s: files have no snapshots; export it "
				   "without --hot",
				   args->vm_id);
	if (rc != 0) {
		free(x);
		return rc;
	}
	snprintf(source, sizeof(source), "%.255s/%.255s", d->options->path,
		 x->machine.name);
	d->host->fact(d->host->ctx, "mode", "cold");
	d->host->fact(d->host->ctx, "consistency", "powered-off");
	d->host->fact(d->host->ctx, "tls", "none");
	d->host->fact(d->host->ctx, "source", source);
	*exported = x;
	return 0;
}

int32_t export_files(void *exported, const struct hyp_file_sink *sink,
		     struct hyp_error *err)
{
	const struct export *x = (const struct export *)exported;
	int32_t rc = 0;

	for (uint32_t i = 0; rc == 0 && i < x->machine.count; i++) {
		const struct disk *disk = &x->machine.disks[i];
		struct hyp_file file = {
			.size = sizeof(file),
			.role = HYP_ROLE_DISK,
			.format = HYP_FORMAT_STREAM_OPTIMIZED,
			.device_id = disk->file,
			.name = "",
			.bytes = disk->bytes,
			.capacity = disk->capacity,
			.populated = HYP_UNKNOWN,
		};

		rc = sink->add(sink->ctx, &file, err);
	}
	return rc;
}

static int32_t copy(const struct export *x, const struct disk *disk, int fd,
		    void *buf, const struct hyp_writer *out,
		    struct hyp_error *err)
{
	uint64_t done = 0;
	ssize_t n = 0;
	int32_t rc = 0;

	while (rc == 0 && (n = read(fd, buf, CHUNK)) > 0) {
		rc = directory_cancelled(x->directory, err);
		if (rc == 0)
			rc = out->write(out->ctx, buf, (uint64_t)n, err);
		done += (uint64_t)n;
	}
	if (rc == 0 && n < 0)
		rc = hyp_error_set(err, HYP_E_TRANSIENT, "io_error", errno,
				   "%s: %s", disk->file, strerror(errno));
	if (rc == 0 && done != disk->bytes)
		rc = hyp_error_set(err, HYP_E_TRANSIENT, "source_changed", 0,
				   "%s changed while it was copied",
				   disk->file);
	return rc;
}

/* Several threads may be here at once, each with a file of its own. */
int32_t export_copy(void *exported, uint32_t index,
		    const struct hyp_writer *out, struct hyp_error *err)
{
	const struct export *x = (const struct export *)exported;
	const struct disk *disk = &x->machine.disks[index];
	int fd = machine_open(x->directory, x->machine.name, disk->file);
	void *buf = malloc(CHUNK);
	int32_t rc;

	if (fd < 0)
		rc = hyp_error_set(err, HYP_E_TRANSIENT, "io_error", errno,
				   "%s: %s", disk->file, strerror(errno));
	else if (buf == NULL)
		rc = hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", ENOMEM,
				   "out of memory");
	else
		rc = copy(x, disk, fd, buf, out, err);
	free(buf);
	if (fd >= 0)
		close(fd);
	return rc;
}

int32_t export_proof(void *exported, const struct hyp_proof_sink *sink,
		     struct hyp_error *err)
{
	const struct export *x = (const struct export *)exported;
	int32_t rc = 0;

	for (uint32_t i = 0; rc == 0 && i < x->machine.count; i++) {
		struct hyp_proof proof = {
			.size = sizeof(proof),
			.index = i,
			.bytes = x->machine.disks[i].bytes,
			.capacity = x->machine.disks[i].capacity,
			.populated = HYP_UNKNOWN,
		};

		rc = sink->add(sink->ctx, &proof, err);
	}
	return rc;
}

/* Nothing was created at the source; but did it stand still? */
int32_t export_finish(void *exported, struct hyp_error *err)
{
	struct export *x = (struct export *)exported;
	struct machine now;
	int32_t rc = machine_read(x->directory, x->machine.name, &now, err);

	if (rc == 0 &&
	    (now.count != x->machine.count ||
	     memcmp(now.disks, x->machine.disks, sizeof(now.disks)) != 0))
		rc = hyp_error_set(err, HYP_E_TRANSIENT, "source_changed", 0,
				   "%s changed while it was exported",
				   x->machine.name);
	free(x);
	return rc;
}

void export_abort(void *exported)
{
	free(exported);
}
