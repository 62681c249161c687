/* SPDX-License-Identifier: Apache-2.0 */
/* One export over fake plugins: every call fails once, cancels once, and
 * nothing is ever left behind or published by mistake. */
#include "core/pipeline/copy.h"
#include "tests/lib/unit.h"
#include "tests/unit/pipeline/fake-clock.h"
#include "tests/unit/pipeline/fakes.h"

#include <json-c/json.h>
#include <string.h>

static struct hyp_export_job job;
static struct hyp_result result;
static struct hyp_error err;

/* What the observer saw. */
static struct seen {
	unsigned phases[8], phase_count;
	unsigned findings, errors, warnings, restarts, progress, finished;
	unsigned remembered, forgotten;
	int cancels; /* set: cancel when disk 2 has arrived beside disk 1 */
	uint64_t bytes;
	char warning[64];
} seen;

static void on_phase(void *ctx, uint32_t phase)
{
	(void)ctx;
	seen.phases[seen.phase_count++] = phase;
}

static void on_finding(void *ctx, const struct hyp_finding *finding)
{
	(void)ctx;
	seen.findings++;
	seen.errors += finding->level == HYP_FINDING_ERROR;
}

static void on_progress(void *ctx, const struct hyp_export_file_state *files,
			size_t count)
{
	(void)ctx;
	seen.progress++;
	if (fakes.stall && count > 1 && files[1].finished && seen.cancels)
		hyp_cancel_set(fakes.cancel);
	seen.finished = 0;
	seen.bytes = 0;
	for (size_t i = 0; i < count; i++) {
		seen.finished += files[i].finished;
		seen.bytes += files[i].bytes;
		if (files[i].finished)
			ck_assert_uint_eq(files[i].done, files[i].total);
	}
}

static void on_warning(void *ctx, const char *kind, const char *text)
{
	(void)ctx;
	(void)text;
	seen.warnings++;
	snprintf(seen.warning, sizeof(seen.warning), "%s", kind);
}

static void on_restart(void *ctx, const char *file, uint32_t restart,
		       const struct hyp_error *why)
{
	(void)ctx;
	(void)file;
	(void)why;
	seen.restarts = restart;
}

static int32_t on_remember(void *ctx, const char *origin, const char *key,
			   const void *bytes, uint64_t n, struct hyp_error *e)
{
	(void)ctx;
	(void)bytes;
	(void)n;
	(void)e;
	ck_assert_str_eq(origin, strcmp(key, "place") == 0 ? "storage/fake"
							   : "provider/fake");
	ck_assert_int_eq(
		fakes_index(strcmp(key, "place") == 0 ? "place" : "export"),
		-1); /* before the act */
	seen.remembered++;
	return 0;
}

static int32_t on_forget(void *ctx, const char *origin, const char *key,
			 struct hyp_error *e)
{
	(void)ctx;
	(void)origin;
	(void)key;
	(void)e;
	seen.forgotten++;
	return 0;
}

static const struct hyp_observer observer = {
	.phase = on_phase,
	.finding = on_finding,
	.progress = on_progress,
	.warning = on_warning,
	.restart = on_restart,
	.remember = on_remember,
	.forget = on_forget,
};

static void setup(void)
{
	fakes_reset();
	memset(&result, 0, sizeof(result));
	memset(&seen, 0, sizeof(seen));
	ck_ok(hyp_cancel_new(&fakes.cancel, &err), &err);
	job = fakes_job();
}

static void teardown(void)
{
	hyp_clock_set(NULL);
	hyp_result_fini(&result);
	hyp_cancel_free(fakes.cancel);
	fakes.cancel = NULL;
	fakes_fini();
}

static void again(void)
{
	teardown();
	setup();
}

static int32_t run(void)
{
	return hyp_export_run(fakes_plan(), &job, &observer, &result, &err);
}

