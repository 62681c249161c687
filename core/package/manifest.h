/* SPDX-License-Identifier: Apache-2.0 */
/* OVF manifests (DSP0243, "SHA256(name)= hex" lines), written and read. */
#ifndef HYP_PACKAGE_MANIFEST_H
#define HYP_PACKAGE_MANIFEST_H

#include "core/base/buf.h"
#include "core/base/digest.h"

#define HYP_MANIFEST_MAX (1024 * 1024) /* bytes of a manifest we read */

/* Appends one line. */
int32_t hyp_manifest_add(struct hyp_buf *out, const char *name,
			 const struct hyp_digest *digest,
			 struct hyp_error *err);

struct hyp_manifest_line {
	char *name;
	struct hyp_digest digest;
};

struct hyp_manifest {
	struct hyp_manifest_line *lines;
	size_t count;
	uint32_t algorithms; /* set of HYP_DIGEST_* that occur */
};

/* Strict: every line is of that form (CRLF, either hex case and the blanks of
 * VirtualBox and sha256sum --tag, "SHA256 (name) = hex", are accepted), no
 * name stands twice with different digests, algorithms known, at most 2,048
 * lines. HYP_E_PERMANENT "corrupt_archive", the line's number in the text. */
int32_t hyp_manifest_parse(const char *text, size_t n, struct hyp_manifest *out,
			   struct hyp_error *err);
void hyp_manifest_fini(struct hyp_manifest *manifest);
/* The line for a name, or NULL. */
const struct hyp_digest *hyp_manifest_find(const struct hyp_manifest *manifest,
					   const char *name);

#endif
