/* SPDX-License-Identifier: Apache-2.0 */
/* Pruning, backing up, checking. */
#include "tests/contract/store.h"

#include <sys/stat.h>

#define T0 INT64_C(1764106680000)

static struct hyp_prune prune(uint32_t limit)
{
	return (struct hyp_prune){.size = sizeof(struct hyp_prune),
				  .limit = limit};
}

static uint64_t run(const struct hyp_prune *p)
{
	uint64_t removed = 77;

	ck_ok(calls->prune(db->checked, p, &removed, &db_err), &db_err);
	return removed;
}

static void ended(const char *id, uint32_t state, int64_t when)
{
	struct hyp_job_row job = db_job(id, state);

	job.completed_ms = when;
	db_put(HYP_TABLE_JOB, &job);
}

START_TEST(prunes_jobs)
{
	struct hyp_prune p = prune(1000);

	ended("a", HYP_JOB_COMPLETED, T0);
	ended("b", HYP_JOB_CANCELLED, T0);
	ended("c", HYP_JOB_FAILED, T0);
	ended("d", HYP_JOB_COMPLETED, T0 + 1);
	ended("e", HYP_JOB_QUEUED, 0);
	p.completed_ms = T0 + 1;
	ck_assert_uint_eq(run(&p), 2);
	ck_assert_uint_eq(run(&p), 0);
	p.failed_ms = T0 + 1;
	ck_assert_uint_eq(run(&p), 1);
	ck_assert_uint_eq(db_count(HYP_TABLE_JOB, NULL), 2);
}
END_TEST

START_TEST(prunes_in_batches)
{
	struct hyp_prune p = prune(3);
	struct hyp_idempotency_row row = {.size = sizeof(row),
					  .created_ms = T0};
	char key[8];

	for (int i = 0; i < 7; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		row.key = key;
		db_put(HYP_TABLE_IDEMPOTENCY, &row);
	}
	p.idempotency_ms = T0;
	ck_assert_uint_eq(run(&p), 0);
	p.idempotency_ms = T0 + 1;
	ck_assert_uint_eq(run(&p), 3);
	ck_assert_uint_eq(run(&p), 3);
	ck_assert_uint_eq(run(&p), 1);
	ck_assert_uint_eq(run(&p), 0);
	p.limit = 0;
	ct_fails(calls->prune(db->checked, &p, &(uint64_t){0}, &db_err),
		 &db_err);
}
END_TEST

/* An event is there as long as somebody may still want it delivered. */
START_TEST(prunes_events_after_their_deliveries)
{
	struct hyp_event_row e = {
		.size = sizeof(e), .id = "e", .type = "t", .time_ms = T0};
	struct hyp_delivery_row d = {.size = sizeof(d),
				     .state = HYP_DELIVERY_PENDING,
				     .event_id = "e",
				     .endpoint_id = "w",
				     .updated_ms = T0};
	struct hyp_prune p = prune(10);

	db_put(HYP_TABLE_EVENT, &e);
	db_put(HYP_TABLE_DELIVERY, &d);
	p.events_ms = p.deliveries_ms = T0 + 1;
	ck_assert_uint_eq(run(&p), 0);
	d.state = HYP_DELIVERY_DEAD;
	ck_ok(db_do(HYP_OP_UPDATE, HYP_TABLE_DELIVERY, &d), &db_err);
	p.deliveries_ms = T0;
	ck_assert_uint_eq(run(&p), 0);
	p.deliveries_ms = T0 + 1;
	ck_assert_uint_eq(run(&p), 2);
	ck_assert_uint_eq(db_count(HYP_TABLE_EVENT, NULL), 0);
}
END_TEST

START_TEST(prunes_audit_and_fires)
{
	struct hyp_audit_row a = {.size = sizeof(a), .time_ms = T0};
	struct hyp_schedule_row s = {.size = sizeof(s), .id = "s"};
	struct hyp_fire_row f = {
		.size = sizeof(f), .instant_ms = T0, .schedule_id = "s"};
	struct hyp_prune p = prune(10);

	db_put(HYP_TABLE_AUDIT, &a);
	db_put(HYP_TABLE_SCHEDULE, &s);
	db_put(HYP_TABLE_FIRE, &f);
	p.audit_ms = T0 + 1;
	ck_assert_uint_eq(run(&p), 1);
	p.fires_ms = T0 + 1;
	ck_assert_uint_eq(run(&p), 1);
}
END_TEST

