/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: one event, one line, "2026-11-25T21:38:00Z info job=… plugin=…:
 * text". Any thread. Log once, where the error is handled.
 */
#ifndef HYP_BASE_LOG_H
#define HYP_BASE_LOG_H

#include <hypersdk/host.h>
#include <stdint.h>

struct hyp_log_line {
	uint32_t level; /* HYP_LOG_* */
	int64_t wall_ms;
	const char *job;    /* "" outside a job */
	const char *origin; /* "provider/vsphere", "pipeline", ... */
	const char *text;   /* printable, secrets redacted */
	const void *owner;  /* of the thread that wrote it; NULL: nobody's */
};

/* Where lines go; called under the log's lock. The default writes text to
 * stderr, and drops rather than blocks for ever on a broken one. */
typedef void hyp_log_sink(void *ctx, const struct hyp_log_line *line);

void hyp_log_set_level(uint32_t level);
uint32_t hyp_log_level(void);
/* What the default does, for a sink that adds to it; it goes to the output
 * instead, where one is set: the daemon's, which never waits for stderr. */
void hyp_log_to_stderr(const struct hyp_log_line *line);
void hyp_log_set_output(hyp_log_sink *output, void *ctx); /* NULL: stderr */
const char *hyp_log_level_name(uint32_t level);
void hyp_log_set_sink(hyp_log_sink *sink, void *ctx); /* NULL: default */

/* Where one process has several engines: whose the lines of this thread are.
 * Threads begin as nobody's; those of hyp_thread_start have their maker's. */
void hyp_log_set_owner(const void *owner);
const void *hyp_log_owner(void);

/* Who reads along, wherever lines go: those of this owner and of nobody, all
 * of them if it is NULL. Called as a sink is. The caller's memory, until
 * untap; untap returns when no call is under way. */
struct hyp_log_tap {
	struct hyp_log_tap *next; /* the log's */
	hyp_log_sink *sink;
	void *ctx;
	const void *owner;
};
void hyp_log_tap(struct hyp_log_tap *tap);
void hyp_log_untap(struct hyp_log_tap *tap);

__attribute__((format(printf, 4, 5))) void hyp_log(uint32_t level,
						   const char *job,
						   const char *origin,
						   const char *fmt, ...);

/* Secrets that must never be printed: every line has them replaced by "***".
 * The bytes are copied. Values shorter than 4 bytes are not taken. */
void hyp_redact_add(const char *secret);
void hyp_redact_clear(void);
/* Redacts text in place. */
void hyp_redact(char *text);

#endif
