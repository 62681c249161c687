/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as text, straight into a buffer: answers are mostly put together from
 * texts that the store holds, and need no tree. Commas are set by themselves;
 * the first failure sticks, so that only the end must be looked at, and each
 * call after it tells it again: a call of a plugin between them clears *err.
 */
#ifndef HYP_API_OUT_H
#define HYP_API_OUT_H

#include "core/base/buf.h"

struct hyp_out {
	struct hyp_buf *buf;
	struct hyp_error *err;
	int32_t rc;	/* of the first failure */
	uint32_t comma; /* the next value needs one before it */
	struct hyp_error why;
};

void hyp_out_init(struct hyp_out *out, struct hyp_buf *buf,
		  struct hyp_error *err);
/* There was no memory for what should be written next. */
void hyp_out_nomem(struct hyp_out *out);

/* bracket: '{' or '['; close takes '}' or ']'. name NULL: in an array, or at
 * the top. */
void hyp_out_open(struct hyp_out *out, const char *name, char bracket);
void hyp_out_close(struct hyp_out *out, char bracket);

/* Control characters, '<', '>' and '&' are escaped, broken UTF-8 is
 * replaced. NULL text: null. */
void hyp_out_text(struct hyp_out *out, const char *name, const char *text);
/* "" becomes null. */
void hyp_out_text_or_null(struct hyp_out *out, const char *name,
			  const char *text);
void hyp_out_number(struct hyp_out *out, const char *name, int64_t number);
/* NaN and infinity become null. */
void hyp_out_real(struct hyp_out *out, const char *name, double number);
void hyp_out_bool(struct hyp_out *out, const char *name, int value);
void hyp_out_null(struct hyp_out *out, const char *name);
/* RFC 3339; 0 becomes null. */
void hyp_out_time(struct hyp_out *out, const char *name, int64_t wall_ms);
/* The present time as "timestamp". */
void hyp_out_timestamp(struct hyp_out *out);
/* One JSON text as it is; NULL or "" becomes null. */
void hyp_out_json(struct hyp_out *out, const char *name, const char *json);

#endif
