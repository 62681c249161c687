/* SPDX-License-Identifier: Apache-2.0 */
/* Every call fails once, cancels once, and nothing is ever left behind or
 * published by mistake. */
#include "tests/unit/pipeline/export-kit.h"

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

static unsigned asked;

static int32_t found(void *ctx, const struct hyp_vm *vm, struct hyp_error *e)
{
	asked++;
	ck_assert_ptr_nonnull(vm->id);
	ck_assert_int_eq(fakes_index("place"), -1);
	return ctx != NULL ? hyp_error_set(e, HYP_E_BUSY, "host_full", 0, "no")
			   : 0;
}

static int32_t publishing(void *ctx, const struct hyp_result *known,
			  struct hyp_error *e)
{
	asked++;
	ck_assert_ptr_nonnull(known->proof);
	ck_assert_uint_gt(known->file_count, 0);
	ck_assert_uint_gt(known->transferred, 0);
	ck_assert_uint_eq(fakes.published, 0);
	return ctx != NULL ? hyp_error_set(e, HYP_E_FENCED, "fenced", 0, "no")
			   : 0;
}

static int32_t run_asking(void *refuse, int early)
{
	struct hyp_observer asking = observer;

	asking.ctx = refuse;
	asking.found = early ? found : NULL;
	asking.publishing = early ? NULL : publishing;
	asked = 0;
	return hyp_export_run(fakes_plan(), &job, &asking, &result, &err);
}

/* Whoever is asked may refuse, and then nothing is there. */
START_TEST(test_asked)
{
	ck_fails(run_asking(&asked, 1), &err, HYP_E_BUSY, "host_full");
	ck_assert_uint_eq(asked, 1);
	not_published();
	again();
	ck_fails(run_asking(&asked, 0), &err, HYP_E_FENCED, "fenced");
	ck_assert_uint_eq(asked, 1);
	not_published();
	again();
	ck_ok(run_asking(NULL, 1), &err);
	ck_assert_uint_eq(asked, 1);
	ck_assert_uint_eq(fakes.published, 1);
	again();
	ck_ok(run_asking(NULL, 0), &err);
	ck_assert_uint_eq(asked, 1);
	ck_assert_uint_eq(fakes.published, 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {test_success,
				      test_each_call_fails,
				      test_each_call_cancels,
				      test_cancelled_before,
				      test_cancel_ignored,
				      test_plugin_says_cancelled,
				      test_asked,
				      NULL};

	return export_main("export", tests);
}
