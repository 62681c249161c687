/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules under clock steps, restarts and threads: each instant once,
 * whatever happens. Numbers are those of faults.md. */
#include "tests/unit/engine/scheduler-kit.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- once, whatever happens ---------------------------------------------- */

static const struct {
	const char *id, *expression;
} many[] = {
	{"a", "*/7 * * * *"},
	{"b", "0 * * * *"},
	{"c", "30 2 * * *"},
};
#define MANY 3

/* Each fire has one job, each job an output of its own. */
static void check_once(const char *id)
{
	struct hyp_job_list jobs = jobs_of(id);

	list_fires(id);
	for (size_t i = 0; i < jobs.count; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(jobs.at[i]->row.output_path,
					 jobs.at[k]->row.output_path);
	ck_assert_uint_eq(jobs.count, fired(id));
	hyp_job_list_fini(&jobs);
}

/* The latest instant that time went over has fired, unless it is too old. */
static void check_latest(int64_t before)
{
	for (size_t i = 0; i < MANY; i++) {
		const struct hyp_entry *e =
			hyp_scheduler_find(kit.engine->scheduler, many[i].id);
		struct hyp_due due;
		int64_t first = hyp_schedule_next(e->schedule, before);

		ck_assert_int_gt(e->next_ms, wall);
		if (first == 0 || first > wall)
			continue;
		hyp_schedule_due(e->schedule, first, wall, 1, &due);
		if (!due.late)
			ck_assert_msg(fired_at(many[i].id, due.instant_ms),
				      "%s at %lld, from %lld to %lld",
				      many[i].id, (long long)due.instant_ms,
				      (long long)before, (long long)wall);
	}
}

/* What outlives a process that is killed. */
struct outside {
	_Atomic int64_t wall, boot, before; /* the last step */
	_Atomic int steps;
};

static void restart(int64_t wall_after, int64_t boot_after)
{
	engine_kit_close(&kit);
	wall = wall_after;
	boot = boot_after;
	open_engine();
}

static void one_step(struct outside *outside)
{
	static const int64_t steps[] = {
		-365 * DAY, -DAY,	 -3 * HOUR, -10 * MINUTE, -2 * SECOND,
		2 * SECOND, 10 * MINUTE, 2 * HOUR,  DAY,	  365 * DAY};
	int64_t before = wall;
	int64_t ms = (1 + rand() % 20) * MINUTE;
	int64_t step = rand() % 3 == 0 ? steps[rand() % 10] : 0;

	/* not away for good from where it began */
	if (wall + step > at("2028-01-01T00:00:00Z") ||
	    wall + step < at("2025-01-01T00:00:00Z"))
		step = 0;
	outside->before = wall;
	outside->wall = wall + ms + step;
	outside->boot = boot + ms;
	if (rand() % 20 == 0)
		restart(outside->wall, rand() % 2 ? 1000 : boot + ms);
	else
		pass(ms, step);
	if (wall > before)
		check_latest(before);
	outside->steps++;
}

/* Ends by being killed; a failed assertion is an exit. */
static pid_t step_until_killed(struct outside *outside, unsigned seed)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child > 0)
		return child;
	srand(seed);
	open_engine();
	if (wall > outside->before)
		check_latest(outside->before);
	for (;;)
		one_step(outside);
}

