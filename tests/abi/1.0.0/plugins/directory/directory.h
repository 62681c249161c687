/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider/directory: each folder below "path" that holds disks (*.vmdk,
 * streamOptimized, as exports have them) is a VM; an OVF file beside them says
 * how many processors and how much memory it has.
 */
#ifndef DIRECTORY_H
#define DIRECTORY_H

#include <hypersdk/provider.h>

#define DISKS_MAX 15
#define NAME_MAX_ 256

struct options {
	const char *path;
};

struct directory {
	const struct hyp_host *host;
	const struct options *options;
};

struct disk {
	char file[NAME_MAX_]; /* its device id too */
	uint64_t bytes, capacity;
	int64_t changed_ns;
};

struct machine {
	char name[NAME_MAX_]; /* of the folder, and the VM's id */
	uint32_t cpus;
	uint64_t memory_mb;
	struct disk disks[DISKS_MAX];
	uint32_t count;
};

/* machine.c: what is in the folder of that name. HYP_E_NOT_FOUND if it is no
 * VM. */
int32_t machine_read(const struct directory *d, const char *name,
		     struct machine *out, struct hyp_error *err);
/* A file of it, for reading; -1 and errno. */
int machine_open(const struct directory *d, const char *vm, const char *file);

/* export.c: an open VM. */
int32_t export_open(void *instance, const struct hyp_open_args *args,
		    void **exported, struct hyp_error *err);
int32_t export_files(void *exported, const struct hyp_file_sink *sink,
		     struct hyp_error *err);
int32_t export_copy(void *exported, uint32_t index,
		    const struct hyp_writer *out, struct hyp_error *err);
int32_t export_proof(void *exported, const struct hyp_proof_sink *sink,
		     struct hyp_error *err);
int32_t export_finish(void *exported, struct hyp_error *err);
void export_abort(void *exported);

static inline int32_t directory_cancelled(const struct directory *d,
					  struct hyp_error *err)
{
	if (!d->host->cancelled(d->host->ctx))
		return 0;
	return hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0, "cancelled");
}

#endif
