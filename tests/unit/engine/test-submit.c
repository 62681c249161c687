/* SPDX-License-Identifier: Apache-2.0 */
/* What is accepted and what is not; groups, keys, secrets, retries. */
#include "core/base/log.h"
#include "core/engine/intake.h"
#include "tests/unit/engine/engine-kit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct engine_kit kit;

static void setup(void)
{
	engine_kit_init(&kit, "max_running = 1;", "");
	engine_kit_start(&kit);
}

static void teardown(void)
{
	engine_kit_fini(&kit);
}

/* Keeps the one runner busy, so that others stay queued. */
static void occupy(void)
{
	char *id = engine_kit_submit(&kit, "stall", "synthetic-9", "busy");

	hyp_job_free(
		engine_kit_wait(&kit, id, HYP_JOB_BIT(HYP_JOB_TRANSFERRING)));
	free(id);
}

static const char *definition(const char *members)
{
	static char text[4096];

	snprintf(text, sizeof(text),
		 "{'vm_path':'synthetic-1','output_path':'%s/out/a'%s}",
		 kit.tree.root, members);
	return text;
}

static void refused(const char *text, const char *kind)
{
	struct hyp_submitted out;

	ck_ok(engine_kit_try(&kit, NULL, text, &out), &kit.err);
	ck_assert_uint_eq(out.accepted, 0);
	ck_assert_uint_eq(out.id_count, 0);
	ck_assert_uint_eq(out.rejected_count, 1);
	ck_assert_uint_eq(out.rejected[0].index, 0);
	ck_assert_msg(strcmp(out.rejected[0].error.kind, kind) == 0, "%s: %s",
		      out.rejected[0].error.kind, out.rejected[0].error.text);
	kit.err = out.rejected[0].error;
	hyp_submitted_fini(&out);
}

static char *accepted(const char *text)
{
	struct hyp_submitted out;
	char *id;

	ck_ok(engine_kit_try(&kit, NULL, text, &out), &kit.err);
	ck_assert_msg(out.id_count == 1, "%s",
		      out.rejected_count ? out.rejected[0].error.text : "");
	id = strdup(out.ids[0]);
	hyp_submitted_fini(&out);
	return id;
}

START_TEST(refusals)
{
	refused("{'vm_path':'x'}", "bad_request");
	refused("{'vm_path':'x','output_path':'/etc'}", "unsafe_path");
	refused(definition(",'pipeline':'none'"), "no_pipeline");
	refused(definition(",'compress':true"), "unsupported");
	/* what the provider would not take when it runs */
	refused(definition(",'password':'p'"), "bad_config");
	refused(definition(",'provider':'nobody'"), "bad_config");
	refused(definition(",'vcenter':{'server':'vc:99999','username':'u',"
			   "'password':'p'}"),
		"bad_request");
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_EVENT, NULL, NULL),
			  0);
}
END_TEST

START_TEST(bad_ids)
{
	refused(definition(",'id':'.x'"), "bad_request");
	refused(definition(",'id':'a/b'"), "bad_request");
}
END_TEST

START_TEST(conflicts)
{
	char *id;

	occupy();
	id = accepted(definition(""));
	refused(definition(""), "conflict");
	ck_assert_ptr_nonnull(strstr(kit.err.text, id));
	refused(definition(",'id':'x'") /* another id is the same job */,
		"conflict");
	ck_ok(hyp_engine_cancel(kit.engine, NULL, id, &kit.err), &kit.err);
	free(id);
	id = accepted(definition(",'id':'x'"));
	ck_assert_str_eq(id, "x");
	ck_ok(hyp_engine_cancel(kit.engine, NULL, id, &kit.err), &kit.err);
	/* an id is used once for all */
	refused(definition(",'id':'x'"), "conflict");
	free(id);
}
END_TEST

