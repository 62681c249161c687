/* SPDX-License-Identifier: Apache-2.0 */
/* OVF's numbers with units: decimal digits, and "byte * 2^30" (DSP0004) or
 * the words of OVF 1.0. All arithmetic is checked. */
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/package/ovf-read.h"

#include <string.h>
#include <strings.h>

static int32_t bad_number(const char *value, const char *units,
			  struct hyp_error *err)
{
	char shown[96], unit[96];

	hyp_text_printable(value, shown, sizeof(shown));
	hyp_text_printable(units == NULL ? "" : units, unit, sizeof(unit));
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_ovf", 0,
			     "\"%s\" in units \"%s\" is no size below 2^63 "
			     "bytes",
			     shown, unit);
}

static const char *skip_blank(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* Decimal digits at *p, which is moved behind them; 0 or -1. */
static int scan_number(const char **p, uint64_t *out)
{
	uint64_t n = 0;

	if (**p < '0' || **p > '9')
		return -1;
	for (; **p >= '0' && **p <= '9'; (*p)++)
		if (__builtin_mul_overflow(n, 10u, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(**p - '0'), &n))
			return -1;
	*out = n;
	return 0;
}

int hyp_ovf_number(const char *text, uint64_t *out)
{
	const char *p = skip_blank(text);
	uint64_t n;

	if (scan_number(&p, &n) != 0 || *skip_blank(p) != '\0' || n > INT64_MAX)
		return -1;
	*out = n;
	return 0;
}

/* "* 2^30" or "* 1024" at *p; *factor is multiplied. */
static int scan_factor(const char **p, uint64_t *factor)
{
	uint64_t base, power = 1;

	*p = skip_blank(*p + 1);
	if (scan_number(p, &base) != 0)
		return -1;
	*p = skip_blank(*p);
	if (**p == '^') {
		*p = skip_blank(*p + 1);
		if (scan_number(p, &power) != 0 || power > 63)
			return -1;
		*p = skip_blank(*p);
	}
	for (; power > 0; power--)
		if (__builtin_mul_overflow(*factor, base, factor))
			return -1;
	return 0;
}

static int scan_programmatic(const char *p, uint64_t *factor)
{
	size_t n = strncasecmp(p, "bytes", 5) == 0 ? 5 : 4;

	if (strncasecmp(p, "byte", 4) != 0)
		return -1;
	*factor = 1;
	for (p = skip_blank(p + n); *p == '*';)
		if (scan_factor(&p, factor) != 0)
			return -1;
	return *p == '\0' ? 0 : -1;
}

static int scan_units(const char *units, uint64_t *factor)
{
	static const struct {
		const char *name;
		unsigned shift;
	} words[] = {
		{"", 0},	   {"B", 0},	     {"KB", 10},
		{"KiloBytes", 10}, {"KiloByte", 10}, {"MB", 20},
		{"MegaBytes", 20}, {"MegaByte", 20}, {"GB", 30},
		{"GigaBytes", 30}, {"GigaByte", 30}, {"TB", 40},
		{"TeraBytes", 40}, {"TeraByte", 40},
	};

	units = skip_blank(units);
	for (size_t i = 0; i < HYP_COUNT(words); i++)
		if (strcasecmp(units, words[i].name) == 0) {
			*factor = (uint64_t)1 << words[i].shift;
			return 0;
		}
	return scan_programmatic(units, factor);
}

int32_t hyp_ovf_capacity(const char *value, const char *units, uint64_t *bytes,
			 struct hyp_error *err)
{
	uint64_t n, factor;

	if (hyp_ovf_number(value, &n) != 0 ||
	    scan_units(units == NULL ? "" : units, &factor) != 0 ||
	    __builtin_mul_overflow(n, factor, &n) || n > INT64_MAX)
		return bad_number(value, units, err);
	*bytes = n;
	return 0;
}
