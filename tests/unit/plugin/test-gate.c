/* SPDX-License-Identifier: Apache-2.0 */
/* The three thread models, proven by calls that meet, or must not. Run under
 * ThreadSanitizer too. */
#include "core/plugin/host-table.h"
#include "tests/unit/plugin/fake-loaded.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#define THREADS 4
#define CALLS 200

static int inside, most;  /* threads in space now, and at the most */
static unsigned unlocked; /* not atomic: the gate must be its lock */
static pthread_barrier_t *meet;
static int hold[2]; /* "hold" waits until this pipe is readable */
static int held;    /* 1 once it waits there */
static struct hyp_instance *again; /* "again" calls that one */
static char token;

static int32_t create(const struct hyp_host *host, const void *options,
		      const struct hyp_storage_ops *inner, void *inner_instance,
		      void **instance, struct hyp_error *err)
{
	(void)host;
	(void)options;
	(void)inner;
	(void)inner_instance;
	(void)err;
	*instance = &token;
	return 0;
}

static void destroy(void *instance)
{
	(void)instance;
}

static void wait_for_pipe(void)
{
	struct pollfd p = {hold[0], POLLIN, 0};

	__atomic_store_n(&held, 1, __ATOMIC_SEQ_CST);
	while (poll(&p, 1, -1) < 0)
		;
}

static int32_t space(void *instance, const char *dir, uint64_t *available,
		     struct hyp_error *error)
{
	int now = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
	int32_t rc = 0;

	(void)instance;
	if (now > __atomic_load_n(&most, __ATOMIC_SEQ_CST))
		__atomic_store_n(&most, now, __ATOMIC_SEQ_CST);
	if (strcmp(dir, "count") == 0)
		unlocked++;
	if (strcmp(dir, "hold") == 0)
		wait_for_pipe();
	if (meet != NULL)
		pthread_barrier_wait(meet);
	if (strcmp(dir, "again") == 0)
		rc = hyp_storage_calls.space(again, "", available, error);
	*available = 1;
	__atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
	return rc;
}

/* The rest is never called. */
static int32_t never(void)
{
	abort();
}

#define NEVER(m) .m = (__typeof__(((struct hyp_storage_ops *)0)->m))never
#pragma GCC diagnostic ignored "-Wcast-function-type"
static const struct hyp_storage_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.space = space,
	NEVER(place_open),
	NEVER(object_open),
	NEVER(write),
	NEVER(reserve),
	NEVER(fill),
	NEVER(rewind),
	NEVER(read),
	NEVER(object_close),
	NEVER(seal),
	NEVER(publish),
	NEVER(abort),
};

static struct fake_loaded fake;
static struct hyp_instance *second;
static struct hyp_error err;

static void start(uint32_t threads)
{
	fake_loaded_init(&fake, HYP_KIND_STORAGE, threads, 0, &ops);
	fake.instance = fake_instance(&fake, NULL);
	second = fake_instance(&fake, NULL);
}

static void stop(void)
{
	hyp_instance_free(second);
	fake_loaded_fini(&fake);
}

static void *call_often(void *instance)
{
	struct hyp_error e;
	uint64_t n;

	for (int i = 0; i < CALLS; i++)
		if (hyp_storage_calls.space(instance, "count", &n, &e) != 0)
			abort();
	return NULL;
}

static void run_threads(struct hyp_instance *a, struct hyp_instance *b)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, call_often,
						i % 2 ? a : b),
				 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

START_TEST(serial)
{
	start(HYP_THREADS_SERIAL);
	run_threads(fake.instance, second);
	ck_assert_int_eq(most, 1);
	ck_assert_uint_eq(unlocked, THREADS * CALLS);
	stop();
}
END_TEST

START_TEST(same_instance)
{
	start(HYP_THREADS_INSTANCE);
	run_threads(fake.instance, fake.instance);
	ck_assert_int_eq(most, 1);
	ck_assert_uint_eq(unlocked, THREADS * CALLS);
	stop();
}
END_TEST

static void *call_once(void *instance)
{
	struct hyp_error e;
	uint64_t n;

	if (hyp_storage_calls.space(instance, "", &n, &e) != 0)
		abort();
	return NULL;
}

/* Both calls wait for one another inside: the test ends only if both may. */
static void run_meeting(struct hyp_instance *a, struct hyp_instance *b)
{
	pthread_barrier_t barrier;
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	meet = &barrier;
	ck_assert_int_eq(pthread_create(&thread, NULL, call_once, a), 0);
	call_once(b);
	pthread_join(thread, NULL);
	ck_assert_int_eq(most, 2);
	meet = NULL;
	pthread_barrier_destroy(&barrier);
}

START_TEST(two_instances)
{
	start(HYP_THREADS_INSTANCE);
	run_meeting(fake.instance, second);
	stop();
}
END_TEST

START_TEST(parallel)
{
	start(HYP_THREADS_PARALLEL);
	run_meeting(fake.instance, fake.instance);
	stop();
}
END_TEST

/* A storage that wraps another of its own plugin. */
START_TEST(nested)
{
	uint64_t n;

	start(HYP_THREADS_SERIAL);
	again = second;
	ck_ok(hyp_storage_calls.space(fake.instance, "again", &n, &err), &err);
	ck_assert_int_eq(most, 2);
	stop();
}
END_TEST

static void *call_hold(void *instance)
{
	struct hyp_error e;
	uint64_t n;

	hyp_storage_calls.space(instance, "hold", &n, &e);
	return NULL;
}

START_TEST(cancelled_while_waiting)
{
	pthread_t thread;
	uint64_t n = 99;

	ck_assert_int_eq(pipe(hold), 0);
	start(HYP_THREADS_SERIAL);
	ck_assert_int_eq(
		pthread_create(&thread, NULL, call_hold, fake.instance), 0);
	while (!__atomic_load_n(&held, __ATOMIC_SEQ_CST))
		usleep(1000);
	fake_host_cancel(&fake.host);
	ck_fails(hyp_storage_calls.space(second, "", &n, &err), &err,
		 HYP_E_CANCELLED, "cancelled");
	ck_assert_uint_eq(n, 99);
	ck_assert_int_eq(write(hold[1], "x", 1), 1);
	pthread_join(thread, NULL);
	stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gate");
	TCase *c = tcase_create("gate");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, serial);
	tcase_add_test(c, same_instance);
	tcase_add_test(c, two_instances);
	tcase_add_test(c, parallel);
	tcase_add_test(c, nested);
	tcase_add_test(c, cancelled_while_waiting);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
