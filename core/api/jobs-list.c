/* SPDX-License-Identifier: Apache-2.0 */
/* Several jobs: GET /jobs in pages, and theirs, GET and POST /jobs/query. */
#include "core/api/cursor.h"
#include "core/api/handlers.h"
#include "core/api/rows.h"
#include "core/api/schemas.h"
#include "core/api/times.h"

#include <stdlib.h>

#define PAGE 100
#define NOT_COUNTED (-1)
/* Of a query without a limit: what is put into one answer. hypersdk's clients
 * expect all there are and print total: so that it is the true number, and
 * next_cursor, which they pass over, leads to the rest by GET /jobs. */
#define ALL 1000
/* A definition may have 256 KiB, and a thousand jobs the same: a page ends here
 * though it has fewer jobs than its limit. */
#define PAGE_BYTES (8u * 1024u * 1024u)

struct listing {
	struct hyp_out out;
	int64_t count, limit;
	int more; /* there was one beyond the limit, or the bytes */
	int64_t last_ms;
	char last_id[HYP_CURSOR_ID_MAX];
};

static int32_t write_job(void *ctx, const void *data, struct hyp_error *err)
{
	const struct hyp_job_row *row = data;
	struct listing *l = ctx;

	(void)err;
	l->more |= l->count == l->limit || l->out.buf->len > PAGE_BYTES;
	if (l->more)
		return 0;
	l->count++;
	l->last_ms = row->created_ms;
	snprintf(l->last_id, sizeof(l->last_id), "%s", row->id);
	hyp_view_job(&l->out, row);
	return l->out.rc;
}

static void begin(struct listing *l, struct hyp_request *request, int64_t limit,
		  struct hyp_error *err)
{
	memset(l, 0, sizeof(*l));
	l->limit = limit;
	hyp_reply_begin(request, 200, &l->out, err);
	hyp_out_open(&l->out, NULL, '{');
	hyp_out_open(&l->out, "jobs", '[');
}

/* With one more, to know whether there is another page. */
static int32_t list(struct listing *l, struct hyp_request *request,
		    struct hyp_store_query *query, struct hyp_error *err)
{
	query->limit = (uint32_t)l->limit + 1;
	return hyp_rows_list(request->engine, HYP_TABLE_JOB, query, write_job,
			     l, err);
}

static int32_t end(struct listing *l, int64_t total, struct hyp_error *err)
{
	char cursor[HYP_CURSOR_TEXT_MAX];

	if (l->more &&
	    hyp_cursor_write(l->last_ms, l->last_id, cursor, err) != 0)
		return err->code;
	hyp_out_close(&l->out, ']');
	if (total == NOT_COUNTED)
		hyp_out_null(&l->out, "total");
	else
		hyp_out_number(&l->out, "total", total);
	hyp_out_text(&l->out, "next_cursor", l->more ? cursor : NULL);
	hyp_out_timestamp(&l->out);
	hyp_out_close(&l->out, '}');
	return l->out.rc;
}

static uint32_t states_of(const char *status, size_t n)
{
	uint32_t states = 0;

	for (uint32_t i = 1; i < HYP_JOB_STATES; i++) {
		const char *name = hyp_job_status_name(i);

		if (strlen(name) == n && strncmp(name, status, n) == 0)
			states |= HYP_JOB_BIT(i);
	}
	return states;
}

/* "pending,running" */
static int32_t read_status(const char *text, uint32_t *states,
			   struct hyp_error *err)
{
	while (text != NULL && *text != '\0') {
		size_t n = strcspn(text, ",");
		uint32_t some = states_of(text, n);

		if (some == 0)
			return hyp_error_set(
				err, HYP_E_USAGE, "bad_request", 0,
				"?status: must be pending, running, "
				"completed, failed or cancelled, or several "
				"with commas");
		*states |= some;
		text += n;
		text += *text == ',';
	}
	return 0;
}

static int32_t read_filter(struct hyp_request *request,
			   struct hyp_store_query *query, char *after_id,
			   struct hyp_error *err)
{
	const char *since = hyp_request_text(request, "since");
	const char *until = hyp_request_text(request, "until");
	const char *cursor = hyp_request_text(request, "cursor");

	query->vm_path = hyp_request_text(request, "vm_path");
	query->group_id = hyp_request_text(request, "group_id");
	if (read_status(hyp_request_text(request, "status"), &query->states,
			err) != 0 ||
	    (since != NULL &&
	     hyp_time_parse(since, &query->since_ms, err) != 0) ||
	    (until != NULL &&
	     hyp_time_parse(until, &query->until_ms, err) != 0))
		return err->code;
	if (cursor == NULL || *cursor == '\0')
		return 0;
	if (hyp_cursor_read(cursor, &query->after_ms, after_id, err) != 0)
		return err->code;
	query->after_id = after_id;
	return 0;
}

/* Of another moment than the list. */
static int32_t count_jobs(struct hyp_request *request, uint32_t states,
			  int64_t *total, struct hyp_error *err)
{
	struct hyp_store_counts counts;

	if (hyp_rows_counts(request->engine, &counts, err) != 0)
		return err->code;
	*total = 0;
	for (uint32_t i = 0; i < HYP_JOB_STATES; i++)
		if (states == 0 || states & HYP_JOB_BIT(i))
			*total += (int64_t)counts.jobs[i];
	return 0;
}

static int is_set(const char *text)
{
	return text != NULL && text[0] != '\0';
}

/* On all pages. The store has the numbers by state; with another filter it
 * would have to read all that match, which may be a million. */
