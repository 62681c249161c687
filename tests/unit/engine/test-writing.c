/* SPDX-License-Identifier: Apache-2.0 */
/* A store in trouble: told, waited for, and nothing lost meanwhile. */
#include "core/engine/events.h"
#include "core/engine/outbox.h"
#include "core/engine/runner.h"
#include "tests/unit/plugin/fake-loaded.h"

#include <string.h>

/* What the fake store answers, call by call; the last one for ever. */
static struct {
	const char *kinds[8]; /* "": it is written */
	unsigned applied, refused, locked;
	uint32_t ops;
	uint32_t state; /* of the job that was written last, and its texts */
	char error[128], error_kind[32], result[128], details[128];
} script;

static struct hyp_engine engine;
static struct hyp_error err;

static int32_t create(const struct hyp_host *host, const void *options,
		      void **instance, struct hyp_error *e)
{
	(void)host;
	(void)options;
	(void)e;
	*instance = &script;
	return 0;
}

static void destroy(void *instance)
{
	(void)instance;
}

static int32_t code_of(const char *kind)
{
	return strcmp(kind, "db_full") == 0    ? HYP_E_RESOURCE
	       : strcmp(kind, "db_busy") == 0  ? HYP_E_BUSY
	       : strcmp(kind, "db_error") == 0 ? HYP_E_TRANSIENT
	       : strcmp(kind, "fenced") == 0   ? HYP_E_FENCED
	       : strcmp(kind, "refused") == 0  ? HYP_E_USAGE
					       : HYP_E_PERMANENT;
}

static void keep(char *to, size_t max, const char *text)
{
	snprintf(to, max, "%s", text != NULL ? text : "");
}

static void note(const struct hyp_change *change)
{
	for (uint32_t i = 0; i < change->op_count; i++) {
		const struct hyp_store_op *op = HYP_AT(
			struct hyp_store_op, change->ops, change->op_stride, i);
		const struct hyp_history_row *history = op->row;
		const struct hyp_job_row *job = op->row;

		if (op->table == HYP_TABLE_HISTORY)
			keep(script.details, sizeof(script.details),
			     history->details);
		if (op->table != HYP_TABLE_JOB)
			continue;
		script.state = job->state;
		keep(script.error, sizeof(script.error), job->error);
		keep(script.error_kind, sizeof(script.error_kind),
		     job->error_kind);
		keep(script.result, sizeof(script.result), job->result_json);
	}
}

static int32_t apply(void *instance, const struct hyp_change *change,
		     struct hyp_error *e)
{
	const char *kind = script.kinds[script.applied + script.refused];

	(void)instance;
	if (kind == NULL || kind[0] == '\0') {
		script.applied++;
		script.ops = change->op_count;
		note(change);
		return 0;
	}
	script.refused++;
	return hyp_error_set(e, code_of(kind), kind, 0, "%s", kind);
}

static int32_t claim(void *instance, const struct hyp_claim *c,
		     int32_t (*compose)(void *, const struct hyp_job_row *,
					struct hyp_change *,
					struct hyp_error *),
		     void *ctx, struct hyp_error *e)
{
	(void)instance;
	(void)c;
	(void)compose;
	(void)ctx;
	return hyp_error_set(e, HYP_E_NOT_FOUND, "nothing", 0, "none");
}

static int32_t list(void *instance, uint32_t table,
		    const struct hyp_store_query *query,
		    const struct hyp_row_sink *sink, struct hyp_error *e)
{
	(void)instance;
	(void)table;
	(void)query;
	(void)sink;
	(void)e;
	return 0;
}

static int32_t get(void *instance, const char *id,
		   const struct hyp_row_sink *sink, struct hyp_error *e)
{
	(void)instance;
	(void)sink;
	if (engine.outbox == NULL)
		return hyp_error_set(e, HYP_E_NOT_FOUND, "not_found", 0, "%s",
				     id);
	script.locked = pthread_mutex_trylock(&engine.outbox->lock) != 0;
	if (!script.locked)
		pthread_mutex_unlock(&engine.outbox->lock);
	return hyp_error_set(e, HYP_E_BUSY, "db_busy", 0, "busy");
}

static int32_t counts(void *instance, struct hyp_store_counts *c,
		      struct hyp_error *e)
{
	(void)instance;
	(void)c;
	(void)e;
	return 0;
}

