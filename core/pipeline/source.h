/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the provider says of one VM, kept beyond the call that said it: its
 * line in the inventory, its hardware, the files of its export.
 */
#ifndef HYP_PIPELINE_SOURCE_H
#define HYP_PIPELINE_SOURCE_H

#include "core/package/vmdk.h"
#include "core/pipeline/keep.h"
#include "core/plugin/instance.h"

#define HYP_SOURCE_FILES_MAX 1000

struct hyp_source_vm {
	struct hyp_vm vm;
	struct hyp_keep keep;
};

/* out is all zero before; fini it also after a failure. */
int32_t hyp_source_lookup(struct hyp_instance *provider, const char *path,
			  struct hyp_source_vm *out, struct hyp_error *err);
void hyp_source_vm_fini(struct hyp_source_vm *vm);

struct hyp_source_machine {
	struct hyp_machine machine;
	struct hyp_keep keep;
};

/* out is emptied first, so that it may be asked again. */
int32_t hyp_source_machine_get(struct hyp_instance *provider, const char *vm_id,
			       struct hyp_source_machine *out,
			       struct hyp_error *err);
void hyp_source_machine_fini(struct hyp_source_machine *machine);

/* A file on its way from source to package. As the first member is a struct
 * hyp_file, an array of these is one of those with this stride. */
struct hyp_source_file {
	struct hyp_file file; /* bytes and digest once it arrived */
	uint64_t stated;      /* bytes that files() gave */
	uint64_t stated_capacity;
	struct hyp_digest other;       /* of the host's algorithm, if another */
	struct hyp_vmdk_summary image; /* of a disk that arrived */
	const char *proof;	       /* HYP_PROOF_* */
};

struct hyp_source_files {
	struct hyp_source_file *at;
	size_t count, cap;
	const char *base; /* borrowed: base name of the files */
	struct hyp_keep keep;
};

/* Asks the export for its files and names them after base. What cannot be
 * packed is refused: a disk that is no streamOptimized VMDK, disks after other
 * files, a device twice. */
int32_t hyp_source_files_get(void *exported, const char *base,
			     struct hyp_source_files *out,
			     struct hyp_error *err);
/* Adds one; also for files that a machine's disks will have (dry run). */
int32_t hyp_source_files_add(struct hyp_source_files *files,
			     const struct hyp_file *file,
			     struct hyp_error *err);
void hyp_source_files_fini(struct hyp_source_files *files);

#endif