START_TEST(some_of_many)
{
	json_object *list[3];
	struct hyp_submitted out;
	char text[2048];

	occupy();
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text),
			 "{\"vm_path\":\"synthetic-%d\",\"output_path\":"
			 "\"%s/%s/a\"}",
			 i / 2 + 1, kit.tree.root, i == 1 ? "no" : "out");
		list[i] = json_tokener_parse(text);
	}
	ck_ok(hyp_engine_submit(kit.engine, NULL, list, 3, &out, &kit.err),
	      &kit.err);
	ck_assert_uint_eq(out.accepted, 2);
	ck_assert_uint_eq(out.id_count, 2);
	ck_assert_uint_eq(out.rejected_count, 1);
	ck_assert_uint_eq(out.rejected[0].index, 1);
	hyp_submitted_fini(&out);
	/* twice the same in one request */
	json_object_put(list[1]);
	list[1] = json_object_get(list[0]);
	json_object_object_add(
		list[0], "output_path",
		json_object_new_string(tree_path(&kit.tree, "out/b")));
	ck_ok(hyp_engine_submit(kit.engine, NULL, list, 2, &out, &kit.err),
	      &kit.err);
	ck_assert_uint_eq(out.accepted, 1);
	ck_assert_str_eq(out.rejected[0].error.kind, "conflict");
	hyp_submitted_fini(&out);
	for (int i = 0; i < 3; i++)
		json_object_put(list[i]);
}
END_TEST

START_TEST(output_exists)
{
	tree_write(&kit.tree, "out/a/synthetic-1.ova", "mine", 0644);
	refused(definition(""), "output_exists");
	tree_mkdir(&kit.tree, "out/a/synthetic-1", 0755);
	refused(definition(",'format':'ovf'"), "output_exists");
	free(accepted(definition(",'options':{'force':true}")));
}
END_TEST

static char *group_of(const char *id)
{
	struct hyp_job *job = engine_kit_job(&kit, id);
	char *group = strdup(job->row.group_id);

	hyp_job_free(job);
	return group;
}

START_TEST(groups)
{
	struct hyp_submitted out;
	char text[1024], *first, *group;

	occupy();
	ck_ok(engine_kit_try(&kit, NULL,
			     "{'vm_path':'synthetic-[1-4]*','output_path':"
			     "'/nowhere'}",
			     &out),
	      &kit.err);
	ck_assert_str_eq(out.rejected[0].error.kind, "unsafe_path");
	hyp_submitted_fini(&out);
	refused(definition(",'x':1"), "bad_request");
	snprintf(text, sizeof(text),
		 "{'vm_path':'synthetic-*','output_path':'%s/out/{vm}'}",
		 kit.tree.root);
	ck_ok(engine_kit_try(&kit, NULL, text, &out), &kit.err);
	ck_assert_uint_eq(out.accepted, 1);
	ck_assert_uint_eq(out.id_count, 9);
	first = group_of(out.ids[0]);
	ck_assert_uint_eq(strlen(first), 36);
	for (size_t i = 1; i < out.id_count; i++) {
		group = group_of(out.ids[i]);
		ck_assert_str_eq(group, first);
		free(group);
	}
	free(first);
	first = strdup(out.ids[3]);
	hyp_submitted_fini(&out);
	/* those that have a job now are left out, and told */
	ck_ok(hyp_engine_cancel(kit.engine, NULL, first, &kit.err), &kit.err);
	free(first);
	ck_ok(engine_kit_try(&kit, NULL, text, &out), &kit.err);
	ck_assert_uint_eq(out.accepted, 1);
	ck_assert_uint_eq(out.id_count, 1);
	ck_assert_uint_eq(out.rejected_count, 8);
	ck_assert_str_eq(out.rejected[7].error.kind, "conflict");
	hyp_submitted_fini(&out);
	refused(text, "conflict");
	refused("{'vm_path':'none-*','output_path':'/x'}", "not_found");
}
END_TEST

struct answering {
	unsigned calls;
	size_t ids;
};

static int32_t answer(void *ctx, const void *done, uint32_t *status,
		      struct hyp_buf *body, struct hyp_error *err)
{
	const struct hyp_submitted *out = done;
	struct answering *a = ctx;

	a->calls++;
	a->ids = out->id_count;
	*status = 200;
	return hyp_buf_addf(body, err, "first: %s", out->ids[0]);
}

static struct hyp_actor actor_with(const char *key, struct answering *a)
{
	return (struct hyp_actor){
		.name = "ann",
		.role = "operator",
		.remote = "unix",
		.action = "POST /jobs/submit",
		.request_id = "r1",
		.idempotency_key = key,
		.body_hash = "abc",
		.answer = answer,
		.ctx = a,
	};
}

struct kept {
	char body[256], actor[64], target[64];
	unsigned count;
};

static int32_t keep_answer(void *ctx, const void *row, struct hyp_error *err)
{
	struct kept *kept = ctx;

	(void)err;
	kept->count++;
	snprintf(kept->body, sizeof(kept->body), "%s",
		 ((const struct hyp_idempotency_row *)row)->answer);
	return 0;
}

