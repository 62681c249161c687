/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nomem UNIT sites|every [STEP [FIRST]]: runs the unit again and again, in a
 * child each, and each time memory fails at another place: once, and from then
 * on. sites: at each place of the code from which memory is asked for; every:
 * at each allocation; STEP: at every STEPth of them, counted from FIRST (0).
 * Prints a line per broken promise; exits 1 if there was any. As many children
 * as there are processors, or NOMEM_JOBS, run at a time.
 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "tests/nomem/blocks.h"
#include "tests/nomem/units.h"
#include "tests/powerloss/parts.h"

#include <libxml/parser.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_S 60
#define LEAKED 2 /* exit codes */
#define NOT_MET 3
/* ld.so's, when it has no memory for the thread-local data of a library that
 * was loaded later (libnss_*): it ends the program. Nobody can help that. */
#define LD_SO_GAVE_UP 127

static const struct unit *const units[] = {
	&unit_receipt,	   &unit_descriptor, &unit_request, &unit_reading,
	&unit_store,	   &unit_submit,     &unit_run,	    &unit_publishing,
	&unit_interrupted, &unit_cancelling, &unit_http,
};

static const struct unit *unit;
static int faults;
static size_t not_met; /* tries in which the place was not come by */
size_t slot, slot_count;

void broken(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	faults++;
}

void must(int ok, const char *what)
{
	if (ok)
		return;
	printf("cannot go on: %s\n", what);
	fflush(stdout);
	_exit(1);
}

void is_nomem(int32_t rc, const struct hyp_error *err, const char *what)
{
	/* why a thread cannot be had, nobody says */
	if (rc == 0 || strcmp(err->kind, "no_memory") == 0 ||
	    strcmp(err->kind, "no_threads") == 0)
		return;
	broken("%s: %d %s: %s", what, rc, err->kind, err->text);
}

static void too_long(int sig)
{
	static const char text[] = "it hangs\n";

	(void)sig;
	if (write(1, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(1);
}

static int is_alone(void)
{
	struct stat tasks;

	must(stat("/proc/self/task", &tasks) == 0, "/proc/self/task");
	return tasks.st_nlink == 3; /* ".", ".." and this thread */
}

static void *end(void *ctx)
{
	return ctx;
}

/* A thread that nobody joins has not quite ended when its stack is put away:
 * the end of the next one gives that back. */
static void drop_stacks(void)
{
	pthread_t next;

	if (pthread_create(&next, NULL, end, NULL) == 0)
		pthread_join(next, NULL);
}

/* Those that nobody joins may still be about to end. */
static int is_left(long before)
{
	for (int ms = 0; shim_live() > before && !is_alone() && ms < 2000; ms++)
		poll(NULL, 0, 1);
	if (shim_live() > before)
		drop_stacks();
	return shim_live() > before;
}

static void *run_there(void *ctx)
{
	const struct shim_plan *const *plan = ctx;

	unit->run(*plan);
	return NULL;
}

/* In a thread of its own, as jobs are: what libraries keep for a thread has to
 * be had there, and goes with it. */
static void run(const struct shim_plan *plan)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, run_there, &plan) == 0, "a thread");
	pthread_join(thread, NULL);
}

/* In the child. Blocks are looked at one by one (which is slow) only where
 * some are missing: libraries lose some, which is no fault of ours. */
static int try(const struct shim_plan *plan, int look)
{
	static char out[BUFSIZ]; /* else stdout is a block that stays */
	long before;

	drop_stacks();
	before = shim_live();
	setvbuf(stdout, out, _IOFBF, sizeof(out));
	if (look)
		blocks_start();
	signal(SIGALRM, too_long);
	alarm(LIMIT_S);
	run(plan);
	if (is_left(before) && look && blocks_show() > 0)
		broken("leaked");
	fflush(stdout);
	if (faults > 0)
		return 1;
	if (!look && is_left(before))
		return LEAKED;
	return shim_hit() ? 0 : NOT_MET;
}

static void show(const struct shim_plan *plan, int status)
{
	if (WIFSIGNALED(status))
		printf("killed by signal %d\n", WTERMSIG(status));
	printf("^ %s: memory failed %s", unit->name,
	       plan->on ? "from then on" : "once");
	if (plan->site == NULL) {
		printf(", allocation %lu\n", plan->nth);
		return;
	}
	printf(" at\n");
	places_show(plan->site->frames, SHIM_FRAMES);
}

static struct child {
	pid_t pid; /* 0: none */
	int out;   /* what it says */
	struct shim_plan plan;
} children[SLOTS_MAX]; /* as many as slot_count at a time */

static void start(struct child *child, const struct shim_plan *plan, int look)
{
	child->plan = *plan;
	child->out = memfd_create("nomem", MFD_CLOEXEC);
	must(child->out >= 0, "memfd_create");
	fflush(stdout);
	child->pid = fork();
	must(child->pid >= 0, "fork");
	if (child->pid != 0)
		return;
	slot = (size_t)(child - children);
	must(dup2(child->out, STDOUT_FILENO) >= 0, "dup2");
	_exit(try(plan, look));
}

