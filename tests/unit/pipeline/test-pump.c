/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/pump.h"
#include "core/base/buf.h"
#include "core/base/digest.h"
#include "core/pipeline/thread.h"
#include "tests/lib/unit.h"
#include "tests/unit/pipeline/fake-clock.h"

#include <sched.h>
#include <string.h>

#define MIB (1u << 20)

/* Where the writing thread puts the bytes. */
struct sink {
	struct hyp_buf buf;
	size_t fail_at;	  /* fails once so many bytes are there; 0: never */
	unsigned blocked; /* atomic; 1: write does not return */
	unsigned inside;  /* atomic: a write is waiting */
};

static int32_t sink_write(void *ctx, const void *bytes, uint64_t n,
			  struct hyp_error *err)
{
	struct sink *sink = ctx;

	__atomic_store_n(&sink->inside, 1u, __ATOMIC_RELEASE);
	while (__atomic_load_n(&sink->blocked, __ATOMIC_ACQUIRE))
		sched_yield();
	if (sink->fail_at > 0 && sink->buf.len + n > sink->fail_at)
		return hyp_error_set(err, HYP_E_RESOURCE, "insufficient_space",
				     0, "no space");
	return hyp_buf_add(&sink->buf, bytes, n, err);
}

struct fixture {
	struct sink sink;
	struct hyp_writer writer;
	struct hyp_cancel *cancel;
	struct hyp_pump *pump;
	struct hyp_error err;
};

static void begin(struct fixture *f, uint32_t other)
{
	struct hyp_pump_args args = {.digest = HYP_DIGEST_SHA256,
				     .other = other};

	memset(f, 0, sizeof(*f));
	hyp_buf_init(&f->sink.buf, 64 * MIB);
	f->writer = (struct hyp_writer){.size = sizeof(f->writer),
					.ctx = &f->sink,
					.write = sink_write};
	ck_ok(hyp_cancel_new(&f->cancel, &f->err), &f->err);
	args.cancel = f->cancel;
	ck_ok(hyp_pump_new(&args, &f->pump, &f->err), &f->err);
}

static void end(struct fixture *f)
{
	hyp_pump_free(f->pump);
	hyp_cancel_free(f->cancel);
	hyp_buf_fini(&f->sink.buf);
}

static uint8_t *pattern(size_t n)
{
	uint8_t *bytes = malloc(n + 1);
	uint32_t x = 1;

	ck_assert_ptr_nonnull(bytes);
	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(x >> 24);
	}
	return bytes;
}

/* One stream of n bytes in pieces; the sink and the digests must agree. */
static void stream(struct fixture *f, const uint8_t *bytes, size_t n,
		   size_t piece, uint32_t other)
{
	struct hyp_pump_result result;
	struct hyp_digest want;

	hyp_buf_reset(&f->sink.buf);
	ck_ok(hyp_pump_start(f->pump, &f->writer, 0, &f->err), &f->err);
	for (size_t at = 0; at < n; at += piece)
		ck_ok(hyp_pump_write(f->pump, bytes + at,
				     n - at < piece ? n - at : piece, &f->err),
		      &f->err);
	ck_ok(hyp_pump_finish(f->pump, &result, &f->err), &f->err);
	ck_assert_uint_eq(result.bytes, n);
	ck_assert_uint_eq(f->sink.buf.len, n);
	ck_assert(n == 0 || memcmp(f->sink.buf.data, bytes, n) == 0);
	ck_ok(hyp_digest_bytes(HYP_DIGEST_SHA256, bytes, n, &want, &f->err),
	      &f->err);
	ck_assert(hyp_digest_equal(&want, &result.digest));
	ck_assert_uint_eq(result.other.length, hyp_digest_length(other));
	if (other == 0)
		return;
	ck_ok(hyp_digest_bytes(other, bytes, n, &want, &f->err), &f->err);
	ck_assert(hyp_digest_equal(&want, &result.other));
}

START_TEST(test_streams)
{
	static const size_t sizes[] = {0,	1,	     1000,
				       MIB - 1, MIB,	     MIB + 1,
				       4 * MIB, 4 * MIB + 1, 9 * MIB + 7};
	uint8_t *bytes = pattern(10 * MIB);
	struct fixture f;

	begin(&f, HYP_DIGEST_SHA1);
	for (size_t i = 0; i < 9; i++) { /* the same pump again and again */
		stream(&f, bytes, sizes[i], 16384, HYP_DIGEST_SHA1);
		stream(&f, bytes, sizes[i], 3 * MIB + 1, HYP_DIGEST_SHA1);
	}
	end(&f);
	begin(&f, 0);
	stream(&f, bytes, 5 * MIB, 4097, 0);
	end(&f);
	free(bytes);
}
END_TEST

