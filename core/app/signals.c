/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/signals.h"
#include "core/app/exit-code.h"
#include "core/app/terminal.h"
#include "core/plugin/host-table.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

/* A signal handler has no argument to carry these. */
static struct hyp_cancel *watched;
static atomic_uint terminal;

static void on_cancel(int sig)
{
	int keep = errno;

	(void)sig;
	if (hyp_cancel_is_set(watched)) {
		hyp_terminal_release();
		/* Below the bars, if there are any. */
		if (write(STDERR_FILENO, "\n", 1) < 0)
			errno = 0;
		_exit(HYP_EXIT_CANCELLED);
	}
	hyp_cancel_set(watched);
	errno = keep;
}

static void on_terminal(int sig)
{
	atomic_fetch_or(&terminal, sig == SIGCONT ? HYP_SIGNALS_RESUMED
						  : HYP_SIGNALS_RESIZED);
}

/* Ctrl-Z: a shell finds the terminal as it was. */
static void on_stop(int sig)
{
	int keep = errno;

	(void)sig;
	hyp_terminal_release();
	raise(SIGSTOP);
	errno = keep;
}

static void catch (int sig, void (*handler)(int))
{
	struct sigaction now,
		then = {.sa_handler = handler, .sa_flags = SA_RESTART};

	sigemptyset(&then.sa_mask);
	/* nohup and the like ask to ignore: obey. */
	if (sigaction(sig, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
		sigaction(sig, &then, NULL);
}

void hyp_signals_ignore(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

void hyp_signals_watch(struct hyp_cancel *cancel)
{
	watched = cancel;
	catch (SIGINT, on_cancel);
	catch (SIGTERM, on_cancel);
	catch (SIGHUP, on_cancel);
	catch (SIGTSTP, on_stop);
	catch (SIGWINCH, on_terminal);
	catch (SIGCONT, on_terminal);
}

unsigned hyp_signals_terminal(void)
{
	return atomic_exchange(&terminal, 0);
}
