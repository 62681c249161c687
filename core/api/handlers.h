/* SPDX-License-Identifier: Apache-2.0 */
/* The functions behind the routes. */
#ifndef HYP_API_HANDLERS_H
#define HYP_API_HANDLERS_H

#include "core/api/request.h"

/* service.c, plugins-list.c */
hyp_handler hyp_get_health;
hyp_handler hyp_get_ready;
hyp_handler hyp_get_status;
hyp_handler hyp_get_capabilities;
hyp_handler hyp_get_pipelines;
hyp_handler hyp_get_plugins;
hyp_handler hyp_reload_plugins;
hyp_handler hyp_get_openapi;

/* service.c */
hyp_handler hyp_get_metrics;

/* jobs-read.c, jobs-list.c, jobs-progress.c */
hyp_handler hyp_get_job;
hyp_handler hyp_get_job_history;
hyp_handler hyp_get_job_logs;
hyp_handler hyp_get_job_progress;
hyp_handler hyp_get_job_eta;
hyp_handler hyp_get_jobs_stats;
hyp_handler hyp_get_jobs;
hyp_handler hyp_get_jobs_query;
hyp_handler hyp_post_jobs_query;

/* jobs-write.c */
hyp_handler hyp_post_jobs_submit;
hyp_handler hyp_post_jobs_cancel;
hyp_handler hyp_post_job_retry;
hyp_handler hyp_delete_job;

/* inventory.c */
hyp_handler hyp_get_vms;
hyp_handler hyp_post_vm_info;

/* schedules-read.c, schedules-write.c */
hyp_handler hyp_get_schedules;
hyp_handler hyp_get_schedule;
hyp_handler hyp_get_schedule_stats;
hyp_handler hyp_get_schedule_history;
hyp_handler hyp_post_schedule;
hyp_handler hyp_put_schedule;
hyp_handler hyp_enable_schedule;
hyp_handler hyp_disable_schedule;
hyp_handler hyp_trigger_schedule;
hyp_handler hyp_delete_schedule;

/* tokens.c */
hyp_handler hyp_get_tokens;
hyp_handler hyp_post_tokens;
hyp_handler hyp_delete_token;

/* webhooks.c, webhooks-list.c */
hyp_handler hyp_get_webhooks;
hyp_handler hyp_post_webhooks;
hyp_handler hyp_get_webhook;
hyp_handler hyp_put_webhook;
hyp_handler hyp_enable_webhook;
hyp_handler hyp_disable_webhook;
hyp_handler hyp_delete_webhook;
hyp_handler hyp_post_webhook_test;
hyp_handler hyp_get_deliveries;
hyp_handler hyp_post_replay;

/* events.c */
hyp_handler hyp_get_events;

/* Parts they share. */
/* The path's {id}; digits alone are a place in the list from 0: no id is. *id
 * is the caller's to free. */
int32_t hyp_webhook_id(struct hyp_request *request, char **id,
		       struct hyp_error *err);
void hyp_view_job(struct hyp_out *out, const struct hyp_job_row *row);
void hyp_view_schedule(struct hyp_out *out, const char *name,
		       const struct hyp_schedule_row *row);
/* Each member of the stored object text; none if it is no object. */
void hyp_view_members(struct hyp_out *out, const char *text);
/* {"message", "id", "timestamp"} */
int32_t hyp_view_deleted(struct hyp_request *request, const char *message,
			 const char *id, struct hyp_error *err);

#endif
