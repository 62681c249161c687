/* SPDX-License-Identifier: Apache-2.0 */
/* How many wrong tokens an address has tried within a minute. Any thread. */
#ifndef HYP_API_WRONG_H
#define HYP_API_WRONG_H

#include <hypersdk/error.h>

#include <stdint.h>

#define HYP_WRONG_MAX 10u
#define HYP_WRONG_WINDOW_MS 60000u

struct hyp_wrong;

/* NULL without memory or random bytes, as err says. */
struct hyp_wrong *hyp_wrong_new(struct hyp_error *err);
void hyp_wrong_free(struct hyp_wrong *wrong);

/* 1 if this address has had its share; *wait_s: until when. */
int hyp_wrong_full(struct hyp_wrong *wrong, const char *address,
		   uint32_t *wait_s);
void hyp_wrong_count(struct hyp_wrong *wrong, const char *address);

#endif
