/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "tests/lib/unit.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

static char seen[8192];
static struct hyp_log_line line;
static unsigned lines;

static void sink(void *ctx, const struct hyp_log_line *l)
{
	ck_assert_ptr_eq(ctx, &lines);
	snprintf(seen, sizeof(seen), "%s", l->text);
	line = *l;
	line.text = seen;
	lines++;
}

static uint64_t boot(void *ctx)
{
	(void)ctx;
	return 0;
}

static int64_t wall(void *ctx)
{
	(void)ctx;
	return 1795642680123;
}

static void setup(void)
{
	static const struct hyp_clock clock = {boot, wall, NULL};

	hyp_clock_set(&clock);
	hyp_log_set_level(HYP_LOG_INFO);
	hyp_log_set_sink(sink, &lines);
	hyp_redact_clear();
	lines = 0;
}

static void teardown(void)
{
	hyp_log_set_sink(NULL, NULL);
	hyp_clock_set(NULL);
	hyp_redact_clear();
}

START_TEST(test_line)
{
	hyp_log(HYP_LOG_WARNING, "job-1", "provider/vsphere", "%s %d", "a", 1);
	ck_assert_uint_eq(lines, 1);
	ck_assert_str_eq(seen, "a 1");
	ck_assert_uint_eq(line.level, HYP_LOG_WARNING);
	ck_assert_int_eq(line.wall_ms, 1795642680123);
	ck_assert_str_eq(line.job, "job-1");
	ck_assert_str_eq(line.origin, "provider/vsphere");
}
END_TEST

START_TEST(test_level)
{
	hyp_log(HYP_LOG_DEBUG, "", "", "no");
	ck_assert_uint_eq(lines, 0);
	hyp_log_set_level(HYP_LOG_DEBUG);
	ck_assert_uint_eq(hyp_log_level(), HYP_LOG_DEBUG);
	hyp_log(HYP_LOG_DEBUG, "", "", "yes");
	ck_assert_uint_eq(lines, 1);
	hyp_log_set_level(HYP_LOG_ERROR);
	hyp_log(HYP_LOG_WARNING, "", "", "no");
	hyp_log(HYP_LOG_ERROR, "", "", "yes");
	ck_assert_uint_eq(lines, 2);
}
END_TEST

START_TEST(test_printable)
{
	hyp_log(HYP_LOG_INFO, "", "", "a\nb\x1b[2J\xff\xe2\x80\xae.");
	ck_assert_str_eq(seen, "a\\x0ab\\x1b[2J\\xff\\u202e.");
}
END_TEST

START_TEST(test_long)
{
	HYP_AUTO_FREE char *text = malloc(100001);

	memset(text, 'x', 100000);
	text[100000] = '\0';
	hyp_log(HYP_LOG_INFO, "", "", "%s", text);
	ck_assert_uint_eq(lines, 1);
	ck_assert_uint_gt(strlen(seen), 1000);
	ck_assert_uint_lt(strlen(seen), 4096);
}
END_TEST

static void redacts(const char *text, const char *want)
{
	char copy[256];

	snprintf(copy, sizeof(copy), "%s", text);
	hyp_redact(copy);
	ck_assert_str_eq(copy, want);
}

START_TEST(test_redact)
{
	redacts("nothing secret", "nothing secret");
	hyp_redact_add("s3cret");
	hyp_redact_add("s3cret");
	redacts("", "");
	redacts("s3cret", "***");
	redacts("a s3cret b s3cret.", "a *** b ***.");
	redacts("s3crets3cret", "******");
	redacts("s3cre", "s3cre");
	redacts("s3s3cret", "s3***");
	hyp_redact_clear();
	redacts("s3cret", "s3cret");
}
END_TEST

START_TEST(test_redact_overlap)
{
	hyp_redact_add("abcd");
	hyp_redact_add("abcdefgh");
	hyp_redact_add("fghijk");
	hyp_redact_add("1111");
	redacts("xabcdx", "x***x");
	redacts("xabcdefghx", "x***x");
	redacts("xabcdefghijkx", "x***x");
	redacts("abcdefg", "***efg");
	redacts("11111", "***");
	redacts("111", "111");
	redacts("abcd-1111", "***-***");
}
END_TEST

START_TEST(test_redact_short)
{
	hyp_redact_add("");
	hyp_redact_add("a");
	hyp_redact_add("abc");
	redacts("a abc", "a abc");
	hyp_redact_add("abcd");
	redacts("a abc abcd", "a abc ***");
}
END_TEST

START_TEST(test_redact_in_log)
{
	char text[4000], name[32];

	hyp_redact_add("pass\nword");
	hyp_log(HYP_LOG_INFO, "", "", "login with pass\nword");
	ck_assert_str_eq(seen, "login with ***");
	/* No half secret where the line is cut. */
	hyp_redact_add("abcdefghijklmnopqrstuvwxyz");
	for (int at = 3000; at < 3080; at++) {
		memset(text, 'X', sizeof(text));
		strcpy(text + at, "abcdefghijklmnopqrstuvwxyz");
		hyp_log(HYP_LOG_INFO, "", "", "%s", text);
		snprintf(name, sizeof(name), "cut at %d", at);
		ck_assert_msg(strstr(seen, "abc") == NULL, "%s", name);
	}
}
END_TEST

