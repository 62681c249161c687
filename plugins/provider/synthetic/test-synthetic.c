/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/synthetic/test-fixture.h"

START_TEST(test_list)
{
	struct synthetic *s;
	struct seen seen;

	opt.vms = 20;
	opt.power = POWER_MIXED;
	s = new_instance();
	ck_assert_uint_eq(list(s, 0, NULL, &seen), 20);
	ck_assert_uint_eq(list(s, 0, "*-2", &seen), 1);
	ck_assert_str_eq(seen.name, "synthetic-2");
	ck_assert_str_eq(seen.path, "/synthetic/vm/synthetic-2");
	ck_assert_uint_eq(list(s, 0, "/synthetic/vm/*-1?", &seen), 10);
	ck_assert_uint_eq(list(s, 0, "/*-1?", &seen), 0);
	ck_assert_uint_eq(list(s, HYP_POWER_ON, "*-1?", &seen), 5);
	ck_assert_uint_eq(seen.power, HYP_POWER_ON);
	ck_assert_uint_eq(list(s, HYP_POWER_SUSPENDED, NULL, &seen), 0);
	ops->destroy(s);
}
END_TEST

START_TEST(test_lookup)
{
	struct seen seen = {0};
	struct hyp_vm_sink sink = {sizeof(sink), 0, &seen, see_vm};
	struct synthetic *s;

	opt.name = "a/b";
	s = new_instance();
	ck_ok(ops->lookup(s, "a/b-3", &sink, &err), &err);
	ck_assert_str_eq(seen.path, "/synthetic/vm/a%2fb-3");
	ck_ok(ops->lookup(s, "/synthetic/vm/a%2fb-1", &sink, &err), &err);
	ck_assert_str_eq(seen.name, "a/b-1");
	ck_fails(ops->lookup(s, "a/b-4", &sink, &err), &err, HYP_E_NOT_FOUND,
		 "not_found");
	ck_assert_uint_eq(seen.count, 2);
	ops->destroy(s);
}
END_TEST

static int32_t see_machine(void *ctx, const struct hyp_machine *m,
			   struct hyp_error *e)
{
	const struct hyp_vdisk *d;

	(void)e;
	ck_assert_uint_eq(m->controller_count, 2);
	ck_assert_uint_eq(m->disk_count, 17);
	d = HYP_AT(struct hyp_vdisk, m->disks, m->disk_stride, 7);
	ck_assert_uint_eq(d->unit, 8); /* 7 is the controller's own */
	d = HYP_AT(struct hyp_vdisk, m->disks, m->disk_stride, 16);
	ck_assert_uint_eq(d->controller, 1);
	ck_assert_uint_eq(d->unit, 1);
	ck_assert_str_eq(d->device_id, "/vm-3/ParaVirtualSCSIController1:1");
	ck_assert_uint_eq(strlen(m->uuid), 36);
	++*(int *)ctx;
	return 0;
}

