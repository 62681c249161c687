/* SPDX-License-Identifier: Apache-2.0 */
/* All that is measured, at one moment: what was recorded, and what collectors
 * tell. */
#include "core/base/buf.h"
#include "core/engine/metrics-inside.h"
#include "core/pipeline/keep.h"

#include <stdlib.h>

struct pile { /* of one family */
	struct hyp_metric_series *at;
	uint32_t count, room;
};

struct hyp_gathering {
	const struct hyp_metrics *metrics;
	struct hyp_metric_family families[HYP_FAMILIES];
	struct pile piles[HYP_FAMILIES];
	struct hyp_keep keep;
	int32_t rc; /* of the first failure */
	struct hyp_error *err;
};

static struct hyp_metric_series *pile_add(struct hyp_gathering *g,
					  enum hyp_family family)
{
	struct pile *pile = &g->piles[family];
	struct hyp_metric_series *s;

	if (pile->count == pile->room) {
		uint32_t room = pile->room > 0 ? 2 * pile->room : 4;

		s = reallocarray(pile->at, room, sizeof(*s));
		if (s == NULL) {
			g->rc = hyp_error_nomem(g->err);
			return NULL;
		}
		pile->at = s;
		pile->room = room;
	}
	s = &pile->at[pile->count++];
	memset(s, 0, sizeof(*s));
	s->size = sizeof(*s);
	return s;
}

/* Cumulative, and in itself consistent: the count is the buckets'. */
static void read_buckets(struct hyp_gathering *g, enum hyp_family family,
			 const struct hyp_series *from,
			 struct hyp_metric_series *to)
{
	uint32_t n = hyp_families[family].bound_count;
	uint64_t sum = 0, all[64];
	void *copy;

	for (uint32_t i = 0; i <= n; i++) {
		sum += atomic_load(&from->buckets[i]);
		all[i] = sum;
	}
	to->sum = hyp_bits_double(atomic_load(&from->bits));
	to->count = sum;
	if (g->rc == 0)
		g->rc = hyp_keep_bytes(&g->keep, all, n * sizeof(*all), &copy,
				       g->err);
	to->buckets = g->rc == 0 ? copy : NULL;
}

static void read_series(struct hyp_gathering *g, enum hyp_family family,
			const struct hyp_series *from)
{
	struct hyp_metric_series *to;

	if (g->rc < 0)
		return;
	to = pile_add(g, family);
	if (to == NULL)
		return;
	to->values = from->values;
	to->created = from->created;
	switch (hyp_families[family].type) {
	case HYP_METRIC_COUNTER:
		to->value = (double)atomic_load(&from->count);
		break;
	case HYP_METRIC_GAUGE:
		to->value = hyp_bits_double(atomic_load(&from->bits));
		break;
	default:
		read_buckets(g, family, from, to);
	}
}

static void read_family(struct hyp_gathering *g, enum hyp_family family)
{
	const struct hyp_family_state *state = &g->metrics->at[family];
	uint32_t used =
		atomic_load_explicit(&state->used, memory_order_acquire);

	for (uint32_t i = 0; i < used; i++)
		read_series(g, family, atomic_load(&state->order[i]));
	if (atomic_load(&state->other_used) ||
	    hyp_families[family].labels[0] == NULL)
		read_series(g, family, state->other);
}

/* --- collectors ---------------------------------------------------------- */

static int is_same(enum hyp_family family, const struct hyp_metric_series *s,
		   const struct hyp_series_key *key)
{
	const char *value = key->key;

	for (uint32_t i = 0; i < hyp_family_labels(family); i++) {
		if (strcmp(s->values[i], value) != 0)
			return 0;
		value += strlen(value) + 1;
	}
	return 1;
}

/* The series of these values, if the pile has it. */
static struct hyp_metric_series *pile_find(struct hyp_gathering *g,
					   enum hyp_family family,
					   const struct hyp_series_key *key)
{
	struct pile *pile = &g->piles[family];

	for (uint32_t i = 0; i < pile->count; i++)
		if (is_same(family, &pile->at[i], key))
			return &pile->at[i];
	return NULL;
}

static void tell(struct hyp_gathering *g, enum hyp_family family, double value,
		 const struct hyp_series_key *key)
{
	const char *values[HYP_METRICS_LABELS] = {NULL};
	struct hyp_metric_series *s = pile_add(g, family);
	void *text = NULL, *list = NULL;

	if (s == NULL)
		return;
	s->value = value;
	g->rc = hyp_keep_bytes(&g->keep, key->key, key->n, &text, g->err);
	if (g->rc < 0)
		return;
	for (uint32_t i = 0; i < hyp_family_labels(family); i++) {
		values[i] = text;
		text = (char *)text + strlen(text) + 1;
	}
	g->rc = hyp_keep_bytes(&g->keep, values, sizeof(values), &list, g->err);
	s->values = list;
}

