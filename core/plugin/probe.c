/* SPDX-License-Identifier: Apache-2.0 */
/* The parent's side of the probe. posix_spawn: never fork in a process that
 * may have threads. */
#include "core/plugin/probe.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/plugin/describe.h"
#include "core/plugin/probe-child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define ANSWER_MAX 1024

struct child {
	pid_t pid;
	int answer; /* its standard output */
	size_t n;
	char text[ANSWER_MAX + 1];
};

static int32_t failed(struct hyp_error *err, const char *what, int sys_errno)
{
	return hyp_error_set(err, HYP_E_TRANSIENT, "probe_failed", sys_errno,
			     "cannot be tried in a child: %s: %s", what,
			     strerror(sys_errno));
}

/* The environment without what would make another set of libraries of it. */
static char **clean_environment(void)
{
	size_t n = 0, kept = 0;
	char **copy;

	while (environ[n] != NULL)
		n++;
	copy = calloc(n + 1, sizeof(*copy));
	for (size_t i = 0; copy != NULL && i < n; i++)
		if (strncmp(environ[i], "LD_", 3) != 0)
			copy[kept++] = environ[i];
	return copy;
}

/* Own process group, no blocked or caught signals, no descriptors but the
 * three standard ones. */
static int configure(posix_spawnattr_t *attr,
		     posix_spawn_file_actions_t *actions, int answer)
{
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	rc = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP |
						    POSIX_SPAWN_SETSIGMASK |
						    POSIX_SPAWN_SETSIGDEF);
	rc = rc ? rc : posix_spawnattr_setpgroup(attr, 0);
	rc = rc ? rc : posix_spawnattr_setsigmask(attr, &none);
	rc = rc ? rc : posix_spawnattr_setsigdefault(attr, &all);
	/* First: answer may itself be 0 or 2. */
	rc = rc ? rc : posix_spawn_file_actions_adddup2(actions, answer, 1);
	rc = rc ? rc
		: posix_spawn_file_actions_addopen(actions, 0, "/dev/null",
						   O_RDONLY, 0);
	rc = rc ? rc
		: posix_spawn_file_actions_addopen(actions, 2, "/dev/null",
						   O_WRONLY, 0);
	return rc ? rc : posix_spawn_file_actions_addclosefrom_np(actions, 3);
}

static int spawn(const char *prober, const char *path, int answer, pid_t *pid)
{
	HYP_AUTO_FREE char **environment = clean_environment();
	HYP_AUTO_FREE char *program = strdup(prober);
	HYP_AUTO_FREE char *operand = strdup(path);
	char option[] = "--probe-plugin";
	char *argv[] = {program, option, operand, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc;

	if (environment == NULL || program == NULL || operand == NULL)
		return ENOMEM;
	if (posix_spawnattr_init(&attr) != 0)
		return ENOMEM;
	rc = posix_spawn_file_actions_init(&actions);
	if (rc == 0) {
		rc = configure(&attr, &actions, answer);
		rc = rc ? rc
			: posix_spawn(pid, prober, &actions, &attr, argv,
				      environment);
		posix_spawn_file_actions_destroy(&actions);
	}
	posix_spawnattr_destroy(&attr);
	return rc;
}

static int32_t start(struct child *child, const char *prober, const char *path,
		     struct hyp_error *err)
{
	int ends[2];
	int rc;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return failed(err, "pipe", errno);
	rc = spawn(prober, path, ends[1], &child->pid);
	close(ends[1]);
	child->answer = ends[0];
	if (rc == 0)
		return 0;
	close(ends[0]);
	return failed(err, prober, rc);
}

static void read_answer(struct child *child)
{
	char spill[256];
	ssize_t n;

	do {
		size_t room = ANSWER_MAX - child->n;

		n = room > 0 ? read(child->answer, child->text + child->n, room)
			     : read(child->answer, spill, sizeof(spill));
		if (n > 0 && room > 0)
			child->n += (size_t)n;
	} while (n > 0);
	child->text[child->n] = '\0';
}

/* Waits until the child itself ended; what it started does not count. Returns
 * 0, or -1 when the time is over. */
static int wait_for_end(struct child *child, int pidfd, uint64_t limit_ms)
{
	uint64_t end = hyp_clock_boot_ms() + limit_ms;
	struct pollfd polls[] = {{pidfd, POLLIN, 0},
				 {child->answer, POLLIN, 0}};

	for (;;) {
		uint64_t now = hyp_clock_boot_ms();
		int n = now < end ? poll(polls, 2, (int)(end - now)) : 0;

		if (n == 0 || (n < 0 && errno != EINTR))
			return -1;
		if (n > 0 && polls[1].revents != 0) {
			read_answer(child);
			if ((polls[1].revents & POLLHUP) != 0)
				polls[1].fd = -1;
		}
		if (n > 0 && polls[0].revents != 0)
			return 0;
	}
}

/* A program that ignores SIGCHLD, or waits for every child there is, has taken
 * how it ended: then what it said is all there is. */
static int32_t judge(const struct child *child, int status, int taken,
		     struct hyp_error *err)
{
	char reason[HYP_ERROR_TEXT_MAX];
	size_t line = strcspn(child->text, "\n");

	if (taken && strcmp(child->text, HYP_PROBE_FIT) == 0)
		return 0;
	if (taken && child->n == 0)
		return hyp_reject(err, "ended the process that loaded it");
	if (taken)
		status = 1 << 8;
	if (WIFSIGNALED(status))
		return hyp_reject(err, "crashed while it was loaded: %s",
				  strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) == 0 && strcmp(child->text, HYP_PROBE_FIT) == 0)
		return 0;
	if (WEXITSTATUS(status) != 1 || child->n == 0)
		return hyp_reject(err,
				  "ended the process that loaded it, with "
				  "exit code %d",
				  WEXITSTATUS(status));
	hyp_text_printable(child->text, reason, sizeof(reason));
	return hyp_reject(err, "%.*s", (int)line, reason);
}

int32_t hyp_probe_run(const char *prober, const char *path, uint64_t limit_ms,
		      struct hyp_error *err)
{
	struct child child = {.answer = -1};
	int32_t rc = start(&child, prober, path, err);
	int pidfd, gone, late, status = 0, taken;
	siginfo_t info;

	if (rc != 0)
		return rc;
	pidfd = pidfd_open(child.pid, 0);
	gone = pidfd < 0 && errno == ESRCH;
	late = !gone &&
	       (pidfd < 0 || wait_for_end(&child, pidfd, limit_ms) != 0);
	/* Not yet waited for, its number cannot be another's. */
	if (waitid(P_PID, (id_t)child.pid, &info,
		   WEXITED | WNOHANG | WNOWAIT) == 0)
		kill(-child.pid, SIGKILL);
	taken = waitpid(child.pid, &status, 0) < 0;
	if (taken && errno != ECHILD)
		rc = failed(err, "waitpid", errno);
	else if (pidfd < 0 && !gone)
		rc = hyp_reject(err, "cannot be tried: pidfd_open fails");
	read_answer(&child);
	close(child.answer);
	if (pidfd >= 0)
		close(pidfd);
	if (rc != 0)
		return rc;
	if (late)
		return hyp_reject(
			err,
			"did not load within %llu ms: its constructor hangs",
			(unsigned long long)limit_ms);
	return judge(&child, status, taken, err);
}
