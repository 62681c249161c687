/* SPDX-License-Identifier: Apache-2.0 */
/* THE table. A path's longest literal part wins, whatever the order here. */
#include "core/api/handlers.h"
#include "core/api/schemas.h"

#define STATUS_PARAMETER                                                       \
	{                                                                      \
		.name = "status", .type = HYP_TYPE_STRING, .max = 64,          \
		.help = "pending, running, completed, failed or cancelled, "   \
			"or several with commas"                               \
	}

static const struct hyp_field jobs_query[] = {
	STATUS_PARAMETER,
	{.name = "since",
	 .type = HYP_TYPE_TIME,
	 .help = "Created at or after this"},
	{.name = "until", .type = HYP_TYPE_TIME, .help = "Created before this"},
	{.name = "vm_path", .type = HYP_TYPE_STRING, .max = 4096},
	{.name = "group_id", .type = HYP_TYPE_STRING, .max = 128},
	{.name = "limit",
	 .type = HYP_TYPE_INTEGER,
	 .min = 1,
	 .max = 1000,
	 .help = "Jobs per page, 100 if not given"},
	{.name = "cursor",
	 .type = HYP_TYPE_STRING,
	 .max = 256,
	 .help = "next_cursor of the page before"},
};

static const struct hyp_field query_query[] = {
	{.name = "all", .type = HYP_TYPE_BOOLEAN},
	STATUS_PARAMETER,
	{.name = "limit", .type = HYP_TYPE_INTEGER, .max = 1000},
};

static const char *const words_power[] = {"poweredOn", "poweredOff",
					  "suspended", NULL};
static const struct hyp_field vms_query[] = {
	{.name = "pipeline",
	 .type = HYP_TYPE_STRING,
	 .max = 64,
	 .help = "Whose provider is asked"},
	{.name = "match",
	 .type = HYP_TYPE_STRING,
	 .max = 1024,
	 .help = "Pattern on the path if it holds '/', else on the name"},
	{.name = "power",
	 .type = HYP_TYPE_STRING,
	 .words = words_power,
	 .help = "poweredOn, poweredOff or suspended"},
};

static const struct hyp_field events_query[] = {
	{.name = "job_id",
	 .type = HYP_TYPE_STRING,
	 .max = 128,
	 .help = "Only those of this job"},
};

