/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/provider.h - finds VMs, opens a consistent export of one, pushes
 * its bytes.
 *
 * An instance is one configured endpoint, within one attempt of one job or for
 * as long as somebody looks at its inventory. An export is one open VM of it;
 * a job has one. The core calls, in this order:
 *
 *	create · (list | lookup | machine | preflight)* · [open · files ·
 *	describe (dry) · copy (one thread per file, several at once) ·
 *	proof · describe · finish | abort] · destroy
 *	create · undo* · destroy
 *
 * machine may also come while an export is open; copy may come again for a
 * file that broke; abort may come at any point after open, once every other
 * call on the export has returned. Members are mandatory unless marked
 * optional. Every call may block, and then heeds host->cancelled, but finish,
 * abort, undo and destroy, which end what was begun and set themselves limits
 * of time.
 */
#ifndef HYPERSDK_PROVIDER_H
#define HYPERSDK_PROVIDER_H

#include <hypersdk/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How to open a VM. */
#define HYP_MODE_AUTO 0u /* a running VM hot, a stopped one cold */
#define HYP_MODE_COLD 1u /* refuse a running VM */
#define HYP_MODE_HOT                                                           \
	2u /* by a snapshot of our own, whatever the power;                    \
	    * HYP_E_UNSUPPORTED from who has none */

struct hyp_open_args {
	uint32_t size;
	uint32_t mode;	      /* HYP_MODE_* */
	uint32_t with_images; /* 1: CD-ROM and floppy images too */
	uint32_t digest;      /* HYP_DIGEST_* of the package: best for proof */
	const char *vm_id;    /* hyp_vm.id */
};

/* What a preflight found. A finding of level ERROR means that open, or the
 * copy after it, would fail. kind and text are not empty. */
#define HYP_FINDING_ERROR 1u
#define HYP_FINDING_WARNING 2u
#define HYP_FINDING_INFO 3u

struct hyp_finding {
	uint32_t size;
	uint32_t level; /* HYP_FINDING_* */
	int32_t code;	/* HYP_E_* that open would return; 0 if no error */
	uint32_t reserved;
	const char *kind; /* stable word, "vm_encrypted" */
	const char *text; /* what, where, what to do */
};

struct hyp_finding_sink {
	uint32_t size;
	uint32_t reserved;
	void *ctx;
	int32_t (*add)(void *ctx, const struct hyp_finding *finding,
		       struct hyp_error *err);
};

/* A core-owned list of files: add copies. */
struct hyp_file_sink {
	uint32_t size;
	uint32_t reserved;
	void *ctx;
	int32_t (*add)(void *ctx, const struct hyp_file *file,
		       struct hyp_error *err);
};

struct hyp_machine_sink {
	uint32_t size;
	uint32_t reserved;
	void *ctx;
	int32_t (*set)(void *ctx, const struct hyp_machine *machine,
		       struct hyp_error *err);
};

/* What the source says of the bytes it sent: one per file it knows. The core
 * compares all that is stated with what it received. */
struct hyp_proof {
	uint32_t size;
	uint32_t index;		  /* of the file, as files added them */
	uint64_t bytes;		  /* length of the file, or HYP_UNKNOWN */
	uint64_t capacity;	  /* bytes, 0 if not stated */
	uint64_t populated;	  /* bytes, or HYP_UNKNOWN */
	struct hyp_digest digest; /* length 0: the source gave none */
};

struct hyp_proof_sink {
	uint32_t size;
	uint32_t reserved;
	void *ctx;
	int32_t (*add)(void *ctx, const struct hyp_proof *proof,
		       struct hyp_error *err);
};

/* Facts (host->fact) that every provider states in open or after it:
 *   "mode"         "hot" | "cold"
 *   "consistency"  "powered-off" | "quiesced" | "crash-consistent"
 *   "tls"          "ca" | "pinned" | "insecure" | "none"
 *   "source"       "vcenter.example:443/DC0/vm/web01"
 * and, before open returns, if it knows which digests proof will give:
 *   "digest"       "sha1" | "sha256" | "sha512": the core then computes that
 *                  one too where the package's is another, to compare */

