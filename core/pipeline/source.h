/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the provider says of one VM, copied: its line in the inventory, its
 * hardware, the files of its export. Lies that would harm later are refused
 * here as HYP_E_PERMANENT "plugin_fault".
 */
#ifndef HYP_PIPELINE_SOURCE_H
#define HYP_PIPELINE_SOURCE_H

#include "core/package/vmdk.h"
#include "core/pipeline/keep.h"
#include "core/plugin/instance.h"

#define HYP_SOURCE_ITEMS_MAX 1000 /* files, disks, controllers, networks */

struct hyp_source_vm {
	struct hyp_vm vm;
	unsigned count; /* times added: 1 is right */
	int failed;	/* an add failed, whatever the plugin made of it */
	struct hyp_keep keep;
};

/* HYP_E_NOT_FOUND "not_found" if there is none. */
int32_t hyp_source_lookup(struct hyp_instance *provider, const char *path,
			  struct hyp_source_vm *out, struct hyp_error *err);
void hyp_source_vm_fini(struct hyp_source_vm *vm);

struct hyp_source_machine {
	struct hyp_machine machine;
	unsigned count;
	int failed;
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
	int failed;
	const char *base; /* borrowed: base name of the files */
	struct hyp_keep keep;
};

/* Asks the export for its files and names them after base. */
int32_t hyp_source_files_get(void *exported, const char *base,
			     struct hyp_source_files *out,
			     struct hyp_error *err);
/* Adds one; also for files that a machine's disks will have (dry run). */
int32_t hyp_source_files_add(struct hyp_source_files *files,
			     const struct hyp_file *file,
			     struct hyp_error *err);
void hyp_source_files_fini(struct hyp_source_files *files);

#endif
