/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/breaker.h"
#include "core/base/buf.h"
#include "core/base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define REFUSALS 2     /* in a row begin a pause */
#define PAIRS_MAX 1024 /* the one that was refused first is forgotten */

struct pair {
	struct pair *next;
	char *name; /* "ENDPOINT\nUSER" */
	uint32_t refusals;
	uint64_t until_ms; /* of the boot clock */
};

struct hyp_breaker {
	pthread_mutex_t lock;
	struct pair *first; /* the newest */
	size_t count;
};

int32_t hyp_breaker_new(struct hyp_breaker **out, struct hyp_error *err)
{
	struct hyp_breaker *breaker = calloc(1, sizeof(*breaker));

	if (breaker == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&breaker->lock, NULL);
	*out = breaker;
	return 0;
}

static void drop(struct hyp_breaker *breaker, struct pair **at)
{
	struct pair *pair = *at;

	*at = pair->next;
	breaker->count--;
	free(pair->name);
	free(pair);
}

void hyp_breaker_free(struct hyp_breaker *breaker)
{
	if (breaker == NULL)
		return;
	while (breaker->first != NULL)
		drop(breaker, &breaker->first);
	pthread_mutex_destroy(&breaker->lock);
	free(breaker);
}

static struct pair **find(struct hyp_breaker *breaker, const char *name)
{
	struct pair **at = &breaker->first;

	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

static void drop_last(struct hyp_breaker *breaker)
{
	struct pair **at = &breaker->first;

	while (*at != NULL && (*at)->next != NULL)
		at = &(*at)->next;
	if (*at != NULL)
		drop(breaker, at);
}

/* name is the new pair's, or freed. NULL: no memory, so it is not counted. */
static struct pair *add(struct hyp_breaker *breaker, char *name)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	if (pair == NULL) {
		free(name);
		return NULL;
	}
	if (breaker->count == PAIRS_MAX)
		drop_last(breaker);
	pair->name = name;
	pair->next = breaker->first;
	breaker->first = pair;
	breaker->count++;
	return pair;
}

void hyp_breaker_refused(struct hyp_breaker *breaker, const char *endpoint,
			 const char *user, uint64_t pause_ms)
{
	struct pair *pair;
	char *name;

	if (hyp_asprintf(&name, NULL, "%s\n%s", endpoint, user) < 0)
		return;
	pthread_mutex_lock(&breaker->lock);
	pair = *find(breaker, name);
	if (pair != NULL)
		free(name);
	else
		pair = add(breaker, name);
	if (pair != NULL && ++pair->refusals >= REFUSALS)
		pair->until_ms = hyp_clock_boot_ms() + pause_ms;
	pthread_mutex_unlock(&breaker->lock);
}

void hyp_breaker_accepted(struct hyp_breaker *breaker, const char *endpoint,
			  const char *user)
{
	struct pair **at;
	char *name;

	if (hyp_asprintf(&name, NULL, "%s\n%s", endpoint, user) < 0)
		return;
	pthread_mutex_lock(&breaker->lock);
	at = find(breaker, name);
	if (*at != NULL)
		drop(breaker, at);
	pthread_mutex_unlock(&breaker->lock);
	free(name);
}

uint64_t hyp_breaker_wait_ms(struct hyp_breaker *breaker, const char *endpoint,
			     const char *user)
{
	uint64_t now = hyp_clock_boot_ms(), wait = 0;
	const struct pair *pair;
	char *name;

	if (hyp_asprintf(&name, NULL, "%s\n%s", endpoint, user) < 0)
		return 0;
	pthread_mutex_lock(&breaker->lock);
	pair = *find(breaker, name);
	if (pair != NULL && pair->until_ms > now)
		wait = pair->until_ms - now;
	pthread_mutex_unlock(&breaker->lock);
	free(name);
	return wait;
}

int32_t hyp_breaker_list(struct hyp_breaker *breaker, char ***out,
			 size_t *count, struct hyp_error *err)
{
	uint64_t now = hyp_clock_boot_ms();
	size_t n = 0;
	char **list;
	int32_t rc = 0;

	pthread_mutex_lock(&breaker->lock);
	list = calloc(breaker->count + 1, sizeof(*list));
	if (list == NULL)
		rc = hyp_error_nomem(err);
	for (struct pair *p = breaker->first; rc == 0 && p != NULL; p = p->next)
		if (p->until_ms > now)
			rc = hyp_strdup(p->name, &list[n++], err);
	pthread_mutex_unlock(&breaker->lock);
	if (rc < 0) {
		hyp_breaker_list_free(list, n);
		return rc;
	}
	*out = list;
	*count = n;
	return 0;
}

void hyp_breaker_list_free(char **list, size_t count)
{
	for (size_t i = 0; list != NULL && i < count; i++)
		free(list[i]);
	free(list);
}
