/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/job-text.h"
#include "core/app/terminal.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"

#define PAGE 200
#define LIMIT_DEFAULT 50

static const struct hyp_cli_option options[] = {
	{"status", 's', "STATUS",
	 "only pending, running, completed, failed or cancelled ones; "
	 "repeatable"},
	{"since", 0, "TIME",
	 "only those submitted since then: 2h, 7d, or 2026-11-26T08:00:00Z"},
	{"vm", 0, "PATH", "only those of this VM, by its inventory path"},
	{"limit", 'n', "N", "at most that many, newest first (50; 0: all)"},
	{"json", 'j', NULL, "the server's answer, one JSON document"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static const struct hyp_table_column columns[] = {
	{"ID", 0},
	{"STATE", 0},
	{"DONE", HYP_TABLE_RIGHT},
	{"AGE", HYP_TABLE_RIGHT},
	{"NAME", HYP_TABLE_SHRINK},
};

static int32_t add_parameter(struct hyp_buf *query, const char *name,
			     const char *value, struct hyp_error *err)
{
	HYP_AUTO_FREE char *encoded = NULL;

	if (hyp_client_encode(value, &encoded, err) != 0)
		return err->code;
	return hyp_buf_addf(query, err, "%s%s=%s", query->len > 0 ? "&" : "?",
			    name, encoded);
}

/* A time, or how long ago. */
static int32_t add_since(struct hyp_buf *query, const char *text,
			 struct hyp_error *err)
{
	char at[HYP_TIME_TEXT_MAX];
	uint64_t ms;

	if (strchr(text, 'T') != NULL)
		return add_parameter(query, "since", text, err);
	if (hyp_parse_duration(text, &ms, err) != 0)
		return hyp_error_prefix(err, "--since: ");
	hyp_time_format(hyp_clock_wall_ms() - (int64_t)ms, at);
	return add_parameter(query, "since", at, err);
}

static int32_t add_statuses(struct hyp_buf *query, const struct hyp_args *args,
			    struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf all = HYP_BUF_INIT(1024);
	const char *status;
	size_t at = 0;

	while ((status = hyp_args_next(args, "status", &at)) != NULL)
		if (hyp_buf_addf(&all, err, "%s%s", all.len > 0 ? "," : "",
				 status) != 0)
			return err->code;
	return all.len == 0
		       ? 0
		       : add_parameter(query, "status", hyp_buf_str(&all), err);
}

/* All of the query but the page. */
static int32_t make_query(const struct hyp_args *args, struct hyp_buf *query,
			  int64_t *limit, struct hyp_error *err)
{
	const char *since = hyp_args_get(args, "since");
	const char *vm = hyp_args_get(args, "vm");
	const char *text = hyp_args_get(args, "limit");

	*limit = LIMIT_DEFAULT;
	if (text != NULL &&
	    hyp_parse_integer(text, 0, INT32_MAX, limit, err) != 0)
		return hyp_error_prefix(err, "--limit: ");
	if (add_statuses(query, args, err) != 0)
		return err->code;
	if (since != NULL && add_since(query, since, err) != 0)
		return err->code;
	return vm == NULL ? 0 : add_parameter(query, "vm_path", vm, err);
}

static int32_t get_page(struct hyp_client *client, const struct hyp_buf *query,
			int64_t limit, const char *cursor,
			struct json_object **reply, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf path = HYP_BUF_INIT(65536);
	HYP_AUTO_FREE char *encoded = NULL;

	if (hyp_client_encode(cursor, &encoded, err) != 0 ||
	    hyp_buf_addf(&path, err, "/jobs%s%slimit=%d%s%s",
			 hyp_buf_str(query), query->len > 0 ? "&" : "?",
			 limit > 0 && limit < PAGE ? (int)limit : PAGE,
			 cursor[0] != '\0' ? "&cursor=" : "", encoded) != 0)
		return err->code;
	return hyp_client_get(client, hyp_buf_str(&path), reply, err);
}

/* The jobs of page to those of all, which is the first page. */
static int32_t join(struct json_object **all, struct json_object *page,
		    struct hyp_error *err)
{
	struct json_object *to, *from = hyp_reply_member(page, "jobs");

	if (*all == NULL) {
		*all = page;
		return 0;
	}
	to = hyp_reply_member(*all, "jobs");
	for (size_t i = 0; i < json_object_array_length(from); i++)
		if (json_object_array_add(
			    to, json_object_get(json_object_array_get_idx(
					from, i))) != 0) {
			json_object_put(page);
			return hyp_error_nomem(err);
		}
	json_object_object_add(
		*all, "next_cursor",
		json_object_get(hyp_reply_member(page, "next_cursor")));
	json_object_put(page);
	return 0;
}

static size_t job_count(struct json_object *reply)
{
	struct json_object *jobs = hyp_reply_member(reply, "jobs");

	return json_object_is_type(jobs, json_type_array)
		       ? json_object_array_length(jobs)
		       : 0;
}

static int32_t get_all(struct hyp_client *client, const struct hyp_buf *query,
		       int64_t limit, struct json_object **all,
		       struct hyp_error *err)
{
	const char *cursor = "";
	struct json_object *page;
	size_t got = 0, before;

	do {
		int64_t rest = limit > 0 ? limit - (int64_t)got : 0;

		if (get_page(client, query, rest, cursor, &page, err) != 0)
			return err->code;
		before = got;
		got += job_count(page);
		if (join(all, page, err) != 0)
			return err->code;
		cursor = hyp_reply_text(*all, "next_cursor");
	} while (cursor[0] != '\0' && got > before &&
		 (limit == 0 || (int64_t)got < limit));
	if (cursor[0] == '\0') /* which the server may not have counted */
		json_object_object_add(*all, "total",
				       json_object_new_int64((int64_t)got));
	return 0;
}

static int32_t add_row(struct hyp_table *table, struct json_object *job,
		       struct hyp_error *err)
{
	char done[16], age[HYP_UNITS_TEXT_MAX];
	const char *const cells[HYP_COUNT(columns)] = {
		hyp_job_text_id(job), hyp_job_text_state(job), done, age,
		hyp_job_text_name(job)};

	hyp_job_text_done(job, done);
	hyp_job_text_ago(hyp_reply_text(job, "created_at"), hyp_clock_wall_ms(),
			 age);
	return hyp_table_add_line(table, cells, HYP_COUNT(cells), err);
}

static const struct hyp_listing listing = {"jobs", columns, HYP_COUNT(columns),
					   add_row};

static int32_t print_table(struct json_object *all, struct hyp_error *err)
{
	size_t count = job_count(all);
	int32_t rc = hyp_listing_print(&listing, all, err);

	if (rc == 0 && hyp_terminal_is(STDOUT_FILENO))
		printf("%zu job%s%s\n", count, count == 1 ? "" : "s",
		       hyp_reply_text(all, "next_cursor")[0] != '\0'
			       ? ", and there are more: --limit"
			       : "");
	return rc;
}

static int32_t list(struct hyp_client *client, const struct hyp_args *args,
		    int *code, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf query = HYP_BUF_INIT(32768);
	struct json_object *all = NULL;
	int64_t limit;
	int32_t rc = make_query(args, &query, &limit, err);

	(void)code;
	if (rc == 0)
		rc = get_all(client, &query, limit, &all, err);
	if (rc == 0 && hyp_args_has(args, "json"))
		hyp_reply_print(all);
	else if (rc == 0)
		rc = print_table(all, err);
	json_object_put(all);
	return rc;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, list);
}

const struct hyp_command hyp_cmd_jobs_list = {
	.name = "jobs list",
	.summary = "Lists the daemon's jobs, newest first",
	.groups = {&group, &hyp_client_options},
	.run = run,
};
