/* SPDX-License-Identifier: Apache-2.0 */
/* Times and durations as the API's clients write and read them. */
#ifndef HYP_API_TIMES_H
#define HYP_API_TIMES_H

#include <hypersdk/error.h>
#include <stdint.h>

/* RFC 3339, "2026-11-25T21:38:00Z", with a fraction or an offset; a date
 * alone is its first moment in UTC. HYP_E_USAGE "bad_request". */
int32_t hyp_time_parse(const char *text, int64_t *wall_ms,
		       struct hyp_error *err);

#define HYP_SPAN_TEXT_MAX 32
/* As Go prints durations: "1h2m3s", "45s". */
void hyp_span_format(uint64_t ms, char *out);

#endif
