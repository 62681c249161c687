/* SPDX-License-Identifier: Apache-2.0 */
/* What a schedule says of missed instants, of runs that overlap, and of the
 * times of day at which it may run. */
#include "core/base/cleanup.h"
#include "core/base/units.h"
#include "core/engine/definition-parse.h"
#include "core/engine/schedule.h"

#define DAY_MS INT64_C(86400000)
#define DEADLINE_MS (DAY_MS / 2)
#define DEADLINE_MIN_MS 1000
#define DEADLINE_MAX_MS (366 * DAY_MS)
#define RUNS_MAX 1000
#define WINDOWS_MAX 100
#define ALL_DAYS 127u

const char *const hyp_catch_up_words[] = {"once", "skip", "all", NULL};
const char *const hyp_overlap_words[] = {"forbid", "queue", "allow", NULL};

struct policy_reader {
	struct hyp_definition_reader r; /* first: takers find the rest by it */
	struct hyp_schedule_policy *out;
	struct hyp_schedule_window *window; /* at hand */
	uint32_t has_overlap, skip_if_running;
	int64_t max_concurrent;
};

static struct policy_reader *of(struct hyp_definition_reader *r)
{
	return (struct policy_reader *)(void *)r;
}

static int32_t take_word(struct hyp_definition_reader *r,
			 struct json_object *value, const char *const *words,
			 const char *list, uint32_t *out)
{
	HYP_AUTO_FREE char *text = NULL;

	if (hyp_definition_text(r, value, 16, &text) != 0)
		return r->err->code;
	for (uint32_t i = 0; text != NULL && words[i] != NULL; i++)
		if (strcmp(words[i], text) == 0) {
			*out = i;
			return 0;
		}
	return hyp_definition_bad(r, "must be one of %s", list);
}

static int32_t take_catch_up(struct hyp_definition_reader *r,
			     struct json_object *value)
{
	return take_word(r, value, hyp_catch_up_words, "once, skip, all",
			 &of(r)->out->catch_up);
}

static int32_t take_overlap(struct hyp_definition_reader *r,
			    struct json_object *value)
{
	of(r)->has_overlap = 1;
	return take_word(r, value, hyp_overlap_words, "forbid, queue, allow",
			 &of(r)->out->overlap);
}

static int32_t take_deadline(struct hyp_definition_reader *r,
			     struct json_object *value)
{
	HYP_AUTO_FREE char *text = NULL;
	struct hyp_error why;
	uint64_t ms;

	if (hyp_definition_text(r, value, 64, &text) != 0)
		return r->err->code;
	if (hyp_parse_duration(text != NULL ? text : "", &ms, &why) != 0)
		return hyp_definition_bad(r, "%s", why.text);
	if (ms < DEADLINE_MIN_MS || ms > DEADLINE_MAX_MS)
		return hyp_definition_bad(r, "must be from 1s to 366d");
	of(r)->out->deadline_ms = (int64_t)ms;
	return 0;
}

/* --- advanced_config ---------------------------------------------------- */

static int32_t take_skip(struct hyp_definition_reader *r,
			 struct json_object *value)
{
	return hyp_definition_bool(r, value, &of(r)->skip_if_running);
}

static int32_t take_max(struct hyp_definition_reader *r,
			struct json_object *value)
{
	return hyp_definition_integer(r, value, 0, RUNS_MAX,
				      &of(r)->max_concurrent);
}

/* What clients of old send without meaning it is taken; what would do
 * something that we do not is refused. */
static int32_t take_refused(struct hyp_definition_reader *r,
			    struct json_object *value)
{
	int says_nothing = 0;

	switch (json_object_get_type(value)) {
	case json_type_boolean:
		says_nothing = !json_object_get_boolean(value);
		break;
	case json_type_int:
		says_nothing = json_object_get_int64(value) == 0;
		break;
	case json_type_array:
		says_nothing = json_object_array_length(value) == 0;
		break;
	default:
		break;
	}
	return says_nothing ? 0
			    : hyp_definition_unsupported(
				      r, "is not supported: of advanced_config "
					 "there are time_windows, "
					 "max_concurrent and skip_if_running");
}

/* "22:00"; "24:00" where a window ends. */
static int32_t take_minute(struct hyp_definition_reader *r,
			   struct json_object *value, int last, int32_t *out)
{
	HYP_AUTO_FREE char *text = NULL;
	unsigned hour, minute;
	int end = 0;

