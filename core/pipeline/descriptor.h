/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The package's OVF descriptor: the provider's own if it can make one and it
 * says exactly what the package holds, else one built from the VM's hardware.
 */
#ifndef HYP_PIPELINE_DESCRIPTOR_H
#define HYP_PIPELINE_DESCRIPTOR_H

#include "core/base/buf.h"
#include "core/pipeline/notes.h"
#include "core/pipeline/source.h"

/* Bytes kept for the descriptor at the least. */
#define HYP_DESCRIPTOR_MIN (64u << 10)

/*
 * Before a byte moves: can there be a descriptor? *max: the bytes to keep for
 * it, twice the dry run's and 1 KiB per file. exported NULL: no export is
 * open, only our own is tried.
 */
int32_t hyp_descriptor_dry(void *exported, const struct hyp_machine *machine,
			   const struct hyp_source_files *files, uint64_t *max,
			   struct hyp_error *err);

/*
 * After the copies and their proof. A provider's descriptor that cannot be
 * had, is too long or fails hyp_descriptor_check is replaced by our own, with
 * the warning "descriptor_replaced": after hours of copying, right bytes with
 * a plain descriptor are better than none.
 */
int32_t hyp_descriptor_make(void *exported, const struct hyp_machine *machine,
			    const struct hyp_source_files *files, uint64_t max,
			    struct hyp_notes *notes, struct hyp_buf *out,
			    struct hyp_error *err);

/* Every file is referenced exactly once, by its name and with its size, and
 * nothing else is; every disk stands once, with its capacity and format.
 * HYP_E_PERMANENT "bad_ovf". */
int32_t hyp_descriptor_check(const void *text, size_t n,
			     const struct hyp_source_files *files,
			     struct hyp_error *err);

#endif