static int32_t keep_audit(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_audit_row *row = at;
	struct kept *kept = ctx;

	(void)err;
	kept->count++;
	snprintf(kept->actor, sizeof(kept->actor), "%s", row->actor);
	snprintf(kept->target, sizeof(kept->target), "%s", row->target);
	return 0;
}

static struct kept look(uint32_t table, const char *key)
{
	struct kept kept = {.count = 0};
	const struct hyp_store_query query = {.size = sizeof(query),
					      .key = key};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink),
		.ctx = &kept,
		.row = table == HYP_TABLE_AUDIT ? keep_audit : keep_answer};

	ck_ok(hyp_store_calls.list(hyp_engine_store(kit.engine), table, &query,
				   &sink, &kit.err),
	      &kit.err);
	return kept;
}

START_TEST(keys)
{
	struct answering a = {0, 0};
	struct hyp_actor actor = actor_with("k1", &a);
	struct hyp_submitted out;
	struct kept kept;
	char text[1024];

	occupy();
	ck_ok(engine_kit_try(&kit, &actor, definition(""), &out), &kit.err);
	kept = look(HYP_TABLE_IDEMPOTENCY, "k1");
	ck_assert_uint_eq(kept.count, 1);
	ck_assert_ptr_nonnull(strstr(kept.body, out.ids[0]));
	kept = look(HYP_TABLE_AUDIT, NULL);
	ck_assert_uint_eq(kept.count, 1);
	ck_assert_str_eq(kept.actor, "ann");
	ck_assert_str_eq(kept.target, out.ids[0]);
	hyp_submitted_fini(&out);
	/* the key is in use: nothing is made */
	snprintf(text, sizeof(text),
		 "{'vm_path':'synthetic-2','output_path':'%s/out/b'}",
		 kit.tree.root);
	ck_fails(engine_kit_try(&kit, &actor, text, &out), &kit.err,
		 HYP_E_CONFLICT, "conflict");
	ck_assert_uint_eq(
		engine_kit_rows(&kit, HYP_TABLE_EVENT, NULL, "job.created"), 2);
	/* two days later it is as good as new */
	engine_kit_advance(INT64_C(172800001));
	ck_ok(engine_kit_try(&kit, &actor, text, &out), &kit.err);
	ck_assert_uint_eq(out.accepted, 1);
	hyp_submitted_fini(&out);
}
END_TEST

/* Nothing was made: the key is as good as new, and why was for now only. */
START_TEST(keys_of_refusals)
{
	struct hyp_breaker *breaker = kit.engine->breaker;
	struct answering a = {0, 0};
	struct hyp_actor actor = actor_with("k1", &a);
	struct hyp_submitted out;
	char group[1024];

	snprintf(group, sizeof(group),
		 "{'vm_path':'synthetic-[12]*','output_path':'%s/out/{vm}'}",
		 kit.tree.root);
	hyp_breaker_refused(breaker, "synthetic", "", 900000);
	hyp_breaker_refused(breaker, "synthetic", "", 900000);
	ck_ok(engine_kit_try(&kit, &actor, group, &out), &kit.err);
	ck_assert_uint_eq(out.accepted, 0);
	ck_assert_str_eq(out.rejected[0].error.kind, "auth_paused");
	ck_assert_uint_gt(out.rejected[0].error.retry_after_ms, 800000);
	hyp_submitted_fini(&out);
	ck_assert_uint_eq(look(HYP_TABLE_IDEMPOTENCY, "k1").count, 0);
	ck_assert_uint_eq(look(HYP_TABLE_AUDIT, NULL).count, 1);
	hyp_breaker_accepted(breaker, "synthetic", "");
	ck_ok(engine_kit_try(&kit, &actor, group, &out), &kit.err);
	ck_assert_uint_eq(out.id_count, 2);
	hyp_submitted_fini(&out);
	ck_assert_uint_eq(look(HYP_TABLE_IDEMPOTENCY, "k1").count, 1);
	ck_assert_uint_eq(a.calls, 1);
}
END_TEST