/* What the writing thread meets comes up at a later write or at finish, and a
 * source that does not look at failures cannot hide it. */
START_TEST(test_sink_fails)
{
	uint8_t *bytes = pattern(16 * MIB);
	struct hyp_pump_result result;
	struct fixture f;
	int32_t rc = 0;

	begin(&f, 0);
	f.sink.fail_at = 2 * MIB;
	ck_ok(hyp_pump_start(f.pump, &f.writer, 0, &f.err), &f.err);
	for (unsigned i = 0; i < 16 && rc == 0; i++)
		rc = hyp_pump_write(f.pump, bytes + i * MIB, MIB, &f.err);
	ck_assert_int_eq(rc, HYP_E_RESOURCE);
	ck_fails(hyp_pump_write(f.pump, bytes, 1, &f.err), &f.err,
		 HYP_E_RESOURCE, "insufficient_space");
	ck_fails(hyp_pump_finish(f.pump, &result, &f.err), &f.err,
		 HYP_E_RESOURCE, "insufficient_space");
	ck_fails(hyp_pump_failure(f.pump, &f.err), &f.err, HYP_E_RESOURCE,
		 "insufficient_space");
	/* a fresh stream does not inherit it */
	f.sink.fail_at = 0;
	stream(&f, bytes, 3 * MIB, 65536, 0);
	ck_assert_int_eq(hyp_pump_failure(f.pump, &f.err), 0);
	/* one that fails in the last buffer surfaces at finish */
	hyp_buf_reset(&f.sink.buf);
	f.sink.fail_at = 100;
	ck_ok(hyp_pump_start(f.pump, &f.writer, 0, &f.err), &f.err);
	ck_ok(hyp_pump_write(f.pump, bytes, 1000, &f.err), &f.err);
	ck_fails(hyp_pump_finish(f.pump, &result, &f.err), &f.err,
		 HYP_E_RESOURCE, "insufficient_space");
	end(&f);
	free(bytes);
}
END_TEST

static void *write_all(void *arg)
{
	struct fixture *f = arg;
	static uint8_t zeros[MIB];
	int32_t rc = 0;

	for (unsigned i = 0; i < 32 && rc == 0; i++)
		rc = hyp_pump_write(f->pump, zeros, sizeof(zeros), &f->err);
	return (void *)(intptr_t)rc;
}

/* Memory is bounded: a sink that does not take any more stops the source
 * after four buffers; and a cancellation frees it. */
START_TEST(test_bounded_and_cancelled)
{
	struct fixture f;
	uint64_t bytes = 0, done, total;
	pthread_t thread;
	void *rc;

	begin(&f, 0);
	f.sink.blocked = 1;
	ck_ok(hyp_pump_start(f.pump, &f.writer, 0, &f.err), &f.err);
	ck_assert_int_eq(pthread_create(&thread, NULL, write_all, &f), 0);
	while (bytes < HYP_PUMP_BUFFERS * MIB)
		hyp_pump_position(f.pump, &bytes, &done, &total);
	hyp_cancel_set(f.cancel);
	pthread_join(thread, &rc);
	ck_assert_int_eq((intptr_t)rc, HYP_E_CANCELLED);
	hyp_pump_position(f.pump, &bytes, &done, &total);
	ck_assert_uint_eq(bytes, HYP_PUMP_BUFFERS * MIB);
	__atomic_store_n(&f.sink.blocked, 0u, __ATOMIC_RELEASE);
	hyp_pump_stop(f.pump);
	ck_assert_uint_lt(f.sink.buf.len, HYP_PUMP_BUFFERS * MIB);
	end(&f);
}
END_TEST

START_TEST(test_stop_and_free_early)
{
	uint8_t *bytes = pattern(8 * MIB);
	struct fixture f;

	begin(&f, 0);
	hyp_pump_stop(f.pump); /* not started: nothing happens */
	for (unsigned i = 0; i < 20; i++) {
		ck_ok(hyp_pump_start(f.pump, &f.writer, 0, &f.err), &f.err);
		ck_ok(hyp_pump_write(f.pump, bytes, i * 300000, &f.err),
		      &f.err);
		hyp_pump_stop(f.pump);
	}
	ck_ok(hyp_pump_start(f.pump, &f.writer, 0, &f.err), &f.err);
	ck_ok(hyp_pump_write(f.pump, bytes, 3 * MIB, &f.err), &f.err);
	end(&f);
	free(bytes);
}
END_TEST

static int has_grain(void *ctx, uint64_t index)
{
	(void)ctx;
	return index % 2 == 0;
}

