/* SPDX-License-Identifier: Apache-2.0 */
/* What instances may ask of the core, and cancellation. */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/plugin/host-table.h"
#include "tests/lib/unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static char notes[8][512];
static unsigned count;
static struct hyp_error err;

__attribute__((format(printf, 1, 2))) static void note(const char *fmt, ...)
{
	va_list ap;

	ck_assert_uint_lt(count, 8);
	va_start(ap, fmt);
	vsnprintf(notes[count++], sizeof(notes[0]), fmt, ap);
	va_end(ap);
}

static void on_warning(void *ctx, const char *origin, const char *kind,
		       const char *text)
{
	ck_assert_ptr_eq(ctx, notes);
	note("warning %s %s %s", origin, kind, text);
}

static void on_fact(void *ctx, const char *name, const char *value)
{
	(void)ctx;
	note("fact %s %s", name, value);
}

static void on_count(void *ctx, const char *origin, const char *counter,
		     uint64_t add)
{
	(void)ctx;
	note("count %s %s %llu", origin, counter, (unsigned long long)add);
}

static int32_t on_remember(void *ctx, const char *origin, const char *key,
			   const void *bytes, uint64_t n, struct hyp_error *e)
{
	(void)ctx;
	note("remember %s %s %.*s", origin, key, (int)n, (const char *)bytes);
	return strcmp(key, "fail") == 0
		       ? hyp_error_set(e, HYP_E_TRANSIENT, "io_error", 0, "no")
		       : 0;
}

static int32_t on_forget(void *ctx, const char *origin, const char *key,
			 struct hyp_error *e)
{
	(void)ctx;
	(void)e;
	note("forget %s %s", origin, key);
	return 0;
}

static const struct hyp_host_job full_job = {
	.job_id = "job-7",
	.attempt = 3,
	.ctx = notes,
	.warning = on_warning,
	.fact = on_fact,
	.count = on_count,
	.remember = on_remember,
	.forget = on_forget,
};
static const struct hyp_host_job empty_job = {.job_id = "", .attempt = 1};

static struct hyp_host_table *table;
static const struct hyp_host *host;

static void start(const struct hyp_host_job *job)
{
	ck_ok(hyp_host_table_new(job, "provider/x", &table, &err), &err);
	host = hyp_host_table_get(table);
	count = 0;
}

static void last_is(const char *want)
{
	ck_assert_uint_gt(count, 0);
	ck_assert_str_eq(notes[count - 1], want);
}

START_TEST(every_member_is_set)
{
	start(&empty_job);
	ck_assert_uint_eq(host->size, sizeof(*host));
	for (size_t at = offsetof(struct hyp_host, log); at < sizeof(*host);
	     at += sizeof(void (*)(void))) {
		void (*member)(void);

		memcpy(&member, (const char *)host + at, sizeof(member));
		ck_assert_msg(member != NULL, "member at %zu", at);
	}
	hyp_host_table_free(table);
}
END_TEST

START_TEST(passes_on)
{
	start(&full_job);
	ck_assert_str_eq(host->job_id, "job-7");
	ck_assert_uint_eq(host->attempt, 3);
	host->warning(host->ctx, "quiesce_failed", "no tools");
	last_is("warning provider/x quiesce_failed no tools");
	host->fact(host->ctx, "mode", "hot");
	last_is("fact mode hot");
	host->count(host->ctx, "retries", 2);
	last_is("count provider/x retries 2");
	ck_ok(host->remember(host->ctx, "lease", "abc", 3, &err), &err);
	last_is("remember provider/x lease abc");
	ck_fails(host->remember(host->ctx, "fail", "", 0, &err), &err,
		 HYP_E_TRANSIENT, "io_error");
	ck_ok(host->forget(host->ctx, "lease", &err), &err);
	last_is("forget provider/x lease");
	hyp_host_table_free(table);
}
END_TEST

