/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, the same in every locale. */
#include "plugins/exporter/prometheus/prometheus.h"

#include <math.h>
#include <stdlib.h>

#define EXACT 9007199254740992.0 /* 2^53: integers up to it are exact */

size_t prometheus_count(uint64_t count, char *out)
{
	char digits[24];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + count % 10);
		count /= 10;
	} while (count > 0);
	for (size_t i = 0; i < n; i++)
		out[i] = digits[n - 1 - i];
	out[n] = '\0';
	return n;
}

static size_t copy(const char *text, char *out)
{
	size_t n = strlen(text);

	memcpy(out, text, n + 1);
	return n;
}

static size_t special(double value, char *out)
{
	return copy(isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf", out);
}

/* The shortest digits that read back as value: "d.ddde-dd". A locale's comma
 * becomes a point. */
static void shortest(double value, char *out)
{
	char *comma;

	for (int digits = 0; digits < 17; digits++) {
		snprintf(out, PROMETHEUS_NUMBER_MAX, "%.*e", digits, value);
		if (strtod(out, NULL) == value)
			break;
	}
	comma = strchr(out, ',');
	if (comma != NULL)
		*comma = '.';
}

size_t prometheus_value(double value, char *out)
{
	size_t n = 0;

	if (!isfinite(value))
		return special(value, out);
	if (fabs(value) <= EXACT && value == floor(value)) {
		if (value < 0)
			out[n++] = '-';
		return n + prometheus_count((uint64_t)fabs(value), out + n);
	}
	shortest(value, out);
	return strlen(out);
}

/* From "d.ddde+06" with an exponent from -4 to 5 to plain digits. */
static size_t plain(const char *text, char *out)
{
	int exponent = atoi(strchr(text, 'e') + 1);
	char digits[PROMETHEUS_NUMBER_MAX];
	size_t count = 0, n = 0;

	for (; *text != 'e'; text++)
		if (*text >= '0' && *text <= '9')
			digits[count++] = *text;
	if (exponent < 0) {
		n += copy("0.", out);
		for (int i = -1; i > exponent; i--)
			out[n++] = '0';
	}
	for (size_t i = 0; i < count || (int)i <= exponent; i++) {
		if (exponent >= 0 && (int)i == exponent + 1)
			out[n++] = '.';
		out[n++] = i < count ? digits[i] : '0';
	}
	out[n] = '\0';
	return n;
}

size_t prometheus_bound(double bound, uint32_t format, char *out)
{
	char text[PROMETHEUS_NUMBER_MAX];
	size_t n;
	int exponent;

	if (!isfinite(bound))
		return special(bound, out);
	shortest(bound, text);
	if (text[0] == '-') {
		out[0] = '-';
		return 1 + prometheus_bound(-bound, format, out + 1);
	}
	exponent = atoi(strchr(text, 'e') + 1);
	if (exponent < -4 || exponent >= 6)
		return copy(text, out);
	n = plain(text, out);
	if (format == PROMETHEUS_OPENMETRICS && strchr(out, '.') == NULL)
		n += copy(".0", out + n);
	return n;
}
