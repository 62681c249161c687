/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rate and time left from what is done, honest about not knowing: both come
 * from the last half minute alone, so that a stall shows, and there is no time
 * left before two seconds were seen, nor without a total. One thread.
 */
#ifndef HYP_APP_METER_H
#define HYP_APP_METER_H

#include "core/pipeline/export.h"

#define HYP_METER_SAMPLES 64

struct hyp_meter {
	struct hyp_meter_sample {
		uint64_t ms, done, bytes;
	} samples[HYP_METER_SAMPLES]; /* a ring */
	unsigned newest, count;
	uint64_t total; /* 0: unknown */
};

/* The sum over all files; *total is 0 as soon as one unfinished file's is. */
void hyp_meter_sum(const struct hyp_export_file_state *files, size_t count,
		   uint64_t *done, uint64_t *total, uint64_t *bytes);

void hyp_meter_init(struct hyp_meter *meter, uint64_t now_ms);
void hyp_meter_add(struct hyp_meter *meter, uint64_t now_ms, uint64_t done,
		   uint64_t total, uint64_t bytes);
/* Bytes per second until now. */
uint64_t hyp_meter_rate(const struct hyp_meter *meter, uint64_t now_ms);
/* 1 and *ms, or 0: unknown. */
int hyp_meter_left(const struct hyp_meter *meter, uint64_t now_ms,
		   uint64_t *ms);
/* 0..100, 100 only when all is done; -1: unknown. */
int hyp_percent(uint64_t done, uint64_t total);

#endif
