/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes from the kernel. There is no weaker fallback: where it gives
 * none, HYP_E_PERMANENT "no_random". err may be NULL. Any thread. */
#ifndef HYP_BASE_RANDOM_H
#define HYP_BASE_RANDOM_H

#include <hypersdk/error.h>

#include <stddef.h>
#include <stdint.h>

__attribute__((warn_unused_result)) int32_t
hyp_random_bytes(void *out, size_t n, struct hyp_error *err);

#define HYP_UUID_TEXT_MAX 37
/* UUID version 7 (RFC 9562), lower case; ordered by wall clock, and within one
 * process by the order of the calls. */
__attribute__((warn_unused_result)) int32_t hyp_uuid7(char *out,
						      struct hyp_error *err);

#endif
