/* SPDX-License-Identifier: Apache-2.0 */
/* After a crash: what another process finds, finishes, or sweeps away. The
 * crash is a child that ends in the midst of it. */
#include "tests/contract/storage.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAYOUTS 2
static struct hyp_place_args args_of(int i)
{
	return i == 0 ? st_args(HYP_LAYOUT_FILE, "web01.ova")
		      : st_args(HYP_LAYOUT_DIRECTORY, "web01");
}

/* How far the child gets. */
#define OPENED 0
#define WRITTEN 1
#define SEALED 2
#define PUBLISHED 3

static void crash_at(int stage, const struct hyp_place_args *args)
{
	pid_t pid = fork();
	int status = 0;
	void *place;

	if (pid == 0) {
		place = st_place(args);
		if (stage >= WRITTEN)
			st_put(place, "a", "content");
		if (stage >= SEALED)
			st_seal(place, args, 7);
		if (stage >= PUBLISHED &&
		    st_ops()->publish(place, &st_err) != 0)
			_exit(1);
		_exit(42);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 42);
}

static uint32_t state_of(const struct hyp_place_args *args)
{
	uint32_t state = 99;

	ck_ok(st_ops()->state(st->raw, args, &state, &st_err), &st_err);
	return state;
}

START_TEST(state_at_every_stage)
{
	static const uint32_t want[] = {HYP_PLACE_PARTIAL, HYP_PLACE_PARTIAL,
					HYP_PLACE_SEALED, HYP_PLACE_PUBLISHED};
	struct hyp_place_args args = args_of(_i % LAYOUTS);

	if (st_ops()->state == NULL)
		return;
	ck_assert_uint_eq(state_of(&args), HYP_PLACE_NONE);
	crash_at(_i / LAYOUTS, &args);
	ck_assert_uint_eq(state_of(&args), want[_i / LAYOUTS]);
	/* Looking changes nothing. */
	ck_assert_uint_eq(state_of(&args), want[_i / LAYOUTS]);
}
END_TEST

/* Of another job or attempt it is not. */
START_TEST(state_of_another)
{
	struct hyp_place_args args = args_of(_i % LAYOUTS), other = args;
	int stage = _i / LAYOUTS == 0 ? SEALED : PUBLISHED;

	if (st_ops()->state == NULL)
		return;
	crash_at(stage, &args);
	other.job_id = "job-2";
	ck_assert_uint_eq(state_of(&other), HYP_PLACE_NONE);
	other = args;
	other.attempt++;
	ck_assert_uint_eq(state_of(&other), HYP_PLACE_NONE);
}
END_TEST

START_TEST(resumes)
{
	struct hyp_place_args args = args_of(_i);
	size_t n = 0;
	char *got;

	if (st_ops()->resume == NULL)
		return;
	crash_at(SEALED, &args);
	ck_assert_uint_eq(contract_entries(st_dir, 1), 0);
	ck_ok(st_ops()->resume(st->raw, &args, &st_err), &st_err);
	got = st_published(&args, "a", &n);
	ck_assert_ptr_nonnull(got);
	ck_assert_uint_eq(n, 7);
	ck_assert_int_eq(memcmp(got, "content", 7), 0);
	free(got);
	ck_assert_uint_eq(state_of(&args), HYP_PLACE_PUBLISHED);
	ck_assert_uint_eq(contract_entries(st_dir, 0),
			  contract_entries(st_dir, 1));
}
END_TEST

START_TEST(resumes_nothing_else)
{
	struct hyp_place_args args = args_of(_i);

	if (st_ops()->resume == NULL)
		return;
	ct_fails(st_ops()->resume(st->raw, &args, &st_err), &st_err);
	crash_at(WRITTEN, &args);
	ct_fails(st_ops()->resume(st->raw, &args, &st_err), &st_err);
	ck_assert_uint_eq(contract_entries(st_dir, 1), 0);
}
END_TEST

static char asked_job[160];
static uint32_t asked_attempt, live;

static uint32_t is_live(void *ctx, const char *job_id, uint32_t attempt)
{
	ck_assert_ptr_eq(ctx, POISON);
	snprintf(asked_job, sizeof(asked_job), "%s", job_id);
	asked_attempt = attempt;
	return live;
}

static uint64_t sweep(void)
{
	uint64_t removed = 99;

	ck_ok(st_ops()->sweep(st->raw, st_dir, is_live, POISON, &removed,
			      &st_err),
	      &st_err);
	return removed;
}

/* Fault 58. */
START_TEST(sweeps)
{
	struct hyp_place_args args = args_of(_i % LAYOUTS);

	if (st_ops()->sweep == NULL)
		return;
	ck_assert_uint_eq(sweep(), 0);
	contract_write_file(st_dir, "foreign", "x");
	contract_write_file(st_dir, ".hyp-foreign", "x");
	contract_write_file(st_dir, ".hyp-foreign.part", "x");
	crash_at(_i / LAYOUTS == 0 ? WRITTEN : SEALED, &args);
	live = 1;
	ck_assert_uint_eq(sweep(), 0);
	ck_assert_str_eq(asked_job, "job-1");
	ck_assert_uint_eq(asked_attempt, 2);
	ck_assert_uint_gt(contract_entries(st_dir, 0), 3);
	live = 0;
	ck_assert_uint_gt(sweep(), 0);
	ck_assert_uint_eq(contract_entries(st_dir, 0), 3);
	ck_assert_uint_eq(sweep(), 0);
}
END_TEST

START_TEST(sweeps_no_output)
{
	struct hyp_place_args args = args_of(_i);
	unsigned before;

	if (st_ops()->sweep == NULL)
		return;
	crash_at(PUBLISHED, &args);
	before = contract_entries(st_dir, 0);
	live = 0;
	ck_assert_uint_eq(sweep(), 0);
	ck_assert_uint_eq(contract_entries(st_dir, 0), before);
}
END_TEST

/* A place that this process still writes is nobody's to sweep. */
START_TEST(again_after_a_crash)
{
	struct hyp_place_args args = args_of(_i);
	size_t n = 0;
	char *got;

	crash_at(WRITTEN, &args);
	args.attempt++;
	st_publish_one(&args, "second");
	got = st_published(&args, "a", &n);
	ck_assert_uint_eq(n, 6);
	ck_assert_int_eq(memcmp(got, "second", 6), 0);
	free(got);
}
END_TEST

void st_add_recovery(Suite *suite)
{
	TCase *c = st_tcase(suite, "recovery");

	tcase_add_loop_test(c, state_at_every_stage, 0, 4 * LAYOUTS);
	tcase_add_loop_test(c, state_of_another, 0, 2 * LAYOUTS);
	tcase_add_loop_test(c, resumes, 0, LAYOUTS);
	tcase_add_loop_test(c, resumes_nothing_else, 0, LAYOUTS);
	tcase_add_loop_test(c, sweeps, 0, 2 * LAYOUTS);
	tcase_add_loop_test(c, sweeps_no_output, 0, LAYOUTS);
	tcase_add_loop_test(c, again_after_a_crash, 0, LAYOUTS);
}
