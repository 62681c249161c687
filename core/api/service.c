/* SPDX-License-Identifier: Apache-2.0 */
/* How the service is. */
#include "config.h"

#include "core/api/handlers.h"
#include "core/api/rows.h"
#include "core/api/server.h"
#include "core/api/times.h"

int32_t hyp_get_health(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_out out;

	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_text(&out, "status", "healthy");
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}

static const char *unready(struct hyp_request *request)
{
	if (atomic_load(&request->server->draining))
		return "stopping";
	return hyp_engine_unready(request->engine);
}

int32_t hyp_get_ready(struct hyp_request *request, struct hyp_error *err)
{
	const char *why = unready(request);
	struct hyp_out out;

	hyp_reply_begin(request, why == NULL ? 200 : 503, &out, err);
	request->reply.retry_after_s = why != NULL;
	hyp_out_open(&out, NULL, '{');
	hyp_out_text(&out, "status", why == NULL ? "ready" : "not_ready");
	hyp_out_text(&out, "kind", why);
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}

static int64_t sum(const struct hyp_store_counts *counts, uint32_t states)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < HYP_JOB_STATES; i++)
		if (states & HYP_JOB_BIT(i))
			n += counts->jobs[i];
	return (int64_t)n;
}

int32_t hyp_get_status(struct hyp_request *request, struct hyp_error *err)
{
	char uptime[HYP_SPAN_TEXT_MAX];
	struct hyp_store_counts c;
	struct hyp_out out;

	if (hyp_rows_counts(request->engine, &c, err) != 0)
		return err->code;
	hyp_span_format(hyp_engine_uptime_ms(request->engine), uptime);
	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_text(&out, "version", PACKAGE_VERSION);
	hyp_out_text(&out, "uptime", uptime);
	hyp_out_number(&out, "total_jobs",
		       sum(&c, HYP_JOBS_ACTIVE | HYP_JOBS_ENDED));
	hyp_out_number(&out, "pending_jobs", sum(&c, HYP_JOBS_PENDING));
	hyp_out_number(&out, "running_jobs", sum(&c, HYP_JOBS_RUNNING));
	hyp_out_number(&out, "completed_jobs",
		       sum(&c, HYP_JOB_BIT(HYP_JOB_COMPLETED)));
	hyp_out_number(&out, "failed_jobs",
		       sum(&c, HYP_JOB_BIT(HYP_JOB_FAILED)));
	hyp_out_number(&out, "cancelled_jobs",
		       sum(&c, HYP_JOB_BIT(HYP_JOB_CANCELLED)));
	hyp_out_text(&out, "unready", unready(request));
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}

int32_t hyp_get_openapi(struct hyp_request *request, struct hyp_error *err)
{
	const struct hyp_buf *text = &request->server->openapi;

	request->reply.status = 200;
	return hyp_buf_add(&request->reply.body, text->data, text->len, err);
}

int32_t hyp_get_metrics(struct hyp_request *request, struct hyp_error *err)
{
	request->reply.status = 200;
	return hyp_scrape_render(request->server->scrape, request->facts.accept,
				 &request->reply.body, &request->reply.type,
				 err);
}

static void write_pipeline(struct hyp_out *out, const struct hyp_pipeline *p)
{
	hyp_out_open(out, NULL, '{');
	hyp_out_text(out, "name", p->name);
	hyp_out_bool(out, "default", p->is_default != 0);
	hyp_out_text(out, "provider", p->provider.plugin);
	hyp_out_text(out, "packager", p->packager.plugin);
	hyp_out_text(out, "storage", p->storage.plugin);
	hyp_out_number(out, "parallel_downloads", p->parallel_downloads);
	hyp_out_close(out, '}');
}

int32_t hyp_get_pipelines(struct hyp_request *request, struct hyp_error *err)
{
	const struct hyp_config *config =
		hyp_engine_config_get(request->engine);
	struct hyp_out out;

	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_open(&out, "pipelines", '[');
	for (size_t i = 0; i < config->pipeline_count; i++)
		write_pipeline(&out, &config->pipelines[i]);
	hyp_out_close(&out, ']');
	hyp_out_number(&out, "total", (int64_t)config->pipeline_count);
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	hyp_engine_config_put(request->engine, config);
	return out.rc;
}
