/* SPDX-License-Identifier: Apache-2.0 */
/* Starting threads, and waiting in one so that a cancellation ends it. */
#ifndef HYP_PIPELINE_THREAD_H
#define HYP_PIPELINE_THREAD_H

#include "core/plugin/host-table.h"
#include <locale.h>
#include <pthread.h>

/* name: at most 15 bytes, for ps and gdb. The thread takes no signals that
 * others send, is in the C locale, and its log lines are those of its maker's
 * owner. HYP_E_TRANSIENT "no_threads". */
int32_t hyp_thread_start(pthread_t *thread, const char *name,
			 void *(*main)(void *), void *arg,
			 struct hyp_error *err);

/* The C locale: a decimal point is one, wherever the program is at home. */
locale_t hyp_thread_locale(void);

/* A condition whose wait with a limit is not moved by the wall clock. */
void hyp_cond_init(pthread_cond_t *cond);
void hyp_cond_wait_ms(pthread_cond_t *cond, pthread_mutex_t *lock, uint32_t ms);

/* Sleeps ns nanoseconds of the boot clock, or until cancel (may be NULL) is
 * set. 1 if it is set, else 0. */
int hyp_wait_ns(const struct hyp_cancel *cancel, uint64_t ns);

/* HYP_E_CANCELLED "cancelled". */
int32_t hyp_error_cancelled(struct hyp_error *err);

#endif
