/* SPDX-License-Identifier: Apache-2.0 */
/* The border: what every function does first and last. */
#include "core/lib/inside.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/structs.h"
#include "core/pipeline/thread.h"

#include <stdlib.h>
#include <time.h>

static void our_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGPIPE);
	sigaddset(set, SIGXFSZ);
}

void hyp_visit_begin(struct hyp_visit *visit, const struct hypersdk *h)
{
	sigset_t set;

	our_signals(&set);
	sigpending(&visit->pending);
	pthread_sigmask(SIG_BLOCK, &set, &visit->before);
	visit->locale = uselocale(hyp_thread_locale());
	visit->owner = hyp_log_owner();
	hyp_log_set_owner(h);
}

/* What came meanwhile was ours, and is told; what waited before is not. */
static void drop(const struct hyp_visit *visit, int sig)
{
	const struct timespec now = {0, 0};
	sigset_t one;

	if (sigismember(&visit->pending, sig))
		return;
	sigemptyset(&one);
	sigaddset(&one, sig);
	while (sigtimedwait(&one, NULL, &now) == sig)
		;
}

void hyp_visit_end(struct hyp_visit *visit)
{
	int keep = errno;

	hyp_log_set_owner(visit->owner);
	uselocale(visit->locale);
	drop(visit, SIGPIPE);
	drop(visit, SIGXFSZ);
	pthread_sigmask(SIG_SETMASK, &visit->before, NULL);
	errno = keep;
}

int32_t hyp_needs(const void *argument, const char *name, struct hyp_error *err)
{
	if (argument != NULL)
		return 0;
	return hyp_error_set(err, HYP_E_USAGE, "bad_argument", 0,
			     "%s: NULL where there must be one", name);
}

int32_t hyp_needs_engine(const struct hypersdk *h, struct hyp_error *err)
{
	if (hyp_needs(h, "hypersdk", err) != 0)
		return err->code;
	if (h->engine != NULL)
		return 0;
	return hyp_error_set(err, HYP_E_UNSUPPORTED, "no_engine", 0,
			     "the handle was opened with HYPERSDK_NO_ENGINE: "
			     "open one without it");
}

/* A caller built for a later library may ask for what this one cannot. */
static int asks_for_more(const unsigned char *bytes, size_t from, size_t to)
{
	for (; from < to; from++)
		if (bytes[from] != 0)
			return 1;
	return 0;
}

int32_t hyp_take_struct(void *to, size_t size, size_t min, const void *from,
			const char *name, struct hyp_error *err)
{
	uint32_t theirs;

	if (hyp_needs(from, name, err) != 0)
		return err->code;
	memcpy(&theirs, from, sizeof(theirs));
	if (theirs < min || theirs > 65536)
		return hyp_error_set(err, HYP_E_USAGE, "bad_argument", 0,
				     "%s: its size is %u, and must be "
				     "sizeof(struct %s)",
				     name, theirs, name);
	if (asks_for_more(from, size, theirs))
		return hyp_error_set(err, HYP_E_UNSUPPORTED, "unsupported", 0,
				     "%s: asks for what this libhypersdk does "
				     "not know yet: install a newer one",
				     name);
	hyp_struct_copy(to, size, from, theirs);
	return 0;
}

int32_t hyp_ask(struct hypersdk *h, const char *method, const char *uri,
		const char *body, const char *key, char **answer,
		struct hyp_error *err)
{
	const struct hyp_direct_call call = {method, uri, body, key};
	HYP_AUTO_FREE char *text = NULL;

	if (hyp_needs_engine(h, err) != 0 || hyp_needs(uri, "uri", err) != 0 ||
	    hyp_direct_call(h->direct, &call, &text, err) != 0)
		return err->code;
	if (answer != NULL)
		*answer = HYP_STEAL(text);
	return 0;
}

/* Ids that exist are of these alone; others would have to be encoded. */
static int is_id(const char *id)
{
	size_t n = strlen(id);

	for (size_t i = 0; i < n; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
			   "YZ0123456789._-",
			   id[i]) == NULL)
			return 0;
	return n > 0 && n < HYPERSDK_ID_MAX && id[0] != '.';
}

int32_t hyp_ask_one(struct hypersdk *h, const char *method,
		    const char *collection, const char *id, const char *rest,
		    const char *body, char **answer, struct hyp_error *err)
{
	char uri[HYPERSDK_ID_MAX + 64];

	if (hyp_needs(id, "id", err) != 0)
		return err->code;
	if (!is_id(id))
		return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				     "not found: %.128s", id);
	snprintf(uri, sizeof(uri), "/%s/%s%s", collection, id, rest);
	return hyp_ask(h, method, uri, body, NULL, answer, err);
}
