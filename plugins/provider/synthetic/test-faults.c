/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/synthetic/test-fixture.h"

START_TEST(test_fail_at)
{
	struct synthetic *s;
	struct arrival a;
	void *e;

	opt.fail_at = MIB + 77;
	opt.fail_disk = 2;
	opt.fail_count = 2;
	s = new_instance();
	e = open_vm(s, "vm-1", HYP_MODE_AUTO);
	for (int try = 1; try <= 3; try++) {
		arrival_init(&a);
		if (try <= 2) {
			ck_fails(copy(e, 1, &a), &err, HYP_E_TRANSIENT,
				 "net_reset");
			ck_assert_uint_eq(a.bytes, opt.fail_at);
		} else {
			ck_ok(copy(e, 1, &a), &err);
		}
		arrival_fini(&a);
		arrival_init(&a);
		ck_ok(copy(e, 0, &a), &err); /* the other disk is well */
		arrival_fini(&a);
	}
	ops->abort(e);
	opt.fail_with = FAIL_PERMANENT;
	e = open_vm(s, "vm-1", HYP_MODE_AUTO);
	arrival_init(&a);
	ck_fails(copy(e, 1, &a), &err, HYP_E_PERMANENT, "not_found");
	arrival_fini(&a);
	ops->abort(e);
	ops->destroy(s);
}
END_TEST

START_TEST(test_cut_and_flip)
{
	struct hyp_vmdk_summary sum;
	struct hyp_digest digest;
	struct synthetic *s;
	struct arrival a;
	struct seen seen;
	void *e;

	opt.cut_at = _i == 0 ? MIB : 0;
	opt.flip_at = _i == 1 ? MIB : 0;
	opt.lie_digest = _i == 2;
	s = new_instance();
	e = open_vm(s, "vm-1", HYP_MODE_AUTO);
	arrival_init(&a);
	ck_ok(copy(e, 0, &a), &err);
	ck_ok(hyp_hasher_final(a.hasher, &digest, &err), &err);
	get_proof(e, &seen);
	/* The source speaks of what it sent, not of what arrived. */
	ck_assert(!hyp_digest_equal(&seen.proof[0].digest, &digest));
	if (_i == 0) {
		ck_assert_uint_eq(a.bytes, MIB);
		ck_assert_uint_gt(seen.proof[0].bytes, MIB);
		ck_fails(hyp_vmdk_check_end(a.check, &sum, &err), &err,
			 HYP_E_TRANSIENT, "size_mismatch");
	} else {
		ck_assert_uint_eq(a.bytes, seen.proof[0].bytes);
		ck_ok(hyp_vmdk_check_end(a.check, &sum, &err), &err);
	}
	arrival_fini(&a);
	ops->abort(e);
	ops->destroy(s);
}
END_TEST

static void *cancel_later(void *arg)
{
	(void)arg;
	while (fake_host_find(&host, "fact", "source") == NULL)
		usleep(1000);
	usleep(20000);
	fake_host_cancel(&host);
	return NULL;
}

/* Stalled, slow and full speed: each ends soon after cancellation. */
START_TEST(test_cancel)
{
	uint64_t start = hyp_clock_boot_ms();
	struct synthetic *s;
	struct arrival a;
	pthread_t thread;
	void *e;

	opt.stall_at = _i == 0 ? MIB : 0;
	opt.rate = _i == 1 ? 1000 : 0;
	opt.disk_size = _i == 2 ? 62ULL << 40 : 4 * MIB;
	s = new_instance();
	ck_assert_int_eq(pthread_create(&thread, NULL, cancel_later, NULL), 0);
	e = open_vm(s, "vm-1", HYP_MODE_AUTO);
	arrival_init(&a);
	ck_fails(copy(e, 0, &a), &err, HYP_E_CANCELLED, "cancelled");
	arrival_fini(&a);
	pthread_join(thread, NULL);
	/* A bound against hanging, far above what it takes. */
	ck_assert_uint_lt(hyp_clock_boot_ms() - start, 10000);
	ops->abort(e);
	ops->destroy(s);
}
END_TEST

START_TEST(test_rate)
{
	uint64_t start = hyp_clock_boot_ms();
	struct synthetic *s;
	struct arrival a;
	void *e;

	opt.disk_size = MIB;
	opt.rate = 4 * MIB;
	s = new_instance();
	e = open_vm(s, "vm-1", HYP_MODE_AUTO);
	arrival_init(&a);
	ck_ok(copy(e, 0, &a), &err);
	/* The last piece may go out early; the line is never faster. */
	ck_assert_uint_ge(hyp_clock_boot_ms() - start,
			  (a.bytes - opt.rate / 10) * 1000 / opt.rate);
	arrival_fini(&a);
	ops->abort(e);
	ops->destroy(s);
}
END_TEST

START_TEST(test_writer_fails)
{
	struct synthetic *s = new_instance();
	void *e = open_vm(s, "vm-1", HYP_MODE_AUTO);
	struct arrival a;

	arrival_init(&a);
	a.refuse = 1;
	for (uint32_t i = 0; i < 3; i++)
		ck_fails(copy(e, i, &a), &err, HYP_E_RESOURCE,
			 "insufficient_space");
	arrival_fini(&a);
	ops->abort(e);
	ops->destroy(s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provider/synthetic-faults");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_fail_at);
	tcase_add_loop_test(tc, test_cut_and_flip, 0, 3);
	tcase_add_loop_test(tc, test_cancel, 0, 3);
	tcase_add_test(tc, test_rate);
	tcase_add_test(tc, test_writer_fails);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
