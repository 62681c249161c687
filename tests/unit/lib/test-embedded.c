/* SPDX-License-Identifier: Apache-2.0 */
/* An engine in a program: jobs, events, schedules, store; what goes wrong. */
#include "tests/unit/lib/lib-kit.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static struct lib_kit kit;
static struct hypersdk *h;
static struct hyp_error err;
static char *json;

static void setup(void)
{
	lib_kit_init(&kit);
	h = lib_kit_open(&kit);
	json = NULL;
}

static void teardown(void)
{
	hypersdk_close(h, HYPERSDK_CLOSE_NOW);
	lib_kit_fini(&kit);
}

static uint32_t end_of(struct hypersdk *of, const char *id)
{
	uint32_t state = 0;

	ck_ok(hypersdk_wait(of, id, HYPERSDK_FOREVER, &state, NULL, &err),
	      &err);
	return state;
}

static int there(const char *name)
{
	struct stat st;
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", kit.out, name);
	return stat(path, &st) == 0;
}

struct vms {
	int count, most;
	char first[64];
};

static int32_t count_vm(void *ctx, const struct hyp_vm *vm)
{
	struct vms *vms = ctx;

	if (vms->count++ == 0)
		snprintf(vms->first, sizeof(vms->first), "%s", vm->path);
	return vms->count == vms->most;
}

START_TEST(test_vms)
{
	struct vms vms = {.most = -1}, one = {.most = -1}, ended = {.most = 1};

	ck_ok(hypersdk_list_vms(h, NULL, NULL, count_vm, &vms, &err), &err);
	ck_assert_int_eq(vms.count, 2);
	ck_assert_str_eq(vms.first, "/synthetic/vm/synthetic-1");
	ck_ok(hypersdk_list_vms(h, "fast", "*-2", count_vm, &one, &err), &err);
	ck_assert_int_eq(one.count, 1);
	ck_fails(hypersdk_list_vms(h, NULL, NULL, count_vm, &ended, &err), &err,
		 HYP_E_CANCELLED, "cancelled");
	ck_assert_int_eq(ended.count, 1);
	ck_fails(hypersdk_list_vms(h, "none", NULL, count_vm, &one, &err), &err,
		 HYP_E_USAGE, "no_pipeline");
	ck_ok(hypersdk_request(h, "GET", "/vms/list?match=*-1", NULL, NULL,
			       &json, &err),
	      &err);
	ck_assert(lib_kit_holds(json, "/synthetic/vm/synthetic-1"));
}
END_TEST

START_TEST(test_export)
{
	char id[HYPERSDK_ID_MAX];

	lib_kit_export(&kit, h, "synthetic-1", NULL, id);
	ck_assert_uint_eq(end_of(h, id), HYPERSDK_COMPLETED);
	ck_assert(there("synthetic-1.ova"));
	ck_ok(hypersdk_job(h, id, &json, &err), &err);
	ck_assert(lib_kit_holds(json, "\"status\":\"completed\""));
	ck_ok(hypersdk_jobs(h, "status=completed&limit=5", &json, &err), &err);
	ck_assert(lib_kit_holds(json, id));
	ck_ok(hypersdk_jobs(h, NULL, &json, &err), &err);
	ck_assert(lib_kit_holds(json, id));
	ck_ok(hypersdk_status(h, &json, &err), &err);
	ck_assert(lib_kit_holds(json, "\"completed_jobs\":1"));
	ck_ok(hypersdk_store_statistics(h, &json, &err), &err);
	ck_assert(lib_kit_holds(json, "\"completed\":1"));
	ck_fails(hypersdk_cancel(h, id, &err), &err, HYP_E_CONFLICT,
		 "too_late");
	ck_assert_ptr_ne(strstr(kit.log, id), NULL);
}
END_TEST

START_TEST(test_submit)
{
	char id[HYPERSDK_ID_MAX], again[HYPERSDK_ID_MAX], body[1024];

	snprintf(body, sizeof(body),
		 "{\"vm_path\": \"synthetic-2\", \"output_path\": \"%s\"}",
		 kit.out);
	ck_ok(hypersdk_submit(h, body, "monday", id, &json, &err), &err);
	ck_assert(lib_kit_holds(json, id));
	ck_ok(hypersdk_submit(h, body, "monday", again, NULL, &err), &err);
	ck_assert_str_eq(again, id);
	ck_fails(hypersdk_submit(h, "[]", "monday", NULL, NULL, &err), &err,
		 HYP_E_USAGE, "bad_request");
	snprintf(body, sizeof(body),
		 "{\"vm_path\": \"synthetic-1\", \"output_path\": \"%s\"}",
		 kit.out);
	ck_fails(hypersdk_submit(h, body, "monday", NULL, NULL, &err), &err,
		 HYP_E_CONFLICT, "idempotency_reused");
	ck_assert_uint_eq(end_of(h, id), HYPERSDK_COMPLETED);
}
END_TEST

