/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/limiter.h"
#include "core/pipeline/thread.h"
#include "tests/lib/unit.h"
#include "tests/unit/pipeline/fake-clock.h"

#define MIB (UINT64_C(1) << 20)

static int fake_wait(void *ctx, uint64_t ns)
{
	*(uint64_t *)ctx += 1;
	fake_clock_advance(ns);
	return 0;
}

/* Seconds, on the fake clock, that total bytes take in pieces; the source
 * itself needs source_ns for each. */
static double run(uint64_t rate, uint64_t total, uint64_t piece,
		  uint64_t source_ns)
{
	struct hyp_limiter *limiter;
	struct hyp_error err;
	uint64_t waits = 0, begin;

	fake_clock_start(0);
	ck_ok(hyp_limiter_new(rate, NULL, &limiter, &err), &err);
	hyp_limiter_set_wait(limiter, fake_wait, &waits);
	begin = fake_now_ns;
	for (uint64_t done = 0; done < total; done += piece) {
		fake_clock_advance(source_ns);
		if (hyp_limiter_take(limiter, piece, &err) < 0)
			ck_abort_msg("%s", err.text);
	}
	hyp_limiter_free(limiter);
	hyp_clock_set(NULL);
	return (double)(fake_now_ns - begin) / 1e9;
}

static void within(double got, double want, double part)
{
	ck_assert_msg(got > want * (1 - part) && got < want * (1 + part),
		      "%.3f s, wanted %.3f s", got, want);
}

START_TEST(test_rate)
{
	static const uint64_t rates[] = {10000,	    1000000, 50 * MIB,
					 999999999, 1 << 30, 20000000000};
	static const uint64_t pieces[] = {1, 1000, 16384, 65536, MIB};

	for (size_t r = 0; r < 6; r++)
		for (size_t p = 0; p < 5; p++) {
			uint64_t n = rates[r] / pieces[p] > 200000
					     ? 200000
					     : rates[r] / pieces[p] + 20;
			uint64_t total = n * pieces[p];

			if (total * 10 < rates[r] * 1) /* below a tenth */
				continue;
			within(run(rates[r], total, pieces[p], 0),
			       (double)total / (double)rates[r], 0.05);
		}
}
END_TEST

/* A source that is slower is not slowed down further. */
START_TEST(test_slow_source)
{
	/* 64 KiB each 2 ms: 31 MiB/s beneath a limit of 50 MiB/s */
	within(run(50 * MIB, 64 * MIB, 65536, 2000000), 1024 * 0.002, 0.01);
	/* and a faster one keeps the limit though it takes time itself */
	within(run(50 * MIB, 100 * MIB, 65536, 1000000), 2.0, 0.05);
}
END_TEST

/* What was not used may be made up for, but only a quarter of a second. */
START_TEST(test_credit_is_bounded)
{
	struct hyp_limiter *limiter;
	struct hyp_error err;
	uint64_t waits = 0, begin;

	fake_clock_start(0);
	ck_ok(hyp_limiter_new(MIB, NULL, &limiter, &err), &err);
	hyp_limiter_set_wait(limiter, fake_wait, &waits);
	ck_ok(hyp_limiter_take(limiter, 65536, &err), &err);
	fake_clock_advance(UINT64_C(3600) * 1000000000);
	begin = fake_now_ns;
	for (int i = 0; i < 160; i++)
		ck_ok(hyp_limiter_take(limiter, 65536, &err), &err);
	within((double)(fake_now_ns - begin) / 1e9, 10 - 0.25, 0.01);
	hyp_limiter_free(limiter);
	hyp_clock_set(NULL);
}
END_TEST

START_TEST(test_no_limit)
{
	struct hyp_limiter *limiter = NULL;
	struct hyp_error err;

	ck_ok(hyp_limiter_new(0, NULL, &limiter, &err), &err);
	ck_assert_ptr_null(limiter);
	ck_ok(hyp_limiter_take(limiter, UINT64_MAX, &err), &err);
	hyp_limiter_free(limiter);
}
END_TEST

/* A wait of hours ends when somebody cancels. */
static void *cancel_later(void *arg)
{
	hyp_cancel_set(arg);
	return NULL;
}

START_TEST(test_cancel)
{
	struct hyp_limiter *limiter;
	struct hyp_cancel *cancel;
	struct hyp_error err;
	pthread_t thread;

	ck_ok(hyp_cancel_new(&cancel, &err), &err);
	ck_ok(hyp_limiter_new(1, cancel, &limiter, &err), &err);
	ck_assert_int_eq(pthread_create(&thread, NULL, cancel_later, cancel),
			 0);
	ck_fails(hyp_limiter_take(limiter, 100000, &err), &err, HYP_E_CANCELLED,
		 "cancelled");
	pthread_join(thread, NULL);
	hyp_limiter_free(limiter);
	hyp_cancel_free(cancel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limiter");
	TCase *tc = tcase_create("limiter");

	tcase_add_test(tc, test_rate);
	tcase_add_test(tc, test_slow_source);
	tcase_add_test(tc, test_credit_is_bounded);
	tcase_add_test(tc, test_no_limit);
	tcase_add_test(tc, test_cancel);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
