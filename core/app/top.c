/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/top.h"
#include "core/app/job-text.h"
#include "core/app/json.h"
#include "core/app/meter.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"

#include <stdlib.h>

#define STALE_MS 5000 /* progress is told each second: this long is a stall */
#define WHOLE 10000   /* a percent has hundredths */

/* How a job came along. Times are the daemon's. */
struct pace {
	char *id;
	uint64_t bytes;
	int64_t told_ms; /* when the daemon wrote down its last progress */
	int seen;	 /* in this look */
	struct hyp_meter meter;
};

struct hyp_top {
	struct hyp_client *client;
	struct pace *paces;
	size_t count;
};

static void pace_fini(struct pace *pace)
{
	free(pace->id);
}

static struct pace *find(struct hyp_top *top, const char *id)
{
	for (size_t i = 0; i < top->count; i++)
		if (strcmp(top->paces[i].id, id) == 0)
			return &top->paces[i];
	return NULL;
}

static int32_t add(struct hyp_top *top, const char *id, struct pace **out,
		   struct hyp_error *err)
{
	struct pace *paces =
		reallocarray(top->paces, top->count + 1, sizeof(*paces));

	if (paces == NULL)
		return hyp_error_nomem(err);
	top->paces = paces;
	*out = &paces[top->count];
	memset(*out, 0, sizeof(**out));
	if (hyp_strdup(id, &(*out)->id, err) != 0)
		return err->code;
	top->count++;
	return 0;
}

/* Jobs that run no more take their pace with them. */
static void forget(struct hyp_top *top)
{
	size_t kept = 0;

	for (size_t i = 0; i < top->count; i++) {
		if (!top->paces[i].seen) {
			pace_fini(&top->paces[i]);
			continue;
		}
		top->paces[i].seen = 0;
		top->paces[kept++] = top->paces[i];
	}
	top->count = kept;
}

static uint64_t hundredths(struct json_object *progress)
{
	struct json_object *p = hyp_reply_member(progress, "percent_complete");
	double percent = json_object_get_double(p);

	return percent > 0 && percent <= 100 ? (uint64_t)(percent * 100) : 0;
}

/* What was there at the first look, or is lost since, tells nothing. */
static void measure(struct pace *pace, struct json_object *job)
{
	struct json_object *progress = hyp_reply_member(job, "progress");
	uint64_t bytes =
		(uint64_t)hyp_reply_number(progress, "bytes_transferred");
	int64_t told = hyp_job_text_time(hyp_reply_text(job, "updated_at"));
	uint64_t done = hundredths(progress);

	if (pace->meter.count == 0 || bytes < pace->bytes ||
	    told < pace->told_ms) {
		hyp_meter_init(&pace->meter, (uint64_t)told);
		pace->meter.samples[0].done = done;
		pace->meter.samples[0].bytes = bytes;
	} else if (told > pace->told_ms) {
		hyp_meter_add(&pace->meter, (uint64_t)told, done, WHOLE, bytes);
	}
	pace->bytes = bytes;
	pace->told_ms = told;
}

static void put_pace(struct json_object *o, const struct pace *pace,
		     int64_t now_ms, uint64_t *rate)
{
	uint64_t left, now = (uint64_t)pace->told_ms;
	int known = pace->meter.count > 1;

	if (now_ms - pace->told_ms > STALE_MS) {
		now = (uint64_t)now_ms;
		known = 1;
	}
	if (!known) {
		json_object_object_add(o, "bytes_per_second", NULL);
		json_object_object_add(o, "seconds_left", NULL);
		return;
	}
	hyp_json_number(o, "bytes_per_second",
			hyp_meter_rate(&pace->meter, now));
	*rate += hyp_meter_rate(&pace->meter, now);
	if (hyp_meter_left(&pace->meter, now, &left))
		hyp_json_number(o, "seconds_left", left / 1000);
	else
		json_object_object_add(o, "seconds_left", NULL);
}

/* Since when it is in its state. */
static const char *since(struct json_object *job)
{
	const char *status = hyp_reply_text(job, "status");

	if (hyp_job_text_ended(status))
		return hyp_reply_text(job, "completed_at");
	return hyp_reply_text(job, strcmp(status, "running") == 0
					   ? "started_at"
					   : "created_at");
}

