/* SPDX-License-Identifier: Apache-2.0 */
/* The registry from within: metrics.c and metrics-snapshot.c. */
#ifndef HYP_ENGINE_METRICS_INSIDE_H
#define HYP_ENGINE_METRICS_INSIDE_H

#include "core/engine/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

/* Never freed before the registry; its texts never change. */
struct hyp_series {
	uint64_t hash;
	double created;
	_Atomic uint64_t count;	   /* counters */
	_Atomic uint64_t debt;	   /* counters: taken back */
	_Atomic uint64_t bits;	   /* gauges, sums: a double */
	_Atomic uint64_t *buckets; /* one more than there are bounds */
	const char *values[HYP_METRICS_LABELS];
	size_t key_n;
	char key[]; /* the values, each with its NUL */
};

/* Found by open addressing: an entry is written once, and read without a
 * lock. order holds the same, as they came. */
struct hyp_family_state {
	pthread_mutex_t lock; /* of who adds */
	_Atomic(struct hyp_series *) *table;
	size_t mask;
	_Atomic(struct hyp_series *) *order;
	_Atomic uint32_t used;
	/* For all others; for a family without labels the only one. */
	struct hyp_series *other;
	_Atomic uint32_t other_used;
};

struct hyp_metrics {
	struct hyp_family_state at[HYP_FAMILIES];
	_Atomic uint32_t lines;
	pthread_mutex_t lock; /* of collectors, while they are called */
	struct {
		hyp_collector *collector;
		void *ctx;
	} collectors[HYP_COLLECTORS_MAX];
};

uint32_t hyp_family_labels(enum hyp_family family);
/* Lines of one series in a scrape. */
uint32_t hyp_family_lines(enum hyp_family family);

/* One set of label values, cleaned: each with its NUL, in key. */
#define HYP_KEY_MAX (HYP_METRICS_LABELS * (HYP_METRICS_VALUE_MAX + 1))
struct hyp_series_key {
	size_t n;
	char key[HYP_KEY_MAX];
};
void hyp_series_key(enum hyp_family family, const char *const *labels,
		    struct hyp_series_key *out);

static inline double hyp_bits_double(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline uint64_t hyp_double_bits(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

#endif