/* After some steps, anywhere in the next; or while it starts. */
static void kill_somewhere(pid_t child, const struct outside *outside)
{
	int until = outside->steps + (rand() % 4 == 0 ? 0 : rand() % 50);
	int status;

	while (outside->steps < until && waitpid(child, &status, WNOHANG) == 0)
		engine_kit_breathe();
	usleep((useconds_t)(rand() % 10000));
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Random steps of the clock, restarts, and kills in the middle of it all. */
START_TEST(f104_two_thousand_steps)
{
	struct outside *outside =
		mmap(NULL, sizeof(*outside), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned seed = 104;

	ck_assert_ptr_ne(outside, MAP_FAILED);
	for (size_t i = 0; i < MANY; i++)
		create(many[i].id, many[i].expression, ",'overlap':'allow'");
	engine_kit_close(&kit);
	outside->wall = outside->before = wall;
	outside->boot = boot;
	srand(seed);
	while (outside->steps < 2000) {
		kill_somewhere(step_until_killed(outside, seed++), outside);
		wall = outside->wall;
		boot = outside->boot;
	}
	open_engine();
	for (size_t i = 0; i < MANY; i++)
		check_once(many[i].id);
	munmap(outside, sizeof(*outside));
}
END_TEST

/* --- threads ------------------------------------------------------------- */

static _Atomic int stop;

static void *trigger_main(void *arg)
{
	struct hyp_submitted out;
	struct hyp_error err;

	(void)arg;
	while (!stop) {
		if (hyp_engine_schedule_trigger(kit.engine, NULL, "s", &out,
						&err) == 0)
			hyp_submitted_fini(&out);
	}
	return NULL;
}

static void *delete_main(void *arg)
{
	struct hyp_schedule *s;
	struct hyp_error err;
	json_object *json = arg;

	while (!stop) {
		hyp_engine_schedule_delete(kit.engine, NULL, "s", &err);
		if (hyp_engine_schedule_create(kit.engine, NULL, json, &s,
					       &err) == 0)
			hyp_schedule_put(s);
		if (hyp_engine_schedule_enable(kit.engine, NULL, "s", 0, &s,
					       &err) == 0)
			hyp_schedule_put(s);
		if (hyp_engine_schedule_enable(kit.engine, NULL, "s", 1, &s,
					       &err) == 0)
			hyp_schedule_put(s);
	}
	return NULL;
}

/* At most one run at a time, whoever asks for it. */
static void check_one_run(const char *id)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .states = HYP_JOBS_ACTIVE,
					      .schedule_id = id};
	struct hyp_job_list jobs;

	ck_ok(hyp_engine_jobs(kit.engine, &query, &jobs, &kit.err), &kit.err);
	ck_assert_uint_le(jobs.count, 1);
	if (jobs.count == 1)
		step_to(jobs.at[0], HYP_JOB_CANCELLED);
	hyp_job_list_fini(&jobs);
}

START_TEST(f108_races)
{
	json_object *json;
	pthread_t triggers, deletes;
	char *text = strdup(of("s", "@every 1s", "synthetic-1", ""));

	for (char *c = text; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	json = json_tokener_parse(text);
	free(text);
	stop = 0;
	ck_ok(hyp_scheduler_start(kit.engine->scheduler, &kit.err), &kit.err);
	pthread_create(&triggers, NULL, trigger_main, NULL);
	pthread_create(&deletes, NULL, delete_main, json);
	for (int i = 0; i < 300; i++) {
		boot += SECOND;
		wall += SECOND;
		tick();
		check_one_run("s");
	}
	stop = 1;
	pthread_join(triggers, NULL);
	pthread_join(deletes, NULL);
	json_object_put(json);
	hyp_engine_schedule_delete(kit.engine, NULL, "s", &kit.err);
	check_one_run("s");
	pass(MINUTE, 0);
	check_one_run("s");
}
END_TEST

/* An endpoint that takes connections, and says nothing. */
static int listen_silently(uint16_t *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, n), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static int has_ended(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};

	return poll(&p, 1, 0) > 0;
}

START_TEST(a_group_that_hangs_delays_no_other)
{
	struct hyp_scheduler *s = kit.engine->scheduler;
	struct hyp_schedule *schedule;
	uint16_t port;
	int listener = listen_silently(&port), asked;
	char text[1024];

	snprintf(text, sizeof(text),
		 "{'id':'a-group','schedule':'0 13 * * *','zone':'UTC',"
		 "'job_template':{'vm_path':'/DC0/vm/','output_path':'%s/out',"
		 "'vcenter':{'server':'127.0.0.1:%u','username':'u','password':"
		 "'p','insecure':true}}}",
		 kit.tree.root, port);
	ck_ok(change(NULL, text, &schedule), &kit.err);
	hyp_schedule_put(schedule);
	create("b", "0 13 * * *", "");
	ck_ok(hyp_scheduler_start(s, &kit.err), &kit.err);
	boot += HOUR;
	wall += HOUR;
	asked = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(asked, 0);
	while (!fired_at("b", at("2026-11-26T13:00:00Z")))
		engine_kit_breathe();
	ck_assert_msg(!has_ended(asked), "it waited for the group");
	/* nor does it hold up the end; its instant is not lost by that */
	engine_kit_close(&kit);
	ck_assert(has_ended(asked));
	close(asked);
	close(listener);
	open_engine();
	list_fires("a-group");
	ck_assert_uint_eq(fire_count, 0);
	ck_assert_int_eq(
		hyp_scheduler_find(kit.engine->scheduler, "a-group")->next_ms,
		at("2026-11-26T13:00:00Z"));
}
END_TEST

static Suite *races_suite(void)
{
	Suite *suite = suite_create("scheduler-races");
	TCase *tc = tcase_create("races");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, f108_races);
	tcase_add_test(tc, a_group_that_hangs_delays_no_other);
	suite_add_tcase(suite, tc);
	/* not under valgrind, which would take half an hour */
	tc = tcase_create("steps");
	tcase_set_tags(tc, "native");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, f104_two_thousand_steps);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(races_suite());
}
