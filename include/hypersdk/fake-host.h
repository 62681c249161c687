/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/fake-host.h - a host table for the tests of a plugin.
 *
 * It records what an instance says, cancels on demand, and can fail to
 * remember. Everything is inline: a test includes this and hands &host.table
 * to create(). No part of a plugin needs it, and it is no part of the ABI:
 * its structs may change in any release, its functions only become more.
 */
#ifndef HYPERSDK_FAKE_HOST_H
#define HYPERSDK_FAKE_HOST_H

#include <fcntl.h>
#include <hypersdk/host.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HYP_FAKE_NOTES 256

struct hyp_fake_note {
	char what[16]; /* "log", "warning", "fact", "count", "remember",
			* "forget" */
	char key[64];  /* level, kind, name, counter, key */
	char text[512];
};

struct hyp_fake_host {
	struct hyp_host table; /* hand &host.table to create */
	pthread_mutex_t lock;
	struct hyp_fake_note notes[HYP_FAKE_NOTES];
	unsigned count; /* kept notes */
	int pipe[2];
	unsigned cancelled;
	int fail_remember; /* 1: remember fails */
};

static inline void hyp_fake_note_(void *ctx, const char *what, const char *key,
				  const char *text)
{
	struct hyp_fake_host *host = (struct hyp_fake_host *)ctx;
	struct hyp_fake_note *n;

	pthread_mutex_lock(&host->lock);
	if (host->count < HYP_FAKE_NOTES) {
		n = &host->notes[host->count++];
		snprintf(n->what, sizeof(n->what), "%s", what);
		snprintf(n->key, sizeof(n->key), "%s", key);
		snprintf(n->text, sizeof(n->text), "%s", text);
	}
	pthread_mutex_unlock(&host->lock);
}

static inline void hyp_fake_log_(void *ctx, uint32_t level, const char *text)
{
	static const char *const names[] = {"", "error", "warning", "info",
					    "debug"};

	hyp_fake_note_(ctx, "log", level <= HYP_LOG_DEBUG ? names[level] : "?",
		       text);
}

static inline uint32_t hyp_fake_cancelled_(void *ctx)
{
	return __atomic_load_n(&((struct hyp_fake_host *)ctx)->cancelled,
			       __ATOMIC_ACQUIRE);
}

static inline int32_t hyp_fake_cancel_fd_(void *ctx)
{
	return ((struct hyp_fake_host *)ctx)->pipe[0];
}

static inline void hyp_fake_warning_(void *ctx, const char *kind,
				     const char *text)
{
	hyp_fake_note_(ctx, "warning", kind, text);
}

static inline void hyp_fake_fact_(void *ctx, const char *name,
				  const char *value)
{
	hyp_fake_note_(ctx, "fact", name, value);
}

static inline void hyp_fake_count_(void *ctx, const char *counter, uint64_t add)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)add);
	hyp_fake_note_(ctx, "count", counter, text);
}

static inline int64_t hyp_fake_wall_ms_(void *ctx)
{
	struct timespec now;

	(void)ctx;
	timespec_get(&now, TIME_UTC);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline uint64_t hyp_fake_boot_ms_(void *ctx)
{
	return (uint64_t)hyp_fake_wall_ms_(ctx);
}

static inline int32_t hyp_fake_remember_(void *ctx, const char *key,
					 const void *bytes, uint64_t n,
					 struct hyp_error *err)
{
	char text[512];

	if (((struct hyp_fake_host *)ctx)->fail_remember)
		return hyp_error_set(err, HYP_E_TRANSIENT, "io_error", 0,
				     "fake host: remember fails");
	snprintf(text, sizeof(text), "%.*s", (int)(n < 500 ? n : 500),
		 (const char *)bytes);
	hyp_fake_note_(ctx, "remember", key, text);
	return 0;
}

static inline int32_t hyp_fake_forget_(void *ctx, const char *key,
				       struct hyp_error *err)
{
	(void)err;
	hyp_fake_note_(ctx, "forget", key, "");
	return 0;
}

static inline void hyp_fake_host_init(struct hyp_fake_host *host)
{
	memset(host, 0, sizeof(*host));
	pthread_mutex_init(&host->lock, NULL);
	if (pipe(host->pipe) != 0)
		abort();
	for (int i = 0; i < 2; i++)
		if (fcntl(host->pipe[i], F_SETFD, FD_CLOEXEC) != 0 ||
		    fcntl(host->pipe[i], F_SETFL, O_NONBLOCK) != 0)
			abort();
	host->table.size = (uint32_t)sizeof(host->table);
	host->table.attempt = 1;
	host->table.ctx = host;
	host->table.job_id = "test-job";
	host->table.log = hyp_fake_log_;
	host->table.cancelled = hyp_fake_cancelled_;
	host->table.cancel_fd = hyp_fake_cancel_fd_;
	host->table.warning = hyp_fake_warning_;
	host->table.fact = hyp_fake_fact_;
	host->table.count = hyp_fake_count_;
	host->table.boot_ms = hyp_fake_boot_ms_;
	host->table.wall_ms = hyp_fake_wall_ms_;
	host->table.remember = hyp_fake_remember_;
	host->table.forget = hyp_fake_forget_;
}

static inline void hyp_fake_host_fini(struct hyp_fake_host *host)
{
	close(host->pipe[0]);
	close(host->pipe[1]);
	pthread_mutex_destroy(&host->lock);
}

static inline void hyp_fake_host_cancel(struct hyp_fake_host *host)
{
	__atomic_store_n(&host->cancelled, 1u, __ATOMIC_RELEASE);
	if (write(host->pipe[1], "x", 1) != 1)
		abort();
}

/* The newest text noted under what and key, or NULL. */
static inline const char *hyp_fake_host_find(struct hyp_fake_host *host,
					     const char *what, const char *key)
{
	const char *text = NULL;

	pthread_mutex_lock(&host->lock);
	for (unsigned i = host->count; i > 0 && text == NULL; i--)
		if (strcmp(host->notes[i - 1].what, what) == 0 &&
		    strcmp(host->notes[i - 1].key, key) == 0)
			text = host->notes[i - 1].text;
	pthread_mutex_unlock(&host->lock);
	return text;
}

/* How many notes there are of what, with that key or, with NULL, any. */
static inline unsigned hyp_fake_host_count(struct hyp_fake_host *host,
					   const char *what, const char *key)
{
	unsigned found = 0;

	pthread_mutex_lock(&host->lock);
	for (unsigned i = 0; i < host->count; i++)
		found += strcmp(host->notes[i].what, what) == 0 &&
			 (key == NULL || strcmp(host->notes[i].key, key) == 0);
	pthread_mutex_unlock(&host->lock);
	return found;
}

#ifdef __cplusplus
}
#endif
#endif
