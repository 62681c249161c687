/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/host.h - what the core lends an instance.
 *
 * create() gets a host table; it stays valid until destroy() returns. Every
 * member of the version that the plugin states (plugin.h) is set and may be
 * called from any thread, by several at once, until then. Texts are the
 * caller's and not kept; what is not UTF-8 or not printable is replaced, and
 * secrets that the core knows are blanked.
 */
#ifndef HYPERSDK_HOST_H
#define HYPERSDK_HOST_H

#include <hypersdk/error.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HYP_LOG_ERROR 1u
#define HYP_LOG_WARNING 2u
#define HYP_LOG_INFO 3u
#define HYP_LOG_DEBUG 4u

struct hyp_host {
	uint32_t size;
	uint32_t attempt;   /* number of this attempt at the job, from 1; 0
			     * outside a job */
	void *ctx;	    /* first argument of every member */
	const char *job_id; /* [A-Za-z0-9._-]{1,128}; "" outside a job */

	/* One event, one line. The core adds time, job and plugin, and drops
	 * what is below the set level. level: HYP_LOG_* */
	void (*log)(void *ctx, uint32_t level, const char *text);

	/* 1 once this job was cancelled, or whoever uses the instance wants
	 * to end. A blocking operation looks at least every 200 ms, or polls
	 * cancel_fd, and then returns HYP_E_CANCELLED. Clean-up (abort,
	 * finish, undo, destroy) goes on regardless. Once 1, always 1. */
	uint32_t (*cancelled)(void *ctx);

	/* Becomes readable on cancellation, for poll(2). Always a descriptor,
	 * the same each time. Owned by the core: never read or closed by the
	 * plugin. */
	int32_t (*cancel_fd)(void *ctx);

	/* Something that belongs in the job's result, which the user shall
	 * read: kind is a stable word of [a-z0-9_]{1,63} ("quiesce_failed"),
	 * text one line, cut at 4 KiB. */
	void (*warning)(void *ctx, const char *kind, const char *text);

	/* A fact for the result, such as {"consistency",
	 * "crash-consistent"}; the names are in provider.h, others are
	 * dropped. Last one wins. */
	void (*fact)(void *ctx, const char *name, const char *value);

	/* Adds to hypersdk_plugin_events_total{plugin="KIND/NAME",
	 * event=counter}; counter is a stable word of [a-z0-9_]{1,63}, and
	 * there are few of them. */
	void (*count)(void *ctx, const char *counter, uint64_t add);

	/* Milliseconds on CLOCK_BOOTTIME, and on the wall (Unix, UTC). Use
	 * these, not the system's: tests set them. */
	uint64_t (*boot_ms)(void *ctx);
	int64_t (*wall_ms)(void *ctx);

	/* Providers. Keep n (0 to 65,536) bytes under key (1 to 128 bytes)
	 * until forget, so that undo gets them should this process die.
	 * Durable and sealed when it returns 0; a second remember with the
	 * same key replaces the first. Call it before the act it undoes, and
	 * do not act if it fails. HYP_E_UNSUPPORTED where there is no job. */
	int32_t (*remember)(void *ctx, const char *key, const void *bytes,
			    uint64_t n, struct hyp_error *err);

	/* The act was undone, or its end is seen to. A key that is not
	 * remembered is no failure. */
	int32_t (*forget)(void *ctx, const char *key, struct hyp_error *err);
};

#ifdef __cplusplus
}
#endif
#endif
