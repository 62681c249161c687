/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the listeners that there are new events; in a thread of its own, so
 * that whoever makes a change waits for nobody. */
#ifndef HYP_ENGINE_BUS_H
#define HYP_ENGINE_BUS_H

#include "core/engine/engine.h"

struct hyp_bus;

int32_t hyp_bus_new(struct hyp_bus **out, struct hyp_error *err);
/* All have unsubscribed. bus may be NULL. */
void hyp_bus_free(struct hyp_bus *bus);
int32_t hyp_bus_add(struct hyp_bus *bus, hyp_engine_listener *listener,
		    void *ctx, struct hyp_subscription **out,
		    struct hyp_error *err);
/* Soon, and once for several. */
void hyp_bus_ring(struct hyp_bus *bus);

#endif
