/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin that does, while it is loaded, what HYP_TEST_ODD says. */
#define MODULE_IS_ODD
#define MODULE_NAME "odd"
#include "tests/unit/plugin/module-good.c"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void *sleep_on(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static int is(const char *what)
{
	const char *odd = getenv("HYP_TEST_ODD");

	return odd != NULL && strcmp(odd, what) == 0;
}

/* Leaves a child behind, in the group of the one who loads, with his pid in
 * the file that HYP_TEST_PIDS names. */
static void leave_child(void)
{
	const char *path = getenv("HYP_TEST_PIDS");
	pid_t pid = fork();
	FILE *out;

	if (pid == 0) {
		execlp("sleep", "sleep", "1000", (char *)NULL);
		_exit(1);
	}
	out = path != NULL ? fopen(path, "we") : NULL;
	if (out == NULL)
		abort();
	fprintf(out, "%d\n", (int)pid);
	fclose(out);
}

__attribute__((constructor)) static void constructor(void)
{
	pthread_t thread;
	sigset_t set;

	if (is("crash"))
		raise(SIGSEGV);
	if (is("abort"))
		abort();
	if (is("hang") || is("hang-with-child")) {
		if (is("hang-with-child"))
			leave_child();
		sleep_on(NULL);
	}
	if (is("exit-0"))
		_exit(0);
	if (is("exit-1"))
		_exit(1);
	if (is("exit-7"))
		exit(7);
	if (is("talk"))
		puts("fit"), fflush(stdout);
	if (is("talk-and-exit"))
		puts("fit"), fflush(stdout), _exit(0);
	if (is("thread"))
		pthread_create(&thread, NULL, sleep_on, NULL);
	if (is("mask")) {
		sigemptyset(&set);
		sigaddset(&set, SIGTERM);
		pthread_sigmask(SIG_BLOCK, &set, NULL);
	}
}

HYP_PLUGIN_EXPORT
{
	static struct hyp_plugin changed;

	if (is("null"))
		return NULL;
	changed = description;
	if (is("abi"))
		changed.abi++;
	if (is("size"))
		changed.size = 4;
	if (is("kind"))
		changed.kind = HYP_KIND_STORAGE;
	if (is("name"))
		changed.name = "even";
	if (is("crash-later"))
		raise(SIGSEGV);
	return &changed;
}