static int grain(void *ctx, uint64_t index, void *out)
{
	memset(out, (int)index + 1, HYP_VMDK_GRAIN);
	return has_grain(ctx, index);
}

static void make_image(struct hyp_buf *out, uint64_t capacity, uint32_t layout)
{
	struct hyp_writer writer = {
		.size = sizeof(writer), .ctx = out, .write = hyp_buf_write};
	struct hyp_vmdk_write_args args = {.capacity = capacity,
					   .layout = layout,
					   .grain = grain,
					   .has_grain = has_grain};
	struct hyp_error err;

	hyp_buf_init(out, 64 * MIB);
	ck_ok(hyp_vmdk_write(&args, &writer, &err), &err);
}

START_TEST(test_image)
{
	uint64_t bytes, done, total;
	struct hyp_pump_result result;
	struct hyp_buf image;
	struct fixture f;

	begin(&f, 0);
	for (uint32_t layout = 0; layout < 2; layout++) {
		make_image(&image, 20 * MIB, layout);
		ck_ok(hyp_pump_start(f.pump, &f.writer, 1, &f.err), &f.err);
		ck_ok(hyp_pump_write(f.pump, image.data, image.len, &f.err),
		      &f.err);
		ck_ok(hyp_pump_finish(f.pump, &result, &f.err), &f.err);
		ck_assert_uint_eq(result.image.capacity, 20 * MIB);
		ck_assert_uint_eq(result.image.grains, 160);
		hyp_pump_position(f.pump, &bytes, &done, &total);
		ck_assert_uint_eq(bytes, image.len);
		ck_assert_uint_eq(total, 20 * MIB);
		ck_assert_uint_gt(done, 19 * MIB);
		hyp_buf_fini(&image);
	}
	end(&f);
}
END_TEST

/* A cut image can be had anew; other bytes cannot. */
START_TEST(test_image_cut_or_none)
{
	struct hyp_pump_result result;
	struct hyp_buf image;
	struct fixture f;
	uint8_t *bytes = pattern(MIB);
	struct hyp_error other;

	begin(&f, 0);
	make_image(&image, 4 * MIB, HYP_VMDK_LAYOUT_END);
	ck_ok(hyp_pump_start(f.pump, &f.writer, 1, &f.err), &f.err);
	ck_ok(hyp_pump_write(f.pump, image.data, image.len - 512, &f.err),
	      &f.err);
	ck_fails(hyp_pump_finish(f.pump, &result, &f.err), &f.err,
		 HYP_E_TRANSIENT, "size_mismatch");
	ck_assert_int_eq(hyp_pump_failure(f.pump, &other), 0);

	ck_ok(hyp_pump_start(f.pump, &f.writer, 1, &f.err), &f.err);
	hyp_pump_write(f.pump, bytes, MIB, &f.err);
	ck_fails(hyp_pump_finish(f.pump, &result, &f.err), &f.err,
		 HYP_E_PERMANENT, "unsafe_image");
	ck_fails(hyp_pump_failure(f.pump, &other), &other, HYP_E_PERMANENT,
		 "unsafe_image");
	hyp_buf_fini(&image);
	end(&f);
	free(bytes);
}
END_TEST

START_TEST(test_idle)
{
	struct hyp_pump_result result;
	struct fixture f;

	fake_clock_start(0);
	begin(&f, 0);
	ck_ok(hyp_pump_start(f.pump, &f.writer, 0, &f.err), &f.err);
	fake_clock_advance(UINT64_C(5000000000));
	ck_assert_uint_eq(hyp_pump_idle_ms(f.pump), 5000);
	ck_ok(hyp_pump_write(f.pump, "x", 1, &f.err), &f.err);
	ck_assert_uint_eq(hyp_pump_idle_ms(f.pump), 0);
	fake_clock_advance(UINT64_C(7000000000));
	ck_assert_uint_eq(hyp_pump_idle_ms(f.pump), 7000);
	/* when it has given all, it is not waited for */
	ck_ok(hyp_pump_finish(f.pump, &result, &f.err), &f.err);
	ck_assert_uint_eq(hyp_pump_idle_ms(f.pump), 0);
	end(&f);
	hyp_clock_set(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pump");
	TCase *tc = tcase_create("pump");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_streams);
	tcase_add_test(tc, test_sink_fails);
	tcase_add_test(tc, test_bounded_and_cancelled);
	tcase_add_test(tc, test_stop_and_free_early);
	tcase_add_test(tc, test_image);
	tcase_add_test(tc, test_image_cut_or_none);
	tcase_add_test(tc, test_idle);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
