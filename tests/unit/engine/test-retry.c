/* SPDX-License-Identifier: Apache-2.0 */
/* When deliveries are tried again (95). */
#include "core/engine/retry.h"
#include "core/base/cleanup.h"
#include "tests/lib/unit.h"

START_TEST(doubles_up_to_a_minute)
{
	static const uint64_t want[] = {1000,  2000,  4000,  8000, 16000,
					32000, 60000, 60000, 60000};
	uint64_t wait;

	for (uint32_t i = 0; i < HYP_COUNT(want); i++) {
		ck_assert(hyp_retry_next(100, i + 1, 500, 0, &wait));
		ck_assert_uint_eq(wait, want[i]);
	}
}
END_TEST

START_TEST(n_retries_after_the_first)
{
	uint64_t wait;

	ck_assert(hyp_retry_next(3, 3, 0, 0, &wait));
	ck_assert(!hyp_retry_next(3, 4, 0, 0, &wait));
	ck_assert(!hyp_retry_next(0, 1, 0, 0, &wait));
}
END_TEST

START_TEST(durable_is_ten_tries_in_28_hours)
{
	uint64_t wait, sum = 0;
	uint32_t tries = 1;

	for (; hyp_retry_next(HYP_WEBHOOK_DURABLE, tries, 0, 0, &wait); tries++)
		sum += wait;
	ck_assert_uint_eq(tries, 10);
	ck_assert_uint_gt(sum, 27 * UINT64_C(3600000));
	ck_assert_uint_lt(sum, 29 * UINT64_C(3600000));
}
END_TEST

START_TEST(fault_95_retry_after)
{
	static const uint32_t heeded[] = {408, 425, 429, 503};
	static const uint32_t others[] = {0, 301, 400, 404, 500, 502};
	uint64_t wait;

	for (size_t i = 0; i < HYP_COUNT(heeded); i++) {
		hyp_retry_next(3, 1, heeded[i], 30000, &wait);
		ck_assert_uint_eq(wait, 30000);
		hyp_retry_next(3, 2, heeded[i], 500, &wait);
		ck_assert_uint_eq(wait, 2000);
		hyp_retry_next(3, 1, heeded[i], UINT32_MAX, &wait);
		ck_assert_uint_eq(wait, 3600000);
	}
	for (size_t i = 0; i < HYP_COUNT(others); i++) {
		hyp_retry_next(3, 1, others[i], 30000, &wait);
		ck_assert_uint_eq(wait, 1000);
	}
}
END_TEST

static Suite *make(void)
{
	Suite *suite = suite_create("retry");
	TCase *c = tcase_create("retry");

	tcase_add_test(c, doubles_up_to_a_minute);
	tcase_add_test(c, n_retries_after_the_first);
	tcase_add_test(c, durable_is_ten_tries_in_28_hours);
	tcase_add_test(c, fault_95_retry_after);
	suite_add_tcase(suite, c);
	return suite;
}

int main(void)
{
	return unit_main(make());
}
