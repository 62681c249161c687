/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nomem UNIT sites|every: runs the unit again and again, in a child each, and
 * each time memory fails at another place: once, and from then on. sites: at
 * each place of the code from which memory is asked for; every: at each
 * allocation. Prints a line per broken promise; exits 1 if there was any.
 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "tests/nomem/units.h"
#include "tests/powerloss/parts.h"

#include <execinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_S 60

static const struct unit *const units[] = {
	&unit_receipt, &unit_descriptor, &unit_store, &unit_submit,
	&unit_run,     &unit_recover,	 &unit_http,
};

static const struct unit *unit;
static int faults;

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

/* In the child. */
static int try(const struct shim_plan *plan, long usual)
{
	long before = shim_live(), left;

	signal(SIGALRM, too_long);
	alarm(LIMIT_S);
	unit->run(plan);
	left = shim_live() - before;
	if (left > usual + unit->lost)
		broken("%ld blocks are leaked", left - usual);
	fflush(stdout);
	return faults > 0;
}

static void show(const struct shim_plan *plan, int status)
{
	char **names;

	if (WIFSIGNALED(status))
		printf("killed by signal %d\n", WTERMSIG(status));
	printf("^ %s: memory failed %s", unit->name,
	       plan->on ? "from then on" : "once");
	if (plan->site == NULL) {
		printf(", allocation %lu\n", plan->nth);
		return;
	}
	printf(" at\n");
	names = backtrace_symbols((void *const *)(uintptr_t)plan->site->frames,
				  SHIM_FRAMES);
	for (int i = 0; i < SHIM_FRAMES && plan->site->frames[i] != 0; i++)
		printf("    %s\n", names[i]);
	free(names);
}

/* 1 if a promise was broken. */
static int try_in_child(const struct shim_plan *plan, long usual)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0)
		_exit(try(plan, usual));
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	if (status == 0)
		return 0;
	show(plan, status);
	return 1;
}

/* Memory does not fail: how much is there to fail, and what is left then
 * though nothing is wrong. */
static unsigned long measure(long *usual)
{
	static const struct shim_plan nothing;
	unsigned long n;
	long before;

	unit->run(&nothing);
	unit->run(&nothing);
	before = shim_live();
	unit->run(&nothing);
	*usual = shim_live() - before;
	n = shim_met();
	shim_trace(1);
	unit->run(&nothing);
	unit->run(&nothing);
	shim_trace(0);
	return n;
}

static size_t try_all(int every, unsigned long n, long usual, size_t *tried)
{
	const struct shim_site *sites;
	size_t count = shim_sites(&sites), bad = 0;

	*tried = every ? n : count;
	for (size_t i = 0; i < *tried; i++)
		for (int on = 0; on < 2; on++) {
			const struct shim_plan plan = {
				.site = every ? NULL : &sites[i],
				.nth = every ? i + 1 : 0,
				.on = on,
			};

			bad += (size_t)try_in_child(&plan, usual);
		}
	return bad;
}

static void no_log(void *ctx, const struct hyp_log_line *line)
{
	(void)ctx;
	(void)line;
}

int main(int argc, char **argv)
{
	size_t tried, bad = 0;
	unsigned long n;
	long usual = 0;

	for (size_t i = 0; argc > 2 && i < HYP_COUNT(units); i++)
		if (strcmp(units[i]->name, argv[1]) == 0)
			unit = units[i];
	if (unit == NULL)
		return 2;
	if (getenv("NOMEM_LOG") == NULL)
		hyp_log_set_output(no_log, NULL);
	if (unit->prepare != NULL)
		unit->prepare();
	n = measure(&usual);
	bad = try_all(strcmp(argv[2], "every") == 0, n, usual, &tried);
	printf("%s: %lu allocations; failed at %zu places, once and from then "
	       "on: %zu broken promises\n",
	       unit->name, n, tried, bad);
	return bad > 0 || faults > 0;
}
