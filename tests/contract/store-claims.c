/* SPDX-License-Identifier: Apache-2.0 */
/* Who is chosen to run next. */
#include "tests/contract/store.h"

#define NOW INT64_C(1764106680000)

struct claimer {
	struct hyp_job_row row;
	struct hyp_store_op op;
	char id[130];
	int fail;
};

static int32_t compose(void *ctx, const struct hyp_job_row *chosen,
		       struct hyp_change *change, struct hyp_error *err)
{
	struct claimer *c = ctx;

	if (c->fail)
		return hyp_error_set(err, HYP_E_CANCELLED, "no", 0, "no");
	snprintf(c->id, sizeof(c->id), "%s", chosen->id);
	c->row = *chosen;
	c->row.state = HYP_JOB_PREPARING;
	c->row.attempt++;
	c->op = db_op(HYP_OP_UPDATE, HYP_TABLE_JOB, &c->row);
	c->op.attempt = chosen->attempt;
	c->op.states = HYP_JOB_BIT(chosen->state);
	change->size = sizeof(*change);
	change->ops = &c->op;
	change->op_stride = sizeof(c->op);
	change->op_count = 1;
	return 0;
}

static struct hyp_claim limits(void)
{
	return (struct hyp_claim){.size = sizeof(struct hyp_claim),
				  .now_ms = NOW};
}

static int32_t claim(const struct hyp_claim *l, struct claimer *c)
{
	memset(c, 0, sizeof(*c));
	return calls->claim(db->checked, l, compose, c, &db_err);
}

static void expect(const struct hyp_claim *l, const char *id)
{
	struct claimer c;

	if (id == NULL) {
		ck_fails(claim(l, &c), &db_err, HYP_E_NOT_FOUND, "nothing");
		return;
	}
	ck_ok(claim(l, &c), &db_err);
	ck_assert_str_eq(c.id, id);
	ck_assert_uint_eq(db_get(id).state, HYP_JOB_PREPARING);
}

static void add(const char *id, uint32_t state, int64_t created, const char *vm,
		const char *endpoint, const char *host)
{
	struct hyp_job_row job = db_job(id, state);

	job.created_ms = NOW - 1000 + created;
	job.vm_path = vm;
	job.endpoint = endpoint;
	job.host = host;
	job.output_path = id;
	db_put(HYP_TABLE_JOB, &job);
}

START_TEST(the_longest_waiting)
{
	const struct hyp_claim l = limits();

	expect(&l, NULL);
	add("c", HYP_JOB_QUEUED, 3, "c", "e", "");
	add("b", HYP_JOB_QUEUED, 2, "b", "e", "");
	add("a", HYP_JOB_SCHEDULED, 1, "a", "e", "");
	add("d", HYP_JOB_COMPLETED, 0, "d", "e", "");
	expect(&l, "b");
	expect(&l, "c");
	expect(&l, NULL);
}
END_TEST

/* Whatever their endpoints and users, and in whatever order those are. */
START_TEST(the_longest_waiting_of_all)
{
	static const char *const endpoints[] = {"m", "a", "z", "", "m", "a"};
	static const char *const order[] = {"5", "3", "0", "4", "1", "2"};
	const struct hyp_claim l = limits();

	for (int i = 0; i < 6; i++) {
		char id[2] = {(char)('0' + i), '\0'};
		struct hyp_job_row job = db_job(id, HYP_JOB_QUEUED);

		for (int at = 0; at < 6; at++)
			if (order[at][0] == id[0])
				job.created_ms = NOW - 1000 + at / 2;
		job.endpoint = endpoints[i];
		job.user = i % 2 ? "one" : "two";
		job.vm_path = job.output_path = id;
		db_put(HYP_TABLE_JOB, &job);
	}
	/* Two each were made in one millisecond: then the smaller id. */
	expect(&l, "3");
	expect(&l, "5");
	expect(&l, "0");
	expect(&l, "4");
	expect(&l, "1");
	expect(&l, "2");
	expect(&l, NULL);
}
END_TEST

START_TEST(retries_when_due)
{
	struct hyp_job_row job = db_job("r", HYP_JOB_RETRY_WAIT);
	struct hyp_claim l = limits();

	job.due_ms = NOW + 1;
	db_put(HYP_TABLE_JOB, &job);
	expect(&l, NULL);
	l.now_ms = NOW + 1;
	expect(&l, "r");
}
END_TEST