/* Of two, one was made: both are kept, so that it is not made again. */
START_TEST(key_of_a_batch)
{
	struct answering a = {0, 0};
	struct hyp_actor actor = actor_with("k1", &a);
	struct json_object *list[2];
	struct hyp_submitted out;
	struct kept kept;

	list[0] = json_tokener_parse("{\"vm_path\":\"x\"}");
	list[1] = json_object_new_object();
	json_object_object_add(list[1], "vm_path",
			       json_object_new_string("synthetic-1"));
	json_object_object_add(
		list[1], "output_path",
		json_object_new_string_len(
			strchr(definition(""), '/'),
			(int)strcspn(strchr(definition(""), '/'), "'")));
	ck_ok(hyp_engine_submit(kit.engine, &actor, list, 2, &out, &kit.err),
	      &kit.err);
	ck_assert_uint_eq(out.accepted, 1);
	ck_assert_uint_eq(out.rejected_count, 1);
	kept = look(HYP_TABLE_IDEMPOTENCY, "k1");
	ck_assert_uint_eq(kept.count, 1);
	ck_assert_ptr_nonnull(strstr(kept.body, out.ids[0]));
	hyp_submitted_fini(&out);
	json_object_put(list[0]);
	json_object_put(list[1]);
}
END_TEST

#define CANARY "canary-7f3a91c2e5"

static int file_holds(const char *name, const char *word)
{
	FILE *file = fopen(tree_path(&kit.tree, name), "re");
	size_t n = strlen(word), kept = 0, got;
	char buf[65536];
	int found = 0;

	if (file == NULL)
		return 0;
	while ((got = fread(buf + kept, 1, sizeof(buf) - kept, file)) > 0) {
		got += kept;
		found |= memmem(buf, got, word, n) != NULL;
		kept = got < n ? got : n;
		memmove(buf, buf + got - kept, kept);
	}
	fclose(file);
	return found;
}

static const char *const database[] = {"state/jobs.db", "state/jobs.db-wal"};

static void no_canary(void)
{
	/* the search does find what is there */
	ck_assert(file_holds(database[0], "joe") ||
		  file_holds(database[1], "joe"));
	for (size_t i = 0; i < 2; i++)
		ck_assert_msg(!file_holds(database[i], CANARY), "%s",
			      database[i]);
}

static unsigned seen_secret;

static void look_at_line(void *ctx, const struct hyp_log_line *line)
{
	(void)ctx;
	seen_secret += strstr(line->text, CANARY) != NULL;
}

/* Sealed while it is needed, gone with the job's end, and nowhere in clear. */
START_TEST(secrets)
{
	char text[2048], *id;
	struct hyp_submitted out;
	struct hyp_job *job;

	occupy();
	hyp_log_set_sink(look_at_line, NULL);
	snprintf(text, sizeof(text),
		 "{'vm_path':'/DC0/vm/web','output_path':'%s/out/s','vcenter':"
		 "{'server':'localhost:1','username':'joe','password':'" CANARY
		 "'}}",
		 kit.tree.root);
	id = accepted(text);
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_SECRET, id, NULL), 1);
	job = engine_kit_job(&kit, id);
	ck_assert_ptr_null(strstr(job->row.definition_json, CANARY));
	ck_assert_str_eq(job->row.user, "joe");
	hyp_job_free(job);
	no_canary();
	hyp_log(HYP_LOG_ERROR, "", "test", "it is " CANARY);
	ck_assert_uint_eq(seen_secret, 0);
	ck_ok(hyp_engine_cancel(kit.engine, NULL, id, &kit.err), &kit.err);
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_SECRET, id, NULL), 0);
	ck_fails(hyp_engine_retry(kit.engine, NULL, id, &out, &kit.err),
		 &kit.err, HYP_E_CONFLICT, "secret_lost");
	no_canary();
	hyp_log_set_sink(NULL, NULL);
	free(id);
}
END_TEST

/* Without its key a secret is lost, and nobody tries to log in. */
START_TEST(lost_key)
{
	char text[2048], *id;
	struct hyp_job *job;

	occupy();
	snprintf(text, sizeof(text),
		 "{'vm_path':'/DC0/vm/web','output_path':'%s/out/s','vcenter':"
		 "{'server':'localhost:1','username':'joe','password':'" CANARY
		 "'}}",
		 kit.tree.root);
	id = accepted(text);
	engine_kit_close(&kit);
	ck_assert_int_eq(unlink(tree_path(&kit.tree, "state/seal.key")), 0);
	engine_kit_conf(&kit, "max_running = 2;", "");
	engine_kit_start(&kit);
	engine_kit_expect(&kit, id, HYP_JOB_FAILED);
	job = engine_kit_job(&kit, id);
	ck_assert_str_eq(job->row.error_kind, "secret_lost");
	hyp_job_free(job);
	free(id);
}
END_TEST

