/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/packager.h - turns a descriptor and file streams into the named
 * objects of a package.
 *
 * Order: create · space* · [begin · (entry_open · entry_write* ·
 * [entry_restart · entry_write*]* · entry_close | entry_abort)* ·
 * finish | abort] · destroy. All members are mandatory.
 *
 * Entries are numbered by their place in the descriptor's References and may
 * be opened in any order and written at once by different threads, each
 * entry by one thread at a time; the plugin sees to it that they end up in
 * that order. begin, finish and abort are called by one thread while no entry
 * is open. The core hashes the bytes and hands the digest to entry_close. A
 * failure of the storage's is the packager's: it returns that code.
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
	const char *name;	 /* base name, plain as in storage.h: what the
				  * files are named after, NAME.ovf, NAME.mf */
	uint64_t descriptor_max; /* bytes that finish's descriptor has at the
				  * most: room may be kept for so many, and
				  * blanks put behind one that is shorter */
	/* Where the objects go: the core's, valid until finish or abort, NULL
	 * in space. Of its members only these may be called, with place and
	 * the objects it opens: object_open, write, reserve, fill, rewind,
	 * read, object_close. The others are NULL, or the core's to call. */
	const struct hyp_storage_ops *storage;
	void *place;
	/* NULL, or called once by finish with sign_ctx and the manifest as it
	 * is written: pushes the certificate (NAME.cert, DSP0243) that follows
	 * the manifest to out, a writer of the packager's. */
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
	const char *suffix; /* of the place's name: "", or ".ova" and the
			     * like, with [A-Za-z0-9._-]{1,15} after the dot */

	/* As in provider.h. */
	int32_t (*create)(const struct hyp_host *host, const void *options,
			  void **instance, struct hyp_error *err);
	void (*destroy)(void *instance);

	/* Bytes the place will need at the most for these file sizes (n, in
	 * the entries' order; HYP_UNKNOWN allowed and counted as 0), scratch
	 * included. UINT64_MAX if they do not fit. */
	int32_t (*space)(void *instance, const struct hyp_package_args *args,
			 const uint64_t *sizes, uint32_t n, uint64_t *bytes,
			 struct hyp_error *err);

	/* args and its name are valid until begin returns; storage, place and
	 * sign until finish or abort. On failure no object stays open. */
	int32_t (*begin)(void *instance, const struct hyp_package_args *args,
			 void **package, struct hyp_error *err);

	/* Each index once. */
	int32_t (*entry_open)(void *package, const struct hyp_entry_args *args,
			      void **entry, struct hyp_error *err);
	/* Appends all n bytes, n >= 1. */
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
	 * descriptor (n bytes, 1 to descriptor_max) and the manifest, fills
	 * every slot, closes the objects and frees the package, also when it
	 * fails. Adds each file of the package, in its order there, with name,
	 * bytes and digest (of args->digest): descriptor, manifest and
	 * certificate too, computed by the packager. */
	int32_t (*finish)(void *package, const void *descriptor, uint64_t n,
			  int32_t (*add)(void *ctx, const struct hyp_file *file,
					 struct hyp_error *err),
			  void *ctx, struct hyp_error *err);
	/* Closes what is open and frees the package. The core aborts the
	 * place, with all objects. */
	void (*abort)(void *package);
};

#ifdef __cplusplus
}
#endif
#endif
