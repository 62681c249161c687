/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/job.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"

#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(struct hyp_job_row, member)
static const size_t strings[] = {
	AT(id),
	AT(name),
	AT(vm_path),
	AT(output_path),
	AT(endpoint),
	AT(user),
	AT(host),
	AT(group_id),
	AT(retry_of),
	AT(schedule_id),
	AT(definition_json),
	AT(progress_json),
	AT(result_json),
	AT(error),
	AT(error_kind),
};

static const char **string_at(struct hyp_job_row *row, size_t i)
{
	return (const char **)(void *)((char *)row + strings[i]);
}

int32_t hyp_job_new(const struct hyp_job_row *row, struct hyp_job **out,
		    struct hyp_error *err)
{
	struct hyp_job *job = calloc(1, sizeof(*job));
	size_t i;

	if (job == NULL)
		return hyp_error_nomem(err);
	job->row = *row;
	job->row.size = sizeof(job->row);
	for (i = 0; i < HYP_COUNT(strings); i++) {
		const char **at = string_at(&job->row, i);

		*at = strdup(*at != NULL ? *at : "");
		if (*at == NULL)
			break;
	}
	if (i == HYP_COUNT(strings)) {
		*out = job;
		return 0;
	}
	while (++i < HYP_COUNT(strings))
		*string_at(&job->row, i) = NULL;
	hyp_job_free(job);
	return hyp_error_nomem(err);
}

void hyp_job_free(struct hyp_job *job)
{
	if (job == NULL)
		return;
	for (size_t i = 0; i < HYP_COUNT(strings); i++)
		free((void *)(uintptr_t)*string_at(&job->row, i));
	free(job);
}

int32_t hyp_job_set_error(struct hyp_job *job, const char *kind,
			  const char *text, struct hyp_error *err)
{
	char *kind_copy = strdup(kind), *text_copy = strdup(text);

	if (kind_copy == NULL || text_copy == NULL) {
		free(kind_copy);
		free(text_copy);
		return hyp_error_nomem(err);
	}
	free((void *)(uintptr_t)job->row.error_kind);
	free((void *)(uintptr_t)job->row.error);
	job->row.error_kind = kind_copy;
	job->row.error = text_copy;
	return 0;
}

void hyp_job_clear_result(struct hyp_job *job)
{
	((char *)(uintptr_t)job->row.result_json)[0] = '\0';
}