/* Each is refused, says why, and makes no job. */
START_TEST(test_refused)
{
	char id[HYPERSDK_ID_MAX] = "as before", body[1024];

	ck_fails(hypersdk_submit(h, "{}", NULL, id, &json, &err), &err,
		 HYP_E_USAGE, "bad_request");
	ck_assert_ptr_eq(json, NULL);
	ck_assert_str_eq(id, "as before");
	ck_fails(hypersdk_submit(h, "{", NULL, id, NULL, &err), &err,
		 HYP_E_USAGE, "bad_request");
	ck_fails(hypersdk_submit(h,
				 "{\"vm_path\":\"x\",\"output_path\":\"/etc\"}",
				 NULL, id, NULL, &err),
		 &err, HYP_E_USAGE, "unsafe_path");
	snprintf(body, sizeof(body),
		 "{\"jobs\":[{\"vm_path\":\"synthetic-1\",\"output_path\":"
		 "\"/etc\"}]}");
	ck_ok(hypersdk_submit(h, body, NULL, id, &json, &err), &err);
	ck_assert_str_eq(id, "");
	ck_assert(lib_kit_holds(json, "\"kind\":\"unsafe_path\""));
	lib_kit_export(&kit, h, "synthetic-7", NULL, id);
	ck_assert_uint_eq(end_of(h, id), HYPERSDK_FAILED);
	ck_ok(hypersdk_store_statistics(h, &json, &err), &err);
	ck_assert(lib_kit_holds(json, "\"total\":1"));
}
END_TEST

START_TEST(test_why)
{
	char id[HYPERSDK_ID_MAX];
	struct hyp_error why;
	uint32_t state = 0;

	lib_kit_export(&kit, h, "synthetic-7", NULL, id);
	ck_ok(hypersdk_wait(h, id, HYPERSDK_FOREVER, &state, &why, &err), &err);
	ck_assert_uint_eq(state, HYPERSDK_FAILED);
	ck_assert_str_eq(why.kind, "not_found");
	ck_assert_int_eq(why.code, HYP_E_NOT_FOUND);
	ck_assert_ptr_ne(strstr(why.text, "synthetic-7"), NULL);
}
END_TEST

START_TEST(test_wait)
{
	char id[HYPERSDK_ID_MAX];
	uint32_t state = 0;

	lib_kit_export(&kit, h, "synthetic-1", "slow", id);
	ck_ok(hypersdk_wait(h, id, 0, &state, NULL, &err), &err);
	ck_assert(!HYPERSDK_ENDED(state));
	ck_ok(hypersdk_wait(h, id, 20, &state, NULL, &err), &err);
	ck_assert(!HYPERSDK_ENDED(state));
	ck_ok(hypersdk_cancel(h, id, &err), &err);
	ck_assert_uint_eq(end_of(h, id), HYPERSDK_CANCELLED);
	ck_assert(!there("synthetic-1.ova"));
	ck_fails(hypersdk_wait(h, "none", 0, &state, NULL, &err), &err,
		 HYP_E_NOT_FOUND, "not_found");
	ck_fails(hypersdk_cancel(h, "none", &err), &err, HYP_E_NOT_FOUND,
		 "not_found");
}
END_TEST

struct heard {
	int count, most;
	uint64_t seq;
	char types[4096];
	sigset_t mask;
};

static int32_t hear(void *ctx, const struct hypersdk_event *event)
{
	struct heard *heard = ctx;

	ck_assert_uint_gt(event->seq, heard->seq);
	heard->seq = event->seq;
	strcat(strcat(heard->types, event->type), " ");
	ck_assert_int_eq(event->data[0], '{');
	pthread_sigmask(SIG_SETMASK, NULL, &heard->mask);
	return ++heard->count == heard->most;
}