struct hyp_provider_ops {
	uint32_t size; /* sizeof(struct hyp_provider_ops) */
	uint32_t reserved;

	/* options: the plugin's struct, filled; it and its strings live until
	 * destroy. No network yet: that begins with the first operation. What
	 * fails here leaves nothing, and destroy is not called. */
	int32_t (*create)(const struct hyp_host *host, const void *options,
			  void **instance, struct hyp_error *err);
	/* Ends sessions. Called once, after every other call returned. */
	void (*destroy)(void *instance);

	/* Adds every VM the filter lets through, in any order. filter is
	 * never NULL. */
	int32_t (*list)(void *instance, const struct hyp_vm_filter *filter,
			const struct hyp_vm_sink *sink, struct hyp_error *err);

	/* Adds the one VM that path names: inventory path, or a bare name
	 * that only one VM has. HYP_E_NOT_FOUND; several: HYP_E_USAGE. */
	int32_t (*lookup)(void *instance, const char *path,
			  const struct hyp_vm_sink *sink,
			  struct hyp_error *err);

	/* Calls set once with the VM's hardware. */
	int32_t (*machine)(void *instance, const char *vm_id,
			   const struct hyp_machine_sink *sink,
			   struct hyp_error *err);

	/* Adds what would fail or surprise, without changing anything.
	 * Returns 0 if it could look, whatever it found; HYP_E_NOT_FOUND if
	 * there is no such VM. */
	int32_t (*preflight)(void *instance, const struct hyp_open_args *args,
			     const struct hyp_finding_sink *sink,
			     struct hyp_error *err);

	/* Makes the VM's state stand still and readable. Whatever it creates
	 * at the source is remembered first (host->remember). On failure
	 * nothing of it is left. */
	int32_t (*open)(void *instance, const struct hyp_open_args *args,
			void **exported, struct hyp_error *err);

	/* Adds the export's files, disks first in the VM's order, at most
	 * 1000. Only device_id (each once), role, format, bytes, capacity and
	 * populated count: the core makes the names. */
	int32_t (*files)(void *exported, const struct hyp_file_sink *sink,
			 struct hyp_error *err);

	/* Pushes all bytes of file index (as added by files, from 0) to out,
	 * in the calling thread; the core calls it from several threads, one
	 * per file, as far as the thread model allows. 0 means: complete, as
	 * far as the source can tell. After HYP_E_TRANSIENT the core may call
	 * it again, from the file's start, three times. */
	int32_t (*copy)(void *exported, uint32_t index,
			const struct hyp_writer *out, struct hyp_error *err);

	/* Optional. After all copies: what the source knows of the bytes.
	 * Fewer files, or HYP_E_UNSUPPORTED, only lower the proof level. */
	int32_t (*proof)(void *exported, const struct hyp_proof_sink *sink,
			 struct hyp_error *err);

	/* Optional. Writes the OVF descriptor of the export with these files
	 * (count of those that files added, in that order, with the names,
	 * lengths and digests that they now have). count 0: a dry run, whose
	 * errors stop the export before a byte moves. HYP_E_UNSUPPORTED, or
	 * absent: the core builds it from machine(). */
	int32_t (*describe)(void *exported, const struct hyp_file *files,
			    uint32_t stride, uint32_t count,
			    const struct hyp_writer *out,
			    struct hyp_error *err);

	/* End an export and free it, also when finish fails. finish: all
	 * bytes arrived; if it fails, they are not trusted. abort: they did
	 * not, or nobody wants them. Both remove what open created at the
	 * source and then forget it (host->forget). abort cannot fail: what it
	 * could not remove stays remembered, and is logged. */
	int32_t (*finish)(void *exported, struct hyp_error *err);
	void (*abort)(void *exported);

	/* Optional, needed by who remembers. Later, as a rule in another
	 * process: remove what the bytes name, as the plugin (or an older
	 * version of it) remembered them. 0: it is gone, or was already, and
	 * the core forgets the key. Any failure: it is kept and tried again
	 * later. bytes may be NULL if n is 0. */
	int32_t (*undo)(void *instance, const char *key, const void *bytes,
			uint64_t n, struct hyp_error *err);
};

#ifdef __cplusplus
}
#endif
#endif
