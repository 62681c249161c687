/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the source says of the bytes it sent, held against what arrived. A
 * difference ends the attempt: HYP_E_TRANSIENT "digest_mismatch" or
 * "size_mismatch", and nothing is published.
 */
#ifndef HYP_PIPELINE_PROOF_H
#define HYP_PIPELINE_PROOF_H

#include "core/pipeline/notes.h"
#include "core/pipeline/source.h"

/*
 * After all copies. Asks the provider for proof, if it can give one, and sets
 * each file's proof level, capacity and populated bytes:
 *   capacity   the image's own, which is what a restore will read; a source
 *	        that says otherwise gives the warning "capacity_differs"
 *   populated  the source's word, else the grains in the image
 */
int32_t hyp_proof_check(void *exported, struct hyp_source_files *files,
			struct hyp_notes *notes, struct hyp_error *err);

/* The lowest level of all disks; of all files if there is no disk. */
const char *hyp_proof_lowest(const struct hyp_source_files *files);

#endif