START_TEST(test_events)
{
	static struct heard all, later, one, past;
	struct hypersdk_subscription *a, *b, *c;
	char first[HYPERSDK_ID_MAX], second[HYPERSDK_ID_MAX];

	ck_ok(hypersdk_subscribe(h, NULL, HYPERSDK_NEW_EVENTS, hear, &all, &a,
				 &err),
	      &err);
	lib_kit_export(&kit, h, "synthetic-1", NULL, first);
	ck_assert_uint_eq(end_of(h, first), HYPERSDK_COMPLETED);
	hypersdk_unsubscribe(a);
	ck_assert_ptr_eq(strstr(all.types, "job.created "), all.types);
	ck_assert_str_eq(all.types + strlen(all.types) - 14, "job.completed ");
	ck_assert(sigismember(&all.mask, SIGINT));
	ck_assert(!sigismember(&all.mask, SIGSEGV));
	one.most = 1;
	ck_ok(hypersdk_subscribe(h, NULL, all.seq, hear, &later, &a, &err),
	      &err);
	ck_ok(hypersdk_subscribe(h, first, 0, hear, &past, &b, &err), &err);
	ck_ok(hypersdk_subscribe(h, NULL, 0, hear, &one, &c, &err), &err);
	lib_kit_export(&kit, h, "synthetic-2", NULL, second);
	ck_assert_uint_eq(end_of(h, second), HYPERSDK_COMPLETED);
	hypersdk_unsubscribe(c);
	hypersdk_unsubscribe(b);
	hypersdk_unsubscribe(a);
	ck_assert_int_eq(one.count, 1);
	ck_assert_str_eq(past.types, all.types);
	ck_assert_ptr_eq(strstr(later.types, "job.created "), later.types);
	ck_assert_int_eq(later.count + past.count >= 2 * past.count - 3, 1);
	hypersdk_unsubscribe(NULL);
	ck_fails(hypersdk_request(h, "GET", "/events", NULL, NULL, &json, &err),
		 &err, HYP_E_UNSUPPORTED, "unsupported");
	ck_fails(hypersdk_subscribe(h, NULL, UINT64_MAX - 1, hear, &one, &a,
				    &err),
		 &err, HYP_E_USAGE, "bad_argument");
}
END_TEST

START_TEST(test_schedules)
{
	char body[1024];

	snprintf(body, sizeof(body),
		 "{\"id\": \"nightly\", \"name\": \"nightly\", \"schedule\": "
		 "\"0 3 * * *\", \"job_template\": {\"vm_path\": "
		 "\"synthetic-1\", \"output_path\": \"%s/{date}\"}}",
		 kit.out);
	ck_ok(hypersdk_schedule_add(h, body, &json, &err), &err);
	ck_assert(lib_kit_holds(json, "\"nightly\""));
	ck_fails(hypersdk_schedule_add(h, body, NULL, &err), &err,
		 HYP_E_CONFLICT, "conflict");
	ck_ok(hypersdk_schedule_enable(h, "nightly", 0, &err), &err);
	ck_ok(hypersdk_schedule(h, "nightly", &json, &err), &err);
	ck_assert(lib_kit_holds(json, "\"enabled\":false"));
	ck_ok(hypersdk_schedule_enable(h, "nightly", 1, &err), &err);
	ck_ok(hypersdk_schedule_update(
		      h, "nightly", "{\"schedule\": \"@hourly\"}", NULL, &err),
	      &err);
	ck_ok(hypersdk_schedules(h, &json, &err), &err);
	ck_assert(lib_kit_holds(json, "\"schedule\":\"@hourly\""));
	ck_ok(hypersdk_schedule_trigger(h, "nightly", &json, &err), &err);
	ck_assert(lib_kit_holds(json, "\"job_ids\":[\""));
	ck_ok(hypersdk_schedule_remove(h, "nightly", &err), &err);
	ck_fails(hypersdk_schedule(h, "nightly", &json, &err), &err,
		 HYP_E_NOT_FOUND, "not_found");
	ck_fails(hypersdk_schedule_remove(h, "../jobs/x", &err), &err,
		 HYP_E_NOT_FOUND, "not_found");
	ck_fails(hypersdk_schedule_add(h, "{}", NULL, &err), &err, HYP_E_USAGE,
		 "bad_request");
}
END_TEST

static void found(void *ctx, const char *text)
{
	(void)text;
	++*(int *)ctx;
}

