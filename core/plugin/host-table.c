/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/host-table.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"

#include <stdlib.h>

#define REMEMBER_MAX 65536
#define KEY_MAX 128
#define LINE_MAX_BYTES 4096

struct hyp_host_table {
	struct hyp_host host;
	const struct hyp_host_job *job;
	const void *owner; /* of what threads of the plugin log */
	char *origin;
	struct hyp_cancel *cancel; /* the job's, or our own, never set */
	struct hyp_cancel *own;
};

/* A text from a plugin: printable, one line, not endless. */
static void clean(const char *text, char *out, size_t max)
{
	hyp_text_printable(text != NULL ? text : "", out, max);
	hyp_redact(out);
}

/* A stable word: [a-z0-9_]+; anything else is replaced by what. */
static const char *word(const char *text, const char *otherwise)
{
	size_t n = text != NULL ? strspn(text, "abcdefghijklmnopqrstuvwxyz"
					       "0123456789_")
				: 0;

	return n > 0 && n < 64 && text[n] == '\0' ? text : otherwise;
}

static void host_log(void *ctx, uint32_t level, const char *text)
{
	struct hyp_host_table *table = ctx;
	const void *before = hyp_log_owner();

	if (level < HYP_LOG_ERROR || level > HYP_LOG_DEBUG)
		level = HYP_LOG_INFO;
	if (before == NULL)
		hyp_log_set_owner(table->owner);
	hyp_log(level, table->job->job_id, table->origin, "%s",
		text != NULL ? text : "");
	hyp_log_set_owner(before);
}

static uint32_t host_cancelled(void *ctx)
{
	struct hyp_host_table *table = ctx;

	return hyp_cancel_is_set(table->cancel) ? 1 : 0;
}

static int32_t host_cancel_fd(void *ctx)
{
	struct hyp_host_table *table = ctx;

	return hyp_cancel_fd(table->cancel);
}

static void host_warning(void *ctx, const char *kind, const char *text)
{
	struct hyp_host_table *table = ctx;
	char line[LINE_MAX_BYTES];

	clean(text, line, sizeof(line));
	if (table->job->warning != NULL)
		table->job->warning(table->job->ctx, table->origin,
				    word(kind, "plugin_warning"), line);
}

static void host_fact(void *ctx, const char *name, const char *value)
{
	struct hyp_host_table *table = ctx;
	char line[LINE_MAX_BYTES];

	clean(value, line, sizeof(line));
	if (table->job->fact != NULL && word(name, NULL) != NULL)
		table->job->fact(table->job->ctx, name, line);
}

static void host_count(void *ctx, const char *counter, uint64_t add)
{
	struct hyp_host_table *table = ctx;

	if (table->job->count != NULL && word(counter, NULL) != NULL)
		table->job->count(table->job->ctx, table->origin, counter, add);
}

static uint64_t host_boot_ms(void *ctx)
{
	(void)ctx;
	return hyp_clock_boot_ms();
}

static int64_t host_wall_ms(void *ctx)
{
	(void)ctx;
	return hyp_clock_wall_ms();
}

static int32_t check_key(const struct hyp_host_table *table, const char *key,
			 struct hyp_error *err)
{
	size_t n = key != NULL ? strnlen(key, KEY_MAX + 1) : 0;

	if (n > 0 && n <= KEY_MAX && hyp_text_is_utf8(key, n))
		return 0;
	return hyp_error_set(err, HYP_E_USAGE, "bad_call", 0,
			     "%s: the key of what shall be remembered must "
			     "have 1 to %d bytes",
			     table->origin, KEY_MAX);
}

static int32_t unsupported(const struct hyp_host_table *table,
			   struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_UNSUPPORTED, "no_memory_of_undo", 0,
			     "%s: nothing can be remembered here",
			     table->origin);
}

static int32_t host_remember(void *ctx, const char *key, const void *bytes,
			     uint64_t n, struct hyp_error *err)
{
	struct hyp_host_table *table = ctx;
	int32_t rc = check_key(table, key, err);

	if (rc != 0)
		return rc;
	if (n > REMEMBER_MAX || (n > 0 && bytes == NULL))
		return hyp_error_set(err, HYP_E_USAGE, "bad_call", 0,
				     "%s: at most %d bytes can be remembered "
				     "under one key",
				     table->origin, REMEMBER_MAX);
	if (table->job->remember == NULL)
		return unsupported(table, err);
	return table->job->remember(table->job->ctx, table->origin, key, bytes,
				    n, err);
}

static int32_t host_forget(void *ctx, const char *key, struct hyp_error *err)
{
	struct hyp_host_table *table = ctx;
	int32_t rc = check_key(table, key, err);

	if (rc != 0)
		return rc;
	if (table->job->forget == NULL)
		return unsupported(table, err);
	return table->job->forget(table->job->ctx, table->origin, key, err);
}

static const struct hyp_host members = {
	.size = sizeof(struct hyp_host),
	.log = host_log,
	.cancelled = host_cancelled,
	.cancel_fd = host_cancel_fd,
	.warning = host_warning,
	.fact = host_fact,
	.count = host_count,
	.boot_ms = host_boot_ms,
	.wall_ms = host_wall_ms,
	.remember = host_remember,
	.forget = host_forget,
};

int32_t hyp_host_table_new(const struct hyp_host_job *job, const char *origin,
			   struct hyp_host_table **out, struct hyp_error *err)
{
	struct hyp_host_table *table = calloc(1, sizeof(*table));
	int32_t rc;

	if (table == NULL)
		return hyp_error_nomem(err);
	table->host = members;
	table->host.ctx = table;
	table->host.attempt = job->attempt;
	table->host.job_id = job->job_id;
	table->job = job;
	table->owner = hyp_log_owner();
	table->cancel = job->cancel;
	rc = hyp_strdup(origin, &table->origin, err);
	/* cancel_fd must be one that poll(2) can take, cancelled or never. */
	if (rc == 0 && table->cancel == NULL) {
		rc = hyp_cancel_new(&table->own, err);
		table->cancel = table->own;
	}
	if (rc != 0) {
		hyp_host_table_free(table);
		return rc;
	}
	*out = table;
	return 0;
}

const struct hyp_host *hyp_host_table_get(const struct hyp_host_table *table)
{
	return &table->host;
}

void hyp_host_table_free(struct hyp_host_table *table)
{
	if (table == NULL)
		return;
	hyp_cancel_free(table->own);
	free(table->origin);
	free(table);
}
