/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/cron-parts.h"
#include "core/base/text.h"
#include "core/base/units.h"

#include <string.h>

#define EXPRESSION_MAX 255

static const char *const month_names[] = {"JAN", "FEB", "MAR", "APR",
					  "MAY", "JUN", "JUL", "AUG",
					  "SEP", "OCT", "NOV", "DEC"};
static const char *const weekday_names[] = {"SUN", "MON", "TUE", "WED",
					    "THU", "FRI", "SAT"};

static const struct field {
	const char *name;
	unsigned lo, hi; /* what * stands for */
	unsigned most;	 /* the largest number that may be written */
	const char *const *names;
	size_t name_count;
} fields[HYP_CRON_FIELDS] = {
	{"minute", 0, 59, 59, NULL, 0},
	{"hour", 0, 23, 23, NULL, 0},
	{"day of month", 1, 31, 31, NULL, 0},
	{"month", 1, 12, 12, month_names, HYP_COUNT(month_names)},
	{"day of week", 0, 6, 7, weekday_names, HYP_COUNT(weekday_names)},
};

static const struct macro {
	const char *name, *expression;
} macros[] = {
	{"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},
	{"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
	{"@monthly", "0 0 1 * *"},  {"@yearly", "0 0 1 1 *"},
	{"@annually", "0 0 1 1 *"},
};

static int32_t bad(struct hyp_error *err, const char *what, const char *text,
		   const char *why)
{
	char shown[128];

	hyp_text_printable(text, shown, sizeof(shown));
	return hyp_error_set(err, HYP_E_USAGE, "bad_cron", 0, "%s: \"%s\" %s",
			     what, shown, why);
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* All of text in decimal; too large a number is as good as any other. -1. */
static int scan_number(const char *text, unsigned *out)
{
	unsigned value = 0;

	if (*text == '\0')
		return -1;
	for (; *text >= '0' && *text <= '9'; text++)
		value = value < 100000 ? value * 10 + (unsigned)(*text - '0')
				       : value;
	*out = value;
	return *text == '\0' ? 0 : -1;
}

static int32_t parse_value(const struct field *f, const char *text,
			   unsigned *out, struct hyp_error *err)
{
	for (size_t i = 0; i < f->name_count; i++)
		if (strcasecmp(text, f->names[i]) == 0) {
			*out = f->lo + (unsigned)i;
			return 0;
		}
	if (scan_number(text, out) != 0)
		return bad(err, f->name, text,
			   f->names == NULL ? "is no number"
					    : "is neither a number nor a name "
					      "of three letters");
	if (*out < f->lo || *out > f->most)
		return hyp_error_set(err, HYP_E_USAGE, "bad_cron", 0,
				     "%s: %s is outside %u-%u", f->name, text,
				     f->lo, f->most);
	return 0;
}

/* "*", "N", "N-M"; a step gives "N" the field's end. */
static int32_t parse_range(const struct field *f, char *text, int stepped,
			   unsigned *lo, unsigned *hi, struct hyp_error *err)
{
	char *dash = strchr(text, '-');

	if (strcmp(text, "*") == 0 || strcmp(text, "?") == 0) {
		*lo = f->lo;
		*hi = f->hi;
		return 0;
	}
	if (dash != NULL)
		*dash = '\0';
	if (parse_value(f, text, lo, err) != 0)
		return err->code;
	*hi = stepped && *lo < f->hi ? f->hi : *lo;
	if (dash != NULL && parse_value(f, dash + 1, hi, err) != 0)
		return err->code;
	if (*lo > *hi)
		return hyp_error_set(err, HYP_E_USAGE, "bad_cron", 0,
				     "%s: %s-%s runs backwards", f->name, text,
				     dash + 1);
	return 0;
}

static int32_t parse_entry(const struct field *f, char *text, uint64_t *set,
			   struct hyp_error *err)
{
	unsigned lo, hi, step = 1;
	char *slash = strchr(text, '/');

	if (*text == '\0')
		return hyp_error_set(err, HYP_E_USAGE, "bad_cron", 0,
				     "%s: a list has an empty entry", f->name);
	if (slash != NULL) {
		*slash = '\0';
		if (scan_number(slash + 1, &step) != 0)
			return bad(err, f->name, slash + 1,
				   "is no number to step by");
		if (step == 0)
			return hyp_error_set(err, HYP_E_USAGE, "bad_cron", 0,
					     "%s: %s/%s: a step is at least 1",
					     f->name, text, slash + 1);
	}
	if (parse_range(f, text, slash != NULL, &lo, &hi, err) != 0)
		return err->code;
	for (unsigned i = lo; i <= hi; i += step)
		*set |= UINT64_C(1) << (i > f->hi ? f->lo : i);
	return 0;
}

static int32_t parse_field(const struct field *f, char *text, uint64_t *set,
			   struct hyp_error *err)
{
	for (char *next; text != NULL; text = next) {
		next = strchr(text, ',');
		if (next != NULL)
			*next++ = '\0';
		if (parse_entry(f, text, set, err) != 0)
			return err->code;
	}
	return 0;
}

static int is_any(const char *text)
{
	return strcmp(text, "*") == 0 || strcmp(text, "?") == 0;
}

static int begins_any(const char *text)
{
	return *text == '*' || *text == '?';
}

static int32_t split(char *text, char **at, struct hyp_error *err)
{
	size_t count = 0;
	char *save;

	for (char *word = strtok_r(text, " \t", &save); word != NULL;
	     word = strtok_r(NULL, " \t", &save)) {
		if (count < HYP_CRON_FIELDS)
			at[count] = word;
		count++;
	}
	if (count == HYP_CRON_FIELDS)
		return 0;
	return hyp_error_set(err, HYP_E_USAGE, "bad_cron", 0,
			     "%zu fields instead of 5: minute, hour, day of "
			     "month, month, day of week",
			     count);
}

/* 29 days for February: it has them every 4 or 8 years. */
static int32_t check_fires(const struct hyp_cron *cron, struct hyp_error *err)
{
	static const uint8_t lengths[] = {31, 29, 31, 30, 31, 30,
					  31, 31, 30, 31, 30, 31};
	unsigned longest = 0, first;

	if (cron->any_day || !cron->any_weekday)
		return 0;
	for (unsigned m = 0; m < HYP_COUNT(lengths); m++)
		if ((cron->sets[HYP_CRON_MONTH] >> (m + 1) & 1) != 0 &&
		    lengths[m] > longest)
			longest = lengths[m];
	first = (unsigned)__builtin_ctzll(cron->sets[HYP_CRON_DAY]);
	if (first <= longest)
		return 0;
	return hyp_error_set(
		err, HYP_E_USAGE, "never_fires", 0,
		"it never fires: the month%s given %s no day %u",
		__builtin_popcountll(cron->sets[HYP_CRON_MONTH]) == 1 ? ""
								      : "s",
		__builtin_popcountll(cron->sets[HYP_CRON_MONTH]) == 1 ? "has"
								      : "have",
		first);
}

static int32_t parse_fields(char *text, struct hyp_cron *cron,
			    struct hyp_error *err)
{
	char *at[HYP_CRON_FIELDS];

	if (split(text, at, err) != 0)
		return err->code;
	cron->any_day = is_any(at[HYP_CRON_DAY]);
	cron->any_weekday = is_any(at[HYP_CRON_WEEKDAY]);
	cron->elapsed = begins_any(at[HYP_CRON_MINUTE]) ||
			begins_any(at[HYP_CRON_HOUR]);
	for (int i = 0; i < HYP_CRON_FIELDS; i++)
		if (parse_field(&fields[i], at[i], &cron->sets[i], err) != 0)
			return err->code;
	return check_fires(cron, err);
}

static int32_t parse_every(const char *text, int64_t *out,
			   struct hyp_error *err)
{
	uint64_t ms;

	while (is_blank(*text))
		text++;
	if (strchr(text, 'd') != NULL) /* elsewhere; a day may be another */
		return bad(err, "@every", text,
			   "is in days: write hours, 24h, or @daily");
	if (hyp_parse_duration(text, &ms, err) != 0) {
		hyp_error_prefix(err, "@every: ");
		snprintf(err->kind, sizeof(err->kind), "bad_cron");
		return err->code;
	}
	if (ms == 0 || ms % 1000 != 0 ||
	    ms / 1000 > HYP_CRON_YEARS * UINT64_C(31557600))
		return bad(err, "@every", text,
			   "is not a number of whole seconds, from 1s to 28 "
			   "years");
	*out = (int64_t)(ms / 1000);
	return 0;
}

static int32_t parse_macro(const char *text, struct hyp_cron *cron,
			   struct hyp_error *err)
{
	char copy[16];

	if (strncmp(text, "@every", 6) == 0 && is_blank(text[6]))
		return parse_every(text + 7, &cron->every_s, err);
	for (size_t i = 0; i < HYP_COUNT(macros); i++)
		if (strcmp(text, macros[i].name) == 0) {
			strcpy(copy, macros[i].expression);
			return parse_fields(copy, cron, err);
		}
	return bad(err, "expression", text,
		   "is none of @hourly, @daily, @midnight, @weekly, @monthly, "
		   "@yearly, @annually and @every 1h30m");
}

/* What follows "CRON_TZ=" or "TZ=", cut off from the rest; NULL: neither. */
static const char *take_zone(char **text)
{
	static const char *const prefixes[] = {"CRON_TZ=", "TZ="};
	char *zone = NULL, *end;

	for (size_t i = 0; zone == NULL && i < HYP_COUNT(prefixes); i++)
		if (strncmp(*text, prefixes[i], strlen(prefixes[i])) == 0)
			zone = *text + strlen(prefixes[i]);
	if (zone == NULL)
		return NULL;
	end = zone + strcspn(zone, " \t");
	*text = end + (*end != '\0');
	*end = '\0';
	return zone;
}

static void trim(char **text)
{
	size_t n;

	while (is_blank(**text))
		++*text;
	n = strlen(*text);
	while (n > 0 && is_blank((*text)[n - 1]))
		(*text)[--n] = '\0';
}

static int32_t parse(char *text, const char *default_zone,
		     struct hyp_cron *cron, struct hyp_error *err)
{
	const char *zone;
	int32_t rc;

	trim(&text);
	zone = take_zone(&text);
	trim(&text);
	rc = *text == '@' ? parse_macro(text, cron, err)
			  : parse_fields(text, cron, err);
	if (rc != 0)
		return rc;
	return hyp_zone_open(zone != NULL ? zone : default_zone, &cron->zone,
			     err);
}

int32_t hyp_cron_parse(const char *expression, const char *zone,
		       struct hyp_cron **out, struct hyp_error *err)
{
	char text[EXPRESSION_MAX + 1];
	struct hyp_cron *cron;

	if (strlen(expression) > EXPRESSION_MAX)
		return hyp_error_set(err, HYP_E_USAGE, "bad_cron", 0,
				     "the expression has %zu bytes: at most %d "
				     "will do",
				     strlen(expression), EXPRESSION_MAX);
	strcpy(text, expression);
	cron = calloc(1, sizeof(*cron));
	if (cron == NULL)
		return hyp_error_nomem(err);
	if (parse(text, zone, cron, err) != 0) {
		hyp_cron_free(cron);
		return err->code;
	}
	*out = cron;
	return 0;
}

void hyp_cron_free(struct hyp_cron *cron)
{
	if (cron == NULL)
		return;
	hyp_zone_close(cron->zone);
	free(cron);
}

const struct hyp_zone *hyp_cron_zone(const struct hyp_cron *cron)
{
	return cron->zone;
}

int64_t hyp_cron_period(const struct hyp_cron *cron)
{
	return cron->every_s;
}
