/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/synthetic/line.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#define LOOK_MS 100u   /* between looks at cancelled */
#define SLICES 10u     /* writes per second of a slow line */
#define PIECE_MIN 512u /* bytes of one of them at least */

static uint64_t or_never(uint64_t at, int faulty)
{
	return faulty && at > 0 ? at : HYP_UNKNOWN;
}

void synthetic_line_init(struct synthetic_line *line, const struct synthetic *s,
			 const struct hyp_writer *out,
			 struct hyp_hasher *hasher, int faulty)
{
	const struct synthetic_options *o = s->options;

	*line = (struct synthetic_line){
		.s = s,
		.out = out,
		.hasher = hasher,
		.start_ms = s->host->boot_ms(s->host->ctx),
		.fail_at = or_never(o->fail_at, faulty),
		.cut_at = or_never(o->cut_at, faulty),
		.flip_at = or_never(o->flip_at, faulty),
		.stall_at = or_never(o->stall_at, faulty),
	};
}

static int32_t cancelled(struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0,
			     "the copy was cancelled");
}

/* Sleeps until that many ms after the line's start, HYP_UNKNOWN: for ever. */
static int32_t wait_until(const struct synthetic_line *line, uint64_t ms,
			  struct hyp_error *err)
{
	const struct hyp_host *host = line->s->host;
	struct pollfd fd = {host->cancel_fd(host->ctx), POLLIN, 0};

	for (;;) {
		uint64_t now = host->boot_ms(host->ctx) - line->start_ms, left;

		if (host->cancelled(host->ctx))
			return cancelled(err);
		if (now >= ms)
			return 0;
		left = ms - now;
		poll(&fd, 1, (int)(left < LOOK_MS ? left : LOOK_MS));
	}
}

static int32_t fail(const struct synthetic_line *line, struct hyp_error *err)
{
	if (line->s->options->fail_with == FAIL_PERMANENT)
		return hyp_error_set(err, HYP_E_PERMANENT, "not_found", 0,
				     "synthetic failure after %" PRIu64
				     " bytes: the disk is gone",
				     line->bytes);
	return hyp_error_set(err, HYP_E_TRANSIENT, "net_reset", 0,
			     "synthetic failure after %" PRIu64
			     " bytes: the connection broke",
			     line->bytes);
}

/* How much goes out at once: up to the next break, in slices if slow. */
static uint64_t piece(const struct synthetic_line *line, uint64_t n)
{
	const uint64_t stops[] = {line->fail_at, line->cut_at, line->stall_at};
	uint64_t rate = line->s->options->rate;

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		if (stops[i] > line->bytes && stops[i] - line->bytes < n)
			n = stops[i] - line->bytes;
	if (rate > 0 && n > rate / SLICES)
		n = rate / SLICES > PIECE_MIN ? rate / SLICES
		    : n > PIECE_MIN	      ? PIECE_MIN
					      : n;
	return n;
}

static int32_t send_flipped(struct synthetic_line *line, const uint8_t *buf,
			    uint64_t n, struct hyp_error *err)
{
	uint64_t at = line->flip_at - line->bytes;
	uint8_t flipped = buf[at] ^ 1;
	int32_t rc = 0;

	if (at > 0)
		rc = line->out->write(line->out->ctx, buf, at, err);
	if (rc == 0)
		rc = line->out->write(line->out->ctx, &flipped, 1, err);
	if (rc == 0 && n > at + 1)
		rc = line->out->write(line->out->ctx, buf + at + 1, n - at - 1,
				      err);
	return rc;
}

static int32_t send_piece(struct synthetic_line *line, const uint8_t *buf,
			  uint64_t n, struct hyp_error *err)
{
	uint64_t rate = line->s->options->rate;
	int32_t rc;

	if (line->bytes >= line->stall_at)
		return wait_until(line, HYP_UNKNOWN, err);
	if (line->bytes >= line->fail_at)
		return fail(line, err);
	if (line->bytes >= line->cut_at)
		return 0; /* said, hashed, and lost on the way */
	if (rate > 0) {
		rc = wait_until(line, line->bytes * 1000 / rate, err);
		if (rc != 0)
			return rc;
	}
	if (line->flip_at >= line->bytes && line->flip_at - line->bytes < n)
		return send_flipped(line, buf, n, err);
	return line->out->write(line->out->ctx, buf, n, err);
}

int32_t synthetic_line_write(void *ctx, const void *buf, uint64_t n,
			     struct hyp_error *err)
{
	struct synthetic_line *line = ctx;
	const struct hyp_host *host = line->s->host;
	const uint8_t *at = buf;
	int32_t rc = 0;

	if (host->cancelled(host->ctx))
		return cancelled(err);
	if (line->hasher != NULL)
		rc = hyp_hasher_update(line->hasher, buf, (size_t)n, err);
	while (rc == 0 && n > 0) {
		uint64_t k = piece(line, n);

		rc = send_piece(line, at, k, err);
		line->bytes += k;
		at += k;
		n -= k;
	}
	return rc;
}
