/* SPDX-License-Identifier: Apache-2.0 */
/* For machines: one event per line on standard output, in the envelope that
 * webhooks have too, {event, timestamp, data}; the last line is the result. */
#include "core/app/exit-code.h"
#include "core/app/json.h"
#include "core/app/meter.h"
#include "core/app/result-json.h"
#include "core/app/view.h"
#include "core/base/buf.h"
#include "core/base/clock.h"

#include <stdlib.h>

#define EVERY_MS 1000u

struct json_view {
	struct hyp_view view;
	const struct hyp_view_job *job;
	struct hyp_meter meter;
	uint64_t said_ms;
	uint32_t phase;
};

static struct json_view *of(struct hyp_view *view)
{
	return (struct json_view *)(void *)view;
}

/* The data that every event has. */
static struct json_object *data_new(const struct json_view *v)
{
	const struct hyp_export_job *job = v->job->job;
	struct json_object *data = json_object_new_object();

	hyp_json_string(data, "job_id", job->id);
	hyp_json_string(data, "job_name", hyp_view_name(job));
	hyp_json_string(data, "vm_path", job->vm);
	return data;
}

static void send(const char *event, struct json_object *data)
{
	struct json_object *o = json_object_new_object();

	hyp_json_string(o, "event", event);
	hyp_json_timestamp(o);
	json_object_object_add(o, "data", data);
	hyp_json_print(o);
}

static void json_begin(struct hyp_view *view, const struct hyp_view_job *job)
{
	struct json_view *v = of(view);
	struct json_object *data;

	v->job = job;
	v->said_ms = 0;
	v->phase = HYP_PHASE_PREPARING;
	hyp_meter_init(&v->meter, hyp_clock_boot_ms());
	data = data_new(v);
	hyp_json_string(data, "output_path", job->job->output_dir);
	hyp_json_string(data, "format", job->format);
	hyp_json_bool(data, "dry_run", job->job->dry_run != 0);
	send("job.started", data);
}

static void json_phase(struct hyp_view *view, uint32_t phase)
{
	struct json_view *v = of(view);
	struct json_object *data = data_new(v);

	v->phase = phase;
	hyp_json_string(data, "phase", hyp_phase_name(phase));
	send("job.phase", data);
}

static void json_finding(struct hyp_view *view,
			 const struct hyp_finding *finding)
{
	static const char *const levels[] = {"info", "error", "warning",
					     "info"};
	struct json_object *data = data_new(of(view));

	hyp_json_string(data, "level",
			finding->level <= HYP_FINDING_INFO
				? levels[finding->level]
				: "info");
	hyp_json_string(data, "kind", finding->kind);
	hyp_json_string(data, "text", finding->text);
	send("job.finding", data);
}

static struct json_object *file_states(const struct hyp_export_file_state *f,
				       size_t count)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		struct json_object *o = json_object_new_object();

		hyp_json_string(o, "name", f[i].name);
		hyp_json_number(o, "bytes", f[i].bytes);
		hyp_json_percent(o, "percent_complete",
				 f[i].finished
					 ? 100
					 : hyp_percent(f[i].done, f[i].total));
		hyp_json_number(o, "restarts", f[i].restarts);
		hyp_json_bool(o, "finished", f[i].finished != 0);
		json_object_array_add(list, o);
	}
	return list;
}

static uint64_t count_finished(const struct hyp_export_file_state *files,
			       size_t count)
{
	uint64_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += files[i].finished != 0;
	return n;
}

static void send_progress(struct json_view *v,
			  const struct hyp_export_file_state *files,
			  size_t count, int percent, uint64_t bytes,
			  uint64_t now)
{
	struct json_object *data = data_new(v);
	uint64_t left;

	hyp_json_string(data, "phase", hyp_phase_name(v->phase));
	hyp_json_percent(data, "percent_complete", percent);
	hyp_json_number(data, "files_done", count_finished(files, count));
	hyp_json_number(data, "files_total", count);
	hyp_json_number(data, "bytes_done", bytes);
	/* How long a stream is that is made on the fly, nobody knows. */
	hyp_json_number(data, "bytes_total", HYP_UNKNOWN);
	hyp_json_number(data, "bytes_per_second",
			hyp_meter_rate(&v->meter, now));
	hyp_json_number(data, "estimated_remaining_seconds",
			hyp_meter_left(&v->meter, now, &left) ? left / 1000
							      : HYP_UNKNOWN);
	json_object_object_add(data, "files", file_states(files, count));
	send("job.progress", data);
}

static void json_progress(struct hyp_view *view,
			  const struct hyp_export_file_state *files,
			  size_t count)
{
	struct json_view *v = of(view);
	uint64_t done, total, bytes, now = hyp_clock_boot_ms();
	int percent;

	hyp_meter_sum(files, count, &done, &total, &bytes);
	hyp_meter_add(&v->meter, now, done, total, bytes);
	percent = hyp_percent(done, total);
	if (v->said_ms != 0 && now - v->said_ms < EVERY_MS &&
	    count_finished(files, count) < count)
		return;
	v->said_ms = now;
	send_progress(v, files, count, percent, bytes, now);
}

static void json_warning(struct hyp_view *view, const char *kind,
			 const char *text)
{
	struct json_object *data = data_new(of(view));

	hyp_json_string(data, "kind", kind);
	hyp_json_string(data, "text", text);
	send("job.warning", data);
}

static void json_restart(struct hyp_view *view, const char *file,
			 uint32_t restart, const struct hyp_error *why)
{
	struct json_object *data = data_new(of(view));

	hyp_json_string(data, "file", file);
	hyp_json_number(data, "restart", restart);
	hyp_json_string(data, "kind", why->kind);
	hyp_json_string(data, "error", why->text);
	send("job.restart", data);
}

static void json_failed(struct json_view *v, const struct hyp_result *result,
			const struct hyp_error *why)
{
	struct json_object *data = data_new(v);

	hyp_json_string(data, "error", why->text);
	hyp_json_string(data, "kind", why->kind);
	hyp_json_number(data, "exit_code", (uint64_t)hyp_exit_code(why));
	json_object_object_add(data, "result",
			       hyp_result_json(result, v->job->format, 0));
	send(why->code == HYP_E_CANCELLED ? "job.cancelled" : "job.failed",
	     data);
}

static void json_end(struct hyp_view *view, const struct hyp_result *result,
		     const struct hyp_error *why)
{
	struct json_view *v = of(view);
	struct json_object *data, *names;

	if (why != NULL) {
		json_failed(v, result, why);
		return;
	}
	data = data_new(v);
	names = json_object_new_array();
	for (size_t i = 0; i < result->file_count; i++)
		json_object_array_add(
			names, json_object_new_string(result->files[i].name));
	json_object_object_add(
		data, "duration_seconds",
		json_object_new_double((double)result->duration_ms / 1000.0));
	hyp_json_string(data, "ovf_path", result->output);
	json_object_object_add(data, "exported_files", names);
	json_object_object_add(data, "result",
			       hyp_result_json(result, v->job->format, 1));
	send(v->job->job->dry_run ? "job.checked" : "job.completed", data);
}

static void json_free(struct hyp_view *view)
{
	free(view);
}

static const struct hyp_view_ops json_ops = {
	json_begin,   json_phase,   json_finding, json_progress,
	json_warning, json_restart, json_end,	  json_free,
};

int32_t hyp_view_json_new(struct hyp_view **out, struct hyp_error *err)
{
	struct json_view *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return hyp_error_nomem(err);
	v->view.ops = &json_ops;
	*out = &v->view;
	return 0;
}
