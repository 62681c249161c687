/* SPDX-License-Identifier: Apache-2.0 */
/* A file system that does not answer delays nobody. */
#include "core/engine/disks.h"
#include "tests/lib/unit.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int dead_answers, dead_asked;
static unsigned long room;

static int look(const char *path, struct statvfs *out)
{
	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&lock);
	if (strcmp(path, "/dead") == 0) {
		dead_asked++;
		while (!dead_answers)
			pthread_cond_wait(&changed, &lock);
	}
	out->f_frsize = 512;
	out->f_bavail = room;
	out->f_blocks = 2 * room;
	pthread_mutex_unlock(&lock);
	errno = EIO;
	return strcmp(path, "/bad") == 0 ? -1 : 0;
}

static void revive(void)
{
	pthread_mutex_lock(&lock);
	dead_answers = 1;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static const char *const paths[] = {"/good", "/dead", "/bad"};
static const struct hyp_list roots = {paths, 3};

START_TEST(one_that_hangs)
{
	struct hyp_disks *d;
	struct hyp_disk disk;
	struct hyp_error err;

	room = 10;
	ck_ok(hyp_disks_new(look, &d, &err), &err);
	for (int i = 0; i < 3; i++)
		hyp_disks_ask(d, &roots);
	while (!hyp_disks_get(d, "/good", &disk)) /* a slow machine */
		hyp_disks_ask(d, &roots);
	ck_assert_double_eq(disk.free, 5120);
	ck_assert_double_eq(disk.size, 10240);
	ck_assert_int_gt(disk.time_ms, 0);
	ck_assert_int_eq(hyp_disks_get(d, "/bad", &disk), 0);
	ck_assert_int_eq(hyp_disks_get(d, "/dead", &disk), 0);
	ck_assert_int_eq(hyp_disks_get(d, "/other", &disk), 0);
	ck_assert_int_le(dead_asked, 1);
	revive();
	while (!hyp_disks_get(d, "/dead", &disk))
		hyp_disks_ask(d, &roots);
	ck_assert_double_eq(disk.free, 5120);
	hyp_disks_free(d);
}
END_TEST

/* The thread that hangs keeps what it needs. */
START_TEST(the_end_while_one_hangs)
{
	struct hyp_disks *d;
	struct hyp_error err;

	ck_ok(hyp_disks_new(look, &d, &err), &err);
	hyp_disks_ask(d, &roots);
	hyp_disks_free(d);
	revive();
}
END_TEST

static Suite *disks_suite(void)
{
	Suite *suite = suite_create("disks");
	TCase *tc = tcase_create("disks");

	tcase_add_test(tc, one_that_hangs);
	tcase_add_test(tc, the_end_while_one_hangs);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(disks_suite());
}
