/* SPDX-License-Identifier: Apache-2.0 */
/* Names, the system's zone, and tzdata that changes meanwhile (faults.md
 * 105). Each test is a process of its own, whose environment it may change. */
#include "core/base/cleanup.h"
#include "core/base/zone.h"
#include "tests/lib/unit.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define WINTER INT64_C(1767225600) /* 2026-01-01 */

static struct hyp_error err;
static char dir[] = "/tmp/hyp-zone.XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const void *bytes, size_t n)
{
	HYP_AUTO_CLOSE int fd =
		open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_eq(write(fd, bytes, n), (ssize_t)n);
}

/* A tzdata of one zone, A/B, with the rules of another of the system's. */
static void install(const char *like)
{
	static const char list[] = "# version 1\nZ A/B 0 - X\nL A/B C\n"
				   "Z Missing 0 - X\nR d 1916\nZ\nL A\n";
	char path[128], bytes[8192];
	HYP_AUTO_CLOSE int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", like);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, bytes, sizeof(bytes));
	ck_assert_int_gt(n, 44);
	mkdir(in_dir("A"), 0700);
	unlink(in_dir("A/B"));
	write_file("A/B", bytes, (size_t)n);
	write_file("tzdata.zi", list, strlen(list));
}

static void setup(void)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	setenv("TZDIR", dir, 1);
}

static void teardown(void)
{
	unlink(in_dir("A/B"));
	rmdir(in_dir("A"));
	unlink(in_dir("tzdata.zi"));
	rmdir(dir);
}

static int64_t offset_of(const char *name)
{
	struct hyp_zone *zone = NULL;
	int64_t offset;

	ck_ok(hyp_zone_open(name, &zone, &err), &err);
	offset = hyp_zone_offset(zone, WINTER);
	hyp_zone_close(zone);
	return offset;
}

START_TEST(test_update)
{
	struct hyp_zone *zone = NULL;

	install("Europe/Berlin");
	ck_ok(hyp_zone_open("A/B", &zone, &err), &err);
	ck_assert_int_eq(hyp_zone_offset(zone, WINTER), 3600);
	install("Asia/Tokyo");
	ck_assert_int_eq(hyp_zone_offset(zone, WINTER), 3600);
	ck_assert_int_eq(offset_of("A/B"), 3600);
	hyp_zone_close(zone);
	ck_assert_int_eq(offset_of("A/B"), 9 * 3600);
}
END_TEST

START_TEST(test_removed)
{
	struct hyp_zone *zone = NULL, *again = NULL;

	install("Europe/Berlin");
	ck_ok(hyp_zone_open("A/B", &zone, &err), &err);
	unlink(in_dir("A/B"));
	ck_assert_int_eq(hyp_zone_offset(zone, WINTER), 3600);
	hyp_zone_close(zone);
	ck_fails(hyp_zone_open("A/B", &again, &err), &err, HYP_E_USAGE,
		 "bad_zone");
	ck_fails(hyp_zone_open("Missing", &again, &err), &err, HYP_E_USAGE,
		 "bad_zone");
	unlink(in_dir("tzdata.zi"));
	ck_fails(hyp_zone_open("A/B", &again, &err), &err, HYP_E_USAGE,
		 "bad_zone");
	ck_assert_ptr_nonnull(strstr(err.text, "install tzdata"));
	ck_assert_ptr_null(again);
	ck_assert_int_eq(offset_of("UTC"), 0);
}
END_TEST

/* A file that is cut anywhere. */
START_TEST(test_cut)
{
	char bytes[8192];
	HYP_AUTO_CLOSE int fd =
		open("/usr/share/zoneinfo/Europe/Berlin", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, bytes, sizeof(bytes));
	struct hyp_zone *zone = NULL;

	install("Europe/Berlin");
	for (ssize_t i = 0; i < n; i += i < 64 ? 1 : 13) {
		write_file("A/B", bytes, (size_t)i);
		ck_fails(hyp_zone_open("A/B", &zone, &err), &err, HYP_E_USAGE,
			 "bad_zone");
	}
	write_file("A/B", bytes, (size_t)n);
	ck_assert_int_eq(offset_of("A/B"), 3600);
	bytes[0] = 'X';
	write_file("A/B", bytes, (size_t)n);
	ck_fails(hyp_zone_open("A/B", &zone, &err), &err, HYP_E_USAGE,
		 "bad_zone");
	memset(bytes + 20, 0xff, 24);
	bytes[0] = 'T';
	write_file("A/B", bytes, (size_t)n);
	ck_fails(hyp_zone_open("A/B", &zone, &err), &err, HYP_E_USAGE,
		 "bad_zone");
}
END_TEST

