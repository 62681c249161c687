/* SPDX-License-Identifier: Apache-2.0 */
/* The next instant: a local time is looked for in the calendar, then the
 * instant at which the zone's clock shows it. */
#include "core/base/cron-parts.h"

#define DAY 86400
#define FIRST INT64_C(-62135596800) /* 0001-01-01 */
#define LAST INT64_C(253402300799)  /* the end of 9999 */
#define NONE INT64_MAX

struct date {
	int64_t year;
	unsigned month, day; /* from 1 */
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days since 1970-01-01 to a date and back, in the Gregorian calendar for
 * ever: years begin in March, so that the leap day is their last. */
static struct date date_of(int64_t days)
{
	int64_t era = floor_div(days + 719468, 146097);
	int64_t doe = days + 719468 - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	return (struct date){yoe + era * 400 + (mp >= 10),
			     (unsigned)(mp < 10 ? mp + 3 : mp - 9),
			     (unsigned)(doy - (153 * mp + 2) / 5 + 1)};
}

static int64_t days_of(int64_t year, unsigned month)
{
	int64_t y = year - (month <= 2);
	int64_t era = floor_div(y, 400), yoe = y - era * 400;
	int64_t doy =
		(153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int has(uint64_t set, unsigned bit)
{
	return (set >> bit & 1) != 0;
}

/* Bit d: day d of the month, which begins at days and ends before end. */
static uint64_t days_in(const struct hyp_cron *cron, int64_t days, int64_t end)
{
	unsigned first = (unsigned)((days + 4) - floor_div(days + 4, 7) * 7);
	uint64_t exist = (UINT64_C(2) << (end - days)) - 2;
	uint64_t week = cron->sets[HYP_CRON_WEEKDAY], weekly = 0;

	if (cron->any_weekday && cron->any_day)
		return exist;
	week = (week >> first | week << (7 - first)) & 127;
	for (unsigned d = 1; d <= 31; d += 7)
		weekly |= week << d;
	if (cron->any_day)
		return weekly & exist;
	if (cron->any_weekday)
		return cron->sets[HYP_CRON_DAY] & exist;
	return (weekly | cron->sets[HYP_CRON_DAY]) & exist;
}

/* The first matching minute of a day, from minute; 1440 if there is none. */
static unsigned minute_from(const struct hyp_cron *cron, unsigned minute)
{
	uint64_t hours = cron->sets[HYP_CRON_HOUR];
	uint64_t minutes = cron->sets[HYP_CRON_MINUTE];
	unsigned hour = minute / 60;
	uint64_t rest = minutes >> minute % 60 << minute % 60;

	if (hour < 24 && has(hours, hour) && rest != 0)
		return hour * 60 + (unsigned)__builtin_ctzll(rest);
	hours = hour < 23 ? hours >> (hour + 1) << (hour + 1) : 0;
	if (hours == 0)
		return 1440;
	return (unsigned)__builtin_ctzll(hours) * 60 +
	       (unsigned)__builtin_ctzll(minutes);
}

/* The first matching local time from local on, or NONE. */
static int64_t match_from(const struct hyp_cron *cron, int64_t local)
{
	int64_t today = floor_div(local, DAY), start, end;
	struct date date = date_of(today);
	unsigned minute = (unsigned)((local - today * DAY + 59) / 60);
	uint64_t days;

	minute = minute_from(cron, minute);
	date.day += minute == 1440;
	for (int i = 0; i <= 12 * HYP_CRON_YEARS; i++) {
		unsigned month = date.month;

		start = days_of(date.year, month);
		date.year += month == 12;
		date.month = month % 12 + 1;
		if (has(cron->sets[HYP_CRON_MONTH], month)) {
			end = days_of(date.year, date.month);
			days = days_in(cron, start, end) >> date.day
								    << date.day;
			if (days != 0) {
				start += __builtin_ctzll(days) - 1;
				if (start != today)
					minute = minute_from(cron, 0);
				return start * DAY + (int64_t)minute * 60;
			}
		}
		date.day = 1;
	}
	return NONE;
}

/* Fixed times: the clock's latest time rises, so that the first match above it
 * is the first to be reached. */
static int64_t next_fixed(const struct hyp_cron *cron, int64_t after)
{
	int64_t local =
		match_from(cron, hyp_zone_latest(cron->zone, after) + 1);

	return local == NONE ? NONE : hyp_zone_reach(cron->zone, local);
}

/* Elapsed time: the first match between two changes, else go on behind the
 * change. */
static int64_t next_elapsed(const struct hyp_cron *cron, int64_t after)
{
	const struct hyp_zone *zone = cron->zone;
	int64_t at = after + 1;

	for (;;) {
		int64_t offset = hyp_zone_offset(zone, at);
		int64_t local = match_from(cron, at + offset), near, change;

		if (local == NONE || local - after > HYP_CRON_YEARS * 366 * DAY)
			return NONE;
		near = at + HYP_ZONE_SHIFT_MAX;
		if (local - offset < near)
			near = local - offset;
		change = hyp_zone_change(zone, at, near);
		if (change == INT64_MAX && near == local - offset)
			return near;
		/* Whatever changes between here and shortly before local, the
		 * clock shows no time again that it showed before at, and none
		 * that matches. */
		if (change == INT64_MAX) {
			change = local - offset - HYP_ZONE_SHIFT_MAX;
			change = change > near ? change : near;
		}
		at = change;
	}
}

int hyp_cron_next(const struct hyp_cron *cron, int64_t after_ms,
		  int64_t *next_ms)
{
	int64_t after = floor_div(after_ms, 1000), next;

	if (after < FIRST || after > LAST)
		return 0;
	if (cron->every_s > 0)
		next = after + cron->every_s;
	else if (cron->elapsed)
		next = next_elapsed(cron, after);
	else
		next = next_fixed(cron, after);
	if (next > LAST || next - after > INT64_C(86400) * 366 * HYP_CRON_YEARS)
		return 0;
	*next_ms = next * 1000;
	return 1;
}