START_TEST(test_redact_many)
{
	char secret[32];

	for (int i = 0; i < 1500; i++) {
		snprintf(secret, sizeof(secret), "secret-%d-", i);
		hyp_redact_add(secret);
	}
	redacts("secret-1499- secret-476-", "*** ***");
	/* The oldest went. */
	redacts("secret-475-", "secret-475-");
}
END_TEST

/* What the default sink writes, through a pipe in place of stderr. */
static int pipe_in, saved;

static void stderr_to_pipe(int flags)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(fcntl(fds[1], F_SETFL, flags), 0);
	saved = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	pipe_in = fds[0];
	hyp_log_set_sink(NULL, NULL);
}

static void stderr_back(void)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
}

START_TEST(test_stderr)
{
	char text[8192] = "";
	ssize_t n;

	stderr_to_pipe(0);
	hyp_log(HYP_LOG_INFO, "j", "provider/x", "one");
	hyp_log(HYP_LOG_ERROR, "", "", "two");
	hyp_log(HYP_LOG_WARNING, "", "packager/ova", "three\n");
	stderr_back();
	n = read(pipe_in, text, sizeof(text) - 1);
	ck_assert_int_gt(n, 0);
	ck_assert_str_eq(text,
			 "2026-11-25T21:38:00Z info job=j plugin=provider/x: "
			 "one\n"
			 "2026-11-25T21:38:00Z error: two\n"
			 "2026-11-25T21:38:00Z warning plugin=packager/ova: "
			 "three\\x0a\n");
}
END_TEST

static ssize_t drain(void)
{
	char junk[65536];
	ssize_t n, all = 0;

	while ((n = read(pipe_in, junk, sizeof(junk))) > 0)
		all += n;
	return all;
}

/* A full pipe loses lines; it never holds up the program. */
START_TEST(test_stderr_full)
{
	char text[8192] = "", big[3000];
	ssize_t n;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	stderr_to_pipe(0);
	for (int i = 0; i < 100; i++)
		hyp_log(HYP_LOG_INFO, "", "", "%s", big);
	ck_assert_int_gt(drain(), 30000);
	hyp_log(HYP_LOG_INFO, "", "", "after");
	stderr_back();
	n = read(pipe_in, text, sizeof(text) - 1);
	ck_assert_int_gt(n, 0);
	ck_assert_ptr_nonnull(strstr(text, "log lines were dropped)\n"));
	ck_assert_ptr_nonnull(strstr(text, "info: after\n"));
}
END_TEST

START_TEST(test_stderr_closed)
{
	signal(SIGPIPE, SIG_IGN);
	stderr_to_pipe(0);
	close(pipe_in);
	hyp_log(HYP_LOG_INFO, "", "", "nobody reads this");
	close(STDERR_FILENO);
	hyp_log(HYP_LOG_INFO, "", "", "nor this");
	stderr_back();
}
END_TEST

/* Where the default's lines go, also those of a sink that adds to it. */
START_TEST(test_output)
{
	const struct hyp_log_line two = {HYP_LOG_INFO, 0,     "j",
					 "o",	       "two", NULL};

	hyp_log_set_sink(NULL, NULL);
	hyp_log_set_output(sink, &lines);
	hyp_log(HYP_LOG_INFO, "j", "o", "one");
	ck_assert_uint_eq(lines, 1);
	hyp_log_to_stderr(&two);
	ck_assert_uint_eq(lines, 2);
	ck_assert_str_eq(seen, "two");
	hyp_log_set_output(NULL, NULL);
	ck_assert_str_eq(hyp_log_level_name(HYP_LOG_WARNING), "warning");
}
END_TEST

static void *writer(void *arg)
{
	int me = *(const int *)arg;
	char text[64];

	for (int i = 0; i < 500; i++) {
		hyp_log(HYP_LOG_INFO, "j", "o", "%s %d hunter22", "line", i);
		snprintf(text, sizeof(text), "secret-%d-%d", me, i % 7);
		hyp_redact_add(text);
	}
	return NULL;
}

START_TEST(test_threads)
{
	pthread_t threads[4];
	int numbers[4] = {0, 1, 2, 3};

	hyp_redact_add("hunter22");
	for (size_t i = 0; i < HYP_COUNT(threads); i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, writer, &numbers[i]),
			0);
	for (size_t i = 0; i < HYP_COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(lines, 2000);
	ck_assert_ptr_nonnull(strstr(seen, "***"));
	ck_assert_ptr_null(strstr(seen, "hunter"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *t = tcase_create("log");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_line);
	tcase_add_test(t, test_level);
	tcase_add_test(t, test_printable);
	tcase_add_test(t, test_long);
	tcase_add_test(t, test_redact);
	tcase_add_test(t, test_redact_overlap);
	tcase_add_test(t, test_redact_short);
	tcase_add_test(t, test_redact_in_log);
	tcase_add_test(t, test_redact_many);
	tcase_add_test(t, test_stderr);
	tcase_add_test(t, test_stderr_full);
	tcase_add_test(t, test_stderr_closed);
	tcase_add_test(t, test_output);
	tcase_add_test(t, test_threads);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