START_TEST(retry_and_delete)
{
	struct hyp_submitted out;
	struct hyp_job *job;
	char *id;

	occupy();
	id = accepted(definition(""));
	ck_fails(hyp_engine_retry(kit.engine, NULL, id, &out, &kit.err),
		 &kit.err, HYP_E_CONFLICT, "not_ended");
	ck_fails(hyp_engine_delete(kit.engine, NULL, id, &kit.err), &kit.err,
		 HYP_E_CONFLICT, "not_ended");
	ck_ok(hyp_engine_cancel(kit.engine, NULL, id, &kit.err), &kit.err);
	ck_ok(hyp_engine_retry(kit.engine, NULL, id, &out, &kit.err), &kit.err);
	ck_assert_uint_eq(out.id_count, 1);
	ck_assert_str_ne(out.ids[0], id);
	job = engine_kit_job(&kit, out.ids[0]);
	ck_assert_str_eq(job->row.retry_of, id);
	ck_assert_str_eq(job->row.vm_path, "synthetic-1");
	ck_assert_uint_eq(job->row.state, HYP_JOB_QUEUED);
	hyp_job_free(job);
	hyp_submitted_fini(&out);
	ck_ok(hyp_engine_delete(kit.engine, NULL, id, &kit.err), &kit.err);
	ck_fails(hyp_engine_job(kit.engine, id, &job, &kit.err), &kit.err,
		 HYP_E_NOT_FOUND, "not_found");
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_HISTORY, id, NULL),
			  0);
	ck_fails(hyp_engine_delete(kit.engine, NULL, id, &kit.err), &kit.err,
		 HYP_E_NOT_FOUND, "not_found");
	free(id);
}
END_TEST

static int32_t see_token(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_token_row *row = at;
	struct kept *kept = ctx;

	(void)err;
	kept->count += row->revoked ? 100 : 1;
	snprintf(kept->body, sizeof(kept->body), "%s", row->sha256);
	return 0;
}

START_TEST(tokens)
{
	char id[HYP_UUID_TEXT_MAX], token[HYP_TOKEN_TEXT_MAX];
	const struct hyp_actor actor = {.name = "root",
					.role = "admin",
					.remote = "unix",
					.action = "x",
					.request_id = ""};
	struct kept kept = {.count = 0};
	const struct hyp_store_query query = {.size = sizeof(query)};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = &kept, .row = see_token};

	ck_ok(hyp_engine_token_create(kit.engine, &actor, "ci", "operator", 0,
				      id, token, &kit.err),
	      &kit.err);
	ck_assert_uint_ge(strlen(token), 43);
	ck_fails(hyp_engine_token_create(kit.engine, &actor, "ci", "king", 0,
					 id, token, &kit.err),
		 &kit.err, HYP_E_USAGE, "bad_request");
	ck_ok(hyp_store_calls.list(hyp_engine_store(kit.engine),
				   HYP_TABLE_TOKEN, &query, &sink, &kit.err),
	      &kit.err);
	ck_assert_uint_eq(kept.count, 1);
	ck_assert_uint_eq(strlen(kept.body), 64);
	ck_assert(!file_holds(database[0], token));
	ck_assert(!file_holds(database[1], token));
	ck_ok(hyp_engine_token_revoke(kit.engine, &actor, id, &kit.err),
	      &kit.err);
	kept.count = 0;
	ck_ok(hyp_store_calls.list(hyp_engine_store(kit.engine),
				   HYP_TABLE_TOKEN, &query, &sink, &kit.err),
	      &kit.err);
	ck_assert_uint_eq(kept.count, 100);
	ck_fails(hyp_engine_token_revoke(kit.engine, &actor, "none", &kit.err),
		 &kit.err, HYP_E_NOT_FOUND, "not_found");
	ck_assert_uint_eq(look(HYP_TABLE_AUDIT, NULL).count, 2);
}
END_TEST

static Suite *submit_suite(void)
{
	Suite *suite = suite_create("submit");
	TCase *tc = tcase_create("submit");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refusals);
	tcase_add_test(tc, bad_ids);
	tcase_add_test(tc, conflicts);
	tcase_add_test(tc, some_of_many);
	tcase_add_test(tc, output_exists);
	tcase_add_test(tc, groups);
	tcase_add_test(tc, keys);
	tcase_add_test(tc, keys_of_refusals);
	tcase_add_test(tc, key_of_a_batch);
	tcase_add_test(tc, secrets);
	tcase_add_test(tc, lost_key);
	tcase_add_test(tc, retry_and_delete);
	tcase_add_test(tc, tokens);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(submit_suite());
}