static const struct {
	const char *tz, *name; /* NULL: refused */
} environment[] = {
	{"", "UTC"},
	{":UTC", "UTC"},
	{"Europe/Berlin", "Europe/Berlin"},
	{":Asia/Tokyo", "Asia/Tokyo"},
	{"/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"},
	{"Nowhere", NULL},
	{"CET-1CEST,M3.5.0,M10.5.0/3", NULL},
	{"/etc/passwd", NULL},
	{"../../../etc/passwd", NULL},
	{"/usr/share/zoneinfo/../../../etc/passwd", NULL},
	{"a name of more than sixty-three bytes, which no time zone in the "
	 "list has",
	 NULL},
};

START_TEST(test_environment)
{
	struct hyp_zone *zone = NULL;

	unsetenv("TZDIR");
	setenv("TZ", environment[_i].tz, 1);
	if (environment[_i].name == NULL) {
		ck_fails(hyp_zone_open(NULL, &zone, &err), &err, HYP_E_USAGE,
			 "bad_zone");
		ck_assert_ptr_nonnull(strstr(err.text, "the system's"));
		return;
	}
	ck_ok(hyp_zone_open(NULL, &zone, &err), &err);
	ck_assert_str_eq(hyp_zone_name(zone), environment[_i].name);
	/* What is named does not ask the environment. */
	ck_assert_int_eq(offset_of("Asia/Kolkata"), 19800);
	hyp_zone_close(zone);
}
END_TEST

/* As many set it to spare a look at that file with each time of day. */
START_TEST(test_local_time)
{
	struct hyp_zone *plain = NULL, *named = NULL;

	unsetenv("TZDIR");
	unsetenv("TZ");
	ck_ok(hyp_zone_open(NULL, &plain, &err), &err);
	setenv("TZ", ":/etc/localtime", 1);
	ck_ok(hyp_zone_open(NULL, &named, &err), &err);
	ck_assert_str_eq(hyp_zone_name(named), hyp_zone_name(plain));
	hyp_zone_close(plain);
	hyp_zone_close(named);
}
END_TEST

START_TEST(test_clock)
{
	struct hyp_zone *zone = NULL;
	int64_t change = INT64_C(1792890000); /* 2026-10-25T01:00:00Z */
	int64_t local = change + 7200;	      /* 03:00 summer time */

	unsetenv("TZDIR");
	ck_ok(hyp_zone_open("Europe/Berlin", &zone, &err), &err);
	ck_assert_int_eq(hyp_zone_change(zone, WINTER, WINTER + 86400),
			 INT64_MAX);
	ck_assert_int_eq(hyp_zone_change(zone, change - 86400, change), change);
	ck_assert_int_eq(hyp_zone_change(zone, change - 86400, change - 1),
			 INT64_MAX);
	ck_assert_int_eq(hyp_zone_change(zone, change, change + 86400),
			 INT64_MAX);
	ck_assert_int_eq(hyp_zone_latest(zone, change - 1), local - 1);
	ck_assert_int_eq(hyp_zone_latest(zone, change + 60), local - 1);
	ck_assert_int_eq(hyp_zone_latest(zone, change + 3600), local);
	ck_assert_int_eq(hyp_zone_reach(zone, local - 1800), change - 1800);
	ck_assert_int_eq(hyp_zone_reach(zone, local), change + 3600);
	hyp_zone_close(zone);
	hyp_zone_close(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("zone");
	TCase *tcase = tcase_create("zone");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_update);
	tcase_add_test(tcase, test_removed);
	tcase_add_test(tcase, test_cut);
	tcase_add_loop_test(tcase, test_environment, 0,
			    (int)HYP_COUNT(environment));
	tcase_add_test(tcase, test_local_time);
	tcase_add_test(tcase, test_clock);
	suite_add_tcase(suite, tcase);
	return unit_main(suite);
}
