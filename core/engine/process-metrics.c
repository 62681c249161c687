/* SPDX-License-Identifier: Apache-2.0 */
/* process_*: what the kernel says of this process. What it does not say is
 * left out. */
#include "core/base/clock.h"
#include "core/engine/tally.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Fields of /proc/self/stat behind the name, from 0. */
#define FIELD_START 19
#define FIELD_VIRTUAL 20
#define FIELD_RESIDENT 21
#define FIELDS 22

static int read_stat(unsigned long long *fields)
{
	char text[2048];
	FILE *f = fopen("/proc/self/stat", "re");
	size_t n = f != NULL ? fread(text, 1, sizeof(text) - 1, f) : 0;
	char *at;

	if (f != NULL)
		fclose(f);
	text[n] = '\0';
	/* the name may hold anything, also brackets */
	at = strrchr(text, ')');
	if (at == NULL || at[1] != ' ' || at[2] == '\0')
		return 0;
	at += 3;
	fields[0] = 0; /* the state, a letter */
	for (int i = 1; i < FIELDS; i++) {
		char *end;

		fields[i] = strtoull(at, &end, 10);
		if (end == at)
			return 0;
		at = end;
	}
	return 1;
}

static double start_s; /* 0: not known */

/* Seconds of the wall clock when it started, by that of now. Once: what is
 * reckoned anew differs by a millisecond, and would look like a restart. */
static void find_start(void)
{
	unsigned long long fields[FIELDS];
	double up;

	if (!read_stat(fields))
		return;
	up = (double)fields[FIELD_START] / (double)sysconf(_SC_CLK_TCK);
	start_s = (double)hyp_clock_wall_ms() / 1000 -
		  ((double)hyp_clock_boot_ms() / 1000 - up);
}

static void gather_fds(struct hyp_gathering *g)
{
	struct rlimit limit;
	DIR *dir = opendir("/proc/self/fd");
	int n = -3; /* . and .. and that of dir itself */

	if (dir != NULL) {
		while (readdir(dir) != NULL)
			n++;
		closedir(dir);
		hyp_gather(g, HYP_FAMILY_PROCESS_OPEN_FDS, n, NULL);
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		hyp_gather(g, HYP_FAMILY_PROCESS_MAX_FDS,
			   (double)limit.rlim_cur, NULL);
}

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

void hyp_gather_process(struct hyp_gathering *g)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	unsigned long long fields[FIELDS];
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) == 0)
		hyp_gather(g, HYP_FAMILY_PROCESS_CPU,
			   seconds(&usage.ru_utime) + seconds(&usage.ru_stime),
			   NULL);
	gather_fds(g);
	pthread_once(&once, find_start);
	if (start_s > 0)
		hyp_gather(g, HYP_FAMILY_PROCESS_START, start_s, NULL);
	if (!read_stat(fields))
		return;
	hyp_gather(g, HYP_FAMILY_PROCESS_VIRTUAL, (double)fields[FIELD_VIRTUAL],
		   NULL);
	hyp_gather(g, HYP_FAMILY_PROCESS_RESIDENT,
		   (double)fields[FIELD_RESIDENT] *
			   (double)sysconf(_SC_PAGESIZE),
		   NULL);
}