static void put_text(struct json_object *o, const char *name, const char *text)
{
	hyp_json_string(o, name, text[0] != '\0' ? text : NULL);
}

static struct json_object *describe(struct json_object *job)
{
	struct json_object *o = json_object_new_object();
	struct json_object *progress = hyp_reply_member(job, "progress");
	int percent = hyp_job_text_percent(job);

	put_text(o, "id", hyp_job_text_id(job));
	put_text(o, "name", hyp_job_text_name(job));
	put_text(o, "status", hyp_reply_text(job, "status"));
	put_text(o, "state", hyp_job_text_state(job));
	json_object_object_add(o, "percent",
			       percent < 0 ? NULL
					   : json_object_new_int(percent));
	hyp_json_number(
		o, "bytes",
		(uint64_t)hyp_reply_number(progress, "bytes_transferred"));
	put_text(o, "since", since(job));
	put_text(o, "error_kind", hyp_reply_text(job, "error_kind"));
	return o;
}

/* One of GET /jobs, to the document. */
static int32_t take(struct hyp_top *top, struct json_object *job,
		    int64_t now_ms, struct json_object *to, uint64_t *rate,
		    struct hyp_error *err)
{
	const char *id = hyp_job_text_id(job);
	struct json_object *o = describe(job);
	struct pace *pace = find(top, id);

	json_object_array_add(to, o);
	if (strcmp(hyp_reply_text(job, "status"), "running") != 0)
		return 0;
	if (pace == NULL && add(top, id, &pace, err) != 0)
		return err->code;
	pace->seen = 1;
	measure(pace, job);
	put_pace(o, pace, now_ms, rate);
	return 0;
}

static int32_t ask(struct hyp_top *top, const char *path,
		   struct json_object **reply, struct hyp_error *err)
{
	const struct hyp_call call = {.method = "GET", .path = path};

	return hyp_client_call(top->client, &call, reply, err);
}

static int32_t take_all(struct hyp_top *top, const char *path,
			struct json_object *to, uint64_t *rate,
			struct hyp_error *err)
{
	struct json_object *reply, *jobs;
	int64_t now_ms;
	int32_t rc = ask(top, path, &reply, err);

	if (rc != 0)
		return rc;
	jobs = hyp_reply_member(reply, "jobs");
	now_ms = hyp_job_text_time(hyp_reply_text(reply, "timestamp"));
	if (json_object_is_type(jobs, json_type_array))
		for (size_t i = 0;
		     rc == 0 && i < json_object_array_length(jobs); i++)
			rc = take(top, json_object_array_get_idx(jobs, i),
				  now_ms, to, rate, err);
	json_object_put(reply);
	return rc;
}

int32_t hyp_top_look(struct hyp_top *top, struct json_object **out,
		     struct hyp_error *err)
{
	static const char *const paths[] = {
		"/jobs?status=running&limit=100",
		"/jobs?status=pending&limit=100",
		"/jobs?status=completed,failed,cancelled&limit=10"};
	struct json_object *doc = json_object_new_object(), *status;
	struct json_object *jobs = json_object_new_array();
	uint64_t rate = 0;
	int32_t rc = ask(top, "/status", &status, err);

	if (rc == 0)
		json_object_object_add(doc, "status", status);
	for (size_t i = 0; rc == 0 && i < HYP_COUNT(paths); i++)
		rc = take_all(top, paths[i], jobs, &rate, err);
	hyp_json_number(doc, "bytes_per_second", rate);
	json_object_object_add(doc, "jobs", jobs);
	hyp_json_timestamp(doc);
	if (rc != 0) {
		json_object_put(doc);
		return rc;
	}
	forget(top);
	*out = doc;
	return 0;
}

int32_t hyp_top_new(struct hyp_client *client, struct hyp_top **out,
		    struct hyp_error *err)
{
	struct hyp_top *top = calloc(1, sizeof(*top));

	if (top == NULL)
		return hyp_error_nomem(err);
	top->client = client;
	*out = top;
	return 0;
}

void hyp_top_free(struct hyp_top *top)
{
	if (top == NULL)
		return;
	for (size_t i = 0; i < top->count; i++)
		pace_fini(&top->paces[i]);
	free(top->paces);
	free(top);
}
