/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/meter.h"
#include "core/base/units.h"

#define WINDOW_MS 30000u /* what rate and time left look back on */
#define SPACING_MS 500u	 /* between samples: the ring covers the window */
#define ENOUGH_MS 2000u	 /* before this there is no time left */

void hyp_meter_sum(const struct hyp_export_file_state *files, size_t count,
		   uint64_t *done, uint64_t *total, uint64_t *bytes)
{
	int known = 1;

	*done = *total = *bytes = 0;
	for (size_t i = 0; i < count; i++) {
		const struct hyp_export_file_state *f = &files[i];
		uint64_t whole = f->total;

		if (whole == 0 && f->finished)
			whole = f->done;
		else if (whole == 0)
			known = 0;
		*total = hyp_add_sat(*total, whole);
		*done = hyp_add_sat(*done, f->finished ? whole : f->done);
		*bytes = hyp_add_sat(*bytes, f->bytes);
	}
	if (!known)
		*total = 0;
}

void hyp_meter_init(struct hyp_meter *meter, uint64_t now_ms)
{
	memset(meter, 0, sizeof(*meter));
	meter->samples[0].ms = now_ms;
	meter->count = 1;
}

static const struct hyp_meter_sample *back(const struct hyp_meter *meter,
					   unsigned n)
{
	return &meter->samples[(meter->newest + HYP_METER_SAMPLES - n) %
			       HYP_METER_SAMPLES];
}

void hyp_meter_add(struct hyp_meter *meter, uint64_t now_ms, uint64_t done,
		   uint64_t total, uint64_t bytes)
{
	const struct hyp_meter_sample sample = {now_ms, done, bytes};

	meter->total = total;
	/* A restarted disk falls back: what was seen before says nothing. */
	if (done < back(meter, 0)->done)
		meter->count = 0;
	/* The newest sample moves along until it is SPACING away from the one
	 * before it. */
	if (meter->count < 2 ||
	    back(meter, 0)->ms - back(meter, 1)->ms >= SPACING_MS) {
		meter->newest = (meter->newest + 1) % HYP_METER_SAMPLES;
		meter->count += meter->count < HYP_METER_SAMPLES;
	}
	meter->samples[meter->newest] = sample;
}

/* The oldest sample within the window. */
static const struct hyp_meter_sample *oldest(const struct hyp_meter *meter,
					     uint64_t now_ms)
{
	unsigned n = meter->count - 1;

	while (n > 0 && now_ms - back(meter, n)->ms > WINDOW_MS)
		n--;
	return back(meter, n);
}

uint64_t hyp_meter_rate(const struct hyp_meter *meter, uint64_t now_ms)
{
	const struct hyp_meter_sample *from = oldest(meter, now_ms);
	uint64_t ms = now_ms - from->ms;

	if (ms == 0)
		return 0;
	return (uint64_t)((double)(back(meter, 0)->bytes - from->bytes) *
			  1000.0 / (double)ms);
}

int hyp_meter_left(const struct hyp_meter *meter, uint64_t now_ms, uint64_t *ms)
{
	const struct hyp_meter_sample *from = oldest(meter, now_ms);
	const struct hyp_meter_sample *to = back(meter, 0);
	uint64_t elapsed = now_ms - from->ms;

	if (meter->total == 0 || elapsed < ENOUGH_MS || to->done <= from->done)
		return 0;
	if (to->done >= meter->total) {
		*ms = 0;
		return 1;
	}
	*ms = (uint64_t)((double)(meter->total - to->done) * (double)elapsed /
			 (double)(to->done - from->done));
	return 1;
}

int hyp_percent(uint64_t done, uint64_t total)
{
	if (total == 0)
		return -1;
	if (done >= total)
		return 100;
	return (int)((double)done * 100.0 / (double)total) > 99
		       ? 99
		       : (int)((double)done * 100.0 / (double)total);
}