static double join(enum hyp_family family, double a, double b)
{
	switch (hyp_families[family].joined) {
	case HYP_JOINED_LEAST:
		return a < b ? a : b;
	case HYP_JOINED_MOST:
		return a > b ? a : b;
	default:
		return a + b;
	}
}

void hyp_gather(struct hyp_gathering *g, enum hyp_family family, double value,
		const char *const *labels)
{
	uint32_t max = hyp_families[family].max;
	hyp_labels other = {"other", "other", "other"};
	struct hyp_metric_series *same;
	struct hyp_series_key key;

	if (g->rc < 0)
		return;
	hyp_series_key(family, labels, &key);
	same = pile_find(g, family, &key);
	if (same == NULL && g->piles[family].count >= max) {
		hyp_series_key(family, other, &key);
		same = pile_find(g, family, &key);
	}
	if (same != NULL)
		same->value = join(family, same->value, value);
	else
		tell(g, family, value, &key);
}

int32_t hyp_metrics_collect(struct hyp_metrics *m, hyp_collector *collector,
			    void *ctx, struct hyp_error *err)
{
	int32_t rc = hyp_error_set(err, HYP_E_RESOURCE, "too_many", 0,
				   "more than %d collectors of metrics",
				   HYP_COLLECTORS_MAX);

	pthread_mutex_lock(&m->lock);
	for (int i = 0; rc < 0 && i < HYP_COLLECTORS_MAX; i++) {
		if (m->collectors[i].collector != NULL)
			continue;
		m->collectors[i].collector = collector;
		m->collectors[i].ctx = ctx;
		rc = 0;
	}
	pthread_mutex_unlock(&m->lock);
	return rc;
}

void hyp_metrics_uncollect(struct hyp_metrics *m, hyp_collector *collector,
			   void *ctx)
{
	pthread_mutex_lock(&m->lock);
	for (int i = 0; i < HYP_COLLECTORS_MAX; i++)
		if (m->collectors[i].collector == collector &&
		    m->collectors[i].ctx == ctx)
			m->collectors[i].collector = NULL;
	pthread_mutex_unlock(&m->lock);
}

/* --- the view ------------------------------------------------------------ */

static void describe(struct hyp_gathering *g)
{
	for (uint32_t i = 0; i < HYP_FAMILIES; i++) {
		const struct hyp_family_info *info = &hyp_families[i];

		g->families[i] = (struct hyp_metric_family){
			.size = sizeof(struct hyp_metric_family),
			.type = info->type,
			.name = info->name,
			.help = info->help,
			.unit = info->unit != NULL ? info->unit : "",
			.labels = info->labels,
			.label_count = hyp_family_labels((enum hyp_family)i),
			.bounds = info->bounds,
			.bound_count = info->bound_count,
			.series = g->piles[i].at,
			.series_stride = sizeof(struct hyp_metric_series),
			.series_count = g->piles[i].count,
		};
	}
}

static void gathering_free(struct hyp_gathering *g)
{
	for (uint32_t i = 0; i < HYP_FAMILIES; i++)
		free(g->piles[i].at);
	hyp_keep_free(&g->keep);
	free(g);
}

int32_t hyp_metrics_snapshot(struct hyp_metrics *m, struct hyp_snapshot *out,
			     struct hyp_error *err)
{
	struct hyp_gathering *g = calloc(1, sizeof(*g));
	int32_t rc;

	if (g == NULL)
		return hyp_error_nomem(err);
	g->metrics = m;
	g->err = err;
	for (uint32_t i = 0; i < HYP_FAMILIES; i++)
		read_family(g, (enum hyp_family)i);
	pthread_mutex_lock(&m->lock);
	for (int i = 0; i < HYP_COLLECTORS_MAX; i++)
		if (m->collectors[i].collector != NULL)
			m->collectors[i].collector(m->collectors[i].ctx, g);
	pthread_mutex_unlock(&m->lock);
	if (g->rc < 0) {
		rc = g->rc;
		gathering_free(g);
		return rc;
	}
	describe(g);
	out->view = (struct hyp_metric_snapshot){
		.size = sizeof(out->view),
		.families = g->families,
		.family_stride = sizeof(g->families[0]),
		.family_count = HYP_FAMILIES,
	};
	out->owner = g;
	return 0;
}

void hyp_snapshot_fini(struct hyp_snapshot *snapshot)
{
	gathering_free(snapshot->owner);
	snapshot->owner = NULL;
}
