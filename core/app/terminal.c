/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/terminal.h"

#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* As it was before hold; for the signal handler that must restore it. */
static struct termios before;
static volatile sig_atomic_t held, held_fd;

int hyp_terminal_is(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term != NULL && term[0] != '\0' &&
	       strcmp(term, "dumb") != 0;
}

int hyp_terminal_is_ours(int fd)
{
	pid_t foreground = tcgetpgrp(fd);

	/* -1: not our controlling terminal, nobody to be in the way of. */
	return foreground == -1 || foreground == getpgrp();
}

static void hold(int fd, tcflag_t also)
{
	struct termios now;

	if (held || !hyp_terminal_is_ours(fd) || tcgetattr(fd, &now) != 0)
		return;
	before = now;
	now.c_lflag |= NOFLSH;
	now.c_lflag &= ~(tcflag_t)(ECHOCTL | also);
	held_fd = fd;
	held = tcsetattr(fd, TCSANOW, &now) == 0;
}

void hyp_terminal_hold(int fd)
{
	hold(fd, 0);
}

void hyp_terminal_hold_keys(int fd)
{
	hold(fd, ICANON | ECHO);
}

void hyp_terminal_release(void)
{
	if (held && hyp_terminal_is_ours(held_fd))
		tcsetattr(held_fd, TCSANOW, &before);
	held = 0;
}

static struct winsize size_of(int fd)
{
	struct winsize size = {0, 0, 0, 0};

	if (ioctl(fd, TIOCGWINSZ, &size) != 0)
		memset(&size, 0, sizeof(size));
	return size;
}

unsigned hyp_terminal_columns(int fd)
{
	unsigned columns = size_of(fd).ws_col;

	return columns == 0 && isatty(fd) ? 80 : columns;
}

unsigned hyp_terminal_rows(int fd)
{
	unsigned rows = size_of(fd).ws_row;

	return rows == 0 && isatty(fd) ? 24 : rows;
}

int hyp_terminal_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

int hyp_terminal_has_color(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return hyp_terminal_is(fd) && (no_color == NULL || no_color[0] == '\0');
}