START_TEST(test_store)
{
	struct hypersdk_options options = lib_kit_options(&kit);
	uint32_t problems = 7;
	struct hypersdk *reader;
	char path[600];
	int told = 0;

	snprintf(path, sizeof(path), "%s/copy.db", kit.out);
	ck_ok(hypersdk_store_backup(h, path, &err), &err);
	ck_assert(there("copy.db"));
	ck_assert_int_eq(hypersdk_store_backup(h, path, &err), HYP_E_EXISTS);
	ck_ok(hypersdk_store_check(h, found, &told, &problems, &err), &err);
	ck_assert_uint_eq(problems, 0);
	ck_assert_int_eq(told, 0);

	/* beside the one that has the state directory */
	options.flags = HYPERSDK_NO_ENGINE;
	ck_ok(hypersdk_open(&options, &reader, &err), &err);
	snprintf(path, sizeof(path), "%s/other.db", kit.out);
	ck_ok(hypersdk_store_backup(reader, path, &err), &err);
	ck_assert(there("other.db"));
	ck_ok(hypersdk_store_check(reader, NULL, NULL, &problems, &err), &err);
	ck_fails(hypersdk_status(reader, &json, &err), &err, HYP_E_UNSUPPORTED,
		 "no_engine");
	ck_fails(hypersdk_wait(reader, "x", 0, &problems, NULL, &err), &err,
		 HYP_E_UNSUPPORTED, "no_engine");
	hypersdk_close(reader, 0);
}
END_TEST

START_TEST(test_two)
{
	struct hypersdk_options options = lib_kit_options(&kit);
	char id[HYPERSDK_ID_MAX], theirs[HYPERSDK_ID_MAX], pid[32];
	static struct lib_kit more;
	struct hypersdk *other;

	snprintf(pid, sizeof(pid), "process %d ", (int)getpid());
	ck_fails(hypersdk_open(&options, &other, &err), &err, HYP_E_CONFLICT,
		 "already_running");
	ck_assert_ptr_ne(strstr(err.text, pid), NULL);
	ck_assert_ptr_ne(strstr(err.text, kit.state), NULL);
	lib_kit_init(&more);
	other = lib_kit_open(&more);
	lib_kit_export(&kit, h, "synthetic-1", NULL, id);
	lib_kit_export(&more, other, "synthetic-1", NULL, theirs);
	ck_assert_uint_eq(end_of(h, id), HYPERSDK_COMPLETED);
	ck_assert_uint_eq(end_of(other, theirs), HYPERSDK_COMPLETED);
	ck_fails(hypersdk_job(other, id, &json, &err), &err, HYP_E_NOT_FOUND,
		 "not_found");
	ck_assert_ptr_ne(strstr(more.log, theirs), NULL);
	ck_assert_ptr_eq(strstr(more.log, id), NULL);
	ck_assert_ptr_eq(strstr(kit.log, theirs), NULL);
	ck_ok(hypersdk_request(h, "GET", "/jobs/stats", NULL, NULL, &json,
			       &err),
	      &err);
	ck_assert(lib_kit_holds(json, "\"total\":1"));
	hypersdk_close(other, 0);
	lib_kit_fini(&more);
}
END_TEST

/* Queued again at once, and done by the next one. */
START_TEST(test_interrupted)
{
	char id[HYPERSDK_ID_MAX];
	uint32_t state = 0;

	lib_kit_export(&kit, h, "synthetic-1", "slow", id);
	while (state != HYPERSDK_RUNNING)
		ck_ok(hypersdk_wait(h, id, 50, &state, NULL, &err), &err);
	hypersdk_close(h, HYPERSDK_CLOSE_NOW);
	h = lib_kit_open(&kit);
	ck_ok(hypersdk_wait(h, id, 0, &state, NULL, &err), &err);
	ck_assert(!HYPERSDK_ENDED(state));
	ck_ok(hypersdk_cancel(h, id, &err), &err);
	ck_assert_uint_eq(end_of(h, id), HYPERSDK_CANCELLED);
}
END_TEST

START_TEST(test_bad_open)
{
	struct hypersdk_options options = lib_kit_options(&kit);
	const char *const nonsense[] = {"jobs.max_parallel=many", NULL};
	const char *const unset[] = {"state_dir", NULL};
	struct hypersdk *other = NULL;

	options.config = "/not/there.conf";
	ck_fails(hypersdk_open(&options, &other, &err), &err, HYP_E_USAGE,
		 "bad_config");
	ck_assert_ptr_ne(strstr(err.text, "/not/there.conf"), NULL);
	options = lib_kit_options(&kit);
	options.set = nonsense;
	ck_fails(hypersdk_open(&options, &other, &err), &err, HYP_E_USAGE,
		 "bad_config");
	ck_assert_ptr_ne(strstr(kit.log, "max_parallel"), NULL);
	options.set = unset;
	ck_fails(hypersdk_open(&options, &other, &err), &err, HYP_E_USAGE,
		 "usage");
	options = lib_kit_options(&kit);
	options.plugin_dir = "/not/there";
	ck_fails(hypersdk_open(&options, &other, &err), &err, HYP_E_USAGE,
		 "bad_config");
	options = lib_kit_options(&kit);
	options.program = "/bin/false";
	ck_assert_int_eq(hypersdk_open(&options, &other, &err), HYP_E_USAGE);
	options = lib_kit_options(&kit);
	options.size = 3;
	ck_fails(hypersdk_open(&options, &other, &err), &err, HYP_E_USAGE,
		 "bad_argument");
	options = lib_kit_options(&kit);
	options.flags = 1u << 30;
	ck_fails(hypersdk_open(&options, &other, &err), &err, HYP_E_USAGE,
		 "bad_argument");
	ck_assert_ptr_eq(other, NULL);
	ck_assert_int_eq(hypersdk_open(&options, &other, NULL), HYP_E_USAGE);
}
END_TEST

