/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands between a store and those who call it. These guards live on the
 * stack of one call: a store is asked millions of times in one life, and what
 * it was lent must not pile up. A store that calls back after it returned is
 * therefore not caught here.
 */
#ifndef HYP_PLUGIN_CALL_STORE_H
#define HYP_PLUGIN_CALL_STORE_H

#include "core/base/store-table.h"
#include "core/plugin/call.h"

/* HYP_E_USAGE "bad_request" unless every operation is one that its table
 * takes, its keys are there and its texts are UTF-8. */
int32_t hyp_change_check(const struct hyp_change *change,
			 struct hyp_error *err);

/* Rows from the plugin, brought to this core's size. */
struct hyp_row_guard {
	struct hyp_guard guard;
	struct hyp_row_sink sink; /* the plugin gets it */
	const struct hyp_row_sink *to;
	const struct hyp_store_table *table;
	uint64_t limit; /* 0: none */
	const char *id; /* of the job asked for, or NULL */
};
int32_t hyp_row_guard_init(struct hyp_row_guard *g,
			   struct hyp_instance *instance, const char *member,
			   uint32_t table, const struct hyp_row_sink *to,
			   struct hyp_error *err);

struct hyp_compose_guard {
	struct hyp_guard guard;
	int32_t (*to)(void *ctx, const struct hyp_job_row *chosen,
		      struct hyp_change *change, struct hyp_error *err);
	void *ctx;
};
int32_t hyp_compose_guard_init(
	struct hyp_compose_guard *g, struct hyp_instance *instance,
	int32_t (*to)(void *ctx, const struct hyp_job_row *chosen,
		      struct hyp_change *change, struct hyp_error *err),
	void *ctx, struct hyp_error *err);
int32_t hyp_compose_guarded(void *ctx, const struct hyp_job_row *chosen,
			    struct hyp_change *change, struct hyp_error *err);

struct hyp_problem_guard {
	struct hyp_guard guard;
	void (*to)(void *ctx, const char *text);
	void *ctx;
};
int32_t hyp_problem_guard_init(struct hyp_problem_guard *g,
			       struct hyp_instance *instance,
			       void (*to)(void *ctx, const char *text),
			       void *ctx, struct hyp_error *err);
void hyp_problem_guarded(void *ctx, const char *text);

#endif
