/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/meter.h"
#include "tests/lib/unit.h"

#define MB 1000000u

static struct hyp_meter meter;

START_TEST(knows_nothing_at_first)
{
	uint64_t ms = 7;

	hyp_meter_init(&meter, 1000);
	ck_assert_uint_eq(hyp_meter_rate(&meter, 1000), 0);
	ck_assert_int_eq(hyp_meter_left(&meter, 1000, &ms), 0);
	hyp_meter_add(&meter, 1500, MB, 100 * MB, MB);
	ck_assert_int_eq(hyp_meter_left(&meter, 1500, &ms), 0);
	ck_assert_uint_eq(ms, 7);
}
END_TEST

START_TEST(follows_a_steady_copy)
{
	uint64_t ms;

	hyp_meter_init(&meter, 0);
	for (uint64_t t = 100; t <= 60000; t += 100)
		hyp_meter_add(&meter, t, t * 2000, 240 * MB, t * 1000);
	ck_assert_uint_eq(hyp_meter_rate(&meter, 60000), 1000000);
	ck_assert_int_eq(hyp_meter_left(&meter, 60000, &ms), 1);
	ck_assert_uint_eq(ms, 60000);
}
END_TEST

START_TEST(a_stall_shows)
{
	uint64_t ms;

	hyp_meter_init(&meter, 0);
	for (uint64_t t = 100; t <= 10000; t += 100)
		hyp_meter_add(&meter, t, t * 1000, 100 * MB, t * 1000);
	ck_assert_uint_eq(hyp_meter_rate(&meter, 20000), 500000);
	hyp_meter_add(&meter, 50000, 10000 * 1000, 100 * MB, 10000 * 1000);
	ck_assert_uint_eq(hyp_meter_rate(&meter, 50000), 0);
	ck_assert_int_eq(hyp_meter_left(&meter, 50000, &ms), 0);
}
END_TEST

START_TEST(a_restart_begins_anew)
{
	uint64_t ms;

	hyp_meter_init(&meter, 0);
	for (uint64_t t = 100; t <= 10000; t += 100)
		hyp_meter_add(&meter, t, t * 1000, 100 * MB, t * 1000);
	hyp_meter_add(&meter, 10100, 0, 100 * MB, 10 * MB);
	ck_assert_int_eq(hyp_meter_left(&meter, 10100, &ms), 0);
	for (uint64_t t = 10200; t <= 20100; t += 100)
		hyp_meter_add(&meter, t, (t - 10100) * 2000, 100 * MB,
			      10 * MB + (t - 10100) * 2000);
	ck_assert_uint_eq(hyp_meter_rate(&meter, 20100), 2000000);
	ck_assert_int_eq(hyp_meter_left(&meter, 20100, &ms), 1);
	ck_assert_uint_eq(ms, 40000);
}
END_TEST

START_TEST(without_a_total_there_is_no_time_left)
{
	uint64_t ms;

	hyp_meter_init(&meter, 0);
	for (uint64_t t = 100; t <= 10000; t += 100)
		hyp_meter_add(&meter, t, t * 1000, 0, t * 1000);
	ck_assert_uint_eq(hyp_meter_rate(&meter, 10000), 1000000);
	ck_assert_int_eq(hyp_meter_left(&meter, 10000, &ms), 0);
}
END_TEST

START_TEST(sums_up_files)
{
	struct hyp_export_file_state files[3] = {
		{.done = 10, .total = 100, .bytes = 5},
		{.done = 50, .total = 50, .bytes = 50, .finished = 1},
		{.done = 7, .total = 0, .bytes = 7, .finished = 1},
	};
	uint64_t done, total, bytes;

	hyp_meter_sum(files, 3, &done, &total, &bytes);
	ck_assert_uint_eq(done, 67);
	ck_assert_uint_eq(total, 157);
	ck_assert_uint_eq(bytes, 62);
	files[2].finished = 0;
	hyp_meter_sum(files, 3, &done, &total, &bytes);
	ck_assert_uint_eq(total, 0);
	files[0].total = UINT64_MAX;
	files[2].finished = 1;
	hyp_meter_sum(files, 3, &done, &total, &bytes);
	ck_assert_uint_eq(total, UINT64_MAX);
}
END_TEST

START_TEST(percents_are_honest)
{
	ck_assert_int_eq(hyp_percent(0, 0), -1);
	ck_assert_int_eq(hyp_percent(0, 10), 0);
	ck_assert_int_eq(hyp_percent(999999, 1000000), 99);
	ck_assert_int_eq(hyp_percent(UINT64_MAX - 1, UINT64_MAX), 99);
	ck_assert_int_eq(hyp_percent(10, 10), 100);
	ck_assert_int_eq(hyp_percent(11, 10), 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("meter");
	TCase *tc = tcase_create("meter");

	tcase_add_test(tc, knows_nothing_at_first);
	tcase_add_test(tc, follows_a_steady_copy);
	tcase_add_test(tc, a_stall_shows);
	tcase_add_test(tc, a_restart_begins_anew);
	tcase_add_test(tc, without_a_total_there_is_no_time_left);
	tcase_add_test(tc, sums_up_files);
	tcase_add_test(tc, percents_are_honest);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
