/* SPDX-License-Identifier: Apache-2.0 */
/* A cron expression in words, from what it matches, not from how it is
 * written. */
#include "core/base/cleanup.h"
#include "core/base/cron-parts.h"

#include <string.h>

static const char *const weekdays[] = {"Sunday",    "Monday",	"Tuesday",
				       "Wednesday", "Thursday", "Friday",
				       "Saturday"};
static const char *const months[] = {
	"",	   "January",  "February", "March",  "April",
	"May",	   "June",     "July",	   "August", "September",
	"October", "November", "December"};

#define ALL_MINUTES ((UINT64_C(1) << 60) - 1)
#define ALL_HOURS ((UINT64_C(1) << 24) - 1)
#define ALL_MONTHS (((UINT64_C(1) << 12) - 1) << 1)
#define ALL_WEEKDAYS ((UINT64_C(1) << 7) - 1)
#define TIMES_SHOWN 6

/* Text is appended until it fails once; the error is kept. */
struct words {
	struct hyp_buf *out;
	struct hyp_error *err;
	int32_t rc;
};

__attribute__((format(printf, 2, 3))) static void say(struct words *w,
						      const char *fmt, ...)
{
	char text[128];
	va_list ap;

	if (w->rc != 0)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	w->rc = hyp_buf_adds(w->out, text, w->err);
}

static int has(uint64_t set, unsigned bit)
{
	return bit < 64 && (set >> bit & 1) != 0;
}

static unsigned count(uint64_t set)
{
	return (unsigned)__builtin_popcountll(set);
}

static unsigned first(uint64_t set)
{
	return (unsigned)__builtin_ctzll(set);
}

/* One past the last of the run that begins at bit; two are no run. */
static unsigned run_end(uint64_t set, unsigned bit)
{
	unsigned end = bit;

	while (has(set, end))
		end++;
	return end - bit > 2 ? end : bit + 1;
}

static void say_one(struct words *w, unsigned n, const char *const *names)
{
	if (names != NULL)
		say(w, "%s", names[n]);
	else
		say(w, "%u", n);
}

/* "1, 3 to 5 and 7", or by names. */
static void say_set(struct words *w, uint64_t set, const char *const *names)
{
	const char *between = "";

	while (set != 0) {
		unsigned bit = first(set), end = run_end(set, bit);

		set = end < 64 ? set >> end << end : 0;
		if (*between != '\0' && set == 0)
			between = " and ";
		say(w, "%s", between);
		say_one(w, bit, names);
		if (end > bit + 1) {
			say(w, " to ");
			say_one(w, end - 1, names);
		}
		between = ", ";
	}
}

/* n, if the set is 0, n, 2n, ... below size, which n divides; else 0. */
static unsigned step_of(uint64_t set, unsigned size)
{
	unsigned n = count(set) > 1 ? size / count(set) : 0;

	if (n < 2 || size % n != 0)
		return 0;
	for (unsigned i = 0; i < size; i++)
		if (has(set, i) != (i % n == 0))
			return 0;
	return n;
}

/* "02:00, 14:00 and 18:00" */
static void say_times(struct words *w, uint64_t hours, uint64_t minutes)
{
	unsigned left = count(hours) * count(minutes);

	for (unsigned h = first(hours); h < 24; h++)
		for (unsigned m = 0; m < 60; m++) {
			if (!has(hours, h) || !has(minutes, m))
				continue;
			say(w, "%02u:%02u", h, m);
			left--;
			if (left > 0)
				say(w, left == 1 ? " and " : ", ");
		}
}

static void say_minutes(struct words *w, uint64_t minutes)
{
	unsigned step = step_of(minutes, 60);

	if (minutes == ALL_MINUTES) {
		say(w, "every minute");
	} else if (step != 0) {
		say(w, "every %u minutes", step);
	} else {
		say(w, "at minute ");
		say_set(w, minutes, NULL);
	}
}

static void say_hours(struct words *w, uint64_t hours, const char *before)
{
	unsigned step = step_of(hours, 24);

	if (hours == ALL_HOURS) {
		say(w, "%s", before);
	} else if (step != 0) {
		say(w, " of every %u hours from 0", step);
	} else {
		say(w, count(hours) == 1 ? " of hour " : " of hours ");
		say_set(w, hours, NULL);
	}
}

/* Few enough times to be said one by one. */
static int is_listed(const struct hyp_cron *cron)
{
	return count(cron->sets[HYP_CRON_HOUR]) *
		       count(cron->sets[HYP_CRON_MINUTE]) <=
	       TIMES_SHOWN;
}

static void say_time(struct words *w, const struct hyp_cron *cron)
{
	uint64_t minutes = cron->sets[HYP_CRON_MINUTE];
	uint64_t hours = cron->sets[HYP_CRON_HOUR];
	int single = minutes != ALL_MINUTES && step_of(minutes, 60) == 0;

	if (is_listed(cron)) {
		say(w, "at ");
		say_times(w, hours, minutes);
		return;
	}
	say_minutes(w, minutes);
	say_hours(w, hours, single ? " of every hour" : "");
}

static void say_days(struct words *w, const struct hyp_cron *cron)
{
	uint64_t days = cron->sets[HYP_CRON_DAY];
	uint64_t week = cron->sets[HYP_CRON_WEEKDAY];
	const char *join = ", on ";

	if ((cron->any_day && cron->any_weekday) ||
	    (!cron->any_weekday && week == ALL_WEEKDAYS)) {
		say(w, is_listed(cron) ? " every day" : "");
		return;
	}
	if (!cron->any_day) {
		say(w, "%sday ", join);
		say_set(w, days, NULL);
		say(w, " of the month");
		join = " or on ";
	}
	if (!cron->any_weekday) {
		say(w, "%s", join);
		say_set(w, week, weekdays);
	}
}

int32_t hyp_cron_describe(const struct hyp_cron *cron, struct hyp_buf *out,
			  struct hyp_error *err)
{
	struct words w = {out, err, 0};
	int64_t s = cron->every_s;

	if (s > 0) {
		say(&w, "every ");
		if (s >= 3600)
			say(&w, "%lldh", (long long)s / 3600);
		if (s / 60 % 60 > 0)
			say(&w, "%lldm", (long long)s / 60 % 60);
		if (s % 60 > 0)
			say(&w, "%llds", (long long)s % 60);
		say(&w, ", counted from the start");
		return w.rc;
	}
	say_time(&w, cron);
	say_days(&w, cron);
	if (cron->sets[HYP_CRON_MONTH] != ALL_MONTHS) {
		say(&w, ", in ");
		say_set(&w, cron->sets[HYP_CRON_MONTH], months);
	}
	return w.rc;
}