/* Nothing is open any more, and what was open ended in the right order. */
static void nothing_left(void)
{
	int provider = fakes_index("provider.abort");
	int packager = fakes_index("packager.abort");
	int storage = fakes_index("storage.abort");

	ck_assert_msg(fakes.live == 0, "%d left after %s failed", fakes.live,
		      fakes.failed);
	ck_assert_uint_eq(seen.remembered, seen.forgotten);
	if (provider >= 0 && packager >= 0)
		ck_assert_int_lt(provider, packager);
	if (packager >= 0)
		ck_assert_int_lt(packager, storage);
	if (provider >= 0)
		ck_assert_int_lt(provider, storage);
}

static void not_published(void)
{
	nothing_left();
	ck_assert_uint_eq(fakes.published, 0);
	if (fakes_index("place") >= 0)
		ck_assert_uint_eq(fakes_count("storage.abort"), 1);
}

START_TEST(test_success)
{
	static const char *const order[] = {
		"provider.lookup", "provider.preflight", "provider.machine",
		"packager.space",  "storage.place_open", "provider.open",
		"provider.files",  "provider.describe",	 "packager.begin",
		"provider.copy",   "provider.proof",	 "provider.finish",
		"packager.finish", "storage.seal",	 "storage.publish",
		"provider.destroy"};
	json_object *receipt, *bytes;

	ck_ok(run(), &err);
	nothing_left();
	ck_assert_uint_eq(fakes.published, 1);
	ck_assert_int_eq(fakes_index("storage.abort"), -1);
	ck_assert_int_eq(fakes_index("provider.abort"), -1);
	for (size_t i = 1; i < sizeof(order) / sizeof(order[0]); i++)
		ck_assert_msg(fakes_index(order[i]) > fakes_index(order[i - 1]),
			      "%s comes before %s", order[i], order[i - 1]);

	ck_assert_str_eq(result.vm_name, "web 01");
	ck_assert_str_eq(result.vm_path, "/dc/vm/web 01");
	ck_assert_str_eq(result.output, "/out/web-01");
	ck_assert_str_eq(result.receipt, "/out/web-01/receipt.json");
	ck_assert_str_eq(result.source, "fake:443/dc/vm/web 01");
	ck_assert_str_eq(result.consistency, "powered-off");
	ck_assert_str_eq(result.mode, "cold");
	ck_assert_str_eq(result.tls, "none");
	ck_assert_str_eq(result.proof, HYP_PROOF_SHA256);
	ck_assert_uint_eq(result.file_count, 5);
	ck_assert_str_eq(result.files[1].name, "web-01-disk1.vmdk");
	ck_assert_str_eq(result.files[1].proof, HYP_PROOF_SHA256);
	ck_assert_str_eq(result.files[3].name, "web-01.nvram");
	ck_assert_str_eq(result.files[3].proof, HYP_PROOF_SIZE);
	ck_assert_uint_eq(result.files[3].bytes, 8684);
	ck_assert_uint_eq(result.capacity, 2 * FAKES_DISK);
	ck_assert_uint_eq(result.restarts, 0);
	ck_assert_uint_eq(result.package_bytes, fakes.place_bytes);
	ck_assert_uint_eq(result.transferred,
			  result.files[1].bytes + result.files[2].bytes + 8684);
	ck_assert_uint_eq(result.warning_count, 1);
	ck_assert_str_eq(result.warnings[0], "fake_warning: look out");

	ck_assert_uint_eq(seen.phase_count, 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(seen.phases[i], i + 1);
	ck_assert_uint_eq(seen.finished, 3);
	ck_assert_uint_eq(seen.bytes, result.transferred);
	ck_assert_uint_eq(seen.remembered, 2);
	ck_assert_uint_eq(seen.forgotten, 2);

	receipt = json_tokener_parse(fakes.receipt);
	ck_assert(json_object_object_get_ex(receipt, "package_bytes", &bytes));
	ck_assert_uint_eq(json_object_get_uint64(bytes), fakes.place_bytes);
	json_object_put(receipt);
}
END_TEST

/* Every call of every plugin fails in turn. */
static void fail_each(int32_t code)
{
	unsigned n, failures = 0;

	for (n = 1;; n++) {
		int32_t rc;

		again();
		fake_clock_start(UINT64_C(6000000000));
		fakes.fail_at = n;
		fakes.fail_code = code;
		rc = run();
		if (fakes.failed[0] == '\0')
			break;
		nothing_left();
		/* what the core can do without, or try again */
		if (strcmp(fakes.failed, "provider.describe") == 0 && rc == 0)
			continue;
		if (code == HYP_E_TRANSIENT &&
		    strcmp(fakes.failed, "provider.copy") == 0) {
			ck_assert_int_eq(rc, 0);
			ck_assert_uint_eq(result.restarts, 1);
			continue;
		}
		if (code == HYP_E_UNSUPPORTED &&
		    (strcmp(fakes.failed, "provider.proof") == 0 ||
		     strcmp(fakes.failed, "provider.describe") == 0)) {
			ck_assert_int_eq(rc, 0);
			continue;
		}
		ck_assert_msg(rc == code, "%s failed with %d, the run with %d",
			      fakes.failed, code, rc);
		ck_assert_str_eq(err.kind, "fake_failure");
		ck_assert_ptr_nonnull(strstr(err.text, fakes.failed));
		not_published();
		failures++;
	}
	ck_assert_int_eq(fakes.published, 1);
	ck_assert_uint_gt(failures, 25);
}

START_TEST(test_each_call_fails)
{
	fail_each(HYP_E_PERMANENT);
	fail_each(HYP_E_TRANSIENT);
	fail_each(HYP_E_UNSUPPORTED);
	fail_each(HYP_E_RESOURCE);
}
END_TEST

/* The job is cancelled during every call in turn. */
START_TEST(test_each_call_cancels)
{
	for (unsigned n = 1;; n++) {
		int32_t rc;

		again();
		fakes.cancel_at = n;
		rc = run();
		if (fakes.calls < n)
			break;
		nothing_left();
		/* in publish it comes too late */
		if (rc == 0 && strcmp(fakes.log[fakes.log_count - 5],
				      "storage.publish") == 0)
			continue;
		ck_assert_int_eq(rc, HYP_E_CANCELLED);
		ck_assert_str_eq(err.kind, "cancelled");
		not_published();
	}
	ck_assert_int_eq(fakes.published, 1);
}
END_TEST

START_TEST(test_cancelled_before)
{
	hyp_cancel_set(fakes.cancel);
	ck_fails(run(), &err, HYP_E_CANCELLED, "cancelled");
	not_published();
	ck_assert_int_eq(fakes_index("provider.open"), -1);
}
END_TEST

/* A source that goes on though its writer failed cannot make it a success. */
START_TEST(test_cancel_ignored)
{
	fakes.ignore_cancel = 1;
	fakes.fail_name = "packager.entry_write";
	ck_fails(run(), &err, HYP_E_PERMANENT, "fake_failure");
	not_published();
}
END_TEST

START_TEST(test_plugin_says_cancelled)
{
	fakes.fail_name = "provider.open";
	fakes.fail_code = HYP_E_CANCELLED;
	ck_fails(run(), &err, HYP_E_PERMANENT, "plugin_fault");
	not_published();
}
END_TEST

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
	Suite *suite = suite_create("export");
	TCase *tc = tcase_create("export");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_success);
	tcase_add_test(tc, test_each_call_fails);
	tcase_add_test(tc, test_each_call_cancels);
	tcase_add_test(tc, test_cancelled_before);
	tcase_add_test(tc, test_cancel_ignored);
	tcase_add_test(tc, test_plugin_says_cancelled);
	tcase_add_test(tc, test_restarts);
	tcase_add_test(tc, test_parallel);
	tcase_add_test(tc, test_wants_another);
	tcase_add_test(tc, test_stalled);
	tcase_add_test(tc, test_proof);
	tcase_add_test(tc, test_descriptor);
	tcase_add_test(tc, test_preflight_error);
	tcase_add_test(tc, test_dry_run);
	tcase_add_test(tc, test_space_asked);
	tcase_add_test(tc, test_output_name);
	tcase_add_test(tc, test_bad_jobs);
	tcase_add_test(tc, test_shapes);
	tcase_add_test(tc, test_packager_forgets);
	tcase_add_test(tc, test_no_observer);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
