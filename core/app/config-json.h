/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration for programs: what holds, given or by default; secrets as
 * references. */
#ifndef HYP_APP_CONFIG_JSON_H
#define HYP_APP_CONFIG_JSON_H

#include "core/config/config.h"
#include "core/plugin/registry.h"
#include <json-c/json.h>

/* settings, database, pipelines, schedules and webhooks into o. */
void hyp_config_json(struct json_object *o, const struct hyp_config *config,
		     struct hyp_registry *registry);
/* A schedule of a file as it is understood: its settings, and where it is
 * said. NULL if it is wrong, which hyp_schedules_check has told. */
struct json_object *
hyp_config_schedule_json(const struct hyp_config_schedule *file);
/* [{file, line, error}] */
struct json_object *hyp_problems_json(const struct hyp_problems *problems);

#endif
