/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/fake-host.h"
#include "core/base/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void note(struct fake_host *host, const char *what, const char *key,
		 const char *text)
{
	struct fake_note *n;

	pthread_mutex_lock(&host->lock);
	if (host->count < FAKE_NOTES) {
		n = &host->notes[host->count++];
		snprintf(n->what, sizeof(n->what), "%s", what);
		snprintf(n->key, sizeof(n->key), "%s", key);
		snprintf(n->text, sizeof(n->text), "%s", text);
	}
	pthread_mutex_unlock(&host->lock);
}

static void fake_log(void *ctx, uint32_t level, const char *text)
{
	static const char *const names[] = {"", "error", "warning", "info",
					    "debug"};

	note(ctx, "log", level <= HYP_LOG_DEBUG ? names[level] : "?", text);
}

static uint32_t fake_cancelled(void *ctx)
{
	struct fake_host *host = ctx;

	return __atomic_load_n(&host->cancelled, __ATOMIC_ACQUIRE);
}

static int32_t fake_cancel_fd(void *ctx)
{
	return ((struct fake_host *)ctx)->pipe[0];
}

static void fake_warning(void *ctx, const char *kind, const char *text)
{
	note(ctx, "warning", kind, text);
}

static void fake_fact(void *ctx, const char *name, const char *value)
{
	note(ctx, "fact", name, value);
}

static void fake_count(void *ctx, const char *counter, uint64_t add)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)add);
	note(ctx, "count", counter, text);
}

static uint64_t fake_boot_ms(void *ctx)
{
	(void)ctx;
	return hyp_clock_boot_ms();
}

static int64_t fake_wall_ms(void *ctx)
{
	(void)ctx;
	return hyp_clock_wall_ms();
}

static int32_t fake_remember(void *ctx, const char *key, const void *bytes,
			     uint64_t n, struct hyp_error *err)
{
	struct fake_host *host = ctx;
	char text[512];

	if (host->fail_remember)
		return hyp_error_set(err, HYP_E_TRANSIENT, "io_error", 0,
				     "fake host: remember fails");
	snprintf(text, sizeof(text), "%.*s", (int)(n < 500 ? n : 500),
		 (const char *)bytes);
	note(host, "remember", key, text);
	return 0;
}

static int32_t fake_forget(void *ctx, const char *key, struct hyp_error *err)
{
	(void)err;
	note(ctx, "forget", key, "");
	return 0;
}

void fake_host_init(struct fake_host *host)
{
	memset(host, 0, sizeof(*host));
	pthread_mutex_init(&host->lock, NULL);
	if (pipe2(host->pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		abort();
	host->table = (struct hyp_host){
		.size = sizeof(struct hyp_host),
		.attempt = 1,
		.ctx = host,
		.job_id = "test-job",
		.log = fake_log,
		.cancelled = fake_cancelled,
		.cancel_fd = fake_cancel_fd,
		.warning = fake_warning,
		.fact = fake_fact,
		.count = fake_count,
		.boot_ms = fake_boot_ms,
		.wall_ms = fake_wall_ms,
		.remember = fake_remember,
		.forget = fake_forget,
	};
}

void fake_host_fini(struct fake_host *host)
{
	close(host->pipe[0]);
	close(host->pipe[1]);
	pthread_mutex_destroy(&host->lock);
}

void fake_host_cancel(struct fake_host *host)
{
	__atomic_store_n(&host->cancelled, 1u, __ATOMIC_RELEASE);
	if (write(host->pipe[1], "x", 1) != 1)
		abort();
}

const char *fake_host_find(struct fake_host *host, const char *what,
			   const char *key)
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

unsigned fake_host_count(struct fake_host *host, const char *what,
			 const char *key)
{
	unsigned found = 0;

	pthread_mutex_lock(&host->lock);
	for (unsigned i = 0; i < host->count; i++)
		found += strcmp(host->notes[i].what, what) == 0 &&
			 (key == NULL || strcmp(host->notes[i].key, key) == 0);
	pthread_mutex_unlock(&host->lock);
	return found;
}
