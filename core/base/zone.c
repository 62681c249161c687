/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/zone.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/zone-names.h"

#include <glib.h>
#include <string.h>

/* tzdata lists changes up to 2037 and says by a rule how they go on. */
#define RULES_FROM INT64_C(2114380800) /* 2037-01-01 */
/* GLib works out rules up to the year 2999 and looks them up one by one: years
 * from 2500 are taken as 2100 to 2499, whose calendar is the same. */
#define FOLD_FROM INT64_C(16725225600) /* 2500-01-01 */
#define CYCLE (INT64_C(146097) * 86400)
#define INDEX_SPAN 100000 /* more intervals than any zone has */

#define QUARTER 900

/* No offset from UTC is larger. */
#define OFFSET_MAX (16 * 3600)

struct hyp_zone {
	char name[HYP_ZONE_NAME_MAX];
	GTimeZone *listed; /* before RULES_FROM */
	GTimeZone *ruled;  /* from then on; mostly the same */
};

/* An interval without a change: a number that grows with time. */
struct interval {
	int64_t index;
	int64_t offset;
};

static struct interval interval_at(const struct hyp_zone *zone, int64_t t)
{
	GTimeZone *tz = zone->listed;
	int64_t base = 0;
	int i;

	if (t >= FOLD_FROM) {
		int64_t cycles = (t - FOLD_FROM) / CYCLE + 1;

		t -= cycles * CYCLE;
		base = 2 * cycles * INDEX_SPAN;
	}
	if (t >= RULES_FROM && zone->ruled != zone->listed) {
		tz = zone->ruled;
		base += INDEX_SPAN;
	}
	i = g_time_zone_find_interval(tz, G_TIME_TYPE_UNIVERSAL, t);
	return (struct interval){base + i, g_time_zone_get_offset(tz, i)};
}

/* GLib 2.74 misreads the rule "IST-1GMT0,...", which calls the winter's time
 * the special one. The United Kingdom's clocks are the same. */
static const char *rule_like(const char *name)
{
	if (strcmp(name, "Europe/Dublin") == 0 || strcmp(name, "Eire") == 0)
		return "Europe/London";
	return NULL;
}

static int32_t load(struct hyp_zone *zone, struct hyp_error *err)
{
	const char *like = rule_like(zone->name);

	if (strcmp(zone->name, "UTC") != 0 &&
	    hyp_zone_check_file(zone->name, err) != 0)
		return err->code;
	if (strcmp(zone->name, "UTC") == 0)
		zone->listed = g_time_zone_new_utc();
	else
		zone->listed = g_time_zone_new_identifier(zone->name);
	if (like != NULL)
		zone->ruled = g_time_zone_new_identifier(like);
	else if (zone->listed != NULL)
		zone->ruled = g_time_zone_ref(zone->listed);
	if (zone->listed == NULL || zone->ruled == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_zone", 0,
				     "the time zone %s cannot be read: install "
				     "tzdata again",
				     zone->name);
	return 0;
}

int32_t hyp_zone_open(const char *name, struct hyp_zone **out,
		      struct hyp_error *err)
{
	struct hyp_zone *zone;
	char system[HYP_ZONE_NAME_MAX];

	if (name == NULL) {
		if (hyp_zone_system_name(system, err) != 0)
			return err->code;
		name = system;
	}
	if (strcmp(name, "UTC") != 0 && hyp_zone_check_name(name, err) != 0)
		return name == system
			       ? hyp_error_prefix(err, "the system's zone: ")
			       : err->code;
	zone = calloc(1, sizeof(*zone));
	if (zone == NULL)
		return hyp_error_nomem(err);
	strcpy(zone->name, name);
	if (load(zone, err) != 0) {
		hyp_zone_close(zone);
		return err->code;
	}
	*out = zone;
	return 0;
}

void hyp_zone_close(struct hyp_zone *zone)
{
	if (zone == NULL)
		return;
	if (zone->listed != NULL)
		g_time_zone_unref(zone->listed);
	if (zone->ruled != NULL)
		g_time_zone_unref(zone->ruled);
	free(zone);
}

const char *hyp_zone_name(const struct hyp_zone *zone)
{
	return zone->name;
}

int64_t hyp_zone_offset(const struct hyp_zone *zone, int64_t instant)
{
	return interval_at(zone, instant).offset;
}

/* Whole quarters of an hour, rounded down. */
static int64_t quarters(int64_t t)
{
	return t / QUARTER - (t % QUARTER < 0);
}

/* The first multiple of unit in (before, behind] that lies behind the interval
 * index; behind does, before does not. Both count units. */
static int64_t bisect(const struct hyp_zone *zone, int64_t index,
		      int64_t before, int64_t behind, int64_t unit)
{
	while (behind - before > 1) {
		int64_t middle = before + (behind - before) / 2;

		if (interval_at(zone, middle * unit).index <= index)
			before = middle;
		else
			behind = middle;
	}
	return behind * unit;
}

int64_t hyp_zone_change(const struct hyp_zone *zone, int64_t from,
			int64_t until)
{
	int64_t index = interval_at(zone, from).index, change;

	if (until <= from || interval_at(zone, until).index == index)
		return INT64_MAX;
	/* Nearly all changes are at a quarter of an hour. */
	change = bisect(zone, index, quarters(from), quarters(until) + 1,
			QUARTER);
	if (interval_at(zone, change - 1).index <= index)
		return change;
	return bisect(zone, index, change - QUARTER, change, 1);
}

int64_t hyp_zone_latest(const struct hyp_zone *zone, int64_t instant)
{
	int64_t at = instant - HYP_ZONE_SHIFT_MAX, change;
	int64_t latest = instant + hyp_zone_offset(zone, instant);

	while ((change = hyp_zone_change(zone, at, instant)) != INT64_MAX) {
		int64_t last = change - 1 + hyp_zone_offset(zone, change - 1);

		latest = last > latest ? last : latest;
		at = change;
	}
	return latest;
}

int64_t hyp_zone_reach(const struct hyp_zone *zone, int64_t local)
{
	int64_t at = local - OFFSET_MAX, until = local + OFFSET_MAX;

	for (;;) {
		int64_t instant = local - hyp_zone_offset(zone, at);
		int64_t change = hyp_zone_change(zone, at, until);

		if (instant <= at)
			return at; /* a change jumped over it */
		if (instant < change)
			return instant;
		at = change;
	}
}
