/* SPDX-License-Identifier: Apache-2.0 */
/* The promises of hypersdk/notifier.h. */
#include "tests/contract/contract.h"

#include <pthread.h>
#include <string.h>

#define ROUNDS 20
#define THREADS 4

static const struct hyp_notice notice = {
	.size = sizeof(notice),
	.attempt = 1,
	.time_ms = INT64_C(1700000000000),
	.id = "01930000-0000-7000-8000-000000000000",
	.type = "job.completed",
	.job_id = "a",
	.data_json = "{\"job_id\":\"a\",\"job_name\":\"a\",\"vm_path\":\"/a\"}",
};

static const struct hyp_notifier_ops *ops(void)
{
	return contract_plugin->ops;
}

static int32_t deliver(struct contract_instance *i, struct hyp_outcome *outcome,
		       struct hyp_error *err)
{
	memset(outcome, 0, sizeof(*outcome));
	outcome->size = sizeof(*outcome);
	return ops()->deliver(i->raw, &notice, outcome, err);
}

START_TEST(takes_events)
{
	struct contract_instance *i = contract_new("plain");
	struct hyp_outcome outcome;
	struct hyp_error err;

	for (int k = 0; k < ROUNDS; k++) {
		ck_ok(deliver(i, &outcome, &err), &err);
		ck_assert_uint_ge(outcome.status, 200);
		ck_assert_uint_lt(outcome.status, 300);
	}
	contract_free(i);
}
END_TEST

START_TEST(refusals_are_told)
{
	struct contract_instance *i = contract_new("failing");
	struct hyp_outcome outcome;
	struct hyp_error err;

	for (int k = 0; k < ROUNDS; k++) {
		ct_fails_with(deliver(i, &outcome, &err), &err,
			      HYP_E_TRANSIENT);
		ck_assert_str_eq(err.kind, "refused");
		ck_assert_uint_eq(outcome.status, 500);
	}
	contract_free(i);
}
END_TEST

START_TEST(the_end_is_told)
{
	struct contract_instance *i = contract_new("gone");
	struct hyp_outcome outcome;
	struct hyp_error err;

	ct_fails_with(deliver(i, &outcome, &err), &err, HYP_E_PERMANENT);
	ck_assert_str_eq(err.kind, "gone");
	contract_free(i);
}
END_TEST

START_TEST(absence_is_told)
{
	struct contract_instance *i = contract_new("absent");
	struct hyp_outcome outcome;
	struct hyp_error err;

	ct_fails_with(deliver(i, &outcome, &err), &err, HYP_E_TRANSIENT);
	ck_assert_uint_eq(outcome.status, 0);
	contract_free(i);
}
END_TEST

static void *deliver_main(void *arg)
{
	struct hyp_outcome outcome;
	static __thread struct hyp_error err;

	ck_assert_int_eq(deliver(arg, &outcome, &err), HYP_E_CANCELLED);
	return NULL;
}

START_TEST(cancellation_ends_it)
{
	struct contract_instance *i = contract_new("silent");
	pthread_t thread;

	pthread_create(&thread, NULL, deliver_main, i);
	fake_host_cancel(&i->host.fake);
	pthread_join(thread, NULL); /* the case's time limit judges */
	contract_free(i);
}
END_TEST

static void *checked_main(void *arg)
{
	struct contract_instance *i = arg;
	struct hyp_outcome outcome;
	struct hyp_error err;

	for (int k = 0; k < ROUNDS; k++)
		ck_ok(hyp_notifier_calls.deliver(i->checked, &notice, &outcome,
						 &err),
		      &err);
	return NULL;
}

START_TEST(instances_side_by_side)
{
	struct contract_instance *i[THREADS];
	pthread_t threads[THREADS];

	for (int k = 0; k < THREADS; k++) {
		i[k] = contract_new("plain");
		pthread_create(&threads[k], NULL, checked_main, i[k]);
	}
	for (int k = 0; k < THREADS; k++) {
		pthread_join(threads[k], NULL);
		contract_free(i[k]);
	}
}
END_TEST

START_TEST(leaves_nothing)
{
	struct hyp_outcome outcome;
	struct hyp_error err;
	unsigned fds = 0;

	for (int k = 0; k < ROUNDS; k++) {
		struct contract_instance *i = contract_new("plain");

		ck_ok(deliver(i, &outcome, &err), &err);
		contract_free(i);
		if (k == 0)
			fds = contract_count("/proc/self/fd");
	}
	ck_assert_uint_eq(contract_count("/proc/self/fd"), fds);
}
END_TEST

static Suite *make(void)
{
	Suite *suite = suite_create("contract-notifier");
	TCase *c = tcase_create("notifier");

	tcase_set_timeout(c, 20);
	tcase_add_test(c, takes_events);
	if (contract_has("failing"))
		tcase_add_test(c, refusals_are_told);
	if (contract_has("gone"))
		tcase_add_test(c, the_end_is_told);
	if (contract_has("absent"))
		tcase_add_test(c, absence_is_told);
	if (contract_has("silent"))
		tcase_add_test(c, cancellation_ends_it);
	tcase_add_test(c, instances_side_by_side);
	tcase_add_test(c, leaves_nothing);
	suite_add_tcase(suite, c);
	return suite;
}

int main(int argc, char **argv)
{
	return contract_main(argc, argv, HYP_KIND_NOTIFIER, make);
}
