/* SPDX-License-Identifier: Apache-2.0 */
/* An open export, and the provider's members that work on it. */
#ifndef VSPHERE_EXPORT_H
#define VSPHERE_EXPORT_H

#include "plugins/provider/vsphere/hardware.h"
#include "plugins/provider/vsphere/lease.h"
#include "plugins/provider/vsphere/record.h"

struct vs_export {
	struct vs *vs;
	struct vs_ref vm;
	struct vs_ref snapshot; /* id "" if cold */
	struct vs_lease *lease;
	struct vs_record record; /* what undo would need */
	uint32_t remembered;
	uint32_t unknown_lease; /* 1: ExportVm may have made a lease */
	uint32_t digest; /* HYP_DIGEST_* that proof will give, 0: unknown */
	struct vs_hardware hardware;
	char vm_name[256];
	/* The files handed to the core: indices into lease->devices. */
	uint32_t *files;
	uint32_t file_count;
};

int32_t vs_open(void *instance, const struct hyp_open_args *args,
		void **exported, struct hyp_error *err);
int32_t vs_finish(void *exported, struct hyp_error *err);
void vs_abort(void *exported);

/* files.c */
int32_t vs_files_choose(struct vs_export *e, uint32_t with_images,
			struct hyp_error *err);
int32_t vs_files(void *exported, const struct hyp_file_sink *sink,
		 struct hyp_error *err);
/* Device of file index; NULL if there is no such file. */
struct vs_device *vs_file_device(const struct vs_export *e, uint32_t index);

/* The device_id of file index, as vs_files gives it. */
void vs_file_id(const struct vs_export *e, uint32_t index, char *out,
		size_t max);

/* download.c */
int32_t vs_copy(void *exported, uint32_t index, const struct hyp_writer *out,
		struct hyp_error *err);

/* proof.c */
void vs_proof_ask(struct vs_export *e, uint32_t wanted);
int32_t vs_proof(void *exported, const struct hyp_proof_sink *sink,
		 struct hyp_error *err);

/* describe.c */
int32_t vs_describe(void *exported, const struct hyp_file *files,
		    uint32_t stride, uint32_t count,
		    const struct hyp_writer *out, struct hyp_error *err);

/*
 * CreateDescriptor with no files: 0, HYP_E_UNSUPPORTED where the server
 * cannot, or what the server found against an export; each of its warnings
 * goes to warn.
 */
int32_t vs_describe_dry(struct vs *vs, const struct vs_ref *vm,
			const struct vs_ref *snapshot, const char *name,
			void (*warn)(void *ctx, const char *text), void *ctx,
			struct hyp_error *err);

#endif
