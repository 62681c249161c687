/* SPDX-License-Identifier: Apache-2.0 */
/* Fault 4: who waits for a sync, and what those who share a transaction see
 * of each other. */
#include "plugins/store/sqlite/test-kit.h"

#include <sched.h>
#include <stdlib.h>

/* What may be lost waits for no disk, what is acknowledged does, whatever was
 * before it. */
START_TEST(a_lazy_change_spares_only_itself)
{
	int before;

	ck_ok(kit_put("a"), &kit.err);
	before = kit_syncs();
	ck_ok(kit_put_lazily("b"), &kit.err);
	ck_assert_int_eq(kit_syncs(), before);
	ck_ok(kit_put("c"), &kit.err);
	ck_assert_int_eq(kit_syncs(), before + 1);
	ck_ok(kit_put_lazily("d"), &kit.err);
	__atomic_store_n(&kit.failing, 1, __ATOMIC_RELEASE);
	ck_fails(kit_put("e"), &kit.err, HYP_E_TRANSIENT, "db_error");
	/* The connection that is new since, and a log that is begun: */
	ck_ok(kit_put("f"), &kit.err);
	before = kit_syncs();
	ck_ok(kit_put_lazily("g"), &kit.err);
	ck_assert_int_eq(kit_syncs(), before);
	ck_ok(kit_put("h"), &kit.err);
	ck_assert_int_eq(kit_syncs(), before + 1);
	kit_expect("abcdfgh");
}
END_TEST

/* Both wait while a third one's sync runs: one commit has them both. */
START_TEST(a_mixed_batch_is_synced)
{
	struct caller first = {.id = "b"};
	struct caller two[2] = {{.id = "c"}, {.id = "d"}};
	int before;

	two[_i].flags = HYP_CHANGE_LAZY;
	ck_ok(kit_put("a"), &kit.err);
	before = kit_syncs();
	__atomic_store_n(&kit.held, 1, __ATOMIC_RELEASE);
	kit_start(&first);
	while (kit_syncs() == before)
		sched_yield();
	for (int i = 0; i < 2; i++) {
		kit_start(&two[i]);
		kit_until_waiting(i + 1);
	}
	__atomic_store_n(&kit.held, 0, __ATOMIC_RELEASE);
	kit_join(&first);
	kit_join(&two[0]);
	kit_join(&two[1]);
	ck_assert_int_eq(kit_syncs(), before + 2);
	kit_expect("abcd");
}
END_TEST

static int32_t put_job(void)
{
	const struct hyp_job_row job = {
		.size = sizeof(job),
		.state = HYP_JOB_QUEUED,
		.id = "j",
		.vm_path = "v",
		.output_path = "o",
		.endpoint = "e",
		.definition_json = "{}",
	};

	return kit_put_row(HYP_TABLE_JOB, &job, 0, &kit.err);
}

/* More than the connection keeps in memory: the log grows while it runs. */
#define BIG_EVENTS 64
struct big {
	char data[65536];
	char ids[BIG_EVENTS][8];
	struct hyp_event_row rows[BIG_EVENTS];
	struct hyp_store_op ops[BIG_EVENTS];
};

static int32_t compose_big(void *ctx, const struct hyp_job_row *chosen,
			   struct hyp_change *change, struct hyp_error *e)
{
	struct big *big = ctx;

	(void)chosen;
	(void)e;
	memset(big->data, ' ', sizeof(big->data));
	memcpy(big->data, "{}", 2);
	big->data[sizeof(big->data) - 1] = '\0';
	for (int i = 0; i < BIG_EVENTS; i++) {
		snprintf(big->ids[i], sizeof(big->ids[i]), "big%d", i);
		big->rows[i] =
			(struct hyp_event_row){.size = sizeof(*big->rows),
					       .id = big->ids[i],
					       .type = "t",
					       .data_json = big->data};
		big->ops[i] = (struct hyp_store_op){.size = sizeof(*big->ops),
						    .verb = HYP_OP_PUT,
						    .table = HYP_TABLE_EVENT,
						    .row = &big->rows[i]};
	}
	change->ops = big->ops;
	change->op_stride = sizeof(*big->ops);
	change->op_count = BIG_EVENTS;
	__atomic_store_n(&kit.log_full, 1, __ATOMIC_RELEASE);
	return 0;
}

static void *claim(void *arg)
{
	const struct hyp_claim claim = {.size = sizeof(claim)};
	struct caller *c = arg;
	struct big *big = calloc(1, sizeof(*big));
	struct hyp_error e;

	c->rc = kit.ops->claim(kit.store, &claim, compose_big, big, &e);
	free(big);
	return NULL;
}

/* A claim for which the disk is full takes its batch with it, and who came
 * behind it in that is not told one thing while another one is so. */
START_TEST(a_full_disk_undoes_the_batch)
{
	struct caller first = {.id = "a"}, before = {.id = "b"};
	struct caller full = {.id = ""}, after = {.id = "c"};
	int seen;

	ck_ok(put_job(), &kit.err);
	seen = kit_syncs();
	__atomic_store_n(&kit.held, 1, __ATOMIC_RELEASE);
	kit_start(&first);
	while (kit_syncs() == seen)
		sched_yield();
	kit_start(&before);
	kit_until_waiting(1);
	ck_assert_int_eq(pthread_create(&full.thread, NULL, claim, &full), 0);
	kit_until_waiting(2);
	kit_start(&after);
	kit_until_waiting(3);
	__atomic_store_n(&kit.held, 0, __ATOMIC_RELEASE);
	kit_join(&first);
	pthread_join(before.thread, NULL);
	pthread_join(full.thread, NULL);
	pthread_join(after.thread, NULL);
	kit_expect("a");
	ck_assert_int_eq(before.rc, HYP_E_RESOURCE);
	ck_assert_int_eq(full.rc, HYP_E_RESOURCE);
	ck_assert_int_eq(after.rc, HYP_E_RESOURCE);
	ck_ok(kit_put("d"), &kit.err);
	kit_expect("ad");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store/sqlite: batch");
	TCase *tc = tcase_create("batch");

	tcase_add_checked_fixture(tc, kit_setup, kit_teardown);
	tcase_add_test(tc, a_lazy_change_spares_only_itself);
	tcase_add_loop_test(tc, a_mixed_batch_is_synced, 0, 2);
	tcase_add_test(tc, a_full_disk_undoes_the_batch);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
