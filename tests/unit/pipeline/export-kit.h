/* SPDX-License-Identifier: Apache-2.0 */
/* One export over the fake plugins: a job, what its observer saw, and what
 * must be true whenever it has ended. Included by the programs that test it. */
#ifndef HYP_TEST_PIPELINE_EXPORT_KIT_H
#define HYP_TEST_PIPELINE_EXPORT_KIT_H

#include "core/pipeline/copy.h"
#include "tests/lib/unit.h"
#include "tests/unit/pipeline/fake-clock.h"
#include "tests/unit/pipeline/fakes.h"

#include <json-c/json.h>
#include <string.h>

static struct hyp_export_job job;
static struct hyp_result result;
static struct hyp_error err;

/* What the observer saw. */
static struct seen {
	unsigned phases[8], phase_count;
	unsigned findings, errors, warnings, restarts, progress, finished;
	unsigned remembered, forgotten;
	int cancels; /* set: cancel when disk 2 has arrived beside disk 1 */
	uint64_t bytes;
	char warning[64];
} seen;

static void on_phase(void *ctx, uint32_t phase)
{
	(void)ctx;
	seen.phases[seen.phase_count++] = phase;
}

static void on_finding(void *ctx, const struct hyp_finding *finding)
{
	(void)ctx;
	seen.findings++;
	seen.errors += finding->level == HYP_FINDING_ERROR;
}

static void on_progress(void *ctx, const struct hyp_export_file_state *files,
			size_t count)
{
	(void)ctx;
	seen.progress++;
	if (fakes.stall && count > 1 && files[1].finished && seen.cancels)
		hyp_cancel_set(fakes.cancel);
	seen.finished = 0;
	seen.bytes = 0;
	for (size_t i = 0; i < count; i++) {
		seen.finished += files[i].finished;
		seen.bytes += files[i].bytes;
		if (files[i].finished)
			ck_assert_uint_eq(files[i].done, files[i].total);
	}
}

static void on_warning(void *ctx, const char *kind, const char *text)
{
	(void)ctx;
	(void)text;
	seen.warnings++;
	snprintf(seen.warning, sizeof(seen.warning), "%s", kind);
}

static void on_restart(void *ctx, const char *file, uint32_t restart,
		       const struct hyp_error *why)
{
	(void)ctx;
	(void)file;
	(void)why;
	seen.restarts = restart;
}

static int32_t on_remember(void *ctx, const char *origin, const char *key,
			   const void *bytes, uint64_t n, struct hyp_error *e)
{
	(void)ctx;
	(void)bytes;
	(void)n;
	(void)e;
	ck_assert_str_eq(origin, strcmp(key, "place") == 0 ? "storage/fake"
							   : "provider/fake");
	ck_assert_int_eq(
		fakes_index(strcmp(key, "place") == 0 ? "place" : "export"),
		-1); /* before the act */
	seen.remembered++;
	return 0;
}

static int32_t on_forget(void *ctx, const char *origin, const char *key,
			 struct hyp_error *e)
{
	(void)ctx;
	(void)origin;
	(void)key;
	(void)e;
	seen.forgotten++;
	return 0;
}

static const struct hyp_observer observer = {
	.phase = on_phase,
	.finding = on_finding,
	.progress = on_progress,
	.warning = on_warning,
	.restart = on_restart,
	.remember = on_remember,
	.forget = on_forget,
};

static void setup(void)
{
	fakes_reset();
	memset(&result, 0, sizeof(result));
	memset(&seen, 0, sizeof(seen));
	ck_ok(hyp_cancel_new(&fakes.cancel, &err), &err);
	job = fakes_job();
}

static void teardown(void)
{
	hyp_clock_set(NULL);
	hyp_result_fini(&result);
	hyp_cancel_free(fakes.cancel);
	fakes.cancel = NULL;
	fakes_fini();
}

static void again(void)
{
	teardown();
	setup();
}

static int32_t run(void)
{
	return hyp_export_run(fakes_plan(), &job, &observer, &result, &err);
}

/* Nothing is open any more, and what was open ended in the right order. */
static void nothing_left(void)
{
	int provider = fakes_index("provider.abort");
	int packager = fakes_index("packager.abort");
	int storage = fakes_index("storage.abort");

	ck_assert_msg(fakes.live == 0, "%d left after %s failed", fakes.live,
		      fakes.failed);
	ck_assert_uint_eq(seen.remembered, seen.forgotten);
	if (provider >= 0 && packager >= 0)
		ck_assert_int_lt(provider, packager);
	if (packager >= 0)
		ck_assert_int_lt(packager, storage);
	if (provider >= 0)
		ck_assert_int_lt(provider, storage);
}

static void not_published(void)
{
	nothing_left();
	ck_assert_uint_eq(fakes.published, 0);
	if (fakes_index("place") >= 0)
		ck_assert_uint_eq(fakes_count("storage.abort"), 1);
}

static inline int export_main(const char *name, const TTest *const *tests)
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	for (; *tests != NULL; tests++)
		tcase_add_test(tc, *tests);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}

#endif
