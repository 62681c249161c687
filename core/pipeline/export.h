/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One export from start to end: plan, copy, write, verify, publish, undo.
 *
 * Order: preflight · open · describe dry · copies · proof · describe ·
 * finish · package finish · seal · publish. Whatever fails, and on
 * cancellation: the provider's export is aborted, the place too, and nothing
 * is visible. Blocking; the caller's thread leads, one watches (cancellation,
 * progress, stalls), one more per file that is copied, and two per such file
 * for hashing and writing.
 */
#ifndef HYP_PIPELINE_EXPORT_H
#define HYP_PIPELINE_EXPORT_H

#include "core/config/config.h"
#include "core/plugin/host-table.h"
#include "core/plugin/instance.h"

/* The parts of a job, by name and option values; the plan makes the
 * instances anew for each attempt. Borrowed for the whole run. */
struct hyp_plan {
	struct hyp_registry *registry;
	const struct hyp_part *provider;
	const struct hyp_part *packager;
	const struct hyp_part *storage;
};

struct hyp_export_job {
	const char *id; /* [A-Za-z0-9._-]{1,128} */
	uint32_t attempt;
	const char *vm; /* path or name, for provider lookup */
	uint32_t mode;	/* HYP_MODE_* */
	uint32_t with_images;
	uint32_t digest;	/* HYP_DIGEST_* */
	uint32_t parallel;	/* files at once at the most, 1..16 */
	uint64_t bandwidth;	/* bytes/s for the whole export; 0: no limit */
	const char *output_dir; /* absolute */
	const char
		*output_name; /* base name without suffix, or NULL: the VM's */
	uint32_t force;
	/* 1: preflight, a descriptor from the VM's hardware, and the place
	 * opened and aborted. Nothing is opened at the source. All findings
	 * are told; the first error's code is returned. */
	uint32_t dry_run;
	struct hyp_cancel *cancel; /* or NULL */
};

#define HYP_PHASE_PREPARING 1u
#define HYP_PHASE_TRANSFERRING 2u
#define HYP_PHASE_PACKAGING 3u
#define HYP_PHASE_PUBLISHING 4u
const char *hyp_phase_name(uint32_t phase); /* "preparing", ... */

/* Where a file of the export stands. done and total are of what progress
 * can honestly be measured by: position in the virtual disk for VMDKs, bytes
 * otherwise; total 0 when unknown. bytes are those received in this try of the
 * file: a restart sets done and bytes back to 0. */
struct hyp_export_file_state {
	const char *name;
	uint64_t done, total, bytes;
	uint64_t lost; /* bytes of the tries before */
	uint32_t restarts;
	uint32_t finished;
};

#define HYP_TOOK_DISK 1u /* its first try to its last byte */
#define HYP_TOOK_DESCRIPTOR 2u

/* What the run tells while it runs; members may be NULL; called from its
 * threads, one call at a time. */
struct hyp_result;
struct hyp_observer {
	void *ctx;
	/* The VM was found, and nothing is open yet: 0 to go on, else the
	 * run ends with that error. */
	int32_t (*found)(void *ctx, const struct hyp_vm *vm,
			 struct hyp_error *err);
	/* All is sealed, nothing visible yet, and cancellation no longer
	 * handed on: 0 to publish, else the run ends with that error. result
	 * says all that is known. */
	int32_t (*publishing)(void *ctx, const struct hyp_result *result,
			      struct hyp_error *err);
	void (*phase)(void *ctx, uint32_t phase);
	void (*finding)(void *ctx, const struct hyp_finding *finding);
	/* At most every 100 ms, and once at each file's end. */
	void (*progress)(void *ctx, const struct hyp_export_file_state *files,
			 size_t count);
	void (*warning)(void *ctx, const char *kind, const char *text);
	/* A disk broke and begins anew. */
	void (*restart)(void *ctx, const char *file, uint32_t restart,
			const struct hyp_error *why);
	/* What is measured of it: HYP_TOOK_*, once that is done. file: the
	 * disk, else NULL. */
	void (*took)(void *ctx, uint32_t what, const struct hyp_file *file,
		     uint64_t ns);
	/* What plugins count by themselves; from any thread, also at once. */
	void (*count)(void *ctx, const char *origin, const char *counter,
		      uint64_t add);
	/* Undo records; NULL: remembered nowhere (tests). */
	int32_t (*remember)(void *ctx, const char *origin, const char *key,
			    const void *bytes, uint64_t n,
			    struct hyp_error *err);
	int32_t (*forget)(void *ctx, const char *origin, const char *key,
			  struct hyp_error *err);
};

/* Proof level: what the source's own digests said of the bytes. */
#define HYP_PROOF_NONE "none"		/* the source gave no digest or size */
#define HYP_PROOF_STRUCTURE "structure" /* image structure complete */
#define HYP_PROOF_SIZE "size"		/* sizes equal */
#define HYP_PROOF_SHA1 "host-sha1"	/* every file equal to host's SHA-1 */
#define HYP_PROOF_SHA256 "host-sha256"
#define HYP_PROOF_SHA512 "host-sha512"

struct hyp_result_file {
	char *name;
	uint32_t role; /* HYP_ROLE_*, 0 for descriptor and manifest */
	uint64_t bytes;
	struct hyp_digest digest;
	char *proof; /* HYP_PROOF_* */
};

struct hyp_result {
	char *vm_name, *vm_path, *source;
	char *output;		       /* final path of the package */
	char *receipt;		       /* final path of the receipt */
	struct hyp_result_file *files; /* in package order */
	size_t file_count;
	char *proof;	   /* lowest of all disks */
	char *consistency; /* provider's fact */
	char *mode, *tls;
	char **warnings; /* "kind: text" */
	size_t warning_count;
	uint64_t package_bytes;
	uint64_t transferred; /* bytes received, restarts included */
	uint64_t duration_ms;
	uint64_t capacity; /* sum of the disks' virtual sizes */
	uint32_t restarts;
};

/* 0: published and durable (or the dry run found no error). result is filled
 * on success, and as far as known on failure; the caller finis it. */
int32_t hyp_export_run(const struct hyp_plan *plan,
		       const struct hyp_export_job *job,
		       const struct hyp_observer *observer,
		       struct hyp_result *result, struct hyp_error *err);
void hyp_result_fini(struct hyp_result *result);

#endif
