/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/daemon.h"

#include <linux/close_range.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES 65536
#define TRIM (512 * 1024)
#define BIG (256 * 1024)

static void limit(void)
{
	const struct rlimit none = {0, 0};
	struct rlimit files;

	/* Secrets are in this memory. */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= FILES)
		return;
	files.rlim_cur = files.rlim_max < FILES ? files.rlim_max : FILES;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* Few arenas, and what was needed once goes back. */
static void keep_small(void)
{
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_TRIM_THRESHOLD, TRIM);
	mallopt(M_MMAP_THRESHOLD, BIG);
}

/* Every thread inherits the mask: signals are the keeper's. */
static void hold_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* Whatever the parent has left open is none of our children's business. */
static void inherit_nothing(void)
{
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}

void hyp_daemon_process_init(void)
{
	inherit_nothing();
	umask(077);
	limit();
	keep_small();
	hold_signals();
}

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Reaps whoever has ended; exits as the child does, when that is among them. */
static void reap(pid_t child)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == child)
			_exit(code_of(status));
}

__attribute__((noreturn)) static void watch(pid_t child, const sigset_t *set)
{
	int sig;

	for (;;) {
		sig = sigwaitinfo(set, NULL);
		if (sig == SIGCHLD)
			reap(child);
		else if (sig > 0)
			kill(child, sig);
	}
}

/* Sockets that were handed over are the child's now. */
static void hand_over(void)
{
	char pid[16];

	if (getenv("LISTEN_PID") == NULL)
		return;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
}

void hyp_daemon_process_reaper(void)
{
	sigset_t set, before;
	pid_t child;

	if (getpid() != 1)
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &before);
	child = fork();
	if (child > 0)
		watch(child, &set);
	sigprocmask(SIG_SETMASK, &before, NULL);
	/* Without a child, better with zombies than not at all. */
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		hand_over();
	}
}
