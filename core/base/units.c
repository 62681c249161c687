/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/units.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

static const char letters[] = "KMGTPE";
static const char bytes_example[] = "\"512\", \"64KiB\" or \"1.5GiB\"";
static const char rate_example[] = "\"50MiB/s\" or \"1.5GB\"";
static const char duration_example[] = "\"250ms\", \"30s\" or \"1h30m\"";

static int32_t bad(const char *text, const char *what, const char *example,
		   struct hyp_error *err)
{
	char shown[128];

	hyp_text_printable(text, shown, sizeof(shown));
	return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
			     "\"%s\" is no %s; write for example %s", shown,
			     what, example);
}

struct number {
	uint64_t whole;
	uint64_t fraction, scale; /* fraction / scale, scale a power of ten */
};

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "12" or "1.5" at *p, which is moved behind it; 0, or -1. */
static int scan(const char **p, struct number *out)
{
	struct number n = {0, 0, 1};
	const char *s = *p;

	if (!is_digit(*s))
		return -1;
	for (; is_digit(*s); s++)
		if (__builtin_mul_overflow(n.whole, 10u, &n.whole) ||
		    __builtin_add_overflow(n.whole, (uint64_t)(*s - '0'),
					   &n.whole))
			return -1;
	if (*s == '.' && is_digit(s[1]))
		for (s++; is_digit(*s); s++)
			if (n.scale < 1000000000000000000u) {
				n.scale *= 10;
				n.fraction =
					n.fraction * 10 + (uint64_t)(*s - '0');
			}
	*p = s;
	*out = n;
	return 0;
}

/* n * unit, rounded down; -1 on overflow. */
static int times(const struct number *n, uint64_t unit, uint64_t *out)
{
	uint64_t part = (uint64_t)((wide)n->fraction * unit / n->scale);

	return __builtin_mul_overflow(n->whole, unit, out) ||
			       __builtin_add_overflow(*out, part, out)
		       ? -1
		       : 0;
}

/* The unit at *p, which is moved behind it: "", "B", "K", "KB", "KiB", …; 0
 * if it is none. */
static uint64_t scan_byte_unit(const char **p)
{
	const char *s = *p, *letter;
	uint64_t unit = 1, step = 1024;

	letter = *s == '\0' ? NULL
			    : strchr(letters, *s >= 'a' ? *s - 'a' + 'A' : *s);
	if (letter == NULL) {
		*p += *s == 'B';
		return 1;
	}
	s++;
	if (s[0] == 'i' && s[1] == 'B') {
		s += 2;
	} else if (*s == 'B') {
		step = 1000;
		s++;
	}
	for (const char *l = letters; l <= letter; l++)
		unit *= step;
	*p = s;
	return unit;
}

static int parse_amount(const char *text, const char *end, uint64_t *out)
{
	const char *p = text;
	struct number n;
	uint64_t unit, value;

	if (scan(&p, &n) != 0)
		return -1;
	if (*p == ' ' && p[1] != '\0')
		p++;
	unit = scan_byte_unit(&p);
	if (p != end || (unit == 1 && n.scale > 1) ||
	    times(&n, unit, &value) != 0)
		return -1;
	*out = value;
	return 0;
}

int32_t hyp_parse_bytes(const char *text, uint64_t *out, struct hyp_error *err)
{
	if (parse_amount(text, text + strlen(text), out) != 0)
		return bad(text, "size that fits", bytes_example, err);
	return 0;
}

int32_t hyp_parse_rate(const char *text, uint64_t *bytes_per_s,
		       struct hyp_error *err)
{
	size_t n = strlen(text);

	if (n > 2 && strcmp(text + n - 2, "/s") == 0)
		n -= 2;
	if (parse_amount(text, text + n, bytes_per_s) != 0)
		return bad(text, "rate that fits", rate_example, err);
	return 0;
}

static const struct duration_unit {
	const char *name;
	uint64_t ms;
} duration_units[] = {
	/* longest first; "ms" before "m" */
	{"d", 86400000}, {"h", 3600000}, {"ms", 1}, {"m", 60000}, {"s", 1000},
};

