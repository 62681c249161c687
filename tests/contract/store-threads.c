/* SPDX-License-Identifier: Apache-2.0 */
/* Many at once: each change is whole, whatever becomes of its neighbours. */
#include "tests/contract/store.h"

#define THREADS 8
#define ROUNDS 40

/* Pairs of rows that belong together; every third pair must fail. */
static void *write_pairs(void *arg)
{
	unsigned thread = *(unsigned *)arg;
	struct hyp_error err;
	char id[32], other[32];

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct hyp_job_row job = db_job(id, HYP_JOB_QUEUED);
		struct hyp_event_row e = {.size = sizeof(e),
					  .id = other,
					  .type = "job.created",
					  .job_id = id};
		const struct hyp_store_op ops[2] = {
			db_op(HYP_OP_PUT, HYP_TABLE_EVENT, &e),
			db_op(i % 3 ? HYP_OP_PUT : HYP_OP_UPDATE, HYP_TABLE_JOB,
			      &job)};
		const struct hyp_change change = {.size = sizeof(change),
						  .ops = ops,
						  .op_stride = sizeof(*ops),
						  .op_count = 2};
		int32_t rc;

		snprintf(id, sizeof(id), "j%u-%u", thread, i);
		snprintf(other, sizeof(other), "e%u-%u", thread, i);
		rc = calls->apply(db->checked, &change, &err);
		ck_assert_int_eq(rc, i % 3 ? 0 : HYP_E_FENCED);
	}
	return NULL;
}

static int32_t count_row(void *ctx, const void *row, struct hyp_error *err)
{
	(void)row;
	(void)err;
	++*(unsigned *)ctx;
	return 0;
}

static unsigned count(uint32_t table)
{
	const struct hyp_store_query all = {.size = sizeof(all)};
	unsigned n = 0;
	const struct hyp_row_sink sink = {sizeof(sink), 0, &n, count_row};
	struct hyp_error err;

	ck_ok(calls->list(db->checked, table, &all, &sink, &err), &err);
	return n;
}

START_TEST(changes_are_whole)
{
	struct hyp_store_counts c = {.size = sizeof(c)};
	unsigned numbers[THREADS], want = 0;
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], NULL, write_pairs, &numbers[i]);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < ROUNDS; i++)
		want += i % 3 ? THREADS : 0;
	ck_assert_uint_eq(count(HYP_TABLE_JOB), want);
	ck_assert_uint_eq(count(HYP_TABLE_EVENT), want);
	ck_ok(calls->counts(db->checked, &c, &db_err), &db_err);
	ck_assert_uint_eq(c.jobs[HYP_JOB_QUEUED], want);
}
END_TEST

struct reader {
	uint64_t last;
	int stop;
};

/* Events appear in the order of their numbers: who has seen one never finds a
 * lower one later. */
static int32_t see_event(void *ctx, const void *row, struct hyp_error *err)
{
	struct reader *r = ctx;
	const struct hyp_event_row *e = row;

	(void)err;
	ck_assert_uint_eq(e->seq, r->last + 1);
	r->last = e->seq;
	return 0;
}

static void *follow_events(void *arg)
{
	struct reader *r = arg;
	const struct hyp_row_sink sink = {sizeof(sink), 0, r, see_event};
	struct hyp_store_query q = {.size = sizeof(q)};
	struct hyp_error err;
	int stop;

	do {
		stop = __atomic_load_n(&r->stop, __ATOMIC_ACQUIRE);
		q.after_seq = r->last;
		ck_ok(calls->list(db->checked, HYP_TABLE_EVENT, &q, &sink,
				  &err),
		      &err);
	} while (!stop);
	return NULL;
}

static void *write_events(void *arg)
{
	struct hyp_error err;
	char id[32];

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct hyp_event_row e = {
			.size = sizeof(e), .id = id, .type = "t"};
		const struct hyp_store_op op =
			db_op(HYP_OP_PUT, HYP_TABLE_EVENT, &e);
		const struct hyp_change change = {.size = sizeof(change),
						  .ops = &op,
						  .op_stride = sizeof(op),
						  .op_count = 1};
		unsigned n = 0;
		const struct hyp_row_sink sink = {sizeof(sink), 0, &n,
						  count_row};
		struct hyp_store_query q = {.size = sizeof(q), .id = id};

		snprintf(id, sizeof(id), "%u-%u", *(unsigned *)arg, i);
		ck_ok(calls->apply(db->checked, &change, &err), &err);
		/* What was applied is seen at once. */
		ck_ok(calls->list(db->checked, HYP_TABLE_EVENT, &q, &sink,
				  &err),
		      &err);
		ck_assert_uint_eq(n, 1);
	}
	return NULL;
}

START_TEST(events_never_overtake)
{
	struct reader r = {.last = 0};
	pthread_t threads[THREADS], reader;
	unsigned numbers[THREADS];

	pthread_create(&reader, NULL, follow_events, &r);
	for (unsigned i = 0; i < THREADS; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], NULL, write_events, &numbers[i]);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	__atomic_store_n(&r.stop, 1, __ATOMIC_RELEASE);
	pthread_join(reader, NULL);
	ck_assert_uint_eq(r.last, THREADS * ROUNDS);
}
END_TEST

TCase *store_threads(void)
{
	TCase *tc = tcase_create("threads");

	tcase_add_test(tc, changes_are_whole);
	tcase_add_test(tc, events_never_overtake);
	return tc;
}
