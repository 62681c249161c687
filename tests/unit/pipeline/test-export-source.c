/* SPDX-License-Identifier: Apache-2.0 */
/* What sources, jobs and packagers do to one export. */
#include "tests/unit/pipeline/export-kit.h"

START_TEST(test_restarts)
{
	fake_clock_start(UINT64_C(6000000000));
	fakes.breaks = 3;
	ck_ok(run(), &err);
	ck_assert_uint_eq(result.restarts, 3);
	ck_assert_uint_eq(seen.restarts, 3);
	ck_assert_uint_eq(fakes_count("packager.entry_restart"), 3);
	ck_assert_uint_eq(result.package_bytes, fakes.place_bytes);
	ck_assert_uint_gt(result.transferred,
			  result.files[1].bytes + result.files[2].bytes + 8684);

	again();
	fake_clock_start(UINT64_C(6000000000));
	fakes.cuts = 2; /* an image that ends too early begins anew, too */
	ck_ok(run(), &err);
	ck_assert_uint_eq(result.restarts, 2);

	again();
	fake_clock_start(UINT64_C(6000000000));
	fakes.breaks = 4;
	ck_fails(run(), &err, HYP_E_TRANSIENT, "net_reset");
	ck_assert_ptr_nonnull(strstr(err.text, "web-01-disk1.vmdk: "));
	ck_assert_uint_eq(result.restarts, 3);
	not_published();

	again();
	fake_clock_start(UINT64_C(6000000000));
	fakes.cuts = 4;
	ck_fails(run(), &err, HYP_E_TRANSIENT, "size_mismatch");
	not_published();
}
END_TEST

/* A source that is quick is asked for one file after the other, whatever
 * parallel says; a slow one for several at once. */
START_TEST(test_parallel)
{
	fake_clock_start(0);
	fakes.disks = 9;
	job.parallel = 8;
	ck_ok(run(), &err);
	ck_assert_uint_eq(fakes.copying_max, 1);

	again();
	fake_clock_start(UINT64_C(1000000000));
	fakes.stall = 1;
	seen.cancels = 1;
	ck_fails(run(), &err, HYP_E_CANCELLED, "cancelled");
	ck_assert_uint_eq(fakes.copying_max, 2);
	not_published();

	again();
	fake_clock_start(UINT64_C(61000000000));
	fakes.stall = 1;
	job.parallel = 1;
	ck_fails(run(), &err, HYP_E_TRANSIENT, "stalled");
	ck_assert_uint_eq(fakes.copying_max, 1);
}
END_TEST

START_TEST(test_wants_another)
{
	const uint64_t mib = 1 << 20;

	ck_assert(hyp_copy_wants_another(0, 1, 0));
	ck_assert(hyp_copy_wants_another(100 * mib, 1, 0));
	ck_assert(!hyp_copy_wants_another(200 * mib, 1, 0));
	ck_assert(hyp_copy_wants_another(200 * mib, 2, 0));
	ck_assert(!hyp_copy_wants_another(300 * mib, 2, 0));
	/* a limit that is reached is not the source's fault */
	ck_assert(!hyp_copy_wants_another(50 * mib, 1, 50 * mib));
	ck_assert(!hyp_copy_wants_another(46 * mib, 1, 50 * mib));
	ck_assert(hyp_copy_wants_another(40 * mib, 1, 50 * mib));
}
END_TEST

/* Ten minutes without a byte, on a clock that runs fast. */
START_TEST(test_stalled)
{
	fake_clock_start(UINT64_C(61000000000));
	fakes.stall = 1;
	ck_fails(run(), &err, HYP_E_TRANSIENT, "stalled");
	ck_assert_ptr_nonnull(strstr(err.text, "web-01-disk1.vmdk"));
	not_published();
}
END_TEST

START_TEST(test_proof)
{
	fakes.lie = 1;
	ck_fails(run(), &err, HYP_E_TRANSIENT, "digest_mismatch");
	not_published();
	again();
	fakes.lie = 2;
	ck_fails(run(), &err, HYP_E_TRANSIENT, "size_mismatch");
	not_published();
	again();
	fakes.proof = 0; /* sizes only */
	ck_ok(run(), &err);
	ck_assert_str_eq(result.proof, HYP_PROOF_SIZE);
	again();
	fakes.fail_name = "provider.proof";
	fakes.fail_code = HYP_E_UNSUPPORTED;
	ck_ok(run(), &err);
	ck_assert_str_eq(result.proof, HYP_PROOF_STRUCTURE);
	ck_assert_str_eq(result.files[3].proof, HYP_PROOF_SIZE);
	/* a host that only knows SHA-1 and says so proves with it */
	again();
	fakes.proof = HYP_DIGEST_SHA1;
	fakes.fact = "sha1";
	ck_ok(run(), &err);
	ck_assert_str_eq(result.proof, HYP_PROOF_SHA1);
	ck_assert_uint_eq(result.files[1].digest.algorithm, HYP_DIGEST_SHA256);
	again();
	fakes.proof = HYP_DIGEST_SHA1;
	fakes.fact = "sha1";
	fakes.lie = 1;
	ck_fails(run(), &err, HYP_E_TRANSIENT, "digest_mismatch");
	/* said too late, its SHA-1 cannot be compared */
	again();
	fakes.proof = HYP_DIGEST_SHA1;
	ck_ok(run(), &err);
	ck_assert_str_eq(result.proof, HYP_PROOF_SIZE);
}
END_TEST

