/* SPDX-License-Identifier: Apache-2.0 */
/* How many wrong tokens an address has tried within a minute. Any thread. */
#ifndef HYP_API_WRONG_H
#define HYP_API_WRONG_H

#include <stdint.h>

#define HYP_WRONG_MAX 10u
#define HYP_WRONG_WINDOW_MS 60000u

struct hyp_wrong;

struct hyp_wrong *hyp_wrong_new(void); /* NULL without memory */
void hyp_wrong_free(struct hyp_wrong *wrong);

/* 1 if this address has had its share; *wait_s: until when. */
int hyp_wrong_full(struct hyp_wrong *wrong, const char *address,
		   uint32_t *wait_s);
void hyp_wrong_count(struct hyp_wrong *wrong, const char *address);

#endif
