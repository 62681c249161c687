/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/app.h"
#include "core/app/json.h"
#include "core/base/clock.h"
#include "core/base/cron.h"
#include "core/base/units.h"

#include <string.h>

#define COUNT_MAX 1000

static const struct hyp_cli_option options[] = {
	{"zone", 'z', "ZONE",
	 "time zone, like Europe/Berlin, of an expression that names none "
	 "(default: the system's)"},
	{"after", 0, "TIME",
	 "only what comes after it, like 2026-03-28T12:00:00Z (default: now)"},
	{"count", 'n', "N", "how many times, 1 to 1000 (default: 5)"},
	{"json", 'j', NULL, "one JSON object"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

struct request {
	const char *expression;
	struct hyp_cron *cron;
	int64_t after_ms;
	int64_t count;
	int64_t next_ms[COUNT_MAX];
};

static int32_t parse_options(const struct hyp_args *args, struct request *r,
			     struct hyp_error *err)
{
	const char *after = hyp_args_get(args, "after");
	const char *count = hyp_args_get(args, "count");

	r->after_ms = hyp_clock_wall_ms();
	r->count = 5;
	if (after != NULL && hyp_time_read(after, &r->after_ms, err) != 0)
		return hyp_error_prefix(err, "--after: ");
	if (count != NULL &&
	    hyp_parse_integer(count, 1, COUNT_MAX, &r->count, err) != 0)
		return hyp_error_prefix(err, "--count: ");
	return 0;
}

static int32_t find(struct request *r, struct hyp_error *err)
{
	int64_t at = r->after_ms, wanted = r->count;

	for (r->count = 0; r->count < wanted; r->count++) {
		if (!hyp_cron_next(r->cron, at, &at))
			break;
		r->next_ms[r->count] = at;
	}
	if (r->count == 0)
		return hyp_error_set(err, HYP_E_PERMANENT, "never_fires", 0,
				     "\"%s\" does not fire within 28 years, or "
				     "not before the year 10000",
				     r->expression);
	return 0;
}

static void print_json(const struct request *r)
{
	struct json_object *list = json_object_new_array();
	struct json_object *o = json_object_new_object();
	char text[HYP_TIME_TEXT_MAX];

	for (int64_t i = 0; i < r->count; i++) {
		hyp_time_format(r->next_ms[i], text);
		json_object_array_add(list, json_object_new_string(text));
	}
	hyp_json_string(o, "expression", r->expression);
	hyp_json_string(o, "zone", hyp_zone_name(hyp_cron_zone(r->cron)));
	json_object_object_add(o, "next", list);
	hyp_json_print(o);
}

/* "Sun 2026-03-29 03:00:00 +02:00  2026-03-29T01:00:00Z" */
static void print_line(const struct hyp_zone *zone, int64_t ms)
{
	static const char days[][4] = {"Thu", "Fri", "Sat", "Sun",
				       "Mon", "Tue", "Wed"};
	int64_t offset = hyp_zone_offset(zone, ms / 1000);
	int64_t local = ms / 1000 + offset, minutes = llabs(offset) / 60;
	char text[HYP_TIME_TEXT_MAX], utc[HYP_TIME_TEXT_MAX];

	hyp_time_format(local * 1000, text);
	hyp_time_format(ms, utc);
	text[strcspn(text, "T")] = ' ';
	text[strcspn(text, "Z")] = '\0';
	local = (local - (local < 0 ? 86399 : 0)) / 86400 % 7;
	printf("%s %s %c%02d:%02d  %s\n", days[(local + 7) % 7], text,
	       offset < 0 ? '-' : '+', (int)(minutes / 60), (int)(minutes % 60),
	       utc);
}

static int32_t print_words(const struct request *r, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf words = HYP_BUF_INIT(1024);
	const struct hyp_zone *zone = hyp_cron_zone(r->cron);

	if (hyp_cron_describe(r->cron, &words, err) != 0)
		return err->code;
	printf("%s (%s)\n", hyp_buf_str(&words), hyp_zone_name(zone));
	for (int64_t i = 0; i < r->count; i++)
		print_line(zone, r->next_ms[i]);
	return 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	struct request r = {.expression = args->operands[0]};
	struct hyp_error err;
	int32_t rc;

	(void)app;
	rc = parse_options(args, &r, &err);
	if (rc == 0)
		rc = hyp_cron_parse(r.expression, hyp_args_get(args, "zone"),
				    &r.cron, &err);
	if (rc == 0)
		rc = find(&r, &err);
	if (rc == 0 && hyp_args_has(args, "json"))
		print_json(&r);
	else if (rc == 0)
		rc = print_words(&r, &err);
	hyp_cron_free(r.cron);
	return rc == 0 ? HYP_EXIT_DONE : hyp_app_fail(&err);
}

const struct hyp_command hyp_cmd_cron_next = {
	.name = "cron next",
	.operands = "'EXPRESSION'",
	.summary = "Says when a cron expression fires, and what it means",
	.details =
		"EXPRESSION: minute, hour, day of month, month, day of week in "
		"one pair of quotes:\n'0 2 * * *', '*/15 9-17 * * MON-FRI'; or "
		"@hourly, @daily, @weekly, @monthly,\n@yearly, '@every "
		"1h30m'. CRON_TZ=Europe/Berlin before it names its zone.",
	.min = 1,
	.max = 1,
	.groups = {&group},
	.run = run,
};