static int32_t prune(void *instance, const struct hyp_prune *p,
		     uint64_t *removed, struct hyp_error *e)
{
	(void)instance;
	(void)p;
	(void)e;
	*removed = 0;
	return 0;
}

static int32_t backup(void *instance, const char *path, struct hyp_error *e)
{
	(void)instance;
	(void)path;
	(void)e;
	return 0;
}

static int32_t check(void *instance, void (*problem)(void *, const char *),
		     void *ctx, struct hyp_error *e)
{
	(void)instance;
	(void)problem;
	(void)ctx;
	(void)e;
	return 0;
}

static const struct hyp_store_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.apply = apply,
	.claim = claim,
	.list = list,
	.get = get,
	.counts = counts,
	.prune = prune,
	.backup = backup,
	.check = check,
};

static struct fake_loaded loaded;

static void setup(void)
{
	memset(&script, 0, sizeof(script));
	memset(&engine, 0, sizeof(engine));
	fake_loaded_init(&loaded, HYP_KIND_STORE, HYP_THREADS_PARALLEL, 0,
			 &ops);
	loaded.instance = fake_instance(&loaded, NULL);
	engine.store.instance = loaded.instance;
	engine.life = HYP_LIFE_RUNNING;
	pthread_mutex_init(&engine.lock, NULL);
	hyp_cond_init(&engine.changed);
	hyp_cond_init(&engine.work);
	ck_ok(hyp_bus_new(&engine.bus, &err), &err);
}

static void teardown(void)
{
	hyp_bus_free(engine.bus);
	pthread_cond_destroy(&engine.work);
	pthread_cond_destroy(&engine.changed);
	pthread_mutex_destroy(&engine.lock);
	fake_loaded_fini(&loaded);
}

static const struct hyp_undo_row row = {
	.size = sizeof(row), .job_id = "j", .name = "n"};

static int32_t put(int surely)
{
	struct hyp_draft draft = {.count = 0};
	int32_t rc;

	ck_ok(hyp_draft_add(&draft, HYP_OP_SET, HYP_TABLE_UNDO, &row, &err),
	      &err);
	rc = surely ? hyp_engine_apply_surely(&engine, &draft, &err)
		    : hyp_engine_apply(&engine, &draft, &err);
	hyp_draft_fini(&draft);
	return rc;
}

START_TEST(told_and_forgotten)
{
	script.kinds[0] = "db_full";
	ck_assert_ptr_null(hyp_engine_unready(&engine));
	ck_fails(put(0), &err, HYP_E_RESOURCE, "db_full");
	ck_assert_str_eq(hyp_engine_unready(&engine), "db_full");
	/* it recovers unaided */
	hyp_engine_probe(&engine);
	ck_assert_ptr_null(hyp_engine_unready(&engine));
	ck_assert_uint_eq(script.ops, 2);
}
END_TEST

/* Which webhooks an event is for is asked of the store without the lock that
 * its writer may want, and not guessed when it does not answer. */
START_TEST(routed_by_what_the_store_says)
{
	static char other[] = "other", name[] = "w", *names[] = {other};
	static struct hyp_pipeline pipeline = {.notifiers = names,
					       .notifier_count = 1};
	static struct hyp_config config = {.pipelines = &pipeline,
					   .pipeline_count = 1};
	static struct hyp_endpoint endpoint = {.webhook.name = name,
					       .active = 1};
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	const struct hyp_job_row job = {.size = sizeof(job), .id = "j"};
	const struct hyp_advance advance = {.phase = "transferring"};

	ck_ok(hyp_settings_book_new(&config, &engine.book, &err), &err);
	ck_ok(hyp_outbox_new(&engine, &engine.outbox, &err), &err);
	engine.outbox->endpoints = &endpoint;
	ck_ok(hyp_event_progress(&draft, &job, 1, &advance, &err), &err);
	ck_fails(hyp_engine_apply(&engine, &draft, &err), &err, HYP_E_BUSY,
		 "db_busy");
	ck_assert_uint_eq(script.locked, 0);
	ck_assert_uint_eq(script.applied, 0);
	engine.outbox->endpoints = NULL;
	hyp_outbox_free(engine.outbox);
	hyp_settings_book_give_back(engine.book);
	hyp_settings_book_free(engine.book);
}
END_TEST

