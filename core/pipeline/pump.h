/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file's bytes on their way: the provider's thread fills four buffers of
 * 1 MiB; a hashing thread (digests, image structure) and a writing thread
 * empty them, each at its own pace. A buffer is free again when both had it,
 * so memory is bounded and the slowest of the three sets the speed. What goes
 * wrong in those threads surfaces at the next write, or at finish.
 *
 *	new · (start · (write | room · filled)* · finish | stop)* · free
 *
 * start, write, finish, stop and free are called by one thread; position and
 * idle_ms by any.
 */
#ifndef HYP_PIPELINE_PUMP_H
#define HYP_PIPELINE_PUMP_H

#include "core/package/vmdk.h"
#include "core/pipeline/limiter.h"
#include <hypersdk/types.h>

#define HYP_PUMP_BUFFERS 4
#define HYP_PUMP_BUFFER_SIZE (1u << 20)

struct hyp_pump;

struct hyp_pump_args {
	uint32_t digest;		 /* HYP_DIGEST_* of the package */
	uint32_t other;			 /* a second one, or 0 */
	struct hyp_limiter *limiter;	 /* or NULL */
	const struct hyp_cancel *cancel; /* or NULL */
	uint32_t inflate;		 /* HYP_VMDK_INFLATE_*, of images */
	uint32_t buffer;		 /* bytes of each; 0: 1 MiB */
};

struct hyp_pump_result {
	uint64_t bytes;
	struct hyp_digest digest;
	struct hyp_digest other;       /* length 0 if none was asked for */
	struct hyp_vmdk_summary image; /* zero if it did not end here */
};

int32_t hyp_pump_new(const struct hyp_pump_args *args, struct hyp_pump **out,
		     struct hyp_error *err);
/* Stops it first, if need be. */
void hyp_pump_free(struct hyp_pump *pump);

/* What a stream's bytes must be: nothing special, a streamOptimized VMDK, or
 * a piece of one. */
#define HYP_PUMP_PLAIN 0u
#define HYP_PUMP_IMAGE 1u
#define HYP_PUMP_IMAGE_GOES_ON 2u /* with IMAGE: after the stream before */
#define HYP_PUMP_IMAGE_IS_CUT 4u  /* with IMAGE: more follows in the next */

/* Begin a stream into sink (copied), which the writing thread calls. */
int32_t hyp_pump_start(struct hyp_pump *pump, const struct hyp_writer *sink,
		       uint32_t image, struct hyp_error *err);

/* A hyp_writer's write, ctx is the pump. Waits for the bandwidth limit and
 * for a free buffer, but not beyond a cancellation. */
int32_t hyp_pump_write(void *pump, const void *buf, uint64_t n,
		       struct hyp_error *err);

/* The same without a copy: where the next bytes may be put, and how many (at
 * least 1); then how many of them were. */
int32_t hyp_pump_room(struct hyp_pump *pump, void **at, size_t *n,
		      struct hyp_error *err);
int32_t hyp_pump_filled(struct hyp_pump *pump, size_t n, struct hyp_error *err);

/* The stream is complete: waits until all is hashed and written. A cut image
 * is HYP_E_TRANSIENT "size_mismatch" and not a failure of the pump. */
int32_t hyp_pump_finish(struct hyp_pump *pump, struct hyp_pump_result *out,
			struct hyp_error *err);
/* Nobody wants the stream: forgets what is not written yet. */
void hyp_pump_stop(struct hyp_pump *pump);

/* The failure of a stream's hashing or writing thread, which a new try of the
 * source would not mend: its code, or 0. */
int32_t hyp_pump_failure(struct hyp_pump *pump, struct hyp_error *err);

/* Bytes taken in this stream, and for an image how far into the virtual disk
 * they reach, and its capacity (0, 0 if not known). */
void hyp_pump_position(struct hyp_pump *pump, uint64_t *bytes, uint64_t *done,
		       uint64_t *total);
/* Milliseconds since the source gave the last byte; 0 while it is not the
 * source that is waited for. */
uint64_t hyp_pump_idle_ms(struct hyp_pump *pump);

#endif
