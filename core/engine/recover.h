/* SPDX-License-Identifier: Apache-2.0 */
/* After a crash: what an earlier process has left comes to a state from which
 * it goes on. */
#ifndef HYP_ENGINE_RECOVER_H
#define HYP_ENGINE_RECOVER_H

#include "core/engine/inside.h"

/* In the order of semantics.md, "Start-up"; before any job runs. */
int32_t hyp_recover(struct hyp_engine *engine, struct hyp_error *err);
/* Jobs whose place could not be looked at then: again. */
void hyp_recover_publishing(struct hyp_engine *engine);
/* Jobs that wait until a time that a clock wrote which was ahead and has been
 * set back since: they go on now. */
int32_t hyp_recover_waiting(struct hyp_engine *engine, struct hyp_error *err);
/* sweep.c: removes temporaries of ours that nobody writes to, in the roots and
 * in the folders of jobs that have not ended. */
void hyp_sweep(struct hyp_engine *engine);

#endif