/* Damaged while it was in use: who is asked whether it is ready says so. */
START_TEST(corrupt)
{
	script.kinds[0] = script.kinds[1] = "db_corrupt";
	ck_fails(put(0), &err, HYP_E_PERMANENT, "db_corrupt");
	ck_assert_str_eq(hyp_engine_unready(&engine), "db_corrupt");
	hyp_engine_probe(&engine);
	ck_assert_str_eq(hyp_engine_unready(&engine), "db_corrupt");
}
END_TEST

START_TEST(waited_for)
{
	script.kinds[0] = "db_full";
	script.kinds[1] = "db_busy";
	script.kinds[2] = "db_error";
	ck_ok(put(1), &err);
	ck_assert_uint_eq(script.applied, 1);
	ck_assert_uint_eq(script.refused, 3);
	ck_assert_ptr_null(hyp_engine_unready(&engine));
}
END_TEST

START_TEST(lost)
{
	script.kinds[0] = "db_error";
	script.kinds[1] = "db_lost";
	ck_fails(put(1), &err, HYP_E_PERMANENT, "db_lost");
	ck_assert_str_eq(hyp_engine_unready(&engine), "db_lost");
	/* a store that is lost does not come back */
	ck_ok(put(0), &err);
	ck_assert_str_eq(hyp_engine_unready(&engine), "db_lost");
	engine.life = HYP_LIFE_STOPPING;
	ck_assert_str_eq(hyp_engine_unready(&engine), "db_lost");
}
END_TEST

START_TEST(fenced)
{
	script.kinds[0] = "fenced";
	ck_fails(put(1), &err, HYP_E_FENCED, "fenced");
	ck_assert_uint_eq(script.refused, 1);
	ck_assert_ptr_null(hyp_engine_unready(&engine));
}
END_TEST

START_TEST(given_up)
{
	script.kinds[0] = "db_full";
	engine.giving_up = 1;
	ck_fails(put(1), &err, HYP_E_RESOURCE, "db_full");
	ck_assert_uint_eq(script.refused, 1);
}
END_TEST

/* --- what the metrics say of it --------------------------------------------
 */

static const struct hyp_measured measured = {
	.provider = "p",
	.os_type = "linux",
	.proof = "size",
	.package_bytes = 1000,
	.transferred = 2000,
	.duration_ms = 1000,
};

static int32_t end_job(void)
{
	const struct hyp_job_row job = {
		.size = sizeof(job),
		.state = HYP_JOB_COMPLETED,
		.started_ms = 1000,
		.completed_ms = 3000,
		.id = "j",
	};
	const struct hyp_store_op op = {
		.size = sizeof(op),
		.verb = HYP_OP_UPDATE,
		.table = HYP_TABLE_JOB,
		.states = HYP_JOB_BIT(HYP_JOB_PUBLISHING),
	};
	struct hyp_draft draft = {.measured = &measured};
	int32_t rc;

	ck_ok(hyp_draft_op(&draft, &op, &job, sizeof(job), &err), &err);
	rc = hyp_engine_apply_surely(&engine, &draft, &err);
	hyp_draft_fini(&draft);
	return rc;
}

/* The one series of a family. */
static struct hyp_metric_series only(enum hyp_family family)
{
	struct hyp_metric_series series = {.size = 0};
	struct hyp_snapshot snapshot;
	const struct hyp_metric_family *f;

	ck_ok(hyp_metrics_snapshot(engine.metrics, &snapshot, &err), &err);
	f = HYP_AT(struct hyp_metric_family, snapshot.view.families,
		   snapshot.view.family_stride, family);
	ck_assert_uint_le(f->series_count, 1);
	if (f->series_count == 1)
		series = *f->series;
	hyp_snapshot_fini(&snapshot);
	return series;
}

START_TEST(counted_once_however_often_it_is_tried)
{
	ck_ok(hyp_metrics_new(&engine.metrics, &err), &err);
	script.kinds[0] = "db_full";
	script.kinds[1] = "db_busy";
	ck_ok(end_job(), &err);
	ck_assert_uint_eq(script.refused, 2);
	ck_assert_double_eq(only(HYP_FAMILY_JOBS).value, 1);
	ck_assert_double_eq(only(HYP_FAMILY_BYTES_EXPORTED).value, 1000);
	ck_assert_uint_eq(only(HYP_FAMILY_JOB_DURATION).count, 1);
	ck_assert_double_eq(only(HYP_FAMILY_JOB_DURATION).sum, 2);
	ck_assert_double_eq(only(HYP_FAMILY_EXPORT_SPEED).sum, 2000);
	ck_assert_uint_eq(only(HYP_FAMILY_STORE_COMMIT).count, 1);
	hyp_metrics_free(engine.metrics);
}
END_TEST