START_TEST(per_endpoint)
{
	struct hyp_claim l = limits();

	l.max_per_endpoint = 2;
	for (int i = 0; i < 5; i++) {
		char id[2] = {(char)('a' + i), '\0'};

		add(id, HYP_JOB_QUEUED, i, id, i < 4 ? "one" : "two", "");
	}
	expect(&l, "a");
	expect(&l, "b");
	expect(&l, "e");
	expect(&l, NULL);
	l.max_per_endpoint = 0;
	expect(&l, "c");
}
END_TEST

START_TEST(per_host)
{
	struct hyp_claim l = limits();

	l.max_per_host = 1;
	add("a", HYP_JOB_TRANSFERRING, 1, "a", "e", "esx1");
	add("b", HYP_JOB_QUEUED, 2, "b", "e", "esx1");
	add("c", HYP_JOB_QUEUED, 3, "c", "e", "esx2");
	add("d", HYP_JOB_QUEUED, 4, "d", "e", ""); /* not known yet */
	add("f", HYP_JOB_QUEUED, 5, "f", "e", "");
	expect(&l, "c");
	expect(&l, "d");
	expect(&l, "f");
	expect(&l, NULL);
}
END_TEST

START_TEST(one_per_vm)
{
	const struct hyp_claim l = limits();

	add("a", HYP_JOB_CANCELLING, 1, "/vm", "e", "");
	add("b", HYP_JOB_QUEUED, 2, "/vm", "e", "");
	add("c", HYP_JOB_QUEUED, 3, "/vm", "other", "");
	expect(&l, "c");
	expect(&l, NULL);
}
END_TEST

START_TEST(blocked)
{
	static const char *const pairs[] = {"x\ny", "e\nbackup"};
	struct hyp_claim l = limits();

	l.blocked = pairs;
	l.blocked_count = 2;
	add("a", HYP_JOB_QUEUED, 1, "a", "e", "");
	add("b", HYP_JOB_QUEUED, 2, "b", "eback", "");
	expect(&l, "b");
	expect(&l, NULL);
	l.blocked_count = 1;
	expect(&l, "a");
}
END_TEST

START_TEST(a_claim_that_fails_changes_nothing)
{
	struct claimer c = {.fail = 1};
	const struct hyp_claim l = limits();

	add("a", HYP_JOB_QUEUED, 1, "a", "e", "");
	ck_fails(calls->claim(db->checked, &l, compose, &c, &db_err), &db_err,
		 HYP_E_CANCELLED, "no");
	ck_assert_uint_eq(db_get("a").state, HYP_JOB_QUEUED);
	expect(&l, "a");
}
END_TEST

#define CLAIMERS 6
#define QUEUED 60

static void *claim_all(void *arg)
{
	const struct hyp_claim l = limits();
	struct hyp_error err;
	struct claimer c;
	unsigned *mine = arg;

	memset(&c, 0, sizeof(c));
	while (calls->claim(db->checked, &l, compose, &c, &err) == 0) {
		unsigned n = (unsigned)strtoul(c.id + 1, NULL, 10);

		mine[n]++;
	}
	ck_assert_str_eq(err.kind, "nothing");
	return NULL;
}

START_TEST(nobody_claims_twice)
{
	static unsigned got[CLAIMERS][QUEUED];
	pthread_t threads[CLAIMERS];
	char id[8];

	for (int i = 0; i < QUEUED; i++) {
		snprintf(id, sizeof(id), "j%d", i);
		add(id, HYP_JOB_QUEUED, i, id, "e", "");
	}
	for (int i = 0; i < CLAIMERS; i++)
		pthread_create(&threads[i], NULL, claim_all, got[i]);
	for (int i = 0; i < CLAIMERS; i++)
		pthread_join(threads[i], NULL);
	for (int j = 0; j < QUEUED; j++) {
		unsigned n = 0;

		for (int i = 0; i < CLAIMERS; i++)
			n += got[i][j];
		ck_assert_uint_eq(n, 1);
	}
}
END_TEST

TCase *store_claims(void)
{
	TCase *tc = tcase_create("claims");

	tcase_add_test(tc, the_longest_waiting);
	tcase_add_test(tc, the_longest_waiting_of_all);
	tcase_add_test(tc, retries_when_due);
	tcase_add_test(tc, per_endpoint);
	tcase_add_test(tc, per_host);
	tcase_add_test(tc, one_per_vm);
	tcase_add_test(tc, blocked);
	tcase_add_test(tc, a_claim_that_fails_changes_nothing);
	tcase_add_test(tc, nobody_claims_twice);
	return tc;
}