static const struct duration_unit *scan_duration_unit(const char **p)
{
	for (size_t i = 0; i < HYP_COUNT(duration_units); i++) {
		size_t n = strlen(duration_units[i].name);

		if (strncmp(*p, duration_units[i].name, n) == 0) {
			*p += n;
			return &duration_units[i];
		}
	}
	return NULL;
}

static int parse_duration(const char *p, uint64_t *out)
{
	uint64_t total = 0, before = UINT64_MAX;

	do {
		const struct duration_unit *unit;
		struct number n;
		uint64_t part;

		if (scan(&p, &n) != 0)
			return -1;
		unit = scan_duration_unit(&p);
		/* Units fall: "1h30m", neither "30m1h" nor "1h1h". */
		if (unit == NULL || unit->ms >= before ||
		    (n.scale > 1 && (unit->ms == 1 || *p != '\0')) ||
		    times(&n, unit->ms, &part) != 0 ||
		    __builtin_add_overflow(total, part, &total))
			return -1;
		before = unit->ms;
	} while (*p != '\0');
	*out = total;
	return 0;
}

int32_t hyp_parse_duration(const char *text, uint64_t *ms,
			   struct hyp_error *err)
{
	if (parse_duration(text, ms) != 0)
		return bad(text, "duration that fits", duration_example, err);
	return 0;
}

int32_t hyp_parse_integer(const char *text, int64_t lo, int64_t hi,
			  int64_t *out, struct hyp_error *err)
{
	const char *digits = text + (*text == '-' || *text == '+');
	char example[96];
	long long value;
	char *end;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (is_digit(*digits) && *end == '\0' && errno == 0 && value >= lo &&
	    value <= hi) {
		*out = value;
		return 0;
	}
	snprintf(example, sizeof(example),
		 "%" PRId64 " (from %" PRId64 " to %" PRId64 " will do)",
		 lo <= 1 && hi >= 1 ? 1 : lo, lo, hi);
	return bad(text, "number in range", example, err);
}

/* With one decimal, in the largest unit that gives at least 1. */
static void format_amount(uint64_t bytes, const char *suffix, char *out)
{
	uint64_t unit = 1024, tenths;
	size_t i = 0;

	if (bytes < 1024) {
		snprintf(out, HYP_UNITS_TEXT_MAX, "%" PRIu64 " B%s", bytes,
			 suffix);
		return;
	}
	for (;; i++, unit *= 1024) {
		tenths = (uint64_t)(((wide)bytes * 10 + unit / 2) / unit);
		if (tenths < 10240 || letters[i + 1] == '\0')
			break;
	}
	snprintf(out, HYP_UNITS_TEXT_MAX, "%" PRIu64 ".%" PRIu64 " %ciB%s",
		 tenths / 10, tenths % 10, letters[i], suffix);
}

void hyp_format_bytes(uint64_t bytes, char *out)
{
	format_amount(bytes, "", out);
}

void hyp_format_rate(uint64_t bytes_per_s, char *out)
{
	format_amount(bytes_per_s, "/s", out);
}

void hyp_format_duration(uint64_t ms, char *out)
{
	uint64_t s = ms / 1000, m = s / 60, h = m / 60;

	if (s < 10)
		snprintf(out, HYP_UNITS_TEXT_MAX, "%" PRIu64 ".%" PRIu64 "s", s,
			 ms % 1000 / 100);
	else if (m == 0)
		snprintf(out, HYP_UNITS_TEXT_MAX, "%" PRIu64 "s", s);
	else if (h == 0)
		snprintf(out, HYP_UNITS_TEXT_MAX, "%" PRIu64 "m%02" PRIu64 "s",
			 m, s % 60);
	else if (h < 24)
		snprintf(out, HYP_UNITS_TEXT_MAX, "%" PRIu64 "h%02" PRIu64 "m",
			 h, m % 60);
	else
		snprintf(out, HYP_UNITS_TEXT_MAX, "%" PRIu64 "d%02" PRIu64 "h",
			 h / 24, h % 24);
}
