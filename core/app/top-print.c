/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/job-text.h"
#include "core/app/top.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"

#define HEAD 5 /* lines above the first job */

static const struct hyp_table_column columns_of[] = {
	{"STATE", 0},
	{"DONE", HYP_TABLE_RIGHT},
	{"RATE", HYP_TABLE_RIGHT},
	{"LEFT", HYP_TABLE_RIGHT},
	{"FOR", HYP_TABLE_RIGHT},
	{"NAME", HYP_TABLE_SHRINK},
};

static void print_line(FILE *out, unsigned columns, const char *text)
{
	char safe[512];

	hyp_text_printable(text, safe, sizeof(safe));
	hyp_print_cut(out, safe, columns != 0 ? columns : sizeof(safe));
	fputc('\n', out);
}

static void print_head(struct json_object *doc, unsigned columns, FILE *out)
{
	static const char *const names[] = {"running", "pending", "completed",
					    "failed", "cancelled"};
	struct json_object *status = hyp_reply_member(doc, "status");
	const char *unready = hyp_reply_text(status, "unready");
	char text[512], key[32], rate[HYP_UNITS_TEXT_MAX];
	size_t n = 0;

	snprintf(text, sizeof(text), "hypersdkd %s, up %s, %s%s",
		 hyp_reply_text(status, "version"),
		 hyp_reply_text(status, "uptime"),
		 unready[0] != '\0' ? "takes no jobs: " : "ready", unready);
	print_line(out, columns, text);
	for (size_t i = 0; i < HYP_COUNT(names); i++) {
		snprintf(key, sizeof(key), "%s_jobs", names[i]);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%lld %s",
				      i == 0 ? "jobs  " : ", ",
				      (long long)hyp_reply_number(status, key),
				      names[i]);
	}
	print_line(out, columns, text);
	hyp_format_rate((uint64_t)hyp_reply_number(doc, "bytes_per_second"),
			rate);
	snprintf(text, sizeof(text), "rate  %s", rate);
	print_line(out, columns, text);
}

static int32_t add_job(struct hyp_table *table, struct json_object *job,
		       int64_t now_ms, struct hyp_error *err)
{
	const char *kind = hyp_reply_text(job, "error_kind");
	int runs = strcmp(hyp_reply_text(job, "status"), "running") == 0;
	char done[16] = "", rate[HYP_UNITS_TEXT_MAX] = "";
	char left[HYP_UNITS_TEXT_MAX] = "", ago[HYP_UNITS_TEXT_MAX], name[512];

	if (runs && hyp_reply_member(job, "percent") != NULL)
		snprintf(done, sizeof(done), "%d %%",
			 (int)hyp_reply_number(job, "percent"));
	if (hyp_reply_member(job, "bytes_per_second") != NULL)
		hyp_format_rate(
			(uint64_t)hyp_reply_number(job, "bytes_per_second"),
			rate);
	if (hyp_reply_member(job, "seconds_left") != NULL)
		hyp_format_duration(
			(uint64_t)hyp_reply_number(job, "seconds_left") * 1000,
			left);
	hyp_job_text_ago(hyp_reply_text(job, "since"), now_ms, ago);
	snprintf(name, sizeof(name), "%s%s%s%s", hyp_reply_text(job, "name"),
		 kind[0] != '\0' ? " (" : "", kind, kind[0] != '\0' ? ")" : "");
	return hyp_table_add_line(
		table,
		(const char *const[]){hyp_reply_text(job, "state"), done, rate,
				      left, ago, name},
		HYP_COUNT(columns_of), err);
}

static int has_ended(struct json_object *job)
{
	return hyp_job_text_ended(hyp_reply_text(job, "status"));
}

/* How many run or wait and are not among the first shown of jobs. */
static int64_t hidden(struct json_object *doc, size_t shown)
{
	struct json_object *status = hyp_reply_member(doc, "status");
	struct json_object *jobs = hyp_reply_member(doc, "jobs");
	int64_t active = hyp_reply_number(status, "running_jobs") +
			 hyp_reply_number(status, "pending_jobs");

	for (size_t i = 0; i < shown; i++)
		active -= !has_ended(json_object_array_get_idx(jobs, i));
	return active > 0 ? active : 0;
}

static int32_t print_jobs(struct json_object *doc, size_t shown,
			  unsigned columns, FILE *out, struct hyp_error *err)
{
	struct json_object *jobs = hyp_reply_member(doc, "jobs");
	int64_t now_ms = hyp_job_text_time(hyp_reply_text(doc, "timestamp"));
	struct hyp_table *table;
	int32_t rc = 0;

	if (hyp_table_new(columns_of, HYP_COUNT(columns_of), &table, err) != 0)
		return err->code;
	for (size_t i = 0; rc == 0 && i < shown; i++)
		rc = add_job(table, json_object_array_get_idx(jobs, i), now_ms,
			     err);
	if (rc == 0)
		hyp_table_print(table, out, columns);
	hyp_table_free(table);
	return rc;
}

int32_t hyp_top_print(struct json_object *doc, unsigned columns, unsigned lines,
		      FILE *out, struct hyp_error *err)
{
	size_t shown = json_object_array_length(hyp_reply_member(doc, "jobs"));
	size_t room = lines > HEAD + 1 ? lines - HEAD - 1 : 0;
	char text[64];

	if (lines != 0 && shown > room)
		shown = room;
	print_head(doc, columns, out);
	if (shown == 0)
		return 0;
	fputc('\n', out);
	if (print_jobs(doc, shown, columns, out, err) != 0)
		return err->code;
	if (hidden(doc, shown) > 0) {
		snprintf(text, sizeof(text), "and %lld more",
			 (long long)hidden(doc, shown));
		print_line(out, columns, text);
	}
	return 0;
}
