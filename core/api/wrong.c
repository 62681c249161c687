/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/wrong.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/random.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* One of these per hash of an address: few enough to be looked through, many
 * enough that two addresses seldom share one; the hash is seeded, so that
 * nobody can choose to share another's. */
#define SLOTS 1024u

struct slot {
	uint64_t since_ms;
	uint32_t count;
};

struct hyp_wrong {
	pthread_mutex_t lock;
	uint64_t seed;
	struct slot slots[SLOTS];
};

struct hyp_wrong *hyp_wrong_new(struct hyp_error *err)
{
	struct hyp_wrong *wrong = calloc(1, sizeof(*wrong));

	if (wrong == NULL) {
		hyp_error_nomem(err);
		return NULL;
	}
	if (hyp_random_bytes(&wrong->seed, sizeof(wrong->seed), err) != 0) {
		free(wrong);
		return NULL;
	}
	pthread_mutex_init(&wrong->lock, NULL);
	return wrong;
}

void hyp_wrong_free(struct hyp_wrong *wrong)
{
	if (wrong == NULL)
		return;
	pthread_mutex_destroy(&wrong->lock);
	free(wrong);
}

/* FNV-1a from a secret start. */
static struct slot *slot_of(struct hyp_wrong *wrong, const char *address)
{
	uint64_t h = wrong->seed ^ 0xcbf29ce484222325u;

	for (; *address != '\0'; address++)
		h = (h ^ (unsigned char)*address) * 0x100000001b3u;
	return &wrong->slots[(h ^ h >> 32) % SLOTS];
}

static void expire(struct slot *slot, uint64_t now)
{
	if (now - slot->since_ms >= HYP_WRONG_WINDOW_MS)
		slot->count = 0;
}

int hyp_wrong_full(struct hyp_wrong *wrong, const char *address,
		   uint32_t *wait_s)
{
	struct slot *slot = slot_of(wrong, address);
	uint64_t now = hyp_clock_boot_ms();
	int full;

	pthread_mutex_lock(&wrong->lock);
	expire(slot, now);
	full = slot->count >= HYP_WRONG_MAX;
	if (full)
		*wait_s = 1 + (uint32_t)((HYP_WRONG_WINDOW_MS -
					  (now - slot->since_ms)) /
					 1000);
	pthread_mutex_unlock(&wrong->lock);
	return full;
}

void hyp_wrong_count(struct hyp_wrong *wrong, const char *address)
{
	struct slot *slot = slot_of(wrong, address);
	uint64_t now = hyp_clock_boot_ms();

	pthread_mutex_lock(&wrong->lock);
	expire(slot, now);
	if (slot->count == 0)
		slot->since_ms = now;
	slot->count++;
	pthread_mutex_unlock(&wrong->lock);
}
