/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/work.h"
#include "tests/lib/unit.h"

#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int done;

static void pass_gate(struct hyp_work_item *item)
{
	(void)item;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	atomic_fetch_add(&done, 1);
}

START_TEST(all_is_done_before_the_end)
{
	static struct hyp_work_item items[1000];
	struct hyp_work *work;
	struct hyp_error err;

	ck_ok(hyp_work_new(8, 1000, &work, &err), &err);
	pthread_mutex_lock(&gate);
	for (int i = 0; i < 1000; i++) {
		items[i].run = pass_gate;
		ck_ok(hyp_work_push(work, &items[i], &err), &err);
	}
	ck_assert_int_eq(atomic_load(&done), 0);
	pthread_mutex_unlock(&gate);
	hyp_work_end(work);
	ck_assert_int_eq(atomic_load(&done), 1000);
	ck_fails(hyp_work_push(work, &items[0], &err), &err, HYP_E_BUSY,
		 "busy");
	hyp_work_free(work);
}
END_TEST

START_TEST(a_full_queue_says_so)
{
	static struct hyp_work_item items[32];
	struct hyp_work *work;
	struct hyp_error err;
	int taken = 0, refused = 0;

	ck_ok(hyp_work_new(2, 4, &work, &err), &err);
	pthread_mutex_lock(&gate);
	for (int i = 0; i < 32; i++) {
		items[i].run = pass_gate;
		if (hyp_work_push(work, &items[i], &err) == 0)
			taken++;
		else
			refused++;
	}
	/* Four wait, and two at the most are with a thread. */
	ck_assert_int_ge(taken, 4);
	ck_assert_int_le(taken, 6);
	ck_assert_int_eq(taken + refused, 32);
	pthread_mutex_unlock(&gate);
	hyp_work_free(work);
	ck_assert_int_eq(atomic_load(&done), taken);
}
END_TEST

START_TEST(an_idle_one_ends)
{
	struct hyp_work *work;
	struct hyp_error err;

	ck_ok(hyp_work_new(64, 1, &work, &err), &err);
	hyp_work_free(work);
	hyp_work_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("api/work");
	TCase *t = tcase_create("work");

	tcase_add_test(t, all_is_done_before_the_end);
	tcase_add_test(t, a_full_queue_says_so);
	tcase_add_test(t, an_idle_one_ends);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
