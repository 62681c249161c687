/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/pump.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/pipeline/thread.h"

#include <stdlib.h>
#include <string.h>

/* The limiter is asked for this much at once, so that a slow limit still
 * gives an even flow. */
#define SLICE_MAX (64u << 10)
/* How often a producer that waits for a buffer looks for cancellation. */
#define LOOK_MS 100

struct hyp_pump {
	struct hyp_limiter *limiter;
	const struct hyp_cancel *cancel;
	uint32_t inflate;
	size_t size;			   /* of a buffer */
	struct hyp_hasher *hasher, *other; /* other: NULL if none */
	struct hyp_vmdk_check *check;	   /* made with the first image */
	struct hyp_writer sink;
	pthread_t hash_thread, write_thread;
	int running; /* the threads exist; leading thread only */
	size_t fill; /* bytes in the buffer being filled; likewise */
	uint8_t *buffers[HYP_PUMP_BUFFERS];
	size_t lengths[HYP_PUMP_BUFFERS];

	uint64_t bytes;	  /* atomic from here */
	uint64_t last_ms; /* boot clock, when the source gave a byte */
	uint32_t busy;	  /* 1: the source waits for us */
	uint32_t failed;  /* a copy of failure.code != 0 */

	pthread_mutex_t lock; /* over all below */
	pthread_cond_t changed;
	uint64_t produced, hashed, written; /* buffers, ever */
	int ended, stopping;
	uint32_t image; /* HYP_PUMP_IMAGE... */
	struct hyp_error failure;
};

int32_t hyp_pump_new(const struct hyp_pump_args *args, struct hyp_pump **out,
		     struct hyp_error *err)
{
	struct hyp_pump *pump = calloc(1, sizeof(*pump));
	int32_t rc;

	if (pump == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&pump->lock, NULL);
	hyp_cond_init(&pump->changed);
	pump->limiter = args->limiter;
	pump->cancel = args->cancel;
	pump->inflate = args->inflate;
	pump->size = args->buffer != 0 ? args->buffer : HYP_PUMP_BUFFER_SIZE;
	rc = hyp_hasher_new(args->digest, &pump->hasher, err);
	if (rc == 0 && args->other != 0)
		rc = hyp_hasher_new(args->other, &pump->other, err);
	if (rc < 0) {
		hyp_pump_free(pump);
		return rc;
	}
	*out = pump;
	return 0;
}

void hyp_pump_free(struct hyp_pump *pump)
{
	if (pump == NULL)
		return;
	hyp_pump_stop(pump);
	for (unsigned i = 0; i < HYP_PUMP_BUFFERS; i++)
		free(pump->buffers[i]);
	hyp_vmdk_check_free(pump->check);
	hyp_hasher_free(pump->hasher);
	hyp_hasher_free(pump->other);
	pthread_cond_destroy(&pump->changed);
	pthread_mutex_destroy(&pump->lock);
	free(pump);
}

/* The first failure stays; everybody is told. */
static void fail(struct hyp_pump *pump, const struct hyp_error *error)
{
	pthread_mutex_lock(&pump->lock);
	if (pump->failure.code == 0)
		pump->failure = *error;
	__atomic_store_n(&pump->failed, 1u, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&pump->changed);
	pthread_mutex_unlock(&pump->lock);
}

/* The buffer that a consumer, which had so many, takes next; -1: no more. */
static int next_filled(struct hyp_pump *pump, const uint64_t *had)
{
	int slot = -1;

	pthread_mutex_lock(&pump->lock);
	while (*had == pump->produced && !pump->ended && !pump->stopping &&
	       pump->failure.code == 0)
		pthread_cond_wait(&pump->changed, &pump->lock);
	if (*had < pump->produced && !pump->stopping && pump->failure.code == 0)
		slot = (int)(*had % HYP_PUMP_BUFFERS);
	pthread_mutex_unlock(&pump->lock);
	return slot;
}

static void consume(struct hyp_pump *pump, uint64_t *had,
		    int32_t (*use)(struct hyp_pump *pump, const void *buf,
				   size_t n, struct hyp_error *err))
{
	struct hyp_error error;
	int slot;

	while ((slot = next_filled(pump, had)) >= 0) {
		if (use(pump, pump->buffers[slot], pump->lengths[slot],
			&error) < 0) {
			fail(pump, &error);
			return;
		}
		pthread_mutex_lock(&pump->lock);
		*had += 1;
		pthread_cond_broadcast(&pump->changed);
		pthread_mutex_unlock(&pump->lock);
	}
}

static int32_t use_hash(struct hyp_pump *pump, const void *buf, size_t n,
			struct hyp_error *err)
{
	int32_t rc = hyp_hasher_update(pump->hasher, buf, n, err);

	if (rc == 0 && pump->other != NULL)
		rc = hyp_hasher_update(pump->other, buf, n, err);
	if (rc == 0 && pump->image)
		rc = hyp_vmdk_check_feed(pump->check, buf, n, err);
	return rc;
}

