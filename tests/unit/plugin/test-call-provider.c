/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plugin/fake-provider.h"

START_TEST(errors_pass)
{
	does.rc = HYP_E_BUSY;
	leave(HYP_E_BUSY, "vm_busy", "somebody else exports it");
	does.error.retry_after_ms = 1500;
	ck_fails(call_list(), &err, HYP_E_BUSY, "vm_busy");
	ck_assert_str_eq(err.text, "somebody else exports it");
	ck_assert_int_eq(err.sys_errno, 5);
	ck_assert_uint_eq(err.retry_after_ms, 1500);
	ck_assert_int_eq(calls->list(fake.instance, NULL, &vm_sink, NULL),
			 HYP_E_BUSY);
}
END_TEST

START_TEST(no_result)
{
	static const int32_t codes[] = {1, 42, INT32_MAX, HYP_E_LAST - 1,
					INT32_MIN};

	does.rc = codes[_i];
	leave(codes[_i], "well_named", "well said");
	ck_fault(call_list(), &err, "which is no result");
}
END_TEST

START_TEST(improper_errors)
{
	does.rc = HYP_E_BUSY;
	ck_fault(call_list(), &err, "without saying properly why");
	leave(HYP_E_AUTH, "auth_failed", "another code");
	ck_fault(call_list(), &err, "properly why: another code");
	leave(HYP_E_BUSY, "Not A Word", "text");
	ck_fault(call_list(), &err, "properly why");
	leave(HYP_E_BUSY, "", "text");
	ck_fault(call_list(), &err, "properly why");
	leave(HYP_E_BUSY, "kind", "");
	ck_fault(call_list(), &err, "properly why");
	memset(&does.error, 'x', sizeof(does.error));
	does.error.code = HYP_E_BUSY;
	ck_fails(call_list(), &err, HYP_E_BUSY,
		 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	ck_assert_uint_lt(strlen(err.text), sizeof(err.text));
}
END_TEST

/* An error of an earlier call, still in the buffer, is not this one's. */
START_TEST(stale_error)
{
	does.rc = HYP_E_BUSY;
	hyp_error_set(&err, HYP_E_BUSY, "stale", 0, "from an earlier call");
	ck_fault(call_list(), &err, "without saying properly why");
}
END_TEST

START_TEST(error_text_is_made_safe)
{
	does.rc = HYP_E_BUSY;
	leave(HYP_E_BUSY, "kind", "two\nlines \033[31mhunter22");
	hyp_redact_add("hunter22");
	ck_fails(call_list(), &err, HYP_E_BUSY, "kind");
	ck_assert_ptr_null(strpbrk(err.text, "\n\033"));
	ck_assert_ptr_null(strstr(err.text, "hunter22"));
	hyp_redact_clear();
}
END_TEST

START_TEST(create_fails)
{
	struct hyp_instance *instance = NULL;

	does.rc = HYP_E_USAGE;
	leave(HYP_E_USAGE, "bad_url", "no such scheme");
	ck_fails(hyp_instance_new(&fake.loaded, NULL, &fake.host.table, NULL,
				  &instance, &err),
		 &err, HYP_E_USAGE, "bad_url");
	created--;
	does.rc = 0;
	does.no_output = 1;
	ck_fault(hyp_instance_new(&fake.loaded, NULL, &fake.host.table, NULL,
				  &instance, &err),
		 &err, "succeeds without an instance");
	created--;
	ck_assert_ptr_null(instance);
	ck_fails(hyp_instance_new(&fake.loaded, NULL, &fake.host.table,
				  fake.instance, &instance, &err),
		 &err, HYP_E_USAGE, "unexpected_inner");
}
END_TEST

START_TEST(findings)
{
	struct hyp_finding f = {.size = sizeof(f),
				.level = HYP_FINDING_ERROR,
				.code = HYP_E_PERMANENT,
				.kind = "vm_encrypted",
				.text = "it is encrypted"};

	does.element = &f;
	does.times = 1;
	ck_ok(calls->preflight(fake.instance, NULL, &finding_sink, &err), &err);
	ck_assert_str_eq(got_finding.kind, "vm_encrypted");
	f.level = 0;
	ck_fault(calls->preflight(fake.instance, NULL, &finding_sink, &err),
		 &err, "a finding without proper");
	f.level = HYP_FINDING_INFO;
	f.code = 3;
	ck_fault(calls->preflight(fake.instance, NULL, &finding_sink, &err),
		 &err, "a finding without proper");
	f.code = 0;
	f.kind = "No Word";
	ck_fault(calls->preflight(fake.instance, NULL, &finding_sink, &err),
		 &err, "a finding without proper");
	f.kind = "word";
	f.text = NULL;
	ck_fault(calls->preflight(fake.instance, NULL, &finding_sink, &err),
		 &err, "a finding without proper");
}
END_TEST

START_TEST(open_without_export)
{
	void *exported = &fake;

	does.no_output = 1;
	ck_fault(calls->open(fake.instance, NULL, &exported, &err), &err,
		 "succeeds without an export");
	ck_assert_ptr_eq(exported, &fake);
	does.no_output = 0;
	does.rc = HYP_E_NOT_FOUND;
	leave(HYP_E_NOT_FOUND, "vm_not_found", "no such VM");
	ck_fails(calls->open(fake.instance, NULL, &exported, &err), &err,
		 HYP_E_NOT_FOUND, "vm_not_found");
	ck_assert_ptr_eq(exported, &fake);
}
END_TEST

START_TEST(whole_export)
{
	void *exported = opened(2);
	struct hyp_proof p = {.size = sizeof(p), .index = 1};

	does.times = 4;
	ck_ok(calls->copy(exported, 1, &writer, &err), &err);
	ck_assert_uint_eq(got, 4);
	does.element = &p;
	does.times = 1;
	ck_ok(calls->proof(exported, &proof_sink, &err), &err);
	ck_ok(calls->describe(exported, &good_file, sizeof(good_file), 1,
			      &writer, &err),
	      &err);
	ck_ok(calls->finish(exported, &err), &err);
	ck_assert_uint_eq(ended, 1);
	calls->abort(opened(0));
	ck_assert_uint_eq(ended, 2);
	exported = opened(0);
	does.rc = HYP_E_TRANSIENT;
	leave(HYP_E_TRANSIENT, "net_timeout", "too late");
	ck_fails(calls->finish(exported, &err), &err, HYP_E_TRANSIENT,
		 "net_timeout");
}
END_TEST

START_TEST(files_wrong)
{
	void *exported = opened(0);
	struct hyp_file f = good_file;

	does.element = &f;
	does.times = 1;
	f.role = 0;
	ck_fault(calls->files(exported, &file_sink, &err), &err, "role 0");
	f.role = 6;
	ck_fault(calls->files(exported, &file_sink, &err), &err, "role 6");
	f.role = HYP_ROLE_DISK;
	f.format = 3;
	ck_fault(calls->files(exported, &file_sink, &err), &err, "format 3");
	f.format = HYP_FORMAT_PLAIN;
	f.device_id = "\xff";
	ck_fault(calls->files(exported, &file_sink, &err), &err, "UTF-8");
	f.device_id = NULL;
	ck_ok(calls->files(exported, &file_sink, &err), &err);
	ck_assert_str_eq(got_file.device_id, "");
	calls->abort(exported);
}
END_TEST

START_TEST(copy_wrong)
{
	void *exported = opened(1);

	ck_bad_call(calls->copy(exported, 1, &writer, &err), &err);
	does.wrong_write = 1;
	does.ignore_sink = 1;
	ck_fault(calls->copy(exported, 0, &writer, &err), &err, "writes 0 byt");
	does.wrong_write = 2;
	ck_fault(calls->copy(exported, 0, &writer, &err), &err, "from nowhere");
	does.wrong_write = 0;
	sink_rc = HYP_E_RESOURCE;
	does.times = 5;
	does.go_on = 1;
	got = 0;
	ck_fails(calls->copy(exported, 0, &writer, &err), &err, HYP_E_RESOURCE,
		 "sink_full");
	ck_assert_uint_eq(got, 1);
	sink_rc = 0;
	calls->abort(exported);
}
END_TEST

/* Fault 114: a plugin that calls back when its time is over. */
START_TEST(late_write)
{
	void *exported = opened(1);
	struct hyp_error late;

	does.times = 1;
	ck_ok(calls->copy(exported, 0, &writer, &err), &err);
	got = 0;
	ck_fault(kept->write(kept->ctx, "abc", 3, &late), &late,
		 "calls back after it returned");
	calls->abort(exported);
	ck_fault(kept->write(kept->ctx, "abc", 3, &late), &late,
		 "calls back after it returned");
	ck_assert_uint_eq(got, 0);
}
END_TEST

START_TEST(proof_wrong)
{
	void *exported = opened(2);
	struct hyp_proof p = {.size = sizeof(p), .index = 2};

	does.element = &p;
	does.times = 1;
	ck_fault(calls->proof(exported, &proof_sink, &err), &err,
		 "speaks of file 2, but there are 2");
	p.index = 1;
	p.digest = (struct hyp_digest){HYP_DIGEST_SHA256, 20, {0}};
	ck_fault(calls->proof(exported, &proof_sink, &err), &err,
		 "a digest of algorithm 2 with 20 bytes");
	p.digest.algorithm = HYP_DIGEST_SHA1;
	ck_ok(calls->proof(exported, &proof_sink, &err), &err);
	calls->abort(exported);
}
END_TEST

START_TEST(describe_wrong)
{
	void *exported = opened(1);

	ck_bad_call(calls->describe(exported, NULL, 0, 1, &writer, &err), &err);
	ck_bad_call(calls->describe(exported, &good_file, 8, 1, &writer, &err),
		    &err);
	ck_ok(calls->describe(exported, NULL, 0, 0, &writer, &err), &err);
	calls->abort(exported);
}
END_TEST

START_TEST(undo_passes)
{
	ck_ok(calls->undo(fake.instance, "lease", "abc", 3, &err), &err);
}
END_TEST

START_TEST(optional_members)
{
	void *exported;

	fake_loaded_fini(&fake);
	ops.proof = NULL;
	ops.describe = NULL;
	ops.undo = NULL;
	start();
	exported = opened(0);
	ck_fails(calls->proof(exported, &proof_sink, &err), &err,
		 HYP_E_UNSUPPORTED, "not_offered");
	ck_fails(calls->describe(exported, NULL, 0, 0, &writer, &err), &err,
		 HYP_E_UNSUPPORTED, "not_offered");
	ck_fails(calls->undo(fake.instance, "lease", "abc", 3, &err), &err,
		 HYP_E_UNSUPPORTED, "not_offered");
	calls->abort(exported);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("call-provider");
	TCase *c = tcase_create("call-provider");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, errors_pass);
	tcase_add_loop_test(c, no_result, 0, 5);
	tcase_add_test(c, improper_errors);
	tcase_add_test(c, stale_error);
	tcase_add_test(c, error_text_is_made_safe);
	tcase_add_test(c, create_fails);
	tcase_add_test(c, findings);
	tcase_add_test(c, open_without_export);
	tcase_add_test(c, whole_export);
	tcase_add_test(c, files_wrong);
	tcase_add_test(c, copy_wrong);
	tcase_add_test(c, late_write);
	tcase_add_test(c, proof_wrong);
	tcase_add_test(c, describe_wrong);
	tcase_add_test(c, undo_passes);
	tcase_add_test(c, optional_members);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