const struct hyp_route hyp_routes[] = {
	HYP_ROUTE(GET, "/health", OPEN, HERE, hyp_get_health, .name = "health",
		  .summary = "It lives", .reply = &hyp_schema_health),
	HYP_ROUTE(GET, "/ready", OPEN, HERE, hyp_get_ready, .name = "ready",
		  .summary = "It takes changes (200), or not now (503)",
		  .reply = &hyp_schema_ready),
	HYP_ROUTE(GET, "/status", VIEWER, HERE, hyp_get_status,
		  .name = "status",
		  .summary = "Version, uptime, jobs in "
			     "numbers",
		  .reply = &hyp_schema_status),
	HYP_ROUTE(GET, "/capabilities", VIEWER, ASIDE, hyp_get_capabilities,
		  .name = "capabilities",
		  .summary = "What can be exported from where, as what",
		  .reply = &hyp_schema_capabilities),
	HYP_ROUTE(GET, "/openapi.json", VIEWER, HERE, hyp_get_openapi,
		  .name = "openapi", .summary = "This document",
		  .reply = &hyp_schema_openapi),
	HYP_ROUTE(GET, "/pipelines", VIEWER, HERE, hyp_get_pipelines,
		  .name = "pipelines", .summary = "The configured pipelines",
		  .reply = &hyp_schema_pipelines),
	HYP_ROUTE(GET, "/plugins", VIEWER, ASIDE, hyp_get_plugins,
		  .name = "plugins",
		  .summary = "Plugins, and files that were "
			     "refused",
		  .reply = &hyp_schema_plugins),

	HYP_ROUTE(POST, "/jobs/submit", OPERATOR, ASIDE, hyp_post_jobs_submit,
		  .name = "submitJobs",
		  .summary = "Makes jobs; they are durable when it answers",
		  .flags = HYP_ROUTE_CHANGES | HYP_ROUTE_IDEMPOTENT |
			   HYP_ROUTE_YAML,
		  .body = &hyp_schema_submit, .reply = &hyp_schema_submitted),
	HYP_ROUTE(POST, "/jobs/query", VIEWER, ASIDE, hyp_post_jobs_query,
		  .name = "queryJobs", .summary = "Jobs by id or status",
		  .body = &hyp_schema_query_request,
		  .reply = &hyp_schema_queried),
	HYP_ROUTE(GET, "/jobs/query", VIEWER, ASIDE, hyp_get_jobs_query,
		  .name = "queryAllJobs", .summary = "The newest jobs",
		  HYP_ROUTE_QUERY(query_query), .reply = &hyp_schema_queried),
	HYP_ROUTE(POST, "/jobs/cancel", OPERATOR, ASIDE, hyp_post_jobs_cancel,
		  .name = "cancelJobs",
		  .summary = "Cancels jobs; what came too late is told in "
			     "errors",
		  .flags = HYP_ROUTE_CHANGES,
		  .body = &hyp_schema_cancel_request,
		  .reply = &hyp_schema_cancelled),
	HYP_ROUTE(GET, "/jobs/stats", VIEWER, HERE, hyp_get_jobs_stats,
		  .name = "jobStatistics", .summary = "Jobs in numbers",
		  .reply = &hyp_schema_stats),
	HYP_ROUTE(GET, "/jobs/progress/{id}", VIEWER, HERE,
		  hyp_get_job_progress, .name = "jobProgress",
		  .summary = "How far a job is", .reply = &hyp_schema_progress),
	HYP_ROUTE(GET, "/jobs/logs/{id}", VIEWER, ASIDE, hyp_get_job_logs,
		  .name = "jobLogs", .summary = "A job's own log lines",
		  .reply = &hyp_schema_logs),
	HYP_ROUTE(GET, "/jobs/eta/{id}", VIEWER, HERE, hyp_get_job_eta,
		  .name = "jobEta", .summary = "How long it may still take",
		  .reply = &hyp_schema_eta),
	HYP_ROUTE(GET, "/jobs", VIEWER, ASIDE, hyp_get_jobs, .name = "listJobs",
		  .summary = "Jobs, newest first, in pages",
		  HYP_ROUTE_QUERY(jobs_query), .reply = &hyp_schema_job_list),
	HYP_ROUTE(GET, "/jobs/{id}", VIEWER, HERE, hyp_get_job, .name = "job",
		  .summary = "One job", .reply = &hyp_schema_job),
	HYP_ROUTE(GET, "/jobs/{id}/history", VIEWER, ASIDE, hyp_get_job_history,
		  .name = "jobHistory",
		  .summary = "The states that a job went through",
		  .reply = &hyp_schema_history),
	HYP_ROUTE(DELETE, "/jobs/{id}", OPERATOR, ASIDE, hyp_delete_job,
		  .name = "deleteJob",
		  .summary = "Forgets an ended job; its package stays",
		  .flags = HYP_ROUTE_CHANGES, .reply = &hyp_schema_deleted),
	HYP_ROUTE(POST, "/jobs/{id}/retry", OPERATOR, ASIDE, hyp_post_job_retry,
		  .name = "retryJob",
		  .summary = "A new job with the definition of an ended one",
		  .flags = HYP_ROUTE_CHANGES | HYP_ROUTE_IDEMPOTENT,
		  .reply = &hyp_schema_submitted),

	HYP_ROUTE(GET, "/vms/list", VIEWER, REMOTE, hyp_get_vms,
		  .name = "listVms", .summary = "The VMs of an endpoint",
		  HYP_ROUTE_QUERY(vms_query), .reply = &hyp_schema_vms),
	HYP_ROUTE(POST, "/vms/info", VIEWER, REMOTE, hyp_post_vm_info,
		  .name = "vmInfo", .summary = "One VM and its hardware",
		  .body = &hyp_schema_vm_request, .reply = &hyp_schema_vm_info),

	HYP_ROUTE(GET, "/events", VIEWER, ASIDE, hyp_get_events,
		  .name = "events",
		  .summary = "Events as they happen (Server-Sent Events); "
			     "Last-Event-ID goes on behind that one",
		  .flags = HYP_ROUTE_STREAM, HYP_ROUTE_QUERY(events_query)),

	HYP_ROUTE(GET, "/tokens", ADMIN, ASIDE, hyp_get_tokens,
		  .name = "listTokens", .summary = "Tokens, not their secrets",
		  .reply = &hyp_schema_tokens),
	HYP_ROUTE(POST, "/tokens", ADMIN, ASIDE, hyp_post_tokens,
		  .name = "createToken",
		  .summary = "A new token, shown this once",
		  .flags = HYP_ROUTE_CHANGES | HYP_ROUTE_NO_KEY,
		  .body = &hyp_schema_token_request,
		  .reply = &hyp_schema_token_created, .status = 201),
	HYP_ROUTE(DELETE, "/tokens/{id}", ADMIN, ASIDE, hyp_delete_token,
		  .name = "revokeToken",
		  .summary = "The token is refused from now on",
		  .flags = HYP_ROUTE_CHANGES, .reply = &hyp_schema_deleted),
};
const size_t hyp_route_count = sizeof(hyp_routes) / sizeof(hyp_routes[0]);