static int32_t use_write(struct hyp_pump *pump, const void *buf, size_t n,
			 struct hyp_error *err)
{
	return pump->sink.write(pump->sink.ctx, buf, n, err);
}

static void *hash_main(void *arg)
{
	struct hyp_pump *pump = arg;

	consume(pump, &pump->hashed, use_hash);
	return NULL;
}

static void *write_main(void *arg)
{
	struct hyp_pump *pump = arg;

	consume(pump, &pump->written, use_write);
	return NULL;
}

static int32_t make_check(struct hyp_pump *pump, struct hyp_error *err)
{
	int32_t rc = hyp_vmdk_check_new(&pump->check, err);

	return rc != 0 ? rc
		       : hyp_vmdk_check_inflate(pump->check, pump->inflate,
						err);
}

static int32_t reset(struct hyp_pump *pump, uint32_t image,
		     struct hyp_error *err)
{
	int32_t rc = 0;

	if (image && pump->check == NULL)
		rc = make_check(pump, err);
	if (rc == 0)
		rc = hyp_hasher_reset(pump->hasher, err);
	if (rc == 0 && pump->other != NULL)
		rc = hyp_hasher_reset(pump->other, err);
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&pump->lock);
	if (image && !(image & HYP_PUMP_IMAGE_GOES_ON))
		hyp_vmdk_check_reset(pump->check);
	pump->image = image;
	pump->fill = 0;
	pump->produced = pump->hashed = pump->written = 0;
	pump->ended = pump->stopping = 0;
	memset(&pump->failure, 0, sizeof(pump->failure));
	pthread_mutex_unlock(&pump->lock);
	__atomic_store_n(&pump->failed, 0u, __ATOMIC_RELEASE);
	__atomic_store_n(&pump->bytes, UINT64_C(0), __ATOMIC_RELAXED);
	__atomic_store_n(&pump->busy, 0u, __ATOMIC_RELAXED);
	__atomic_store_n(&pump->last_ms, hyp_clock_boot_ms(), __ATOMIC_RELAXED);
	return 0;
}

static void signal_end(struct hyp_pump *pump, int *flag)
{
	pthread_mutex_lock(&pump->lock);
	*flag = 1;
	pthread_cond_broadcast(&pump->changed);
	pthread_mutex_unlock(&pump->lock);
}

int32_t hyp_pump_start(struct hyp_pump *pump, const struct hyp_writer *sink,
		       uint32_t image, struct hyp_error *err)
{
	int32_t rc;

	pump->sink = *sink;
	rc = reset(pump, image, err);
	if (rc < 0)
		return rc;
	rc = hyp_thread_start(&pump->hash_thread, "hyp-hash", hash_main, pump,
			      err);
	if (rc < 0)
		return rc;
	rc = hyp_thread_start(&pump->write_thread, "hyp-write", write_main,
			      pump, err);
	if (rc < 0) {
		signal_end(pump, &pump->stopping);
		pthread_join(pump->hash_thread, NULL);
		return rc;
	}
	pump->running = 1;
	return 0;
}

static int cancelled(const struct hyp_pump *pump)
{
	return pump->cancel != NULL && hyp_cancel_is_set(pump->cancel);
}

/* Whether to go on. */
static int32_t look(struct hyp_pump *pump, struct hyp_error *err)
{
	if (cancelled(pump))
		return hyp_error_cancelled(err);
	if (__atomic_load_n(&pump->failed, __ATOMIC_ACQUIRE))
		return hyp_pump_failure(pump, err);
	return 0;
}

static uint64_t slowest(const struct hyp_pump *pump)
{
	return pump->hashed < pump->written ? pump->hashed : pump->written;
}

/* Waits until the buffer that comes next is free, and sees that it exists. */
static int32_t acquire(struct hyp_pump *pump, struct hyp_error *err)
{
	unsigned slot;
	int32_t rc;

	pthread_mutex_lock(&pump->lock);
	while (pump->produced - slowest(pump) == HYP_PUMP_BUFFERS &&
	       pump->failure.code == 0 && !cancelled(pump))
		hyp_cond_wait_ms(&pump->changed, &pump->lock, LOOK_MS);
	slot = pump->produced % HYP_PUMP_BUFFERS;
	pthread_mutex_unlock(&pump->lock);
	rc = look(pump, err);
	if (rc < 0)
		return rc;
	if (pump->buffers[slot] == NULL)
		pump->buffers[slot] = malloc(pump->size);
	return pump->buffers[slot] == NULL ? hyp_error_nomem(err) : 0;
}

static void hand_over(struct hyp_pump *pump)
{
	pthread_mutex_lock(&pump->lock);
	pump->lengths[pump->produced % HYP_PUMP_BUFFERS] = pump->fill;
	pump->produced++;
	pump->fill = 0;
	pthread_cond_broadcast(&pump->changed);
	pthread_mutex_unlock(&pump->lock);
}

