/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/clock.h"
#include "core/base/text.h"

#include <time.h>

/* width digits at *p, which is moved behind them; 0, or -1. */
static int take(const char **p, int width, int lo, int hi, int *out)
{
	int value = 0;

	for (int i = 0; i < width; i++, ++*p) {
		if (**p < '0' || **p > '9')
			return -1;
		value = value * 10 + (**p - '0');
	}
	*out = value;
	return value >= lo && value <= hi ? 0 : -1;
}

static int expect(const char **p, char c, char other)
{
	if (**p != c && **p != other)
		return -1;
	++*p;
	return 0;
}

static int month_days(int year, int month)
{
	if (month == 2)
		return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
			       ? 29
			       : 28;
	return 30 + ((month + month / 8) & 1);
}

static int take_date(const char **p, struct tm *tm)
{
	if (take(p, 4, 1, 9999, &tm->tm_year) != 0 || expect(p, '-', '-') ||
	    take(p, 2, 1, 12, &tm->tm_mon) != 0 || expect(p, '-', '-') ||
	    take(p, 2, 1, month_days(tm->tm_year, tm->tm_mon), &tm->tm_mday))
		return -1;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return 0;
}

static int take_clock(const char **p, struct tm *tm, int *ms)
{
	int scale = 100;

	if (take(p, 2, 0, 23, &tm->tm_hour) != 0 || expect(p, ':', ':') ||
	    take(p, 2, 0, 59, &tm->tm_min) != 0 || expect(p, ':', ':') ||
	    take(p, 2, 0, 60, &tm->tm_sec) != 0)
		return -1;
	*ms = 0;
	if (**p != '.')
		return 0;
	++*p;
	if (**p < '0' || **p > '9')
		return -1;
	for (; **p >= '0' && **p <= '9'; ++*p, scale /= 10)
		*ms += (**p - '0') * scale;
	return 0;
}

static int take_offset(const char **p, int *seconds)
{
	int sign = **p == '-' ? -1 : 1, hours, minutes;

	*seconds = 0;
	if (expect(p, 'Z', 'z') == 0)
		return 0;
	if (expect(p, '+', '-') != 0 || take(p, 2, 0, 23, &hours) != 0 ||
	    expect(p, ':', ':') != 0 || take(p, 2, 0, 59, &minutes) != 0)
		return -1;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return 0;
}

int32_t hyp_time_read(const char *text, int64_t *wall_ms, struct hyp_error *err)
{
	const char *p = text;
	struct tm tm = {0};
	int ms, offset;
	char shown[64];

	if (take_date(&p, &tm) != 0 || expect(&p, 'T', 't') != 0 ||
	    take_clock(&p, &tm, &ms) != 0 || take_offset(&p, &offset) != 0 ||
	    *p != '\0') {
		hyp_text_printable(text, shown, sizeof(shown));
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "\"%s\" is no time; write for example "
				     "\"2026-03-28T12:00:00Z\" or "
				     "\"2026-03-28T13:00:00+01:00\"",
				     shown);
	}
	*wall_ms = ((int64_t)timegm(&tm) - offset) * 1000 + ms;
	return 0;
}
