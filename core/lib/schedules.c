/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lib/inside.h"

#define SCHEDULES "schedules"

int32_t hypersdk_schedule_add(struct hypersdk *h, const char *body,
			      char **answer, struct hyp_error *err)
{
	HYP_VISIT(h, err);

	if (hyp_needs(body, "body", err) != 0)
		return err->code;
	return hyp_ask(h, "POST", "/schedules", body, NULL, answer, err);
}

int32_t hypersdk_schedule_update(struct hypersdk *h, const char *id,
				 const char *body, char **answer,
				 struct hyp_error *err)
{
	HYP_VISIT(h, err);

	if (hyp_needs(body, "body", err) != 0)
		return err->code;
	return hyp_ask_one(h, "PUT", SCHEDULES, id, "", body, answer, err);
}

int32_t hypersdk_schedule(struct hypersdk *h, const char *id, char **json,
			  struct hyp_error *err)
{
	HYP_VISIT(h, err);

	return hyp_ask_one(h, "GET", SCHEDULES, id, "", NULL, json, err);
}

int32_t hypersdk_schedules(struct hypersdk *h, char **json,
			   struct hyp_error *err)
{
	HYP_VISIT(h, err);

	return hyp_ask(h, "GET", "/schedules", NULL, NULL, json, err);
}

int32_t hypersdk_schedule_remove(struct hypersdk *h, const char *id,
				 struct hyp_error *err)
{
	HYP_VISIT(h, err);

	return hyp_ask_one(h, "DELETE", SCHEDULES, id, "", NULL, NULL, err);
}

int32_t hypersdk_schedule_enable(struct hypersdk *h, const char *id,
				 uint32_t enabled, struct hyp_error *err)
{
	HYP_VISIT(h, err);

	return hyp_ask_one(h, "POST", SCHEDULES, id,
			   enabled ? "/enable" : "/disable", NULL, NULL, err);
}

int32_t hypersdk_schedule_trigger(struct hypersdk *h, const char *id,
				  char **answer, struct hyp_error *err)
{
	HYP_VISIT(h, err);

	return hyp_ask_one(h, "POST", SCHEDULES, id, "/trigger", NULL, answer,
			   err);
}
