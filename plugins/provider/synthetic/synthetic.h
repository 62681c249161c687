/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider/synthetic: VMs that exist only as arithmetic. The same options
 * give the same bytes on every machine, made on the fly in constant memory.
 * For demonstrations, tests and measurements; it can fail in stated ways.
 */
#ifndef HYP_PROVIDER_SYNTHETIC_H
#define HYP_PROVIDER_SYNTHETIC_H

#include "core/package/vmdk.h"
#include <hypersdk/provider.h>

#define SYNTHETIC_DISKS_MAX 60 /* four controllers of fifteen */
#define SYNTHETIC_TEXT_MAX 512 /* names, paths, device keys */

enum synthetic_content { CONTENT_RANDOM, CONTENT_TEXT, CONTENT_ZERO };
enum synthetic_power { POWER_OFF, POWER_ON, POWER_MIXED };
enum synthetic_proof { PROOF_NONE, PROOF_SIZE, PROOF_SHA1, PROOF_DIGEST };
enum synthetic_error { FAIL_TRANSIENT, FAIL_PERMANENT };

struct synthetic_options {
	/* what there is */
	const char *name;
	int64_t vms, disks, seed, fill, level;
	uint64_t disk_size, nvram;
	uint32_t content, layout, power; /* enum above, HYP_VMDK_LAYOUT_* */
	/* how it behaves */
	uint64_t rate;
	uint32_t proof, quiesce;
	const char *snapshots;
	/* how it fails */
	int64_t fail_disk, fail_count;
	uint64_t fail_at, cut_at, flip_at, stall_at;
	uint32_t fail_with, lie_digest;
};

struct synthetic { /* an instance */
	const struct hyp_host *host;
	const struct synthetic_options *options;
};

/* One file's content. */
struct synthetic_source {
	const struct synthetic_options *options;
	uint64_t seed; /* of this file alone */
};

/* content.c: deterministic bytes. disk counts from 0. */
void synthetic_source_init(struct synthetic_source *s,
			   const struct synthetic_options *options, uint64_t vm,
			   uint64_t disk);
/* As struct hyp_vmdk_write_args wants them; ctx is the source. */
int synthetic_grain(void *ctx, uint64_t index, void *out);
int synthetic_has_grain(void *ctx, uint64_t index);
/* Bytes that the disk's grains cover. */
uint64_t synthetic_populated(struct synthetic_source *s);
/* n random bytes; n is rounded up to 8, out has room for that. */
void synthetic_random(uint64_t seed, void *out, size_t n);
uint64_t synthetic_mix(uint64_t x);

/* inventory.c: which VMs there are, numbered from 1. */
int32_t synthetic_list(void *instance, const struct hyp_vm_filter *filter,
		       const struct hyp_vm_sink *sink, struct hyp_error *err);
int32_t synthetic_lookup(void *instance, const char *path,
			 const struct hyp_vm_sink *sink, struct hyp_error *err);
int32_t synthetic_machine(void *instance, const char *vm_id,
			  const struct hyp_machine_sink *sink,
			  struct hyp_error *err);
int32_t synthetic_preflight(void *instance, const struct hyp_open_args *args,
			    const struct hyp_finding_sink *sink,
			    struct hyp_error *err);
/* The VM's number by its id; HYP_E_NOT_FOUND. */
int32_t synthetic_find(const struct synthetic *s, const char *vm_id,
		       uint64_t *vm, struct hyp_error *err);
void synthetic_path(const struct synthetic *s, uint64_t vm,
		    char out[SYNTHETIC_TEXT_MAX]);
int synthetic_is_on(const struct synthetic *s, uint64_t vm);
void synthetic_device(uint64_t vm, uint64_t disk, char out[SYNTHETIC_TEXT_MAX]);
/* Is mode possible, given the VM's power? */
int32_t synthetic_mode(const struct synthetic *s, uint64_t vm, uint32_t mode,
		       int *hot, struct hyp_error *err);

/* snapshot.c: what a hot export creates at the source. name is built by
 * synthetic_snapshot_name. */
void synthetic_snapshot_name(const struct synthetic *s, uint64_t vm,
			     char out[SYNTHETIC_TEXT_MAX]);
int32_t synthetic_snapshot_create(const struct synthetic *s, const char *name,
				  struct hyp_error *err);
int32_t synthetic_snapshot_remove(const struct synthetic *s, const char *name,
				  struct hyp_error *err);
int32_t synthetic_undo(void *instance, const char *key, const void *bytes,
		       uint64_t n, struct hyp_error *err);

/* export.c */
int32_t synthetic_open(void *instance, const struct hyp_open_args *args,
		       void **exported, struct hyp_error *err);
int32_t synthetic_files(void *exported, const struct hyp_file_sink *sink,
			struct hyp_error *err);
int32_t synthetic_copy(void *exported, uint32_t index,
		       const struct hyp_writer *out, struct hyp_error *err);
int32_t synthetic_proof(void *exported, const struct hyp_proof_sink *sink,
			struct hyp_error *err);
int32_t synthetic_finish(void *exported, struct hyp_error *err);
void synthetic_abort(void *exported);

#endif
