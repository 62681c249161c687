/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/times.h"

#include <stddef.h>
#include <time.h>

static int digits(const char **at, size_t n, int *out)
{
	int value = 0;

	for (size_t i = 0; i < n; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return -1;
		value = 10 * value + (**at - '0');
	}
	*out = value;
	return 0;
}

static int literal(const char **at, char c)
{
	if (**at != c)
		return -1;
	(*at)++;
	return 0;
}

static int date(const char **at, struct tm *tm)
{
	if (digits(at, 4, &tm->tm_year) != 0 || literal(at, '-') != 0 ||
	    digits(at, 2, &tm->tm_mon) != 0 || literal(at, '-') != 0 ||
	    digits(at, 2, &tm->tm_mday) != 0)
		return -1;
	if (tm->tm_year < 1970 || tm->tm_mon < 1 || tm->tm_mon > 12 ||
	    tm->tm_mday < 1 || tm->tm_mday > 31)
		return -1;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return 0;
}

static int clock_time(const char **at, struct tm *tm, int64_t *fraction_ms)
{
	int64_t scale = 100;

	if (digits(at, 2, &tm->tm_hour) != 0 || literal(at, ':') != 0 ||
	    digits(at, 2, &tm->tm_min) != 0 || literal(at, ':') != 0 ||
	    digits(at, 2, &tm->tm_sec) != 0)
		return -1;
	if (tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 60)
		return -1;
	if (tm->tm_sec == 60) /* a leap second, which Unix time has not */
		tm->tm_sec = 59;
	if (literal(at, '.') != 0)
		return 0;
	if (**at < '0' || **at > '9')
		return -1;
	for (; **at >= '0' && **at <= '9'; (*at)++, scale /= 10)
		*fraction_ms += (**at - '0') * scale;
	return 0;
}

static int offset(const char **at, int64_t *offset_s)
{
	int sign = **at == '-' ? -1 : 1, hours, minutes;

	if (**at == 'Z' || **at == 'z') {
		(*at)++;
		return 0;
	}
	if (**at != '+' && **at != '-')
		return -1;
	(*at)++;
	if (digits(at, 2, &hours) != 0 || literal(at, ':') != 0 ||
	    digits(at, 2, &minutes) != 0 || hours > 23 || minutes > 59)
		return -1;
	*offset_s = sign * (hours * 3600 + minutes * 60);
	return 0;
}

int32_t hyp_time_parse(const char *text, int64_t *wall_ms,
		       struct hyp_error *err)
{
	struct tm tm = {0}, check;
	int64_t fraction = 0, shift = 0;
	const char *at = text;
	int wrong = date(&at, &tm);
	time_t seconds;

	if (!wrong && *at != '\0') {
		wrong = *at != 'T' && *at != 't';
		at += !wrong;
		wrong = wrong || clock_time(&at, &tm, &fraction) != 0 ||
			offset(&at, &shift) != 0 || *at != '\0';
	}
	check = tm;
	seconds = timegm(&check);
	/* The 31st of a month that has 30 days became another day. */
	if (wrong || check.tm_mday != tm.tm_mday)
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "not a time like 2026-11-25T21:38:00Z");
	*wall_ms = ((int64_t)seconds - shift) * 1000 + fraction;
	return 0;
}

void hyp_span_format(uint64_t ms, char *out)
{
	unsigned long long s = ms / 1000, h = s / 3600, m = s / 60 % 60;

	if (h > 0)
		snprintf(out, HYP_SPAN_TEXT_MAX, "%lluh%llum%llus", h, m,
			 s % 60);
	else if (m > 0)
		snprintf(out, HYP_SPAN_TEXT_MAX, "%llum%llus", m, s % 60);
	else
		snprintf(out, HYP_SPAN_TEXT_MAX, "%llus", s);
}
