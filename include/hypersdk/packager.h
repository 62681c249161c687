/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/packager.h - turns a descriptor and file streams into the named
 * objects of a package.
 *
 * Order: create · begin · (entry_open · entry_write* · [entry_restart ·
 * entry_write*] · entry_close)* · finish | abort · destroy.
 *
 * Entries are numbered by their place in the descriptor's References and may
 * be opened in any order and written at once by different threads, each
 * entry by one thread at a time; the plugin sees to it that they end up in
 * that order. begin, finish and abort are called by one thread while no entry
 * is open. The core hashes the bytes and hands the digest to entry_close.
 */
#ifndef HYPERSDK_PACKAGER_H
#define HYPERSDK_PACKAGER_H

#include <hypersdk/plugin.h>
#include <hypersdk/storage.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hyp_package_args {
	uint32_t size;
	uint32_t digest;	 /* HYP_DIGEST_* of the manifest */
	uint32_t entry_count;	 /* files beside descriptor and manifest */
	uint32_t parallel;	 /* entries that may be open at once */
	const char *name;	 /* base name, plain as in storage.h */
	uint64_t descriptor_max; /* bytes that finish's descriptor may have;
				  * with exactly these it stays as it is, with
				  * fewer blanks may follow it */
	/* Where the objects go. The core's; valid until finish or abort. */
	const struct hyp_storage_ops *storage;
	void *place;
	/* NULL, or called once by finish with the manifest as it is written:
	 * pushes the certificate (NAME.cert, DSP0243) that follows it. */
	int32_t (*sign)(void *sign_ctx, const char *manifest_name,
			const void *manifest, uint64_t n,
			const struct hyp_writer *out, struct hyp_error *err);
	void *sign_ctx;
};

struct hyp_entry_args {
	uint32_t size;
	uint32_t index;	    /* 0 .. entry_count - 1 */
	const char *name;   /* in the package: plain, 1 to 100 bytes */
	uint64_t size_hint; /* bytes it will have, or HYP_UNKNOWN */
};

struct hyp_packager_ops {
	uint32_t size;
	uint32_t layout;    /* HYP_LAYOUT_*: what begin's place must be */
	const char *suffix; /* of the place's name: ".ova" or "" */

	int32_t (*create)(const struct hyp_host *host, const void *options,
			  void **instance, struct hyp_error *err);
	void (*destroy)(void *instance);

	/* Bytes the place will need at the most for these file sizes (n of
	 * them, HYP_UNKNOWN allowed and counted as 0), scratch included. */
	int32_t (*space)(void *instance, const struct hyp_package_args *args,
			 const uint64_t *sizes, uint32_t n, uint64_t *bytes,
			 struct hyp_error *err);

	int32_t (*begin)(void *instance, const struct hyp_package_args *args,
			 void **package, struct hyp_error *err);

	int32_t (*entry_open)(void *package, const struct hyp_entry_args *args,
			      void **entry, struct hyp_error *err);
	int32_t (*entry_write)(void *entry, const void *buf, uint64_t n,
			       struct hyp_error *err);
	/* Drops all bytes of the entry so far: it begins anew. */
	int32_t (*entry_restart)(void *entry, struct hyp_error *err);
	/* The entry is complete: total bytes and their digest, of the
	 * package's algorithm. Frees it, also when it fails. */
	int32_t (*entry_close)(void *entry, uint64_t total,
			       const struct hyp_digest *digest,
			       struct hyp_error *err);
	/* Frees an entry that will not be completed; abort must follow. */
	void (*entry_abort)(void *entry);

	/* All entries are closed. Appends what was spooled, places the
	 * descriptor and the manifest, fills every slot, closes the objects
	 * and frees the package, also when it fails. Adds each file of the
	 * package, in its order there, with name, size and digest. */
	int32_t (*finish)(void *package, const void *descriptor, uint64_t n,
			  int32_t (*add)(void *ctx, const struct hyp_file *file,
					 struct hyp_error *err),
			  void *ctx, struct hyp_error *err);
	void (*abort)(void *package);
};

#ifdef __cplusplus
}
#endif
#endif
