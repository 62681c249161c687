/* SPDX-License-Identifier: Apache-2.0 */
/* The schedules of the files: all their mistakes, each at its line. */
#include "core/engine/definition-parse.h"
#include "core/engine/schedule-parts.h"

int32_t hyp_schedule_of_file(const struct hyp_config_schedule *file,
			     int64_t now_ms, struct hyp_schedule **out,
			     struct hyp_error *err)
{
	struct hyp_schedule *schedule = NULL;
	json_object *json = NULL;
	int32_t rc = hyp_json_read(file->json, strlen(file->json), &json, err);

	if (rc == 0 && json_object_object_get(json, "id") == NULL)
		rc = hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				   "/id: must be given");
	if (rc == 0)
		rc = hyp_schedule_read(json, NULL, "file", now_ms, &schedule,
				       err);
	if (rc == 0 && schedule->password != NULL)
		rc = hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				   "/job_template: a password does not belong "
				   "into this file: name a pipeline, whose "
				   "password is a reference");
	json_object_put(json);
	if (rc == 0)
		*out = schedule;
	else
		hyp_schedule_put(schedule);
	return rc;
}

static void check_id(const struct hyp_config *config, size_t i,
		     struct hyp_schedule **all, struct hyp_problems *problems)
{
	const struct hyp_config_line *first;
	char text[256];

	for (size_t k = 0; k < i; k++) {
		if (all[k] == NULL ||
		    strcmp(all[k]->row.id, all[i]->row.id) != 0)
			continue;
		first = &config->schedules[k].lines[0];
		snprintf(text, sizeof(text),
			 "/id: there is a schedule \"%.128s\" already, at "
			 "%.64s:%u",
			 all[i]->row.id, first->file, first->line);
		hyp_config_schedule_problem(&config->schedules[i], text,
					    problems);
		return;
	}
}

int32_t hyp_schedules_check(const struct hyp_config *config,
			    struct hyp_problems *problems)
{
	struct hyp_schedule **all = calloc(config->schedule_count + 1,
					   sizeof(struct hyp_schedule *));
	size_t before = problems->count;
	struct hyp_error err;

	if (all == NULL) {
		hyp_problems_add(problems, NULL, 0, "out of memory");
		return HYP_E_USAGE;
	}
	for (size_t i = 0; i < config->schedule_count; i++) {
		const struct hyp_config_schedule *file = &config->schedules[i];

		if (hyp_schedule_of_file(file, 0, &all[i], &err) != 0 ||
		    hyp_schedule_check(all[i], config, &err) != 0)
			hyp_config_schedule_problem(file, err.text, problems);
		if (all[i] != NULL)
			check_id(config, i, all, problems);
	}
	for (size_t i = 0; i < config->schedule_count; i++)
		hyp_schedule_put(all[i]);
	free(all);
	return problems->count > before ? HYP_E_USAGE : 0;
}