static void print_all(int fd)
{
	char bytes[4096];
	ssize_t n;

	fflush(stdout);
	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		must(write(STDOUT_FILENO, bytes, (size_t)n) == n, "write");
}

/* Waits for one to end. 1 if a promise was broken. */
static int finish_one(void)
{
	struct child *child = NULL;
	int status;
	pid_t pid = wait(&status);

	for (size_t i = 0; i < slot_count; i++)
		if (children[i].pid == pid)
			child = &children[i];
	must(pid > 0 && child != NULL, "wait");
	child->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == LEAKED) {
		close(child->out);
		start(child, &child->plan, 1);
		return 0;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_MET)
		not_met++;
	if (WIFEXITED(status) && (WEXITSTATUS(status) == LD_SO_GAVE_UP ||
				  WEXITSTATUS(status) == NOT_MET))
		status = 0;
	if (status != 0) {
		print_all(child->out);
		show(&child->plan, status);
	}
	close(child->out);
	return status != 0;
}

/* Memory does not fail: how much is there to fail, and that nothing is left
 * then. Twice before, as some things are made once for all. */
static unsigned long measure(void)
{
	static const struct shim_plan nothing;
	unsigned long n;
	long before;

	run(&nothing);
	run(&nothing);
	before = shim_live();
	run(&nothing);
	if (is_left(before))
		broken("%ld blocks are left though no memory failed",
		       shim_live() - before);
	n = shim_met();
	shim_trace(1);
	run(&nothing);
	run(&nothing);
	shim_trace(0);
	return n;
}

static struct child *free_one(void)
{
	for (size_t i = 0; i < slot_count; i++)
		if (children[i].pid == 0)
			return &children[i];
	return NULL;
}

static size_t count_slots(void)
{
	const char *said = getenv("NOMEM_JOBS");
	long n = said != NULL ? atol(said) : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > SLOTS_MAX ? SLOTS_MAX : (size_t)n;
}

struct range {
	unsigned long count, step, first;
};

/* sites: NULL, at each allocation. */
static size_t try_all(const struct shim_site *sites, struct range range,
		      size_t *tried)
{
	size_t bad = 0;
	struct shim_plan plan;

	*tried = 0;
	for (unsigned long i = range.first; i < range.count; i += range.step) {
		(*tried)++;
		for (int on = 0; on < 2; on++) {
			plan = (struct shim_plan){
				.site = sites != NULL ? &sites[i] : NULL,
				.nth = sites != NULL ? 0 : i + 1,
				.on = on,
			};
			while (free_one() == NULL)
				bad += (size_t)finish_one();
			start(free_one(), &plan, 0);
		}
	}
	for (size_t i = 0; i < slot_count; i++)
		if (children[i].pid != 0) {
			bad += (size_t)finish_one();
			i = (size_t)-1;
		}
	return bad;
}

static void no_log(void *ctx, const struct hyp_log_line *line)
{
	(void)ctx;
	(void)line;
}

/* glibc keeps the stacks of threads that have ended, and a block with each:
 * what is live would depend on how many ran at a time. */
static void keep_no_stacks(char **argv)
{
	static const char name[] = "GLIBC_TUNABLES";

	if (getenv(name) != NULL)
		return;
	setenv(name, "glibc.pthread.stack_cache_size=0", 1);
	execv("/proc/self/exe", argv);
	must(0, "exec");
}

int main(int argc, char **argv)
{
	struct range range = {.step = argc > 3 ? strtoul(argv[3], NULL, 10) : 1,
			      .first = argc > 4 ? strtoul(argv[4], NULL, 10)
						: 0};
	const struct shim_site *sites = NULL;
	size_t tried, bad = 0;
	unsigned long n;

	for (size_t i = 0; argc > 2 && i < HYP_COUNT(units); i++)
		if (strcmp(units[i]->name, argv[1]) == 0)
			unit = units[i];
	if (unit == NULL || range.step == 0)
		return 2;
	keep_no_stacks(argv);
	if (getenv("NOMEM_LOG") == NULL)
		hyp_log_set_output(no_log, NULL);
	slot_count = count_slots();
	shim_top(unit->run);
	xmlInitParser(); /* so that this is what it takes for the main thread */
	if (unit->prepare != NULL)
		unit->prepare();
	n = measure();
	range.count = n;
	if (strcmp(argv[2], "sites") == 0)
		range.count = shim_sites(&sites);
	bad = try_all(sites, range, &tried);
	printf("%s: %lu allocations, %zu places; failed at %zu %s, once and "
	       "from then on: %zu not met, %zu broken promises\n",
	       unit->name, n, shim_sites(&sites), tried,
	       strcmp(argv[2], "sites") == 0 ? "places" : "allocations",
	       not_met, bad);
	return bad > 0 || faults > 0;
}
