/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/notes.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FACT_MAX 1024

static const char *const fact_names[] = {"mode", "consistency", "tls", "source",
					 "digest"};
#define FACTS HYP_COUNT(fact_names)

struct hyp_notes {
	pthread_mutex_t lock;
	struct hyp_observer observer;
	char facts[FACTS][FACT_MAX];
	char *warnings[HYP_NOTES_WARNINGS_MAX];
	size_t warning_count;
};

int32_t hyp_notes_new(const struct hyp_observer *observer,
		      struct hyp_notes **out, struct hyp_error *err)
{
	struct hyp_notes *notes = calloc(1, sizeof(*notes));

	if (notes == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&notes->lock, NULL);
	if (observer != NULL)
		notes->observer = *observer;
	*out = notes;
	return 0;
}

void hyp_notes_free(struct hyp_notes *notes)
{
	if (notes == NULL)
		return;
	for (size_t i = 0; i < notes->warning_count; i++)
		free(notes->warnings[i]);
	pthread_mutex_destroy(&notes->lock);
	free(notes);
}

/* Keeps a warning for the result; without memory it is only told. */
static void keep_warning(struct hyp_notes *notes, const char *kind,
			 const char *text)
{
	char *line = NULL;

	if (notes->warning_count == HYP_NOTES_WARNINGS_MAX ||
	    hyp_asprintf(&line, NULL, "%s: %s", kind, text) < 0)
		return;
	notes->warnings[notes->warning_count++] = line;
}

static void host_warning(void *ctx, const char *origin, const char *kind,
			 const char *text)
{
	struct hyp_notes *notes = ctx;
	char printable[HYP_ERROR_TEXT_MAX];

	(void)origin;
	hyp_text_printable(text, printable, sizeof(printable));
	pthread_mutex_lock(&notes->lock);
	keep_warning(notes, kind, printable);
	if (notes->observer.warning != NULL)
		notes->observer.warning(notes->observer.ctx, kind, printable);
	pthread_mutex_unlock(&notes->lock);
}

void hyp_notes_warn(struct hyp_notes *notes, const char *kind, const char *fmt,
		    ...)
{
	char text[HYP_ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	host_warning(notes, "", kind, text);
}

void hyp_notes_take_warnings(struct hyp_notes *notes, char ***at, size_t *count)
{
	char **all;

	pthread_mutex_lock(&notes->lock);
	all = reallocarray(*at, *count + notes->warning_count + 1,
			   sizeof(*all));
	if (all != NULL) {
		for (size_t i = 0; i < notes->warning_count; i++)
			all[(*count)++] = notes->warnings[i];
		*at = all;
		notes->warning_count = 0;
	}
	pthread_mutex_unlock(&notes->lock);
}

static int fact_index(const char *name)
{
	for (size_t i = 0; i < FACTS; i++)
		if (strcmp(fact_names[i], name) == 0)
			return (int)i;
	return -1;
}

static void host_fact(void *ctx, const char *name, const char *value)
{
	struct hyp_notes *notes = ctx;
	int i = fact_index(name);

	if (i < 0)
		return;
	pthread_mutex_lock(&notes->lock);
	hyp_text_printable(value, notes->facts[i], FACT_MAX);
	pthread_mutex_unlock(&notes->lock);
}

void hyp_notes_fact(struct hyp_notes *notes, const char *name, char *out,
		    size_t max)
{
	int i = fact_index(name);

	pthread_mutex_lock(&notes->lock);
	snprintf(out, max, "%s",
		 i < 0 || notes->facts[i][0] == '\0' ? "unknown"
						     : notes->facts[i]);
	pthread_mutex_unlock(&notes->lock);
}

static int32_t host_remember(void *ctx, const char *origin, const char *key,
			     const void *bytes, uint64_t n,
			     struct hyp_error *err)
{
	struct hyp_notes *notes = ctx;
	int32_t rc = 0;

	pthread_mutex_lock(&notes->lock);
	if (notes->observer.remember != NULL)
		rc = notes->observer.remember(notes->observer.ctx, origin, key,
					      bytes, n, err);
	pthread_mutex_unlock(&notes->lock);
	return rc;
}

static int32_t host_forget(void *ctx, const char *origin, const char *key,
			   struct hyp_error *err)
{
	struct hyp_notes *notes = ctx;
	int32_t rc = 0;

	pthread_mutex_lock(&notes->lock);
	if (notes->observer.forget != NULL)
		rc = notes->observer.forget(notes->observer.ctx, origin, key,
					    err);
	pthread_mutex_unlock(&notes->lock);
	return rc;
}

/* Without the lock: it is asked for in the middle of copying. */
static void host_count(void *ctx, const char *origin, const char *counter,
		       uint64_t add)
{
	struct hyp_notes *notes = ctx;

	if (notes->observer.count != NULL)
		notes->observer.count(notes->observer.ctx, origin, counter,
				      add);
}

void hyp_notes_host(struct hyp_notes *notes, struct hyp_host_job *job)
{
	job->ctx = notes;
	job->warning = host_warning;
	job->fact = host_fact;
	job->count = host_count;
	job->remember = host_remember;
	job->forget = host_forget;
}

void hyp_notes_phase(struct hyp_notes *notes, uint32_t phase)
{
	pthread_mutex_lock(&notes->lock);
	if (notes->observer.phase != NULL)
		notes->observer.phase(notes->observer.ctx, phase);
	pthread_mutex_unlock(&notes->lock);
}

void hyp_notes_finding(struct hyp_notes *notes,
		       const struct hyp_finding *finding)
{
	pthread_mutex_lock(&notes->lock);
	if (notes->observer.finding != NULL)
		notes->observer.finding(notes->observer.ctx, finding);
	pthread_mutex_unlock(&notes->lock);
}

void hyp_notes_progress(struct hyp_notes *notes,
			const struct hyp_export_file_state *files, size_t count)
{
	pthread_mutex_lock(&notes->lock);
	if (notes->observer.progress != NULL)
		notes->observer.progress(notes->observer.ctx, files, count);
	pthread_mutex_unlock(&notes->lock);
}

void hyp_notes_took(struct hyp_notes *notes, uint32_t what,
		    const struct hyp_file *file, uint64_t ns)
{
	pthread_mutex_lock(&notes->lock);
	if (notes->observer.took != NULL)
		notes->observer.took(notes->observer.ctx, what, file, ns);
	pthread_mutex_unlock(&notes->lock);
}

void hyp_notes_restart(struct hyp_notes *notes, const char *file,
		       uint32_t restart, const struct hyp_error *why)
{
	pthread_mutex_lock(&notes->lock);
	if (notes->observer.restart != NULL)
		notes->observer.restart(notes->observer.ctx, file, restart,
					why);
	pthread_mutex_unlock(&notes->lock);
}

int32_t hyp_notes_found(struct hyp_notes *notes, const struct hyp_vm *vm,
			struct hyp_error *err)
{
	const struct hyp_observer *observer = &notes->observer;
	int32_t rc = 0;

	pthread_mutex_lock(&notes->lock);
	if (observer->found != NULL)
		rc = observer->found(observer->ctx, vm, err);
	pthread_mutex_unlock(&notes->lock);
	return rc;
}

int32_t hyp_notes_publishing(struct hyp_notes *notes,
			     const struct hyp_result *result,
			     struct hyp_error *err)
{
	const struct hyp_observer *observer = &notes->observer;
	int32_t rc = 0;

	pthread_mutex_lock(&notes->lock);
	if (observer->publishing != NULL)
		rc = observer->publishing(observer->ctx, result, err);
	pthread_mutex_unlock(&notes->lock);
	return rc;
}
