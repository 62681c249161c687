/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One undo record as bytes and back: what to undo, and what the instance for
 * it is made of. JSON, to be sealed.
 */
#ifndef HYP_PIPELINE_UNDO_RECORD_H
#define HYP_PIPELINE_UNDO_RECORD_H

#include "core/base/buf.h"
#include "core/config/config.h"

#define HYP_UNDO_BYTES_MAX 65536 /* of host.h's remember */

struct hyp_undo_record {
	char *job_id;
	uint32_t attempt;
	uint32_t kind; /* HYP_KIND_PROVIDER or HYP_KIND_STORAGE */
	char *key;
	uint8_t *bytes;
	size_t n;
	struct hyp_part *part; /* plugin, values and inner */
};

int32_t hyp_undo_encode(const char *job_id, uint32_t attempt, uint32_t kind,
			const struct hyp_part *part, const char *key,
			const void *bytes, uint64_t n, struct hyp_buf *out,
			struct hyp_error *err);
/* HYP_E_PERMANENT "bad_record" if a member is missing or of a wrong type. */
int32_t hyp_undo_decode(const char *text, size_t n, struct hyp_undo_record *out,
			struct hyp_error *err);
/* Wipes. */
void hyp_undo_record_fini(struct hyp_undo_record *record);

#endif