/* Neither escapes nor secrets nor odd words get through. */
START_TEST(made_safe)
{
	start(&full_job);
	hyp_redact_add("hunter22");
	host->warning(host->ctx, "Not a word", "a\nb\033[31m hunter22");
	ck_assert_ptr_null(strpbrk(notes[0], "\n\033"));
	ck_assert_ptr_null(strstr(notes[0], "hunter22"));
	ck_assert_ptr_nonnull(strstr(notes[0], " plugin_warning a"));
	host->warning(host->ctx, NULL, NULL);
	last_is("warning provider/x plugin_warning ");
	host->fact(host->ctx, "Bad Name", "x");
	host->fact(host->ctx, NULL, "x");
	host->count(host->ctx, "{}", 1);
	ck_assert_uint_eq(count, 2);
	hyp_redact_clear();
	hyp_host_table_free(table);
}
END_TEST

START_TEST(remember_limits)
{
	static char big[65537];
	char key[200];

	start(&full_job);
	ck_ok(host->remember(host->ctx, "k", big, 65536, &err), &err);
	ck_fails(host->remember(host->ctx, "k", big, 65537, &err), &err,
		 HYP_E_USAGE, "bad_call");
	ck_fails(host->remember(host->ctx, "", "x", 1, &err), &err, HYP_E_USAGE,
		 "bad_call");
	ck_fails(host->remember(host->ctx, NULL, "x", 1, &err), &err,
		 HYP_E_USAGE, "bad_call");
	ck_fails(host->remember(host->ctx, "k", NULL, 1, &err), &err,
		 HYP_E_USAGE, "bad_call");
	memset(key, 'k', sizeof(key));
	key[129] = '\0';
	ck_fails(host->remember(host->ctx, key, "x", 1, &err), &err,
		 HYP_E_USAGE, "bad_call");
	key[128] = '\0';
	ck_ok(host->remember(host->ctx, key, "x", 1, &err), &err);
	ck_fails(host->forget(host->ctx, "", &err), &err, HYP_E_USAGE,
		 "bad_call");
	ck_assert_uint_eq(count, 2);
	hyp_host_table_free(table);
}
END_TEST

START_TEST(nothing_behind_it)
{
	start(&empty_job);
	host->warning(host->ctx, "w", "x");
	host->fact(host->ctx, "f", "x");
	host->count(host->ctx, "c", 1);
	ck_fails(host->remember(host->ctx, "k", "x", 1, &err), &err,
		 HYP_E_UNSUPPORTED, "no_memory_of_undo");
	ck_fails(host->forget(host->ctx, "k", &err), &err, HYP_E_UNSUPPORTED,
		 "no_memory_of_undo");
	ck_assert_uint_eq(host->cancelled(host->ctx), 0);
	ck_assert_int_ge(host->cancel_fd(host->ctx), 0);
	hyp_host_table_free(table);
}
END_TEST

static struct hyp_log_line logged;
static char logged_text[256];

static void sink(void *ctx, const struct hyp_log_line *line)
{
	(void)ctx;
	logged = *line;
	snprintf(logged_text, sizeof(logged_text), "%s %s %s", line->job,
		 line->origin, line->text);
}

START_TEST(log_lines)
{
	start(&full_job);
	hyp_log_set_sink(sink, NULL);
	hyp_log_set_level(HYP_LOG_DEBUG);
	host->log(host->ctx, HYP_LOG_WARNING, "100%s done");
	ck_assert_str_eq(logged_text, "job-7 provider/x 100%s done");
	ck_assert_uint_eq(logged.level, HYP_LOG_WARNING);
	host->log(host->ctx, 99, NULL);
	ck_assert_uint_eq(logged.level, HYP_LOG_INFO);
	hyp_log_set_sink(NULL, NULL);
	hyp_host_table_free(table);
}
END_TEST

static void *log_one(void *arg)
{
	(void)arg;
	host->log(host->ctx, HYP_LOG_WARNING, "from afar");
	return NULL;
}

