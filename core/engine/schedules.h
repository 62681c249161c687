/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules: what of them can be changed and asked. Their rows, and those of
 * their fires, are read from the store. As engine.h: any thread, and a change
 * is durable, and in force, when its function returns 0.
 */
#ifndef HYP_ENGINE_SCHEDULES_H
#define HYP_ENGINE_SCHEDULES_H

#include "core/engine/engine.h"
#include "core/engine/schedule.h"

/* *out: as it is now, to be put. done of answer is it. HYP_E_CONFLICT
 * "conflict" if there is one of this id; what is wrong with json: as
 * hyp_schedule_read and hyp_schedule_check. */
int32_t hyp_engine_schedule_create(struct hyp_engine *engine,
				   const struct hyp_actor *actor,
				   struct json_object *json,
				   struct hyp_schedule **out,
				   struct hyp_error *err);
/* What json does not say stays. HYP_E_NOT_FOUND "not_found"; HYP_E_CONFLICT
 * "owned_by_file". done of answer is *out. */
int32_t hyp_engine_schedule_update(struct hyp_engine *engine,
				   const struct hyp_actor *actor,
				   const char *id, struct json_object *json,
				   struct hyp_schedule **out,
				   struct hyp_error *err);
/* Instants that pass while it is disabled are not made up for. The same
 * errors. */
int32_t hyp_engine_schedule_enable(struct hyp_engine *engine,
				   const struct hyp_actor *actor,
				   const char *id, uint32_t enabled,
				   struct hyp_schedule **out,
				   struct hyp_error *err);
/* With its history. Jobs that it made go on. */
int32_t hyp_engine_schedule_delete(struct hyp_engine *engine,
				   const struct hyp_actor *actor,
				   const char *id, struct hyp_error *err);
/* A run now, whatever the times of day and whether it is enabled; overlap
 * counts: HYP_E_CONFLICT "already_running". out: its jobs, to be finied; done
 * of answer is out. Blocks while the endpoint is asked for a group's VMs. */
int32_t hyp_engine_schedule_trigger(struct hyp_engine *engine,
				    const struct hyp_actor *actor,
				    const char *id, struct hyp_submitted *out,
				    struct hyp_error *err);

#endif