int32_t hyp_pump_room(struct hyp_pump *pump, void **at, size_t *n,
		      struct hyp_error *err)
{
	int32_t rc = pump->fill == 0 ? acquire(pump, err) : look(pump, err);

	if (rc < 0)
		return rc;
	/* produced changes in this thread alone */
	*at = pump->buffers[pump->produced % HYP_PUMP_BUFFERS] + pump->fill;
	*n = pump->size - pump->fill;
	return 0;
}

int32_t hyp_pump_filled(struct hyp_pump *pump, size_t n, struct hyp_error *err)
{
	int32_t rc = hyp_limiter_take(pump->limiter, n, err);

	if (rc < 0)
		return rc;
	pump->fill += n;
	__atomic_add_fetch(&pump->bytes, n, __ATOMIC_RELAXED);
	if (pump->fill == pump->size)
		hand_over(pump);
	return 0;
}

/* Takes at most one slice; *took says how much. */
static int32_t write_some(struct hyp_pump *pump, const uint8_t *buf, uint64_t n,
			  size_t *took, struct hyp_error *err)
{
	void *at;
	size_t some;
	int32_t rc = hyp_pump_room(pump, &at, &some, err);

	if (rc < 0)
		return rc;
	if (n < some)
		some = (size_t)n;
	if (pump->limiter != NULL && some > SLICE_MAX)
		some = SLICE_MAX;
	memcpy(at, buf, some);
	rc = hyp_pump_filled(pump, some, err);
	if (rc == 0)
		*took = some;
	return rc;
}

int32_t hyp_pump_write(void *ctx, const void *buf, uint64_t n,
		       struct hyp_error *err)
{
	struct hyp_pump *pump = ctx;
	const uint8_t *at = buf;
	int32_t rc = look(pump, err);

	__atomic_store_n(&pump->busy, 1u, __ATOMIC_RELAXED);
	while (rc == 0 && n > 0) {
		size_t took = 0;

		rc = write_some(pump, at, n, &took, err);
		at += took;
		n -= took;
	}
	/* Kept, so that bytes are never missed because the source went on. */
	if (rc < 0)
		fail(pump, err);
	__atomic_store_n(&pump->last_ms, hyp_clock_boot_ms(), __ATOMIC_RELAXED);
	__atomic_store_n(&pump->busy, 0u, __ATOMIC_RELAXED);
	return rc;
}

static void join(struct hyp_pump *pump)
{
	pthread_join(pump->hash_thread, NULL);
	pthread_join(pump->write_thread, NULL);
	pump->running = 0;
}

static int32_t results(struct hyp_pump *pump, struct hyp_pump_result *out,
		       struct hyp_error *err)
{
	struct hyp_pump_result result = {.bytes = pump->bytes};
	int32_t rc = hyp_pump_failure(pump, err);

	if (rc == 0)
		rc = hyp_hasher_final(pump->hasher, &result.digest, err);
	if (rc == 0 && pump->other != NULL)
		rc = hyp_hasher_final(pump->other, &result.other, err);
	if (rc == 0 && pump->image && !(pump->image & HYP_PUMP_IMAGE_IS_CUT))
		rc = hyp_vmdk_check_end(pump->check, &result.image, err);
	if (rc == 0)
		*out = result;
	return rc;
}

int32_t hyp_pump_finish(struct hyp_pump *pump, struct hyp_pump_result *out,
			struct hyp_error *err)
{
	__atomic_store_n(&pump->busy, 1u, __ATOMIC_RELAXED);
	if (pump->fill > 0)
		hand_over(pump);
	signal_end(pump, &pump->ended);
	join(pump);
	return results(pump, out, err);
}

void hyp_pump_stop(struct hyp_pump *pump)
{
	if (!pump->running)
		return;
	signal_end(pump, &pump->stopping);
	join(pump);
}

int32_t hyp_pump_failure(struct hyp_pump *pump, struct hyp_error *err)
{
	int32_t code;

	pthread_mutex_lock(&pump->lock);
	code = pump->failure.code;
	if (code != 0)
		*err = pump->failure;
	pthread_mutex_unlock(&pump->lock);
	return code;
}

void hyp_pump_position(struct hyp_pump *pump, uint64_t *bytes, uint64_t *done,
		       uint64_t *total)
{
	*bytes = __atomic_load_n(&pump->bytes, __ATOMIC_RELAXED);
	*done = *total = 0;
	pthread_mutex_lock(&pump->lock);
	if (pump->image)
		hyp_vmdk_check_position(pump->check, done, total);
	pthread_mutex_unlock(&pump->lock);
}

uint64_t hyp_pump_idle_ms(struct hyp_pump *pump)
{
	uint64_t last = __atomic_load_n(&pump->last_ms, __ATOMIC_RELAXED);
	uint64_t now = hyp_clock_boot_ms();

	if (__atomic_load_n(&pump->busy, __ATOMIC_RELAXED) || now < last)
		return 0;
	return now - last;
}
