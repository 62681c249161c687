/* SPDX-License-Identifier: Apache-2.0 */
/* The host table of one job's attempt: what instances may ask of the core. */
#ifndef HYP_PLUGIN_HOST_TABLE_H
#define HYP_PLUGIN_HOST_TABLE_H

#include <hypersdk/host.h>

/* The job behind the table. Members may be NULL: then nothing happens, or
 * for remember HYP_E_UNSUPPORTED. All from any thread. */
struct hyp_host_job {
	const char *job_id;
	uint32_t attempt;
	void *ctx;
	void (*warning)(void *ctx, const char *origin, const char *kind,
			const char *text);
	void (*fact)(void *ctx, const char *name, const char *value);
	void (*count)(void *ctx, const char *origin, const char *counter,
		      uint64_t add);
	int32_t (*remember)(void *ctx, const char *origin, const char *key,
			    const void *bytes, uint64_t n,
			    struct hyp_error *err);
	int32_t (*forget)(void *ctx, const char *origin, const char *key,
			  struct hyp_error *err);
	struct hyp_cancel *cancel; /* NULL: never cancelled */
};

/* A cancellation that any thread, or a signal handler, can set once. */
struct hyp_cancel;
int32_t hyp_cancel_new(struct hyp_cancel **out, struct hyp_error *err);
void hyp_cancel_free(struct hyp_cancel *cancel);
void hyp_cancel_set(struct hyp_cancel *cancel); /* async-signal-safe */
int hyp_cancel_is_set(const struct hyp_cancel *cancel);
int hyp_cancel_fd(const struct hyp_cancel *cancel); /* readable once set */

struct hyp_host_table; /* a struct hyp_host and what it needs */

/* origin: "provider/vsphere", for log lines; job must outlive the table. */
int32_t hyp_host_table_new(const struct hyp_host_job *job, const char *origin,
			   struct hyp_host_table **out, struct hyp_error *err);
const struct hyp_host *hyp_host_table_get(const struct hyp_host_table *table);
void hyp_host_table_free(struct hyp_host_table *table);

#endif