static int32_t total_of(const struct listing *l, struct hyp_request *request,
			const struct hyp_store_query *query, int64_t *total,
			struct hyp_error *err)
{
	int64_t least = l->count + l->more;

	*total = least;
	if (!l->more && query->after_id == NULL)
		return 0;
	if (is_set(query->vm_path) || is_set(query->group_id) ||
	    query->since_ms != 0 || query->until_ms != 0) {
		*total = NOT_COUNTED;
		return 0;
	}
	if (count_jobs(request, query->states, total, err) != 0)
		return err->code;
	if (*total < least)
		*total = least;
	return 0;
}

int32_t hyp_get_jobs(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_store_query query = {.size = sizeof(query)};
	char after_id[HYP_CURSOR_ID_MAX];
	int64_t limit = hyp_request_number(request, "limit", PAGE), total;
	struct listing l;

	if (read_filter(request, &query, after_id, err) != 0)
		return err->code;
	begin(&l, request, limit, err);
	if (list(&l, request, &query, err) != 0 ||
	    total_of(&l, request, &query, &total, err) != 0)
		return err->code;
	return end(&l, total, err);
}

static int32_t answer_query(struct hyp_request *request, uint32_t states,
			    int64_t limit, struct hyp_error *err)
{
	struct hyp_store_query query = {.size = sizeof(query),
					.states = states};
	struct listing l;
	int64_t total;

	begin(&l, request, limit > 0 ? limit : ALL, err);
	if (list(&l, request, &query, err) != 0 ||
	    total_of(&l, request, &query, &total, err) != 0)
		return err->code;
	return end(&l, total, err);
}

int32_t hyp_get_jobs_query(struct hyp_request *request, struct hyp_error *err)
{
	const char *all = hyp_request_text(request, "all");
	uint32_t states = 0;

	if (read_status(hyp_request_text(request, "status"), &states, err) != 0)
		return err->code;
	if (all != NULL && strcmp(all, "true") == 0)
		states = 0;
	return answer_query(request, states,
			    hyp_request_number(request, "limit", 0), err);
}

/* Those of the jobs that were named which are there and have such a state. */
struct named {
	uint32_t states;
	const char *id; /* that is looked for */
	struct name {
		const char *id;
		int64_t created_ms;
	} * at;
	size_t count;
};

static int32_t take_name(void *ctx, const void *data, struct hyp_error *err)
{
	const struct hyp_job_row *row = data;
	struct named *n = ctx;

	(void)err;
	if (n->states == 0 || n->states & HYP_JOB_BIT(row->state))
		n->at[n->count++] = (struct name){n->id, row->created_ms};
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct name *left = a, *right = b;

	if (left->created_ms != right->created_ms)
		return left->created_ms < right->created_ms ? 1 : -1;
	return strcmp(right->id, left->id);
}

static int32_t look_up(struct hyp_request *request, struct json_object *ids,
		       struct named *named, struct hyp_error *err)
{
	size_t n = json_object_array_length(ids);

	named->at = calloc(n, sizeof(*named->at));
	if (named->at == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < n; i++) {
		int32_t rc;

		named->id = json_object_get_string(
			json_object_array_get_idx(ids, i));
		rc = hyp_rows_job(request->engine, named->id, take_name, named,
				  err);
		if (rc != 0 && rc != HYP_E_NOT_FOUND)
			return rc;
	}
	qsort(named->at, named->count, sizeof(*named->at), newest_first);
	return 0;
}

/* total is of all of them; there is no page behind. */
static int32_t answer_named(struct hyp_request *request,
			    const struct named *named, int64_t limit,
			    struct hyp_error *err)
{
	struct listing l;

	begin(&l, request, (int64_t)named->count, err);
	for (size_t i = 0; i < named->count && l.count < limit; i++) {
		int32_t rc = hyp_rows_job(request->engine, named->at[i].id,
					  write_job, &l, err);

		if (rc != 0 && rc != HYP_E_NOT_FOUND)
			return rc;
	}
	if (l.more)
		return hyp_error_set(
			err, HYP_E_USAGE, "too_large", 0,
			"/job_ids: the answer would be longer than "
			"%u MiB; ask for fewer at once",
			PAGE_BYTES >> 20);
	return end(&l, (int64_t)named->count, err);
}

static int32_t query_ids(struct hyp_request *request, struct json_object *ids,
			 uint32_t states, int64_t limit, struct hyp_error *err)
{
	struct named named = {.states = states};
	int32_t rc = look_up(request, ids, &named, err);

	if (rc == 0)
		rc = answer_named(request, &named, limit > 0 ? limit : ALL,
				  err);
	free(named.at);
	return rc;
}

static uint32_t states_of_json(struct json_object *status)
{
	uint32_t states = 0;

	if (json_object_is_type(status, json_type_string))
		return states_of(json_object_get_string(status),
				 (size_t)json_object_get_string_len(status));
	for (size_t i = 0;
	     status != NULL && i < json_object_array_length(status); i++)
		states |= states_of_json(json_object_array_get_idx(status, i));
	return states;
}

int32_t hyp_post_jobs_query(struct hyp_request *request, struct hyp_error *err)
{
	struct json_object *ids =
		json_object_object_get(request->json, "job_ids");
	struct json_object *all = json_object_object_get(request->json, "all");
	struct json_object *limit =
		json_object_object_get(request->json, "limit");
	uint32_t states =
		states_of_json(json_object_object_get(request->json, "status"));

	if (json_object_get_boolean(all))
		states = 0;
	if (ids != NULL && json_object_array_length(ids) > 0)
		return query_ids(request, ids, states,
				 json_object_get_int64(limit), err);
	return answer_query(request, states, json_object_get_int64(limit), err);
}
