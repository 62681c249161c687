/* SPDX-License-Identifier: Apache-2.0 */
/* From a configuration to an engine that runs, and back. */
#include "core/lib/inside.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/signals.h"
#include "core/lib/opening.h"
#include "core/pipeline/thread.h"

#include <stddef.h>
#include <stdlib.h>

/* The log of the process is one: as talkative as the most curious handle
 * asks, and silent but for them. */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
static struct hypersdk *handles;

static void nowhere(void *ctx, const struct hyp_log_line *line)
{
	(void)ctx;
	(void)line;
}

/* With the lock held. */
static void set_level(void)
{
	uint32_t level = HYPERSDK_LOG_ERROR;

	for (const struct hypersdk *h = handles; h != NULL; h = h->next)
		if (h->log_level > level)
			level = h->log_level;
	hyp_log_set_level(HYP_LOG_ERROR + level - HYPERSDK_LOG_ERROR);
}

static void on_line(void *ctx, const struct hyp_log_line *from)
{
	const struct hypersdk *h = ctx;
	const struct hypersdk_log_line line = {
		.size = sizeof(line),
		.level = from->level - HYP_LOG_ERROR + HYPERSDK_LOG_ERROR,
		.time_ms = from->wall_ms,
		.job = from->job,
		.origin = from->origin,
		.text = from->text,
	};

	if (h->log != NULL && line.level <= h->log_level)
		h->log(h->log_ctx, &line);
}

static void begin_log(struct hypersdk *h)
{
	pthread_mutex_lock(&opening);
	hyp_log_set_output(nowhere, NULL);
	h->next = handles;
	handles = h;
	set_level();
	pthread_mutex_unlock(&opening);
	h->tap.sink = on_line;
	h->tap.ctx = h;
	h->tap.owner = h;
	hyp_log_tap(&h->tap);
}

static void end_log(struct hypersdk *h)
{
	hyp_log_untap(&h->tap);
	pthread_mutex_lock(&opening);
	for (struct hypersdk **at = &handles; *at != NULL; at = &(*at)->next)
		if (*at == h) {
			*at = h->next;
			break;
		}
	set_level();
	pthread_mutex_unlock(&opening);
}

static const char *program(const struct hypersdk_options *options)
{
	const char *named = options->program;

	if (named == NULL)
		named = secure_getenv("HYPERSDK_PROGRAM");
	return named != NULL ? named : HYP_PROGRAM;
}

static int32_t overrides(const struct hypersdk_options *options,
			 struct hyp_values *out, struct hyp_error *err)
{
	for (size_t i = 0; options->set != NULL && options->set[i] != NULL; i++)
		if (hyp_override(out, options->set[i], err) != 0)
			return err->code;
	return 0;
}

static int32_t configure(struct hypersdk *h,
			 const struct hypersdk_options *options,
			 struct hyp_error *err)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	struct hyp_values set = HYP_VALUES_INIT;
	const struct hyp_opening what = {
		.config = options->config,
		.overrides = &set,
		.plugin_dir = options->plugin_dir,
		.prober = program(options),
	};
	int32_t rc = overrides(options, &set, err);

	if (rc == 0 && hyp_opening_config(&what, &h->registry, &h->config,
					  &problems) != 0) {
		hyp_opening_log("", &problems);
		rc = hyp_problems_error(&problems, err);
	}
	hyp_problems_fini(&problems);
	hyp_values_fini(&set);
	return rc;
}

static void on_events(void *ctx)
{
	struct hypersdk *h = ctx;

	pthread_mutex_lock(&h->lock);
	h->rings++;
	pthread_cond_broadcast(&h->rung);
	pthread_mutex_unlock(&h->lock);
}

uint32_t hyp_await_bell(struct hypersdk *h, uint64_t *rings,
			const uint32_t *stop, uint32_t ms)
{
	uint32_t stopped;

	pthread_mutex_lock(&h->lock);
	if (*rings == h->rings && !*stop && ms > 0)
		hyp_cond_wait_ms(&h->rung, &h->lock, ms);
	*rings = h->rings;
	stopped = *stop;
	pthread_mutex_unlock(&h->lock);
	return stopped;
}

/* The store's threads are made here, by a plugin: they must not take the
 * program's signals either. */
static int32_t open_engine(struct hypersdk *h, struct hyp_error *err)
{
	sigset_t before;
	int32_t rc;

	hyp_signals_block(&before);
	rc = hyp_engine_open(h->config, h->registry, &h->engine, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		h->config = NULL;
	return rc;
}

static int32_t start(struct hypersdk *h, const struct hypersdk_options *options,
		     struct hyp_error *err)
{
	if (configure(h, options, err) != 0)
		return err->code;
	if (options->flags & HYPERSDK_NO_ENGINE)
		return 0;
	if (open_engine(h, err) != 0 ||
	    hyp_direct_new(h->engine, &h->direct, err) != 0 ||
	    hyp_engine_subscribe(h->engine, on_events, h, &h->bell, err) != 0)
		return err->code;
	return hyp_engine_start(h->engine, err);
}

static void end(struct hypersdk *h)
{
	if (h->engine != NULL)
		hyp_engine_stop(h->engine);
	hyp_end_subscriptions(h);
	if (h->bell != NULL)
		hyp_engine_unsubscribe(h->bell);
	hyp_direct_free(h->direct);
	hyp_engine_close(h->engine);
	hyp_config_free(h->config);
	hyp_registry_free(h->registry);
	end_log(h);
	pthread_cond_destroy(&h->rung);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

static int32_t take_options(struct hypersdk_options *to,
			    const struct hypersdk_options *from,
			    struct hyp_error *err)
{
	if (from != NULL &&
	    hyp_take_struct(to, sizeof(*to),
			    HYP_UPTO(hypersdk_options, reserved), from,
			    "hypersdk_options", err) != 0)
		return err->code;
	if (to->flags & ~HYPERSDK_NO_ENGINE || to->log_level > 4 ||
	    to->reserved != 0)
		return hyp_error_set(err, HYP_E_USAGE, "bad_argument", 0,
				     "hypersdk_options: unknown flag or log "
				     "level, or what must be 0 is not");
	if (to->log_level == 0)
		to->log_level = HYPERSDK_LOG_INFO;
	return 0;
}

int32_t hypersdk_open(const struct hypersdk_options *options,
		      struct hypersdk **out, struct hyp_error *err)
{
	struct hypersdk *h = calloc(1, sizeof(*h));
	struct hypersdk_options o = {.size = sizeof(o)};
	HYP_VISIT(h, err);
	int32_t rc;

	if (hyp_needs(out, "out", err) != 0 ||
	    take_options(&o, options, err) != 0) {
		free(h);
		return err->code;
	}
	if (h == NULL)
		return hyp_error_nomem(err);
	h->log = o.log;
	h->log_ctx = o.log_ctx;
	h->log_level = o.log_level;
	pthread_mutex_init(&h->lock, NULL);
	hyp_cond_init(&h->rung);
	begin_log(h);
	rc = start(h, &o, err);
	if (rc != 0)
		end(h);
	else
		*out = h;
	return rc;
}

void hypersdk_close(struct hypersdk *h, uint32_t flags)
{
	struct hyp_error *err = NULL;

	if (h == NULL)
		return;
	HYP_VISIT(h, err);
	if (h->engine != NULL && flags & HYPERSDK_CLOSE_NOW)
		hyp_engine_hurry(h->engine);
	end(h);
}