START_TEST(what_did_not_come_to_be_is_not_counted)
{
	ck_ok(hyp_metrics_new(&engine.metrics, &err), &err);
	script.kinds[0] = "fenced";
	ck_fails(end_job(), &err, HYP_E_FENCED, "fenced");
	/* it never falls; what comes next is left out of it */
	ck_ok(end_job(), &err);
	ck_assert_double_eq(only(HYP_FAMILY_JOBS).value, 1);
	ck_ok(end_job(), &err);
	ck_assert_double_eq(only(HYP_FAMILY_JOBS).value, 2);
	hyp_metrics_free(engine.metrics);
}
END_TEST

/* --- an end that is refused ------------------------------------------------
 */

/* Of an attempt that fails for good: as its texts cannot be stored. */
static void settle(uint32_t state, int32_t rc)
{
	const struct hyp_job_settings jobs = {.attempts = 5};
	struct hyp_settings settings = {.jobs = jobs};
	const struct hyp_config config = {.settings = &settings};
	const struct hyp_job_row job = {
		.size = sizeof(job),
		.state = state,
		.attempt = 1,
		.id = "j",
	};
	struct hyp_runner runner = {.engine = &engine,
				    .config = &config,
				    .attempt = 1,
				    .id = "j",
				    .measured = measured};
	char output[] = "/out/vm.ova";
	struct hyp_result result = {.output = output};
	struct hyp_error why;

	hyp_error_set(&why, rc < 0 ? rc : HYP_E_PERMANENT, "plugin_fault", 0,
		      "a text that the store refuses");
	pthread_mutex_init(&runner.lock, NULL);
	ck_ok(hyp_metrics_new(&engine.metrics, &err), &err);
	ck_ok(hyp_job_new(&job, &runner.job, &err), &err);
	hyp_runner_settle(&runner, rc, &result, &why);
	ck_assert_uint_eq(runner.job->row.state, script.state);
	hyp_job_free(runner.job);
	hyp_metrics_free(engine.metrics);
	pthread_mutex_destroy(&runner.lock);
}

START_TEST(an_end_is_written_whatever_its_text)
{
	script.kinds[0] = "refused";
	settle(HYP_JOB_TRANSFERRING, HYP_E_PERMANENT);
	ck_assert_uint_eq(script.refused, 1);
	ck_assert_uint_eq(script.applied, 1);
	ck_assert_uint_eq(script.state, HYP_JOB_FAILED);
	ck_assert_str_eq(script.error_kind, "plugin_fault");
	ck_assert_ptr_nonnull(strstr(script.error, "the daemon's log says it"));
	ck_assert_str_eq(script.result, "");
	ck_assert_str_eq(script.details, "");
}
END_TEST

/* It is what it is: a package that is there did not fail. */
START_TEST(a_completion_is_written_whatever_its_text)
{
	script.kinds[0] = "refused";
	settle(HYP_JOB_PUBLISHING, 0);
	ck_assert_uint_eq(script.state, HYP_JOB_COMPLETED);
	ck_assert_str_eq(script.error, "");
	ck_assert_str_eq(script.result, "");
}
END_TEST

static Suite *writing_suite(void)
{
	Suite *suite = suite_create("writing");
	TCase *tc = tcase_create("writing");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, told_and_forgotten);
	tcase_add_test(tc, routed_by_what_the_store_says);
	tcase_add_test(tc, corrupt);
	tcase_add_test(tc, waited_for);
	tcase_add_test(tc, lost);
	tcase_add_test(tc, fenced);
	tcase_add_test(tc, given_up);
	tcase_add_test(tc, an_end_is_written_whatever_its_text);
	tcase_add_test(tc, a_completion_is_written_whatever_its_text);
	tcase_add_test(tc, counted_once_however_often_it_is_tried);
	tcase_add_test(tc, what_did_not_come_to_be_is_not_counted);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(writing_suite());
}
