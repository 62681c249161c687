/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/base/utf8.h"
#include "core/engine/metrics-inside.h"

#include <math.h>
#include <stdlib.h>

#define OTHER "other"
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

uint32_t hyp_family_labels(enum hyp_family family)
{
	uint32_t n = 0;

	while (n < HYP_METRICS_LABELS && hyp_families[family].labels[n] != NULL)
		n++;
	return n;
}

uint32_t hyp_family_lines(enum hyp_family family)
{
	const struct hyp_family_info *info = &hyp_families[family];

	/* with the bucket of all, sum and count */
	return info->type == HYP_METRIC_HISTOGRAM ? info->bound_count + 3 : 1;
}

/* --- label values -------------------------------------------------------- */

/* Copies valid UTF-8, at most HYP_METRICS_VALUE_MAX bytes, and its NUL. */
static size_t clean(const char *text, char *out)
{
	size_t left, used = 0;

	if (text == NULL || *text == '\0')
		text = "unknown";
	left = strnlen(text, HYP_METRICS_VALUE_MAX + 4);
	while (left > 0) {
		uint32_t character;
		size_t n = hyp_utf8_next(text, left, &character);
		const char *from = n > 0 ? text : REPLACEMENT;
		size_t add = n > 0 ? n : sizeof(REPLACEMENT) - 1;

		if (used + add > HYP_METRICS_VALUE_MAX)
			break;
		memcpy(out + used, from, add);
		used += add;
		n = n > 0 ? n : 1;
		text += n;
		left -= n;
	}
	out[used] = '\0';
	return used + 1;
}

void hyp_series_key(enum hyp_family family, const char *const *labels,
		    struct hyp_series_key *out)
{
	uint32_t n = hyp_family_labels(family);

	out->n = 0;
	for (uint32_t i = 0; i < n; i++)
		out->n += clean(labels != NULL ? labels[i] : NULL,
				out->key + out->n);
}

/* What a client can choose among label values is bounded before, so that nobody
 * can make collisions that matter. */
static uint64_t hash_of(const struct hyp_series_key *key)
{
	return hyp_text_hash(key->key, key->n);
}

/* --- series -------------------------------------------------------------- */

static struct hyp_series *series_new(enum hyp_family family,
				     const struct hyp_series_key *key)
{
	const struct hyp_family_info *info = &hyp_families[family];
	struct hyp_series *s = calloc(1, sizeof(*s) + key->n);
	const char *at;

	if (s == NULL)
		return NULL;
	if (info->type == HYP_METRIC_HISTOGRAM) {
		s->buckets = calloc(info->bound_count + 1, sizeof(*s->buckets));
		if (s->buckets == NULL) {
			free(s);
			return NULL;
		}
	}
	s->hash = hash_of(key);
	s->created = (double)hyp_clock_wall_ms() / 1000;
	s->key_n = key->n;
	memcpy(s->key, key->key, key->n);
	at = s->key;
	for (uint32_t i = 0; i < hyp_family_labels(family); i++) {
		s->values[i] = at;
		at += strlen(at) + 1;
	}
	return s;
}

static void series_free(struct hyp_series *s)
{
	if (s != NULL)
		free(s->buckets);
	free(s);
}

/* The place in the table where it is, or would be. */
static size_t look(const struct hyp_family_state *state,
		   const struct hyp_series_key *key, uint64_t hash,
		   struct hyp_series **found)
{
	size_t i = hash & state->mask;

	for (;; i = (i + 1) & state->mask) {
		struct hyp_series *s = atomic_load_explicit(
			&state->table[i], memory_order_acquire);

		*found = s;
		if (s == NULL)
			return i;
		if (s->hash == hash && s->key_n == key->n &&
		    memcmp(s->key, key->key, key->n) == 0)
			return i;
	}
}

/* Its lines are taken from the registry's, if they are still there. A gauge's
 * are, always: they are set apart. */
static int take_lines(struct hyp_metrics *m, enum hyp_family family)
{
	uint32_t lines = hyp_family_lines(family);
	uint32_t now = atomic_load(&m->lines);

	if (hyp_families[family].type == HYP_METRIC_GAUGE)
		return 1;
	while (now + lines <= HYP_METRICS_LINES)
		if (atomic_compare_exchange_weak(&m->lines, &now, now + lines))
			return 1;
	return 0;
}

/* How many series there may be for one of this key to be added. */
static uint32_t room_for(enum hyp_family family,
			 const struct hyp_series_key *key)
{
	const struct hyp_family_info *info = &hyp_families[family];

	return strcmp(key->key, OTHER) == 0 ? info->max
					    : info->max - info->kept;
}

/* With the family's lock held: NULL if there is no room, or memory. */
static struct hyp_series *insert(struct hyp_metrics *m, enum hyp_family family,
				 const struct hyp_series_key *key, size_t place)
{
	struct hyp_family_state *state = &m->at[family];
	uint32_t used = atomic_load(&state->used);
	struct hyp_series *s;

	if (used >= room_for(family, key))
		return NULL;
	s = series_new(family, key);
	if (s == NULL)
		return NULL;
	if (!take_lines(m, family)) {
		series_free(s);
		return NULL;
	}
	atomic_store(&state->order[used], s);
	atomic_store_explicit(&state->table[place], s, memory_order_release);
	atomic_store_explicit(&state->used, used + 1, memory_order_release);
	return s;
}

