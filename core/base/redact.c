/* SPDX-License-Identifier: Apache-2.0 */
/* The secrets that no line may show. */
#include "core/base/cleanup.h"
#include "core/base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST 4
#define MOST 1024 /* then the oldest goes */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	char *bytes;
	size_t n;
} secrets[MOST];
static size_t used, next;
static int withhold; /* a secret could not be kept: show no text at all */

static void drop(size_t i)
{
	if (secrets[i].bytes != NULL)
		explicit_bzero(secrets[i].bytes, secrets[i].n);
	free(secrets[i].bytes);
	secrets[i].bytes = NULL;
}

static int known(const char *secret)
{
	for (size_t i = 0; i < used; i++)
		if (strcmp(secrets[i].bytes, secret) == 0)
			return 1;
	return 0;
}

static void keep(const char *secret)
{
	char *copy = strdup(secret);

	if (copy == NULL) {
		withhold = 1;
		return;
	}
	if (used == MOST)
		drop(next);
	else
		used++;
	secrets[next].bytes = copy;
	secrets[next].n = strlen(copy);
	next = (next + 1) % MOST;
}

void hyp_redact_add(const char *secret)
{
	if (strnlen(secret, SHORTEST) < SHORTEST)
		return;
	pthread_mutex_lock(&lock);
	if (!known(secret))
		keep(secret);
	pthread_mutex_unlock(&lock);
}

void hyp_redact_clear(void)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < used; i++)
		drop(i);
	used = next = 0;
	withhold = 0;
	pthread_mutex_unlock(&lock);
}

/* Length of the longest secret that text begins with, or 0. */
static size_t secret_at(const char *text)
{
	size_t longest = 0;

	for (size_t i = 0; i < used; i++)
		if (secrets[i].n > longest && secrets[i].bytes[0] == *text &&
		    strncmp(secrets[i].bytes, text, secrets[i].n) == 0)
			longest = secrets[i].n;
	return longest;
}

/* Where the run of overlapping secrets that begins at text ends. */
static char *region_end(char *text)
{
	char *end = text, *p = text;

	do {
		size_t n = secret_at(p);

		if (p + n > end)
			end = p + n;
	} while (++p < end);
	return end;
}

static void mask(char *text)
{
	char *in = text, *out = text;

	while (*in != '\0') {
		char *end = region_end(in);

		if (end == in) {
			*out++ = *in++;
			continue;
		}
		memcpy(out, "***", 3);
		out += 3;
		in = end;
	}
	*out = '\0';
}

void hyp_redact(char *text)
{
	pthread_mutex_lock(&lock);
	if (withhold && strlen(text) >= 3)
		memcpy(text, "***", 4);
	else if (withhold)
		text[0] = '\0';
	else if (used > 0)
		mask(text);
	pthread_mutex_unlock(&lock);
}
