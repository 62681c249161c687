/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a page of jobs ended, as a word for the client to bring back. It
 * checks itself: what we did not make is refused. (It opens nothing: whoever
 * may list jobs may list them from anywhere.)
 */
#ifndef HYP_API_CURSOR_H
#define HYP_API_CURSOR_H

#include <hypersdk/error.h>
#include <stddef.h>
#include <stdint.h>

#define HYP_CURSOR_ID_MAX 129
#define HYP_CURSOR_TEXT_MAX 256

/* text holds HYP_CURSOR_TEXT_MAX, id HYP_CURSOR_ID_MAX. */
int32_t hyp_cursor_write(int64_t created_ms, const char *id, char *text,
			 struct hyp_error *err);
/* HYP_E_USAGE "bad_request". */
int32_t hyp_cursor_read(const char *text, int64_t *created_ms, char *id,
			struct hyp_error *err);

#endif
