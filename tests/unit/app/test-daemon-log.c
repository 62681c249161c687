/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/daemon-log.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "tests/lib/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct hyp_error err;
static int saved, in;
static char got[4 << 20];

static int64_t wall(void *ctx)
{
	(void)ctx;
	return 1795642680123;
}

static uint64_t boot(void *ctx)
{
	const struct timespec *now = ctx;
	struct timespec t;

	(void)now;
	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void setup(void)
{
	static const struct hyp_clock clock = {boot, wall, NULL};

	hyp_clock_set(&clock);
	hyp_log_set_level(HYP_LOG_DEBUG);
	signal(SIGPIPE, SIG_IGN);
	saved = dup(STDERR_FILENO);
}

static void to(int fd, int read_end)
{
	dup2(fd, STDERR_FILENO);
	close(fd);
	in = read_end;
}

static void to_pipe(void)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	to(ends[1], ends[0]);
}

static void back(void)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
}

/* All that was written; the other end must be closed. */
static const char *all(void)
{
	size_t n = 0;
	ssize_t k;

	while ((k = read(in, got + n, sizeof(got) - 1 - n)) > 0)
		n += (size_t)k;
	got[n] = '\0';
	return got;
}

static void say(void)
{
	hyp_log(HYP_LOG_ERROR, "j-1", "provider/x", "a \"quoted\" \\ %s",
		"\xc3\xa9");
	hyp_log(HYP_LOG_WARNING, "", "", "two\nlines");
	hyp_log(HYP_LOG_INFO, "j-1", "", "three");
	hyp_log(HYP_LOG_DEBUG, "", "daemon", "four");
}

static void check_format(uint32_t format, const char *want)
{
	to_pipe();
	ck_ok(hyp_daemon_log_open(format, &err), &err);
	say();
	hyp_daemon_log_close();
	back();
	ck_assert_str_eq(all(), want);
}

START_TEST(text)
{
	check_format(HYP_LOG_FORMAT_TEXT,
		     "2026-11-25T21:38:00Z error job=j-1 plugin=provider/x: a "
		     "\"quoted\" \\ \xc3\xa9\n"
		     "2026-11-25T21:38:00Z warning: two\\x0alines\n"
		     "2026-11-25T21:38:00Z info job=j-1: three\n"
		     "2026-11-25T21:38:00Z debug plugin=daemon: four\n");
}
END_TEST

START_TEST(json)
{
	check_format(HYP_LOG_FORMAT_JSON,
		     "{\"time\":\"2026-11-25T21:38:00Z\",\"level\":\"error\","
		     "\"job\":\"j-1\",\"plugin\":\"provider/x\",\"text\":"
		     "\"a \\\"quoted\\\" \\\\ \xc3\xa9\"}\n"
		     "{\"time\":\"2026-11-25T21:38:00Z\",\"level\":"
		     "\"warning\",\"text\":\"two\\\\x0alines\"}\n"
		     "{\"time\":\"2026-11-25T21:38:00Z\",\"level\":\"info\","
		     "\"job\":\"j-1\",\"text\":\"three\"}\n"
		     "{\"time\":\"2026-11-25T21:38:00Z\",\"level\":\"debug\","
		     "\"plugin\":\"daemon\",\"text\":\"four\"}\n");
}
END_TEST

START_TEST(journal)
{
	check_format(HYP_LOG_FORMAT_JOURNAL,
		     "<3>job=j-1 plugin=provider/x: a \"quoted\" \\ \xc3\xa9\n"
		     "<4>two\\x0alines\n"
		     "<6>job=j-1: three\n"
		     "<7>plugin=daemon: four\n");
}
END_TEST

/* The service manager says which stream is the journal's. */
START_TEST(which_format)
{
	char stream[64];
	struct stat st;

	unsetenv("JOURNAL_STREAM");
	ck_assert_uint_eq(hyp_daemon_log_format(), HYP_LOG_FORMAT_TEXT);
	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
		 (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	ck_assert_uint_eq(hyp_daemon_log_format(), HYP_LOG_FORMAT_JOURNAL);
	setenv("JOURNAL_STREAM", "1:2", 1);
	ck_assert_uint_eq(hyp_daemon_log_format(), HYP_LOG_FORMAT_TEXT);
	setenv("JOURNAL_STREAM", "nonsense", 1);
	ck_assert_uint_eq(hyp_daemon_log_format(), HYP_LOG_FORMAT_TEXT);
}
END_TEST

/* A reader that does not read: nobody waits, lines are counted, and when it
 * reads again the count comes before the next line. */
static void check_stuck(void)
{
	char big[3000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ck_ok(hyp_daemon_log_open(HYP_LOG_FORMAT_TEXT, &err), &err);
	for (int i = 0; i < 5000; i++)
		hyp_log(HYP_LOG_INFO, "", "", "%d %s", i, big);
	hyp_daemon_log_close();
	back();
}

START_TEST(full_pipe)
{
	to_pipe();
	check_stuck();
	ck_assert_ptr_nonnull(strstr(all(), "info: 0 xxx"));
}
END_TEST

START_TEST(full_socket)
{
	int ends[2];

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	to(ends[1], ends[0]);
	check_stuck();
	ck_assert_ptr_nonnull(strstr(all(), "info: 0 xxx"));
}
END_TEST

START_TEST(count_of_dropped)
{
	char big[3000];
	size_t n = 0;
	ssize_t k;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	to_pipe();
	ck_ok(hyp_daemon_log_open(HYP_LOG_FORMAT_TEXT, &err), &err);
	for (int i = 0; i < 1000; i++)
		hyp_log(HYP_LOG_INFO, "", "", "%s", big);
	/* The queue has room again when this much has come. */
	while (n < 300000) {
		k = read(in, got + n, 65536);
		ck_assert_int_gt(k, 0);
		n += (size_t)k;
	}
	hyp_log(HYP_LOG_INFO, "", "", "last");
	while (strstr(got, "info: last\n") == NULL) {
		k = read(in, got + n, 65536);
		ck_assert_int_gt(k, 0);
		n += (size_t)k;
	}
	hyp_daemon_log_close();
	back();
	ck_assert_ptr_nonnull(strstr(got, "lines were dropped\n"));
}
END_TEST

START_TEST(nobody_reads)
{
	to_pipe();
	close(in);
	ck_ok(hyp_daemon_log_open(HYP_LOG_FORMAT_TEXT, &err), &err);
	for (int i = 0; i < 1000; i++)
		hyp_log(HYP_LOG_INFO, "", "", "%d", i);
	close(STDERR_FILENO);
	for (int i = 0; i < 1000; i++)
		hyp_log(HYP_LOG_INFO, "", "", "%d", i);
	hyp_daemon_log_close();
	back();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("daemon-log");
	TCase *tc = tcase_create("daemon-log");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, text);
	tcase_add_test(tc, json);
	tcase_add_test(tc, journal);
	tcase_add_test(tc, which_format);
	tcase_add_test(tc, full_pipe);
	tcase_add_test(tc, full_socket);
	tcase_add_test(tc, count_of_dropped);
	tcase_add_test(tc, nobody_reads);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
