/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes from OpenSSL. There is no weaker fallback: if the system has
 * none, the process ends (exit 1) with a message. Any thread. */
#ifndef HYP_BASE_RANDOM_H
#define HYP_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void hyp_random_bytes(void *out, size_t n);

#define HYP_UUID_TEXT_MAX 37
/* UUID version 7 (RFC 9562), lower case; ordered by wall clock, and within one
 * process by the order of the calls. */
void hyp_uuid7(char *out);

#endif
