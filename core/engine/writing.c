/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/outbox.h"
#include "core/engine/tally.h"

#include <string.h>
#include <time.h>

#define AGAIN_MIN_MS 250u /* doubling */
#define AGAIN_MAX_MS 4000u

/* The system's own: however tests set the other. */
static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The kinds that say something of the store, not of the change. */
static const char *trouble_of(const struct hyp_error *err)
{
	static const char *const kinds[] = {"db_full", "db_busy", "db_error",
					    "db_corrupt", "db_lost"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(err->kind, kinds[i]) == 0)
			return kinds[i];
	return NULL;
}

/* A store that is lost stays so. 1 if this is news. */
static int set_trouble(struct hyp_engine *engine, const char *trouble)
{
	const char *before;
	int news;

	pthread_mutex_lock(&engine->lock);
	before = engine->trouble;
	news = (before == NULL) != (trouble == NULL);
	if (before == NULL || strcmp(before, "db_lost") != 0)
		engine->trouble = trouble;
	if (news)
		pthread_cond_broadcast(&engine->changed);
	pthread_mutex_unlock(&engine->lock);
	return news;
}

void hyp_engine_note(struct hyp_engine *engine, int32_t rc,
		     const struct hyp_error *err)
{
	const char *trouble = rc < 0 ? trouble_of(err) : NULL;

	if ((rc < 0 && trouble == NULL) || !set_trouble(engine, trouble))
		return;
	if (trouble != NULL)
		hyp_log(HYP_LOG_ERROR, "", HYP_ENGINE_ORIGIN, "%s", err->text);
	else
		hyp_log(HYP_LOG_INFO, "", HYP_ENGINE_ORIGIN,
			"the store can be written again");
}

void hyp_engine_kick(struct hyp_engine *engine)
{
	pthread_mutex_lock(&engine->lock);
	engine->kicked = 1;
	pthread_cond_signal(&engine->work);
	pthread_mutex_unlock(&engine->lock);
}

void hyp_engine_left(struct hyp_engine *engine)
{
	pthread_mutex_lock(&engine->lock);
	engine->leftovers = 1;
	pthread_mutex_unlock(&engine->lock);
}

static int32_t apply(struct hyp_engine *engine, const struct hyp_draft *draft,
		     struct hyp_error *err)
{
	const struct hyp_change change = hyp_draft_change(draft);
	uint64_t begin = hyp_clock_boot_ns();
	int32_t rc;

	rc = hyp_store_calls.apply(engine->store.instance, &change, err);
	if (rc == 0 && (draft->flags & HYP_CHANGE_LAZY) == 0)
		hyp_metrics_observe(engine->metrics, HYP_FAMILY_STORE_COMMIT,
				    (double)(hyp_clock_boot_ns() - begin) / 1e9,
				    NULL);
	return rc;
}

int32_t hyp_engine_apply(struct hyp_engine *engine, struct hyp_draft *draft,
			 struct hyp_error *err)
{
	size_t count;
	int more;
	int32_t rc = hyp_outbox_route(engine, draft, err);

	if (rc < 0)
		return rc;
	count = draft->count;
	more = engine->runs != NULL && hyp_runs_before(engine->runs, draft);
	hyp_tally_before(engine, draft);
	rc = apply(engine, draft, err);

	/* a schedule that is deleted just then takes its fires along: that must
	 * not keep a job from ending */
	if (more && rc == HYP_E_FENCED) {
		draft->count = count;
		rc = apply(engine, draft, err);
	}
	if (rc == 0)
		hyp_tally_done(engine, draft);
	if (engine->runs != NULL)
		hyp_runs_after(engine->runs, draft, count, rc == 0);
	if (rc < 0)
		hyp_tally_back(engine, draft);
	hyp_engine_note(engine, rc, err);
	if (rc == 0 && draft->events) {
		hyp_bus_ring(engine->bus);
		hyp_outbox_committed(engine, draft);
	}
	if (rc == 0 && draft->queued)
		hyp_engine_kick(engine);
	return rc;
}

int hyp_engine_pause(struct hyp_engine *engine, uint32_t ms)
{
	uint64_t end = now_ms() + ms, now;
	int go_on;

	pthread_mutex_lock(&engine->lock);
	while (!engine->giving_up && (now = now_ms()) < end)
		hyp_cond_wait_ms(&engine->changed, &engine->lock,
				 (uint32_t)(end - now));
	go_on = !engine->giving_up;
	pthread_mutex_unlock(&engine->lock);
	return go_on;
}

int32_t hyp_engine_apply_surely(struct hyp_engine *engine,
				struct hyp_draft *draft, struct hyp_error *err)
{
	uint32_t wait_ms = AGAIN_MIN_MS;
	const char *trouble;
	int32_t rc;

	for (;;) {
		rc = hyp_engine_apply(engine, draft, err);
		trouble = rc < 0 ? trouble_of(err) : NULL;
		if (trouble == NULL || strcmp(trouble, "db_lost") == 0 ||
		    !hyp_engine_pause(engine, wait_ms))
			return rc;
		if (wait_ms < AGAIN_MAX_MS)
			wait_ms *= 2;
	}
}

/* A row that comes and goes in one change. */
void hyp_engine_probe(struct hyp_engine *engine)
{
	const struct hyp_idempotency_row row = {
		.size = sizeof(row),
		.created_ms = hyp_clock_wall_ms(),
		.key = "\x01probe",
	};
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	struct hyp_error err;

	if (hyp_draft_add(&draft, HYP_OP_SET, HYP_TABLE_IDEMPOTENCY, &row,
			  &err) == 0 &&
	    hyp_draft_add(&draft, HYP_OP_DELETE, HYP_TABLE_IDEMPOTENCY, &row,
			  &err) == 0)
		hyp_engine_apply(engine, &draft, &err);
}
