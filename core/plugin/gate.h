/* SPDX-License-Identifier: Apache-2.0 */
/* The lock around a plugin's operations that its thread model asks for. The
 * thread that holds it may enter again: a storage may wrap another instance of
 * its own plugin. */
#ifndef HYP_PLUGIN_GATE_H
#define HYP_PLUGIN_GATE_H

#include <hypersdk/host.h>

struct hyp_gate;

int32_t hyp_gate_new(struct hyp_gate **out, struct hyp_error *err);
void hyp_gate_free(struct hyp_gate *gate);

/* The one gate of the process for what key points to, made when first asked for
 * and kept for ever, as loaded plugins are: several registries load the same
 * plugin. Any thread. */
int32_t hyp_gate_shared(const void *key, struct hyp_gate **out,
			struct hyp_error *err);

/* gate NULL: the plugin needs none, and both do nothing. host: who waits may
 * be cancelled meanwhile, HYP_E_CANCELLED; NULL: wait for ever (clean-up). */
int32_t hyp_gate_enter(struct hyp_gate *gate, const struct hyp_host *host,
		       struct hyp_error *err);
void hyp_gate_leave(struct hyp_gate *gate);

#endif
