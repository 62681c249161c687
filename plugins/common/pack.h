/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every packager of OVF files keeps: the list of files, in the order of
 * References, with sizes and digests; an entry that is being written; the
 * manifest and the report at the end. Where the bytes lie is the packager's.
 */
#ifndef HYP_COMMON_PACK_H
#define HYP_COMMON_PACK_H

#include "core/base/buf.h"
#include <hypersdk/packager.h>
#include <pthread.h>

struct hyp_pack_file {
	char *name; /* NULL: never opened */
	uint64_t bytes;
	struct hyp_digest digest;
	uint32_t closed;
};

struct hyp_pack {
	const struct hyp_storage_ops *storage;
	void *place;
	uint32_t digest; /* algorithm */
	uint32_t count;
	struct hyp_pack_file *files; /* count, by index */
	struct hyp_pack_file descriptor, manifest;
	struct hyp_pack_file certificate; /* bytes 0: there is none */
	int32_t (*sign)(void *sign_ctx, const char *manifest_name,
			const void *manifest, uint64_t n,
			const struct hyp_writer *out, struct hyp_error *err);
	void *sign_ctx;
	pthread_mutex_t lock;
};

/* Copies what it needs of args. HYP_E_USAGE if the names do not fit. */
int32_t hyp_pack_init(struct hyp_pack *pack,
		      const struct hyp_package_args *args,
		      struct hyp_error *err);
void hyp_pack_fini(struct hyp_pack *pack);

/* An entry being written: the packager sets object and slot, which is the
 * newest unfilled slot of the object, just before the entry's first byte. */
struct hyp_pack_entry {
	struct hyp_pack *pack;
	void *object;
	uint64_t slot;
	uint64_t bytes; /* so far */
	uint32_t index;
};

/* Checks index and name (new, also after case folding) and takes note; pack's
 * lock is held. */
int32_t hyp_pack_entry_init(struct hyp_pack_entry *entry, struct hyp_pack *pack,
			    const struct hyp_entry_args *args,
			    struct hyp_error *err);
/* As in packager.h; entry is a struct hyp_pack_entry, or begins with one. */
int32_t hyp_pack_entry_write(void *entry, const void *buf, uint64_t n,
			     struct hyp_error *err);
int32_t hyp_pack_entry_restart(void *entry, struct hyp_error *err);
/* Compares total with what was written and notes the digest. */
int32_t hyp_pack_entry_complete(struct hyp_pack_entry *entry, uint64_t total,
				const struct hyp_digest *digest,
				struct hyp_error *err);

/* All entries are complete, or HYP_E_USAGE "entry_missing". Takes note of the
 * descriptor, n bytes, and appends the manifest to out. */
int32_t hyp_pack_manifest(struct hyp_pack *pack, const void *descriptor,
			  uint64_t n, struct hyp_buf *out,
			  struct hyp_error *err);
/* Appends the certificate of that manifest to out; nothing where the package
 * is not signed. */
int32_t hyp_pack_certificate(struct hyp_pack *pack,
			     const struct hyp_buf *manifest,
			     struct hyp_buf *out, struct hyp_error *err);
/* Descriptor, files, manifest, certificate: one add each. */
int32_t hyp_pack_report(const struct hyp_pack *pack,
			int32_t (*add)(void *ctx, const struct hyp_file *file,
				       struct hyp_error *err),
			void *ctx, struct hyp_error *err);

#define HYP_PACK_CERTIFICATE_MAX (64u << 10)
/* The most bytes a manifest of these many files has. */
uint64_t hyp_pack_manifest_max(uint32_t count);

#endif