START_TEST(test_machine)
{
	int calls = 0;
	struct hyp_machine_sink sink = {sizeof(sink), 0, &calls, see_machine};
	struct synthetic *s;

	opt.disks = 17;
	s = new_instance();
	ck_ok(ops->machine(s, "vm-3", &sink, &err), &err);
	ck_assert_int_eq(calls, 1);
	static const char *const bad[] = {"vm-4",
					  "vm-0",
					  "",
					  "vm-",
					  "vm-1x",
					  "vm--1",
					  "vm-99999999999999999999"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_fails(ops->machine(s, bad[i], &sink, &err), &err,
			 HYP_E_NOT_FOUND, "not_found");
	ops->destroy(s);
}
END_TEST

START_TEST(test_bad_options)
{
	void *s;

	opt.disk_size = 513;
	ck_fails(ops->create(&host.table, &opt, &s, &err), &err, HYP_E_USAGE,
		 "bad_value");
	opt.disk_size = 512;
	opt.name = "";
	ck_fails(ops->create(&host.table, &opt, &s, &err), &err, HYP_E_USAGE,
		 "bad_value");
}
END_TEST

/* --- bytes --- */

static void copy_all(struct arrival *a, struct hyp_digest *digest,
		     struct seen *seen)
{
	struct synthetic *s = new_instance();
	void *e = open_vm(s, "vm-1", HYP_MODE_AUTO);

	arrival_init(a);
	ck_ok(copy(e, 1, a), &err);
	ck_ok(hyp_hasher_final(a->hasher, digest, &err), &err);
	get_proof(e, seen);
	ck_ok(ops->finish(e, &err), &err);
	ops->destroy(s);
}

START_TEST(test_same_seed_same_bytes)
{
	struct hyp_digest d[4];
	struct hyp_vmdk_summary sum;
	struct arrival a;
	struct seen seen;

	opt.content = _i % 3;
	opt.layout = _i / 3 % 2;
	opt.level = _i / 6 * 6;
	opt.fill = 60;
	opt.disk_size = 40 * MIB + 512;
	for (int i = 0; i < 2; i++) {
		copy_all(&a, &d[i], &seen);
		ck_assert_int_eq(a.verdict, 0);
		ck_ok(hyp_vmdk_check_end(a.check, &sum, &err), &err);
		ck_assert_uint_eq(sum.capacity, opt.disk_size);
		ck_assert_uint_eq(sum.layout, opt.layout);
		ck_assert_uint_eq(seen.count, 1);
		ck_assert_uint_eq(seen.proof[0].index, 1);
		ck_assert_uint_eq(seen.proof[0].bytes, a.bytes);
		ck_assert_uint_eq(seen.proof[0].capacity, opt.disk_size);
		ck_assert(hyp_digest_equal(&seen.proof[0].digest, &d[i]));
		ck_assert_uint_le(seen.proof[0].populated,
				  sum.grains * HYP_VMDK_GRAIN);
		ck_assert_uint_gt(seen.proof[0].populated + HYP_VMDK_GRAIN,
				  sum.grains * HYP_VMDK_GRAIN);
		if (opt.content == CONTENT_ZERO)
			ck_assert_uint_eq(sum.grains, 0);
		else
			ck_assert_uint_gt(sum.grains, 640 / 2);
		arrival_fini(&a);
	}
	ck_assert(hyp_digest_equal(&d[0], &d[1]));
	opt.seed++;
	copy_all(&a, &d[2], &seen);
	arrival_fini(&a);
	ck_assert_int_eq(hyp_digest_equal(&d[0], &d[2]),
			 opt.content == CONTENT_ZERO);
}
END_TEST

/* Pinned: what a seed means must not change between releases. */
START_TEST(test_golden)
{
	struct hyp_digest digest;
	char hex[HYP_DIGEST_HEX_MAX];
	struct arrival a;
	struct seen seen;

	opt.disk_size = MIB;
	copy_all(&a, &digest, &seen);
	arrival_fini(&a);
	hyp_digest_hex(&digest, hex);
	ck_assert_str_eq(hex, "88baf4f090785f278f6780dcefe4eb31"
			      "3e65b7f4bc3026da2bc933893a93b94f");
}
END_TEST

START_TEST(test_files_and_nvram)
{
	struct seen seen = {0};
	struct hyp_file_sink sink = {sizeof(sink), 0, &seen, see_file};
	struct synthetic *s = new_instance();
	void *e = open_vm(s, "vm-2", HYP_MODE_AUTO);
	struct arrival a;

	ck_ok(ops->files(e, &sink, &err), &err);
	ck_assert_uint_eq(seen.count, 3);
	ck_assert_uint_eq(seen.file[0].bytes, HYP_UNKNOWN);
	ck_assert_uint_eq(seen.file[0].capacity, opt.disk_size);
	ck_assert_uint_eq(seen.file[2].role, HYP_ROLE_NVRAM);
	ck_assert_uint_eq(seen.file[2].bytes, 8684);
	arrival_init(&a);
	ck_ok(copy(e, 2, &a), &err);
	ck_assert_uint_eq(a.bytes, 8684);
	arrival_fini(&a);
	ops->abort(e);
	ops->destroy(s);
}
END_TEST

START_TEST(test_proof_options)
{
	struct seen seen;
	struct hyp_proof_sink sink = {sizeof(sink), 0, &seen, see_proof};
	struct synthetic *s;
	struct arrival a;
	void *e;

	opt.proof = _i;
	s = new_instance();
	e = open_vm(s, "vm-1", HYP_MODE_AUTO);
	arrival_init(&a);
	ck_ok(copy(e, 0, &a), &err);
	arrival_fini(&a);
	memset(&seen, 0, sizeof(seen));
	if (_i == PROOF_NONE)
		ck_fails(ops->proof(e, &sink, &err), &err, HYP_E_UNSUPPORTED,
			 "no_proof");
	else
		ck_ok(ops->proof(e, &sink, &err), &err);
	ck_assert_uint_eq(seen.count, _i != PROOF_NONE);
	ck_assert_uint_eq(seen.proof[0].digest.algorithm,
			  _i == PROOF_SHA1     ? HYP_DIGEST_SHA1
			  : _i == PROOF_DIGEST ? HYP_DIGEST_SHA256
					       : 0);
	ck_assert_int_eq(fake_host_find(&host, "fact", "digest") != NULL,
			 _i >= PROOF_SHA1);
	ops->abort(e);
	ops->destroy(s);
}
END_TEST

/* --- hot and cold --- */

START_TEST(test_power)
{
	struct hyp_open_args args = {sizeof(args), HYP_MODE_COLD, 0, 0, "vm-2"};
	struct seen seen = {0};
	struct hyp_finding_sink sink = {sizeof(sink), 0, &seen, see_finding};
	struct synthetic *s;
	void *e;

	opt.power = POWER_MIXED;
	s = new_instance();
	ck_fails(ops->open(s, &args, &e, &err), &err, HYP_E_PERMANENT,
		 "invalid_power_state");
	ck_ok(ops->preflight(s, &args, &sink, &err), &err);
	ck_assert_uint_eq(seen.level, HYP_FINDING_ERROR);
	ck_assert_str_eq(seen.kind, "invalid_power_state");
	e = open_vm(s, "vm-1", HYP_MODE_AUTO);
	ck_assert_str_eq(fake_host_find(&host, "fact", "mode"), "cold");
	ck_assert_str_eq(fake_host_find(&host, "fact", "consistency"),
			 "powered-off");
	ck_assert_uint_eq(fake_host_count(&host, "remember", NULL), 0);
	ops->abort(e);
	ops->destroy(s);
}
END_TEST

START_TEST(test_hot)
{
	char folder[] = "/tmp/hyp-synthetic.XXXXXX", file[256];
	struct synthetic *s;
	const char *name;
	struct stat st;
	void *e;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	opt.snapshots = folder;
	opt.power = POWER_ON;
	opt.quiesce = _i % 2;
	s = new_instance();
	e = open_vm(s, "vm-3", HYP_MODE_AUTO);
	name = fake_host_find(&host, "remember", "snapshot");
	ck_assert_str_eq(name, "hypersdk-test-job-1-vm-3");
	snprintf(file, sizeof(file), "%s/%s", folder, name);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_str_eq(fake_host_find(&host, "fact", "mode"), "hot");
	ck_assert_str_eq(fake_host_find(&host, "fact", "consistency"),
			 _i % 2 ? "quiesced" : "crash-consistent");
	ck_assert_uint_eq(fake_host_count(&host, "warning", "quiesce_failed"),
			  _i % 2 == 0);
	if (_i / 2 == 0)
		ck_ok(ops->finish(e, &err), &err);
	else if (_i / 2 == 1)
		ops->abort(e);
	else { /* as another process would, after a crash */
		ck_ok(ops->undo(s, "snapshot", name, strlen(name), &err), &err);
		ck_assert_uint_eq(fake_host_count(&host, "forget", NULL), 0);
	}
	ck_assert_int_eq(stat(file, &st), -1);
	if (_i / 2 == 2)
		ops->abort(e);
	ck_assert_uint_eq(fake_host_count(&host, "forget", "snapshot"), 1);
	ops->destroy(s);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(test_hot_fails_clean)
{
	struct hyp_open_args args = {sizeof(args), HYP_MODE_HOT, 0, 0, "vm-1"};
	struct synthetic *s;
	void *e = NULL;

	opt.snapshots = "/nonexistent/folder";
	s = new_instance();
	ck_assert_int_lt(ops->open(s, &args, &e, &err), 0);
	ck_assert_str_eq(err.kind, "not_found");
	ck_assert_uint_eq(fake_host_count(&host, "forget", "snapshot"), 1);
	host.fail_remember = 1;
	ck_fails(ops->open(s, &args, &e, &err), &err, HYP_E_TRANSIENT,
		 "io_error");
	ck_assert_ptr_null(e);
	ops->destroy(s);
}
END_TEST

START_TEST(test_undo_believes_little)
{
	static const char *const bad[] = {"", "other", "hypersdk-../../x",
					  "hypersdk-a/b"};
	struct synthetic *s;

	opt.snapshots = "/nonexistent/folder";
	s = new_instance();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_fails(ops->undo(s, "snapshot", bad[i], strlen(bad[i]), &err),
			 &err, HYP_E_PERMANENT, "bad_record");
	ck_assert_int_eq(
		ops->undo(s, "snapshot", "hypersdk-x-1-vm-1", 17, &err),
		HYP_E_TRANSIENT);
	ops->destroy(s);
}
END_TEST

/* --- failures --- */

int main(void)
{
	Suite *suite = suite_create("provider/synthetic");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_list);
	tcase_add_test(tc, test_lookup);
	tcase_add_test(tc, test_machine);
	tcase_add_test(tc, test_bad_options);
	tcase_add_test(tc, test_golden);
	tcase_add_test(tc, test_files_and_nvram);
	tcase_add_loop_test(tc, test_proof_options, 0, 4);
	tcase_add_test(tc, test_power);
	tcase_add_loop_test(tc, test_hot, 0, 6);
	tcase_add_test(tc, test_hot_fails_clean);
	tcase_add_test(tc, test_undo_believes_little);
	suite_add_tcase(suite, tc);
	/* 1.4 GiB: not under valgrind */
	tc = tcase_create("large");
	tcase_set_tags(tc, "native");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_same_seed_same_bytes, 0, 12);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