/* A plugin's own thread logs for who has the instance. */
START_TEST(log_owner)
{
	static const int owner;
	pthread_t thread;

	hyp_log_set_owner(&owner);
	start(&full_job);
	hyp_log_set_owner(NULL);
	hyp_log_set_sink(sink, NULL);
	ck_assert_int_eq(pthread_create(&thread, NULL, log_one, NULL), 0);
	pthread_join(thread, NULL);
	ck_assert_ptr_eq(logged.owner, &owner);
	hyp_log_set_sink(NULL, NULL);
	hyp_host_table_free(table);
}
END_TEST

static uint64_t fake_boot(void *ctx)
{
	(void)ctx;
	return 5000000;
}

static int64_t fake_wall(void *ctx)
{
	(void)ctx;
	return 1234;
}

START_TEST(the_one_clock)
{
	const struct hyp_clock clock = {fake_boot, fake_wall, NULL};

	start(&empty_job);
	hyp_clock_set(&clock);
	ck_assert_uint_eq(host->boot_ms(host->ctx), 5);
	ck_assert_int_eq(host->wall_ms(host->ctx), 1234);
	hyp_clock_set(NULL);
	hyp_host_table_free(table);
}
END_TEST

static int readable(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN) != 0;
}

START_TEST(cancel_once)
{
	struct hyp_host_job job = full_job;

	ck_ok(hyp_cancel_new(&job.cancel, &err), &err);
	start(&job);
	ck_assert_uint_eq(host->cancelled(host->ctx), 0);
	ck_assert(!readable(host->cancel_fd(host->ctx)));
	for (int twice = 0; twice < 2; twice++) {
		hyp_cancel_set(job.cancel);
		ck_assert_uint_eq(host->cancelled(host->ctx), 1);
		ck_assert(hyp_cancel_is_set(job.cancel));
		ck_assert(readable(host->cancel_fd(host->ctx)));
	}
	hyp_host_table_free(table);
	hyp_cancel_free(job.cancel);
	hyp_cancel_free(NULL);
	hyp_host_table_free(NULL);
}
END_TEST

static struct hyp_cancel *from_signal;

static void on_signal(int number)
{
	(void)number;
	hyp_cancel_set(from_signal);
}

START_TEST(cancel_from_signal)
{
	ck_ok(hyp_cancel_new(&from_signal, &err), &err);
	signal(SIGUSR1, on_signal);
	errno = 4711;
	raise(SIGUSR1);
	ck_assert_int_eq(errno, 4711);
	ck_assert(hyp_cancel_is_set(from_signal));
	ck_assert(readable(hyp_cancel_fd(from_signal)));
	hyp_cancel_free(from_signal);
}
END_TEST

static void *set_it(void *cancel)
{
	hyp_cancel_set(cancel);
	return NULL;
}

START_TEST(cancel_from_threads)
{
	struct hyp_cancel *c;
	pthread_t threads[4];
	struct pollfd p;

	ck_ok(hyp_cancel_new(&c, &err), &err);
	p = (struct pollfd){hyp_cancel_fd(c), POLLIN, 0};
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, set_it, c);
	ck_assert_int_eq(poll(&p, 1, -1), 1);
	ck_assert(hyp_cancel_is_set(c));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	hyp_cancel_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("host-table");
	TCase *c = tcase_create("host-table");

	tcase_add_test(c, every_member_is_set);
	tcase_add_test(c, passes_on);
	tcase_add_test(c, made_safe);
	tcase_add_test(c, remember_limits);
	tcase_add_test(c, nothing_behind_it);
	tcase_add_test(c, log_lines);
	tcase_add_test(c, log_owner);
	tcase_add_test(c, the_one_clock);
	tcase_add_test(c, cancel_once);
	tcase_add_test(c, cancel_from_signal);
	tcase_add_test(c, cancel_from_threads);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
