/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time zones of the system's tzdata, and what their clocks on the wall do when
 * they are put forward or back. Immutable once open; any thread. When
 * tzdata is updated, a zone keeps its rules, and every other of its name that
 * is opened gets the same, until all of them are closed.
 *
 * Instants are Unix seconds; local times are the seconds that a clock in the
 * zone shows, counted from the local 1970-01-01T00:00:00.
 */
#ifndef HYP_BASE_ZONE_H
#define HYP_BASE_ZONE_H

#include <hypersdk/error.h>
#include <stdint.h>

struct hyp_zone;

/*
 * name: one of the list in tzdata.zi, which is in TZDIR or, without it, in
 * /usr/share/zoneinfo; never a path, never a rule like "CET-1CEST". "UTC" needs
 * no tzdata. NULL: the system's, that is the name in TZ if it is set, else what
 * /etc/localtime points to, else (it is no link) /etc/timezone, else UTC.
 * HYP_E_USAGE "bad_zone", with the nearest name that there is.
 */
int32_t hyp_zone_open(const char *name, struct hyp_zone **out,
		      struct hyp_error *err);
void hyp_zone_close(struct hyp_zone *zone);

const char *hyp_zone_name(const struct hyp_zone *zone);

/* Seconds east of UTC at that instant: local = instant + offset. */
int64_t hyp_zone_offset(const struct hyp_zone *zone, int64_t instant);

/* The first change of the zone's rules in (from, until], or INT64_MAX; the
 * offset need not differ. */
int64_t hyp_zone_change(const struct hyp_zone *zone, int64_t from,
			int64_t until);

/* The latest local time that the clock has shown up to and at that instant:
 * more than what it shows while an hour is repeated. */
int64_t hyp_zone_latest(const struct hyp_zone *zone, int64_t instant);

/* The first instant at which the clock shows local, or has jumped over it. */
int64_t hyp_zone_reach(const struct hyp_zone *zone, int64_t local);

/* No change moves a clock by more than this: two days. */
#define HYP_ZONE_SHIFT_MAX (2 * 86400)

#endif