	if (hyp_definition_text(r, value, 5, &text) != 0)
		return r->err->code;
	if (text == NULL || strlen(text) != 5 ||
	    strspn(text, "0123456789") != 2 ||
	    sscanf(text, "%2u:%2u%n", &hour, &minute, &end) != 2 || end != 5 ||
	    minute > 59 || (int)(hour * 60 + minute) > last)
		return hyp_definition_bad(r, "must be a time like 22:00");
	*out = (int32_t)(hour * 60 + minute);
	return 0;
}

static int32_t take_start(struct hyp_definition_reader *r,
			  struct json_object *value)
{
	return take_minute(r, value, 1439, &of(r)->window->start);
}

static int32_t take_end(struct hyp_definition_reader *r,
			struct json_object *value)
{
	return take_minute(r, value, 1440, &of(r)->window->end);
}

static int32_t take_timezone(struct hyp_definition_reader *r,
			     struct json_object *value)
{
	HYP_AUTO_FREE char *name = NULL;
	struct hyp_error why;

	if (hyp_definition_text(r, value, 64, &name) != 0)
		return r->err->code;
	if (name == NULL)
		return 0;
	hyp_zone_close(of(r)->window->zone);
	of(r)->window->zone = NULL;
	if (hyp_zone_open(name, &of(r)->window->zone, &why) != 0)
		return hyp_definition_bad(r, "%s", why.text);
	return 0;
}

static int32_t take_day(struct hyp_definition_reader *r,
			struct json_object *value, uint32_t *days)
{
	static const char names[7][4] = {"sun", "mon", "tue", "wed",
					 "thu", "fri", "sat"};
	HYP_AUTO_FREE char *name = NULL;

	if (hyp_definition_text(r, value, 16, &name) != 0)
		return r->err->code;
	for (uint32_t i = 0; name != NULL && i < 7; i++)
		if (strncasecmp(names[i], name, 4) == 0) {
			*days |= 1u << i;
			return 0;
		}
	return hyp_definition_bad(r, "must be Mon, Tue, Wed, Thu, Fri, Sat or "
				     "Sun");
}

/* Each of a list, with its pointer. */
static int32_t each(struct hyp_definition_reader *r, struct json_object *list,
		    size_t max,
		    int32_t (*take)(struct hyp_definition_reader *r,
				    struct json_object *value, void *ctx),
		    void *ctx)
{
	size_t n = strlen(r->at);
	char index[24];

	if (!json_object_is_type(list, json_type_array))
		return hyp_definition_bad(r, "must be a list, [...]");
	if (json_object_array_length(list) > max)
		return hyp_definition_bad(r, "holds more than %zu entries",
					  max);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		snprintf(index, sizeof(index), "%zu", i);
		hyp_json_pointer_step(index, r->at + n, sizeof(r->at) - n);
		if (take(r, json_object_array_get_idx(list, i), ctx) != 0)
			return r->err->code;
		r->at[n] = '\0';
	}
	return 0;
}

static int32_t day_of(struct hyp_definition_reader *r,
		      struct json_object *value, void *days)
{
	return take_day(r, value, days);
}

static int32_t take_days(struct hyp_definition_reader *r,
			 struct json_object *value)
{
	uint32_t days = 0;

	if (each(r, value, 7, day_of, &days) != 0)
		return r->err->code;
	if (days != 0)
		of(r)->window->days = days;
	return 0;
}

static int32_t take_window(struct hyp_definition_reader *r,
			   struct json_object *value, void *ctx)
{
	static const struct hyp_definition_field fields[] = {
		{"days", take_days},
		{"end_time", take_end},
		{"start_time", take_start},
		{"timezone", take_timezone},
	};
	struct hyp_schedule_policy *policy = ctx;
	struct hyp_schedule_window *windows = reallocarray(
		policy->windows, policy->window_count + 1, sizeof(*windows));

	if (windows == NULL)
		return hyp_error_nomem(r->err);
	policy->windows = windows;
	of(r)->window = &windows[policy->window_count++];
	*of(r)->window = (struct hyp_schedule_window){-1, -1, ALL_DAYS, NULL};
	if (hyp_definition_members(r, value, fields, HYP_COUNT(fields)) != 0)
		return r->err->code;
	if (of(r)->window->start < 0 || of(r)->window->end < 0)
		return hyp_definition_bad(r, "start_time and end_time must be "
					     "given, as 22:00");
	return 0;
}