static void no_problem(void *ctx, const char *text)
{
	(void)ctx;
	ck_abort_msg("%s", text);
}

START_TEST(a_backup_is_a_store)
{
	struct hyp_job_row job = db_job("j", HYP_JOB_QUEUED), got;
	struct contract_instance *original = db;
	char *folder = contract_folder(), *path;
	struct stat st;

	ck_assert_int_gt(asprintf(&path, "%s/copy", folder), 0);
	db_put(HYP_TABLE_JOB, &job);
	ck_ok(calls->backup(db->checked, path, &db_err), &db_err);
	ck_fails(calls->backup(db->checked, path, &db_err), &db_err,
		 HYP_E_EXISTS, "output_exists");
	job.id = "k";
	job.vm_path = "k";
	db_put(HYP_TABLE_JOB, &job); /* after the copy's moment */
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(contract_entries(folder, 0), 1);
	db = contract_store(path, 0, &db_err);
	ck_assert_ptr_nonnull(db);
	ck_assert_uint_eq(db_count(HYP_TABLE_JOB, NULL), 1);
	got = db_get("j");
	job = db_job("j", HYP_JOB_QUEUED);
	db_same(HYP_TABLE_JOB, &got, &job);
	ck_ok(calls->check(db->checked, no_problem, NULL, &db_err), &db_err);
	contract_free(db);
	db = original;
	free(path);
	free(folder);
}
END_TEST

static uint64_t queued(void)
{
	struct hyp_store_counts counts = {.size = sizeof(counts)};

	ck_ok(calls->counts(db->checked, &counts, &db_err), &db_err);
	return counts.jobs[HYP_JOB_QUEUED];
}

/* As the commands do beside a daemon. */
START_TEST(reads_only_beside_a_writer)
{
	struct hyp_job_row a = db_job("a", HYP_JOB_QUEUED), got;
	struct hyp_job_row b = db_job("b", HYP_JOB_QUEUED);
	struct contract_instance *writer = db, *reader;
	char *folder = contract_folder(), *copy;

	ck_assert_int_gt(asprintf(&copy, "%s/copy", folder), 0);
	b.vm_path = "b";
	db_put(HYP_TABLE_JOB, &a);
	reader = contract_store(db_path, 1, &db_err);
	ck_assert_msg(reader != NULL, "create: %s", db_err.text);
	db_put(HYP_TABLE_JOB, &b);
	db = reader;
	ck_assert_uint_eq(db_count(HYP_TABLE_JOB, NULL), 2);
	ck_assert_uint_eq(queued(), 2);
	got = db_get("b");
	db_same(HYP_TABLE_JOB, &got, &b);
	ck_ok(calls->backup(db->checked, copy, &db_err), &db_err);
	ck_ok(calls->check(db->checked, no_problem, NULL, &db_err), &db_err);
	contract_free(db);
	db = contract_store(copy, 1, &db_err);
	ck_assert_msg(db != NULL, "create: %s", db_err.text);
	ck_assert_uint_eq(db_count(HYP_TABLE_JOB, NULL), 2);
	contract_free(db);
	db = writer;
	free(copy);
	free(folder);
}
END_TEST

START_TEST(reading_only_makes_nothing)
{
	char *folder = contract_folder(), *path;
	struct contract_instance *none;

	ck_assert_int_gt(asprintf(&path, "%s/none", folder), 0);
	memset(&db_err, 0x7f, sizeof(db_err));
	none = contract_store(path, 1, &db_err);
	ck_assert_ptr_null(none);
	ck_assert(contract_error_proper(db_err.code, &db_err));
	ck_assert_uint_eq(contract_entries(folder, 0), 0);
	free(path);
	free(folder);
}
END_TEST

START_TEST(a_sound_store_has_no_problem)
{
	ended("a", HYP_JOB_COMPLETED, T0);
	ck_ok(calls->check(db->checked, no_problem, NULL, &db_err), &db_err);
}
END_TEST

TCase *store_care(void)
{
	TCase *tc = tcase_create("care");

	tcase_add_test(tc, prunes_jobs);
	tcase_add_test(tc, prunes_in_batches);
	tcase_add_test(tc, prunes_events_after_their_deliveries);
	tcase_add_test(tc, prunes_audit_and_fires);
	tcase_add_test(tc, a_backup_is_a_store);
	tcase_add_test(tc, reads_only_beside_a_writer);
	tcase_add_test(tc, reading_only_makes_nothing);
	tcase_add_test(tc, a_sound_store_has_no_problem);
	return tc;
}
