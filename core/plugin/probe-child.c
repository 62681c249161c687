/* SPDX-License-Identifier: Apache-2.0 */
/* The child's side of the probe: load, look what that changed, answer. */
#include "core/plugin/probe-child.h"
#include "core/base/cleanup.h"
#include "core/plugin/loader.h"
#include "core/plugin/trust.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* What a constructor must leave as it was. */
struct state {
	sigset_t mask;
	unsigned threads;
};

static unsigned count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n;
}

static void look(struct state *state)
{
	sigemptyset(&state->mask);
	sigprocmask(SIG_BLOCK, NULL, &state->mask);
	state->threads = count_threads();
}

static int same_mask(const sigset_t *a, const sigset_t *b)
{
	for (int i = 1; i < NSIG; i++)
		if (sigismember(a, i) != sigismember(b, i))
			return 0;
	return 1;
}

static int32_t try_plugin(const char *path, struct hyp_error *err)
{
	HYP_AUTO_CLOSE int fd = -1;
	struct hyp_description description;
	struct state before, after;
	int32_t rc = hyp_trust_open(path, &fd, err);

	if (rc == 0)
		rc = hyp_loader_inspect(fd, err);
	if (rc != 0)
		return rc;
	look(&before);
	rc = hyp_loader_load(path, fd, &description, err);
	if (rc != 0)
		return rc;
	hyp_description_fini(&description);
	look(&after);
	if (!same_mask(&before.mask, &after.mask))
		return hyp_reject(err, "its constructor changes the signal "
				       "mask");
	if (before.threads != after.threads)
		return hyp_reject(err, "its constructor starts threads");
	return 0;
}

/* A crash shall be seen as one, also where a runtime (a sanitizer's) would
 * turn it into an exit code. */
static void die_plainly(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
	const struct rlimit none = {0, 0};

	for (size_t i = 0; i < HYP_COUNT(signals); i++)
		signal(signals[i], SIG_DFL);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* The plugin's own prints must not become our answer. */
static int take_answer_fd(void)
{
	int answer = fcntl(1, F_DUPFD_CLOEXEC, 64);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (answer < 0 || null < 0 || dup2(null, 1) < 0)
		return -1;
	return answer;
}

int hyp_probe_main(const char *path)
{
	struct hyp_error err;
	int answer = take_answer_fd();

	if (answer < 0)
		return 2;
	die_plainly();
	if (try_plugin(path, &err) == 0)
		return dprintf(answer, "%s", HYP_PROBE_FIT) > 0 ? 0 : 2;
	return dprintf(answer, "%s\n", err.text) > 0 ? 1 : 2;
}