static int32_t take_windows(struct hyp_definition_reader *r,
			    struct json_object *value)
{
	return each(r, value, WINDOWS_MAX, take_window, of(r)->out);
}

static int32_t take_advanced(struct hyp_definition_reader *r,
			     struct json_object *value)
{
	static const struct hyp_definition_field fields[] = {
		{"conditions", take_refused},
		{"depends_on", take_refused},
		{"max_concurrent", take_max},
		{"notify_on_failure", take_refused},
		{"notify_on_retry", take_refused},
		{"notify_on_start", take_refused},
		{"notify_on_success", take_refused},
		{"priority", take_refused},
		{"retry_policy", take_refused},
		{"skip_if_running", take_skip},
		{"time_windows", take_windows},
	};

	return hyp_definition_members(r, value, fields, HYP_COUNT(fields));
}

/* Three ways to say one thing: they may not say different things. */
static int32_t judge_overlap(struct policy_reader *p)
{
	struct hyp_schedule_policy *out = p->out;
	int64_t n = p->max_concurrent;

	snprintf(p->r.at, sizeof(p->r.at), "/advanced_config/skip_if_running");
	if (p->skip_if_running && out->overlap != HYP_OVERLAP_FORBID)
		return hyp_definition_bad(&p->r, "says that overlap is "
						 "\"forbid\", and overlap "
						 "says something else");
	snprintf(p->r.at, sizeof(p->r.at), "/advanced_config/max_concurrent");
	if (n > 1 && p->skip_if_running)
		return hyp_definition_bad(&p->r, "is more than 1, which "
						 "skip_if_running forbids");
	if (n > 0 && p->has_overlap && out->overlap != HYP_OVERLAP_ALLOW &&
	    !(n == 1 && out->overlap == HYP_OVERLAP_FORBID))
		return hyp_definition_bad(&p->r, "says that overlap is "
						 "\"allow\", and overlap says "
						 "something else");
	if (n > 0 && !p->skip_if_running) {
		out->overlap = HYP_OVERLAP_ALLOW;
		out->max_runs = n;
	}
	return 0;
}

int32_t hyp_schedule_policy_read(struct json_object *json,
				 struct hyp_schedule_policy *out,
				 struct hyp_error *err)
{
	static const struct hyp_definition_field fields[] = {
		{"advanced_config", take_advanced},
		{"catch_up", take_catch_up},
		{"deadline", take_deadline},
		{"overlap", take_overlap},
	};
	struct policy_reader p = {.r = {.err = err}, .out = out};

	memset(out, 0, sizeof(*out));
	out->deadline_ms = DEADLINE_MS;
	if (hyp_definition_members(&p.r, json, fields, HYP_COUNT(fields)) != 0)
		return err->code;
	return judge_overlap(&p);
}

void hyp_schedule_policy_fini(struct hyp_schedule_policy *policy)
{
	for (size_t i = 0; i < policy->window_count; i++)
		hyp_zone_close(policy->windows[i].zone);
	free(policy->windows);
	memset(policy, 0, sizeof(*policy));
}

/* The day before counts too, where the window goes on beyond midnight. */
static int is_inside(const struct hyp_schedule_window *w,
		     const struct hyp_zone *zone, int64_t now_ms)
{
	int64_t now = now_ms / 1000;
	int64_t local = now + hyp_zone_offset(zone, now);
	int64_t day = local / 86400 - (local % 86400 < 0);
	int32_t minute = (int32_t)((local - day * 86400) / 60);
	uint32_t weekday = (uint32_t)(((day + 4) % 7 + 7) % 7);
	uint32_t today = w->days >> weekday & 1;
	uint32_t yesterday = w->days >> (weekday + 6) % 7 & 1;

	if (w->end > w->start)
		return today && minute >= w->start && minute < w->end;
	return (today && minute >= w->start) || (yesterday && minute < w->end);
}

int hyp_schedule_is_open(const struct hyp_schedule *schedule, int64_t now_ms)
{
	const struct hyp_schedule_policy *policy = &schedule->policy;

	for (size_t i = 0; i < policy->window_count; i++) {
		const struct hyp_schedule_window *w = &policy->windows[i];

		if (is_inside(w,
			      w->zone != NULL ? w->zone
					      : hyp_cron_zone(schedule->cron),
			      now_ms))
			return 1;
	}
	return policy->window_count == 0;
}