START_TEST(test_descriptor)
{
	fakes.describes = 1;
	ck_ok(run(), &err);
	ck_assert_uint_eq(result.warning_count, 1);
	again();
	fakes.describes = 2; /* sizes that are not ours */
	ck_ok(run(), &err);
	ck_assert_uint_eq(result.warning_count, 2);
	ck_assert_str_eq(seen.warning, "descriptor_replaced");
}
END_TEST

START_TEST(test_preflight_error)
{
	fakes.finding = "vm_encrypted";
	ck_fails(run(), &err, HYP_E_PERMANENT, "vm_encrypted");
	ck_assert_uint_eq(seen.findings, 2);
	ck_assert_int_eq(fakes_index("provider.open"), -1);
	ck_assert_int_eq(fakes_index("storage.place_open"), -1);
	not_published();
}
END_TEST

START_TEST(test_dry_run)
{
	job.dry_run = 1;
	ck_ok(run(), &err);
	ck_assert_int_eq(fakes_index("provider.open"), -1);
	ck_assert_int_eq(fakes_index("packager.begin"), -1);
	ck_assert_uint_eq(seen.errors, 0);
	ck_assert_str_eq(result.output, "/out/web-01");
	not_published();
	/* all findings are told, the first one's code is the answer */
	again();
	job.dry_run = 1;
	fakes.finding = "vm_encrypted";
	fakes.fail_name = "storage.place_open";
	fakes.fail_code = HYP_E_RESOURCE;
	ck_fails(run(), &err, HYP_E_PERMANENT, "vm_encrypted");
	ck_assert_uint_eq(seen.errors, 2);
	not_published();
	again();
	job.dry_run = 1;
	fakes.fail_name = "storage.place_open";
	fakes.fail_code = HYP_E_EXISTS;
	ck_fails(run(), &err, HYP_E_EXISTS, "fake_failure");
	ck_assert_uint_eq(seen.errors, 1);
	not_published();
}
END_TEST

START_TEST(test_space_asked)
{
	ck_ok(run(), &err);
	ck_assert_uint_eq(fakes.expected, 2 * FAKES_DISK + (1u << 20));
	again();
	fakes.storage_bytes = FAKES_DISK;
	ck_ok(run(), &err);
	ck_assert_uint_eq(fakes.expected, FAKES_DISK + (1u << 20));
}
END_TEST

START_TEST(test_output_name)
{
	job.output_name = "nightly";
	ck_ok(run(), &err);
	ck_assert_str_eq(result.output, "/out/nightly");
	ck_assert_str_eq(result.files[1].name, "nightly-disk1.vmdk");
	again();
	job.output_name = "../x";
	ck_fails(run(), &err, HYP_E_USAGE, "unsafe_path");
	not_published();
	again();
	job.output_dir = "relative";
	ck_fails(run(), &err, HYP_E_USAGE, "unsafe_path");
}
END_TEST

START_TEST(test_bad_jobs)
{
	job.parallel = 0;
	ck_fails(run(), &err, HYP_E_USAGE, "bad_request");
	again();
	job.parallel = 17;
	ck_fails(run(), &err, HYP_E_USAGE, "bad_request");
	again();
	job.digest = 3;
	ck_fails(run(), &err, HYP_E_USAGE, "bad_request");
	again();
	job.id = "a b";
	ck_fails(run(), &err, HYP_E_USAGE, "bad_request");
	again();
	job.vm = "";
	ck_fails(run(), &err, HYP_E_USAGE, "bad_request");
	ck_assert_uint_eq(fakes.log_count, 0);
}
END_TEST

START_TEST(test_shapes)
{
	fakes.disks = 0;
	ck_ok(run(), &err);
	ck_assert_uint_eq(result.file_count, 3);
	again();
	fakes.disks = 9;
	fakes.nvram = 0;
	job.parallel = 16;
	ck_ok(run(), &err);
	ck_assert_uint_eq(result.file_count, 11);
	again();
	fakes.disks = 5;
	job.parallel = 1;
	ck_ok(run(), &err);
	again();
	job.bandwidth = 1u << 30;
	ck_ok(run(), &err);
	again();
	job.digest = HYP_DIGEST_SHA512;
	fakes.proof = HYP_DIGEST_SHA512;
	ck_ok(run(), &err);
	ck_assert_str_eq(result.proof, HYP_PROOF_SHA512);
}
END_TEST

/* The packager must account for every file of the source. */
START_TEST(test_packager_forgets)
{
	fakes.forget_file = 1;
	ck_fails(run(), &err, HYP_E_PERMANENT, "plugin_fault");
	not_published();
}
END_TEST

START_TEST(test_no_observer)
{
	ck_ok(hyp_export_run(fakes_plan(), &job, NULL, &result, &err), &err);
	ck_assert_uint_eq(fakes.published, 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		test_restarts,	       test_parallel,	 test_wants_another,
		test_stalled,	       test_proof,	 test_descriptor,
		test_preflight_error,  test_dry_run,	 test_space_asked,
		test_output_name,      test_bad_jobs,	 test_shapes,
		test_packager_forgets, test_no_observer, NULL};

	return export_main("export-source", tests);
}
