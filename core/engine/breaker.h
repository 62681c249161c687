/* SPDX-License-Identifier: Apache-2.0 */
/* Who was refused twice by an endpoint waits, so that no account is locked:
 * per endpoint and user, in memory. Any thread. */
#ifndef HYP_ENGINE_BREAKER_H
#define HYP_ENGINE_BREAKER_H

#include <hypersdk/error.h>
#include <stddef.h>

struct hyp_breaker;

int32_t hyp_breaker_new(struct hyp_breaker **out, struct hyp_error *err);
void hyp_breaker_free(struct hyp_breaker *breaker); /* takes NULL */

/* Bad credentials: the second time in a row begins a pause. */
void hyp_breaker_refused(struct hyp_breaker *breaker, const char *endpoint,
			 const char *user, uint64_t pause_ms);
/* It let us in. */
void hyp_breaker_accepted(struct hyp_breaker *breaker, const char *endpoint,
			  const char *user);

/* Milliseconds that the pair has still to wait, 0 if it may try. */
uint64_t hyp_breaker_wait_ms(struct hyp_breaker *breaker, const char *endpoint,
			     const char *user);
/* The pairs that wait now, each as "ENDPOINT\nUSER": malloc'd, *list with
 * hyp_breaker_list_free. */
int32_t hyp_breaker_list(struct hyp_breaker *breaker, char ***list,
			 size_t *count, struct hyp_error *err);
void hyp_breaker_list_free(char **list, size_t count);

#endif
