/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/handlers.h"
#include "core/engine/schedules.h"

/* What the client will be told; rendered once, before the change is made where
 * an Idempotency-Key keeps it. */
struct telling {
	struct hyp_request *request;
	uint32_t status;
	const char *message;
	int32_t (*render)(const struct telling *t, const void *done,
			  struct hyp_error *err);
};

static int32_t render_schedule(const struct telling *t, const void *done,
			       struct hyp_error *err)
{
	const struct hyp_schedule *schedule = done;
	struct hyp_out out;

	hyp_reply_begin(t->request, t->status, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_text(&out, "message", t->message);
	hyp_view_schedule(&out, "schedule", &schedule->row);
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}

static int32_t render_run(const struct telling *t, const void *done,
			  struct hyp_error *err)
{
	const struct hyp_submitted *s = done;
	struct hyp_out out;

	hyp_reply_begin(t->request, t->status, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_text(&out, "message", t->message);
	hyp_out_text(&out, "id", t->request->args[0]);
	hyp_out_open(&out, "job_ids", '[');
	for (size_t i = 0; i < s->id_count; i++)
		hyp_out_text(&out, NULL, s->ids[i]);
	hyp_out_close(&out, ']');
	hyp_out_open(&out, "errors", '[');
	for (size_t i = 0; i < s->rejected_count; i++)
		hyp_out_text(&out, NULL, s->rejected[i].error.text);
	hyp_out_close(&out, ']');
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}

static int32_t answer(void *ctx, const void *done, uint32_t *status,
		      struct hyp_buf *body, struct hyp_error *err)
{
	const struct telling *t = ctx;

	if (t->render(t, done, err) != 0)
		return err->code;
	return hyp_request_keep(t->request, status, body, err);
}

static int32_t tell(const struct telling *t, const void *done,
		    struct hyp_error *err)
{
	return t->request->reply.body.len > 0 ? 0 : t->render(t, done, err);
}

/* rc of the call that made it. */
static int32_t tell_schedule(const struct telling *t, int32_t rc,
			     struct hyp_schedule *schedule,
			     struct hyp_error *err)
{
	if (rc != 0)
		return rc;
	rc = tell(t, schedule, err);
	hyp_schedule_put(schedule);
	return rc;
}

int32_t hyp_post_schedule(struct hyp_request *request, struct hyp_error *err)
{
	struct telling t = {request, 201, "schedule created", render_schedule};
	struct hyp_actor actor = hyp_request_actor(request, answer, &t);
	struct hyp_schedule *schedule = NULL;
	int32_t rc = hyp_engine_schedule_create(request->engine, &actor,
						request->json, &schedule, err);

	return tell_schedule(&t, rc, schedule, err);
}

int32_t hyp_put_schedule(struct hyp_request *request, struct hyp_error *err)
{
	struct telling t = {request, 200, "schedule updated", render_schedule};
	struct hyp_actor actor = hyp_request_actor(request, answer, &t);
	struct hyp_schedule *schedule = NULL;
	int32_t rc = hyp_engine_schedule_update(request->engine, &actor,
						request->args[0], request->json,
						&schedule, err);

	return tell_schedule(&t, rc, schedule, err);
}

static int32_t enable(struct hyp_request *request, uint32_t enabled,
		      const char *message, struct hyp_error *err)
{
	struct telling t = {request, 200, message, render_schedule};
	struct hyp_actor actor = hyp_request_actor(request, answer, &t);
	struct hyp_schedule *schedule = NULL;
	int32_t rc = hyp_engine_schedule_enable(request->engine, &actor,
						request->args[0], enabled,
						&schedule, err);

	return tell_schedule(&t, rc, schedule, err);
}

int32_t hyp_enable_schedule(struct hyp_request *request, struct hyp_error *err)
{
	return enable(request, 1, "schedule enabled", err);
}

int32_t hyp_disable_schedule(struct hyp_request *request, struct hyp_error *err)
{
	return enable(request, 0, "schedule disabled", err);
}

int32_t hyp_trigger_schedule(struct hyp_request *request, struct hyp_error *err)
{
	struct telling t = {request, 200, "schedule triggered", render_run};
	struct hyp_actor actor = hyp_request_actor(request, answer, &t);
	struct hyp_submitted submitted = {.id_count = 0};
	int32_t rc;

	if (hyp_engine_schedule_trigger(request->engine, &actor,
					request->args[0], &submitted, err) != 0)
		return err->code;
	rc = tell(&t, &submitted, err);
	hyp_submitted_fini(&submitted);
	return rc;
}

int32_t hyp_delete_schedule(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_actor actor = hyp_request_actor(request, NULL, NULL);

	if (hyp_engine_schedule_delete(request->engine, &actor,
				       request->args[0], err) != 0)
		return err->code;
	return hyp_view_deleted(request, "schedule deleted", request->args[0],
				err);
}
