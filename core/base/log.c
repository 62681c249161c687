/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/log.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 100
/* A write of this much to a pipe that poll calls writable never blocks. */
#define LINE_MAX_BYTES PIPE_BUF
#define TEXT_MAX 3072

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint32_t threshold = HYP_LOG_INFO;
static hyp_log_sink *sink_now; /* NULL: hyp_log_to_stderr */
static void *sink_ctx;
static hyp_log_sink *output_now; /* NULL: stderr itself */
static void *output_ctx;
static struct hyp_log_tap *taps;
static _Thread_local const void *owner;
static unsigned long dropped; /* lines since stderr stopped taking them */

void hyp_log_set_level(uint32_t level)
{
	atomic_store(&threshold, level);
}

uint32_t hyp_log_level(void)
{
	return atomic_load(&threshold);
}

void hyp_log_set_sink(hyp_log_sink *sink, void *ctx)
{
	pthread_mutex_lock(&lock);
	sink_now = sink;
	sink_ctx = ctx;
	pthread_mutex_unlock(&lock);
}

void hyp_log_set_owner(const void *of_thread)
{
	owner = of_thread;
}

const void *hyp_log_owner(void)
{
	return owner;
}

void hyp_log_tap(struct hyp_log_tap *tap)
{
	pthread_mutex_lock(&lock);
	tap->next = taps;
	taps = tap;
	pthread_mutex_unlock(&lock);
}

void hyp_log_untap(struct hyp_log_tap *tap)
{
	pthread_mutex_lock(&lock);
	for (struct hyp_log_tap **at = &taps; *at != NULL; at = &(*at)->next)
		if (*at == tap) {
			*at = tap->next;
			break;
		}
	pthread_mutex_unlock(&lock);
}

const char *hyp_log_level_name(uint32_t level)
{
	static const char *const names[] = {"error", "warning", "info",
					    "debug"};

	if (level < HYP_LOG_ERROR || level > HYP_LOG_DEBUG)
		return "debug";
	return names[level - HYP_LOG_ERROR];
}

/* 1 if all of it went out. Waits only while stderr was well so far. */
static int put(const char *line, size_t n)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};

	return poll(&p, 1, dropped > 0 ? 0 : PATIENCE_MS) == 1 &&
	       (p.revents & POLLOUT) != 0 &&
	       write(STDERR_FILENO, line, n) == (ssize_t)n;
}

static void put_dropped(void)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "(%lu log lines were dropped)\n",
			 dropped);

	if (put(line, (size_t)n))
		dropped = 0;
}

static void write_line(const struct hyp_log_line *l)
{
	char line[LINE_MAX_BYTES], when[HYP_TIME_TEXT_MAX];
	int n;

	hyp_time_format(l->wall_ms, when);
	n = snprintf(line, sizeof(line) - 1, "%s %s%s%.128s%s%.256s: %s", when,
		     hyp_log_level_name(l->level),
		     l->job[0] == '\0' ? "" : " job=", l->job,
		     l->origin[0] == '\0' ? "" : " plugin=", l->origin,
		     l->text);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	if (dropped > 0)
		put_dropped();
	if (dropped > 0 || !put(line, (size_t)n))
		dropped++;
}

void hyp_log_set_output(hyp_log_sink *output, void *ctx)
{
	pthread_mutex_lock(&lock);
	output_now = output;
	output_ctx = ctx;
	pthread_mutex_unlock(&lock);
}

void hyp_log_to_stderr(const struct hyp_log_line *l)
{
	if (output_now != NULL)
		output_now(output_ctx, l);
	else
		write_line(l);
}

static void deliver(struct hyp_log_line *line)
{
	pthread_mutex_lock(&lock);
	if (sink_now == NULL)
		hyp_log_to_stderr(line);
	else
		sink_now(sink_ctx, line);
	for (struct hyp_log_tap *tap = taps; tap != NULL; tap = tap->next)
		if (tap->owner == NULL || line->owner == NULL ||
		    tap->owner == line->owner)
			tap->sink(tap->ctx, line);
	pthread_mutex_unlock(&lock);
}

void hyp_log(uint32_t level, const char *job, const char *origin,
	     const char *fmt, ...)
{
	HYP_AUTO_FREE char *raw = NULL;
	char text[TEXT_MAX];
	struct hyp_log_line line = {
		level, hyp_clock_wall_ms(), job, origin, text, owner};
	va_list ap;

	if (level > hyp_log_level())
		return;
	va_start(ap, fmt);
	if (vasprintf(&raw, fmt, ap) < 0)
		raw = NULL;
	va_end(ap);
	/* Redacted before it is cut or escaped: no half secret gets through. */
	if (raw != NULL)
		hyp_redact(raw);
	hyp_text_printable(raw == NULL ? "(no memory for the text of this "
					 "line)"
				       : raw,
			   text, sizeof(text));
	deliver(&line);
}