/* NULL if it is not there, and has no room. */
static struct hyp_series *find_own(struct hyp_metrics *m,
				   enum hyp_family family,
				   const char *const *labels)
{
	struct hyp_family_state *state = &m->at[family];
	struct hyp_series_key key;
	struct hyp_series *s;
	uint64_t hash;
	size_t place;

	hyp_series_key(family, labels, &key);
	hash = hash_of(&key);
	look(state, &key, hash, &s);
	if (s != NULL || atomic_load(&state->used) >= room_for(family, &key))
		return s;
	pthread_mutex_lock(&state->lock);
	place = look(state, &key, hash, &s);
	if (s == NULL)
		s = insert(m, family, &key, place);
	pthread_mutex_unlock(&state->lock);
	return s;
}

static struct hyp_series *find(struct hyp_metrics *m, enum hyp_family family,
			       const char *const *labels)
{
	struct hyp_family_state *state = &m->at[family];
	const char *of_other[HYP_METRICS_LABELS] = {OTHER};
	struct hyp_series *s;

	if (hyp_families[family].labels[0] == NULL)
		return state->other;
	s = find_own(m, family, labels);
	if (s == NULL && hyp_families[family].kept > 0 && labels != NULL) {
		for (uint32_t i = 1; i < hyp_family_labels(family); i++)
			of_other[i] = labels[i];
		s = find_own(m, family, of_other);
	}
	if (s != NULL)
		return s;
	atomic_store(&state->other_used, 1);
	return state->other;
}

/* --- recording ----------------------------------------------------------- */

void hyp_metrics_add(struct hyp_metrics *m, enum hyp_family family, uint64_t n,
		     const char *const *labels)
{
	struct hyp_series *s;
	uint64_t debt;

	if (m == NULL)
		return;
	s = find(m, family, labels);
	debt = atomic_load(&s->debt);
	while (debt > 0 && n > 0) {
		uint64_t paid = debt < n ? debt : n;

		if (!atomic_compare_exchange_weak(&s->debt, &debt, debt - paid))
			continue;
		debt -= paid;
		n -= paid;
	}
	atomic_fetch_add(&s->count, n);
}

void hyp_metrics_take_back(struct hyp_metrics *m, enum hyp_family family,
			   uint64_t n, const char *const *labels)
{
	if (m != NULL)
		atomic_fetch_add(&find(m, family, labels)->debt, n);
}

void hyp_metrics_set(struct hyp_metrics *m, enum hyp_family family,
		     double value, const char *const *labels)
{
	if (m != NULL)
		atomic_store(&find(m, family, labels)->bits,
			     hyp_double_bits(value));
}

static void shift(struct hyp_series *s, double by)
{
	uint64_t bits = atomic_load(&s->bits);

	while (!atomic_compare_exchange_weak(
		&s->bits, &bits, hyp_double_bits(hyp_bits_double(bits) + by)))
		;
}

void hyp_metrics_shift(struct hyp_metrics *m, enum hyp_family family, double by,
		       const char *const *labels)
{
	if (m != NULL)
		shift(find(m, family, labels), by);
}

void hyp_metrics_observe(struct hyp_metrics *m, enum hyp_family family,
			 double value, const char *const *labels)
{
	const struct hyp_family_info *info = &hyp_families[family];
	struct hyp_series *s;
	uint32_t i = 0;

	if (m == NULL || isnan(value))
		return;
	s = find(m, family, labels);
	while (i < info->bound_count && value > info->bounds[i])
		i++;
	shift(s, value);
	atomic_fetch_add(&s->buckets[i], 1);
}

/* --- life ---------------------------------------------------------------- */

static int32_t family_init(struct hyp_metrics *m, enum hyp_family family,
			   struct hyp_error *err)
{
	struct hyp_family_state *state = &m->at[family];
	hyp_labels other = {OTHER, OTHER, OTHER};
	size_t max = hyp_families[family].max, size = 2;
	struct hyp_series_key key;

	while (size < 2 * max)
		size *= 2;
	state->mask = size - 1;
	state->table = calloc(size, sizeof(*state->table));
	state->order = calloc(max + 1, sizeof(*state->order));
	hyp_series_key(family, other, &key);
	state->other = series_new(family, &key);
	if (state->table == NULL || state->order == NULL ||
	    state->other == NULL)
		return hyp_error_nomem(err);
	atomic_fetch_add(&m->lines,
			 hyp_family_lines(family) +
				 (hyp_families[family].type == HYP_METRIC_GAUGE
					  ? (uint32_t)max
					  : 0));
	return 0;
}

int32_t hyp_metrics_new(struct hyp_metrics **out, struct hyp_error *err)
{
	struct hyp_metrics *m = calloc(1, sizeof(*m));
	int32_t rc = 0;

	if (m == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&m->lock, NULL);
	for (uint32_t i = 0; i < HYP_FAMILIES; i++)
		pthread_mutex_init(&m->at[i].lock, NULL);
	for (uint32_t i = 0; rc == 0 && i < HYP_FAMILIES; i++)
		rc = family_init(m, (enum hyp_family)i, err);
	if (rc < 0) {
		hyp_metrics_free(m);
		return rc;
	}
	*out = m;
	return 0;
}

void hyp_metrics_free(struct hyp_metrics *m)
{
	if (m == NULL)
		return;
	for (uint32_t i = 0; i < HYP_FAMILIES; i++) {
		struct hyp_family_state *state = &m->at[i];

		for (uint32_t k = 0; k < state->used; k++)
			series_free(state->order[k]);
		series_free(state->other);
		free(state->table);
		free(state->order);
		pthread_mutex_destroy(&state->lock);
	}
	pthread_mutex_destroy(&m->lock);
	free(m);
}
