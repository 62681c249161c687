/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a cron expression: shared by cron-*.c only. */
#ifndef HYP_BASE_CRON_PARTS_H
#define HYP_BASE_CRON_PARTS_H

#include "core/base/cron.h"

enum hyp_cron_field {
	HYP_CRON_MINUTE,
	HYP_CRON_HOUR,
	HYP_CRON_DAY,
	HYP_CRON_MONTH,
	HYP_CRON_WEEKDAY,
	HYP_CRON_FIELDS,
};

struct hyp_cron {
	struct hyp_zone *zone;
	int64_t every_s; /* of @every; then nothing below is set */
	/* Bit n: n matches. Sunday is bit 0 only. */
	uint64_t sets[HYP_CRON_FIELDS];
	int any_day, any_weekday; /* the field does not restrict */
	int elapsed;		  /* follows elapsed time */
};

#define HYP_CRON_YEARS 28

#endif
