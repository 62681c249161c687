/* SPDX-License-Identifier: Apache-2.0 */
/* Several objects and several places at once; what is left in the process. */
#include "tests/contract/storage.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define THREADS 4
#define CHUNKS 64
#define CHUNK 10000

static const struct hyp_storage_ops *const calls = &hyp_storage_calls;

struct job {
	pthread_t thread;
	void *place, *object;
	char name[16];
	struct hyp_place_args args;
	int failed;
	struct hyp_error err;
};

/* The object's bytes tell which it is and where one stands. */
static void fill_chunk(char *buf, const char *name, int i)
{
	for (int k = 0; k < CHUNK; k += 10)
		snprintf(buf + k, 11, "%3.3s%06u ", name,
			 (unsigned)(i * CHUNK + k) % 1000000u);
}

static void *write_object(void *arg)
{
	struct job *j = arg;
	char buf[CHUNK + 1];

	for (int i = 0; i < CHUNKS && !j->failed; i++) {
		fill_chunk(buf, j->name, i);
		j->failed = calls->write(j->object, buf, CHUNK, &j->err) != 0;
	}
	if (calls->object_close(j->object, &j->err) != 0)
		j->failed = 1;
	return NULL;
}

static void *write_place(void *arg)
{
	struct job *j = arg;
	char receipt[256];
	int n;

	j->failed =
		calls->place_open(st->checked, &j->args, &j->place, &j->err) !=
			0 ||
		calls->object_open(j->place, "a", 0, &j->object, &j->err) != 0;
	if (j->failed)
		return NULL;
	write_object(j);
	n = snprintf(receipt, sizeof(receipt),
		     "{\"format\":\"hypersdk-receipt/1\",\"job\":\"%s\","
		     "\"attempt\":2,\"package_bytes\":%d}",
		     j->args.job_id, CHUNK * CHUNKS);
	if (!j->failed)
		j->failed = calls->seal(j->place, receipt, (uint64_t)n,
					&j->err) != 0 ||
			    calls->publish(j->place, &j->err) != 0;
	return NULL;
}

static void compare(const struct hyp_place_args *args, const char *object,
		    const char *name)
{
	size_t n = 0;
	char *got = st_published(args, object, &n), want[CHUNK + 1];

	ck_assert_ptr_nonnull(got);
	ck_assert_uint_eq(n, CHUNK * CHUNKS);
	for (int i = 0; i < CHUNKS; i++) {
		fill_chunk(want, name, i);
		ck_assert_int_eq(memcmp(got + (size_t)i * CHUNK, want, CHUNK),
				 0);
	}
	free(got);
}

START_TEST(objects_at_once)
{
	struct hyp_place_args args = st_args(HYP_LAYOUT_DIRECTORY, "web01");
	struct job jobs[THREADS] = {{.failed = 0}};
	char receipt[256];
	void *place;
	int n;

	ck_ok(calls->place_open(st->checked, &args, &place, &st_err), &st_err);
	for (int i = 0; i < THREADS; i++) {
		snprintf(jobs[i].name, sizeof(jobs[i].name), "o%02d", i);
		ck_ok(calls->object_open(place, jobs[i].name, 0,
					 &jobs[i].object, &st_err),
		      &st_err);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_create(&jobs[i].thread, NULL, write_object, &jobs[i]);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(jobs[i].thread, NULL);
		ck_assert_msg(!jobs[i].failed, "%s", jobs[i].err.text);
	}
	n = snprintf(receipt, sizeof(receipt),
		     "{\"format\":\"hypersdk-receipt/1\",\"job\":\"job-1\","
		     "\"attempt\":2,\"package_bytes\":%d}",
		     THREADS * CHUNK * CHUNKS);
	ck_ok(calls->seal(place, receipt, (uint64_t)n, &st_err), &st_err);
	ck_ok(calls->publish(place, &st_err), &st_err);
	for (int i = 0; i < THREADS; i++)
		compare(&args, jobs[i].name, jobs[i].name);
}
END_TEST

START_TEST(places_at_once)
{
	struct job jobs[THREADS] = {{.failed = 0}};
	char names[THREADS][16], ids[THREADS][16];

	for (int i = 0; i < THREADS; i++) {
		snprintf(jobs[i].name, sizeof(jobs[i].name), "p%02d", i);
		snprintf(names[i], sizeof(names[i]), "web%d", i);
		snprintf(ids[i], sizeof(ids[i]), "job-%d", i);
		jobs[i].args =
			st_args(i % 2 ? HYP_LAYOUT_FILE : HYP_LAYOUT_DIRECTORY,
				names[i]);
		jobs[i].args.job_id = ids[i];
		pthread_create(&jobs[i].thread, NULL, write_place, &jobs[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(jobs[i].thread, NULL);
		ck_assert_msg(!jobs[i].failed, "%s", jobs[i].err.text);
		compare(&jobs[i].args, "a", jobs[i].name);
	}
	ck_assert_uint_eq(contract_entries(st_dir, 0),
			  contract_entries(st_dir, 1));
}
END_TEST

/* Descriptors and threads, after a whole life and after an aborted one. */
START_TEST(leaves_nothing_in_the_process)
{
	unsigned fds, threads;
	char name[16];

	for (int round = 0; round < 2; round++) {
		contract_free(st);
		fds = contract_count("/proc/self/fd");
		threads = contract_count("/proc/self/task");
		st = contract_new("plain");
		for (int i = 0; i < 10; i++) {
			struct hyp_place_args args;
			void *place, *out = POISON;

			snprintf(name, sizeof(name), "r%d-%d", round, i);
			args = st_args(i % 2 ? HYP_LAYOUT_FILE
					     : HYP_LAYOUT_DIRECTORY,
				       name);
			st_publish_one(&args, "x");
			ct_fails(st_ops()->place_open(st->raw, &args, &out,
						      &st_err),
				 &st_err);
			args.job_id = "job-2";
			snprintf(name, sizeof(name), "s%d-%d", round, i);
			place = st_place(&args);
			st_put(place, "a", "x");
			st_ops()->abort(place);
		}
		contract_free(st);
		ck_assert_uint_eq(contract_count("/proc/self/fd"), fds);
		ck_assert_uint_eq(contract_count("/proc/self/task"), threads);
		st = contract_new("plain");
	}
}
END_TEST

void st_add_threads(Suite *suite)
{
	TCase *c = st_tcase(suite, "threads");

	tcase_add_test(c, objects_at_once);
	tcase_add_test(c, places_at_once);
	tcase_add_test(c, leaves_nothing_in_the_process);
}
