/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/telling.h"
#include "core/base/cleanup.h"
#include "core/base/json-read.h"
#include "core/base/units.h"
#include "core/pipeline/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define EVENT_MS 60000 /* between two, at the most */
#define LEAST_MS 5000  /* and at the least */
#define STEPS 10       /* events over the whole */

/* An earlier attempt may have told something just now. */
void hyp_telling_begin(struct hyp_telling *telling, uint32_t attempt,
		       uint64_t now_ms)
{
	telling->began_ms = now_ms;
	if (attempt > 1)
		telling->told_ms = now_ms;
}

void hyp_telling_measure(struct hyp_telling *telling,
			 const struct hyp_export_file_state *files,
			 size_t count)
{
	struct hyp_advance *a = &telling->last;
	uint64_t done = 0, total = 0, received = 0, finished = 0;
	uint64_t lost = 0;
	int unknown = 0;

	telling->current[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		done = hyp_add_sat(done, files[i].done);
		total = hyp_add_sat(total, files[i].total);
		received = hyp_add_sat(received, files[i].bytes);
		lost = hyp_add_sat(lost, files[i].lost);
		finished += files[i].finished != 0;
		unknown |= files[i].total == 0 && !files[i].finished;
		if (!files[i].finished && files[i].bytes > 0 &&
		    telling->current[0] == '\0')
			snprintf(telling->current, sizeof(telling->current),
				 "%s", files[i].name);
	}
	a->files_done = finished;
	a->files_total = count;
	a->bytes_done = done;
	a->bytes_total = unknown ? 0 : total;
	a->percent = a->bytes_total == 0
			     ? 0
			     : 100.0 * (double)done / (double)a->bytes_total;
	if (a->percent > 100)
		a->percent = 100;
	telling->received = received;
	telling->transferred = hyp_add_sat(received, lost);
}

int hyp_telling_is_due(const struct hyp_telling *telling, uint64_t now_ms)
{
	uint32_t step = (uint32_t)(telling->last.percent * STEPS / 100);

	uint64_t since = now_ms - telling->told_ms;

	return (step > telling->told_step && since >= LEAST_MS) ||
	       since >= EVENT_MS;
}

void hyp_telling_told(struct hyp_telling *telling, uint64_t now_ms)
{
	telling->told_ms = now_ms;
	telling->told_step = (uint32_t)(telling->last.percent * STEPS / 100);
}

/* By the pace since the transfer began; 0 if that tells nothing yet. */
static uint64_t remaining_ms(const struct hyp_telling *t, uint64_t now_ms)
{
	uint64_t elapsed = now_ms - t->began_ms;
	uint64_t done = t->last.bytes_done - t->began_done;

	if (t->phase != HYP_PHASE_TRANSFERRING || t->last.bytes_total == 0 ||
	    t->last.bytes_done <= t->began_done ||
	    t->last.bytes_done >= t->last.bytes_total || elapsed < 1000)
		return 0;
	return (uint64_t)((double)elapsed / (double)done *
			  (double)(t->last.bytes_total - t->last.bytes_done));
}

static double rounded(double percent)
{
	return round(percent * 100) / 100;
}

static int fill_bytes(json_object *to, const struct hyp_telling *t)
{
	const struct hyp_advance *a = &t->last;

	return hyp_json_add(to, "files_downloaded",
			    json_object_new_uint64(a->files_done)) |
	       hyp_json_add(to, "total_files",
			    json_object_new_uint64(a->files_total)) |
	       hyp_json_add(to, "bytes_downloaded",
			    json_object_new_uint64(a->bytes_done)) |
	       hyp_json_add(to, "bytes_transferred",
			    json_object_new_uint64(t->received)) |
	       hyp_json_add(to, "total_bytes",
			    json_object_new_uint64(a->bytes_total)) |
	       hyp_json_add(to, "percent_complete",
			    json_object_new_double(rounded(a->percent)));
}

static int fill(json_object *to, const struct hyp_telling *t, uint64_t now_ms)
{
	const char *phase = t->phase != 0 ? hyp_phase_name(t->phase) : "";
	uint64_t left = remaining_ms(t, now_ms);
	char text[HYP_UNITS_TEXT_MAX] = "";
	int bad;

	if (left > 0)
		hyp_format_duration(left, text);
	bad = hyp_json_add(to, "phase", hyp_json_text(phase)) |
	      hyp_json_add(to, "current_file", hyp_json_text(t->current)) |
	      hyp_json_add(to, "current_step", hyp_json_text(phase)) |
	      fill_bytes(to, t) |
	      hyp_json_add(to, "estimated_remaining", hyp_json_text(text)) |
	      hyp_json_add(to, "export_method",
			   hyp_json_text(HYP_EXPORT_METHOD));
	if (left > 0)
		bad |= hyp_json_add(to, "estimated_remaining_ms",
				    json_object_new_uint64(left));
	return bad;
}

static int32_t print(json_object *root, int bad, struct hyp_buf *out,
		     struct hyp_error *err)
{
	const char *text = NULL;
	int32_t rc;

	if (!bad)
		text = hyp_json_to_string(
			root, JSON_C_TO_STRING_PLAIN |
				      JSON_C_TO_STRING_NOSLASHESCAPE);
	rc = text != NULL ? hyp_buf_adds(out, text, err) : hyp_error_nomem(err);
	json_object_put(root);
	return rc;
}

int32_t hyp_telling_json(const struct hyp_telling *telling, uint64_t now_ms,
			 struct hyp_buf *out, struct hyp_error *err)
{
	json_object *root = json_object_new_object();

	return print(root, root == NULL || fill(root, telling, now_ms) != 0,
		     out, err);
}

int32_t hyp_telling_ended(const char *progress, uint32_t completed,
			  struct hyp_buf *out, struct hyp_error *err)
{
	static const char *const over[] = {
		"phase", "current_file", "current_step", "estimated_remaining"};
	json_object *root = NULL;
	int bad = 0;

	if (hyp_json_read(progress, strlen(progress), &root, err) != 0 &&
	    strcmp(err->kind, "no_memory") == 0)
		return err->code;
	if (!json_object_is_type(root, json_type_object)) {
		json_object_put(root);
		return hyp_buf_adds(out, progress, err);
	}
	for (size_t i = 0; i < HYP_COUNT(over); i++)
		bad |= hyp_json_add(root, over[i], hyp_json_text(""));
	json_object_object_del(root, "estimated_remaining_ms");
	if (completed)
		bad |= hyp_json_add(root, "percent_complete",
				    json_object_new_double(100));
	return print(root, bad, out, err);
}
