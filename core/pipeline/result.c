/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/result.h"
#include "core/base/buf.h"

#include <stdlib.h>
#include <string.h>

static void fini_file(struct hyp_result_file *file)
{
	free(file->name);
	free(file->proof);
}

void hyp_result_fini(struct hyp_result *result)
{
	free(result->vm_name);
	free(result->vm_path);
	free(result->source);
	free(result->output);
	free(result->receipt);
	for (size_t i = 0; i < result->file_count; i++)
		fini_file(&result->files[i]);
	free(result->files);
	free(result->proof);
	free(result->consistency);
	free(result->mode);
	free(result->tls);
	for (size_t i = 0; i < result->warning_count; i++)
		free(result->warnings[i]);
	free(result->warnings);
	memset(result, 0, sizeof(*result));
}

int32_t hyp_result_set(char **member, const char *text, struct hyp_error *err)
{
	char *copy;
	int32_t rc = hyp_strdup(text, &copy, err);

	if (rc < 0)
		return rc;
	free(*member);
	*member = copy;
	return 0;
}

int32_t hyp_result_add_file(struct hyp_result *result,
			    const struct hyp_file *file, uint32_t role,
			    const char *proof, struct hyp_error *err)
{
	struct hyp_result_file *files, *to;
	int32_t rc;

	files = reallocarray(result->files, result->file_count + 1,
			     sizeof(*files));
	if (files == NULL)
		return hyp_error_nomem(err);
	result->files = files;
	to = &files[result->file_count];
	memset(to, 0, sizeof(*to));
	to->role = role;
	to->bytes = file->bytes;
	to->digest = file->digest;
	rc = hyp_strdup(file->name, &to->name, err);
	if (rc == 0)
		rc = hyp_strdup(proof, &to->proof, err);
	if (rc < 0)
		fini_file(to);
	else
		result->file_count++;
	return rc;
}

int32_t hyp_result_facts(struct hyp_result *result, struct hyp_notes *notes,
			 struct hyp_error *err)
{
	static const char *const names[] = {"mode", "consistency", "tls",
					    "source"};
	char **const members[] = {&result->mode, &result->consistency,
				  &result->tls, &result->source};
	char value[1024];
	int32_t rc = 0;

	for (size_t i = 0; i < 4 && rc == 0; i++) {
		hyp_notes_fact(notes, names[i], value, sizeof(value));
		rc = hyp_result_set(members[i], value, err);
	}
	return rc;
}

const char *hyp_phase_name(uint32_t phase)
{
	static const char *const names[] = {"unknown", "preparing",
					    "transferring", "packaging",
					    "publishing"};

	return names[phase <= HYP_PHASE_PUBLISHING ? phase : 0];
}