/* What a caller built for a later library wants, and does not. */
START_TEST(test_sizes)
{
	struct {
		struct hypersdk_export now;
		uint64_t later;
	} what = {.now = {.size = sizeof(what),
			  .vm_path = "synthetic-1",
			  .output = kit.out}};
	char id[HYPERSDK_ID_MAX];

	what.later = 1;
	ck_fails(hypersdk_export(h, &what.now, id, &err), &err,
		 HYP_E_UNSUPPORTED, "unsupported");
	what.later = 0;
	ck_ok(hypersdk_export(h, &what.now, id, &err), &err);
	ck_assert_uint_eq(end_of(h, id), HYPERSDK_COMPLETED);
	ck_assert_uint_eq(hypersdk_api(), HYPERSDK_API);
	ck_assert_str_ne(hypersdk_version(), "");
}
END_TEST

START_TEST(test_arguments)
{
	uint32_t state;

	ck_fails(hypersdk_submit(NULL, "{}", NULL, NULL, NULL, &err), &err,
		 HYP_E_USAGE, "bad_argument");
	ck_fails(hypersdk_submit(h, NULL, NULL, NULL, NULL, &err), &err,
		 HYP_E_USAGE, "bad_argument");
	ck_fails(hypersdk_job(h, NULL, &json, &err), &err, HYP_E_USAGE,
		 "bad_argument");
	ck_fails(hypersdk_wait(h, NULL, 0, &state, NULL, &err), &err,
		 HYP_E_USAGE, "bad_argument");
	ck_fails(hypersdk_wait(h, "x", 0, NULL, NULL, &err), &err, HYP_E_USAGE,
		 "bad_argument");
	ck_fails(hypersdk_list_vms(h, NULL, NULL, NULL, NULL, &err), &err,
		 HYP_E_USAGE, "bad_argument");
	ck_fails(hypersdk_request(h, "GET", "/none", NULL, NULL, &json, &err),
		 &err, HYP_E_NOT_FOUND, "not_found");
	ck_fails(hypersdk_request(h, "PATCH", "/jobs", NULL, NULL, &json, &err),
		 &err, HYP_E_PERMANENT, "method_not_allowed");
	ck_fails(hypersdk_request(h, "GET", "/jobs/../x", NULL, NULL, &json,
				  &err),
		 &err, HYP_E_USAGE, "bad_request");
	ck_fails(hypersdk_jobs(h, "colour=red", &json, &err), &err, HYP_E_USAGE,
		 "bad_request");
	ck_ok(hypersdk_request(h, "GET", "/openapi.json", NULL, NULL, NULL,
			       &err),
	      &err);
	ck_ok(hypersdk_request(h, "GET", "/metrics", NULL, NULL, &json, &err),
	      &err);
	ck_assert(lib_kit_holds(json, "hypersdk_"));
	hypersdk_free(NULL);
	hypersdk_close(NULL, 0);
}
END_TEST

/* The program's own: what it blocks, what waits for it, what is inherited. */
START_TEST(test_signals)
{
	sigset_t before, now, waiting;

	sigemptyset(&before);
	sigaddset(&before, SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	raise(SIGPIPE);
	ck_ok(hypersdk_status(h, &json, &err), &err);
	hypersdk_free(json);
	sigpending(&waiting);
	ck_assert(sigismember(&waiting, SIGPIPE));
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	for (int sig = 1; sig < SIGRTMIN; sig++)
		ck_assert_int_eq(sigismember(&now, sig), sig == SIGPIPE);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		test_vms,   test_export,    test_submit,      test_refused,
		test_why,   test_wait,	    test_events,      test_schedules,
		test_store, test_two,	    test_interrupted, test_bad_open,
		test_sizes, test_arguments, test_signals};
	Suite *suite = suite_create("libhypersdk");
	TCase *tc = tcase_create("embedded");

	tcase_add_checked_fixture(tc, setup, teardown);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
