/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/store/sqlite/tally.h"
#include "core/base/buf.h"

#include <stdlib.h>

struct tally_slot {
	char *text; /* a, newline, b; NULL: free */
	uint64_t hash;
	uint32_t n;
};

static uint64_t hash_of(const char *a, const char *b)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *a != '\0'; a++)
		h = (h ^ (unsigned char)*a) * UINT64_C(1099511628211);
	h = (h ^ '\n') * UINT64_C(1099511628211);
	for (; *b != '\0'; b++)
		h = (h ^ (unsigned char)*b) * UINT64_C(1099511628211);
	return h;
}

static int same(const char *text, const char *a, const char *b)
{
	size_t n = strlen(a);

	return strncmp(text, a, n) == 0 && text[n] == '\n' &&
	       strcmp(text + n + 1, b) == 0;
}

static struct tally_slot *find(const struct tally *t, uint64_t hash,
			       const char *a, const char *b)
{
	size_t i = hash & (t->size - 1);

	while (t->slots[i].text != NULL &&
	       (t->slots[i].hash != hash || !same(t->slots[i].text, a, b)))
		i = (i + 1) & (t->size - 1);
	return &t->slots[i];
}

static int32_t grow(struct tally *t, struct hyp_error *err)
{
	struct tally bigger = {.size = t->size ? t->size * 2 : 64,
			       .used = t->used};

	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < t->size; i++) {
		size_t at = t->slots[i].hash & (bigger.size - 1);

		if (t->slots[i].text == NULL)
			continue;
		while (bigger.slots[at].text != NULL)
			at = (at + 1) & (bigger.size - 1);
		bigger.slots[at] = t->slots[i];
	}
	free(t->slots);
	*t = bigger;
	return 0;
}

int32_t tally_add(struct tally *t, const char *a, const char *b,
		  struct hyp_error *err)
{
	uint64_t hash = hash_of(a, b);
	struct tally_slot *slot;
	int32_t rc = 0;

	if (2 * (t->used + 1) > t->size)
		rc = grow(t, err);
	if (rc != 0)
		return rc;
	slot = find(t, hash, a, b);
	if (slot->text == NULL) {
		rc = hyp_asprintf(&slot->text, err, "%s\n%s", a, b);
		if (rc != 0)
			return rc;
		slot->hash = hash;
		t->used++;
	}
	slot->n++;
	return 0;
}

uint32_t tally_get(const struct tally *t, const char *a, const char *b)
{
	return t->size == 0 ? 0 : find(t, hash_of(a, b), a, b)->n;
}

void tally_fini(struct tally *t)
{
	for (size_t i = 0; i < t->size; i++)
		free(t->slots[i].text);
	free(t->slots);
	memset(t, 0, sizeof(*t));
}
