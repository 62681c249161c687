/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/package/vmdk-image.h"

START_TEST(test_writer_args)
{
	struct hyp_vmdk_write_args args = {
		.capacity = CAPACITY,
		.grain = grain,
		.has_grain = has_grain,
	};
	struct hyp_writer w = {sizeof(w), 0, &im, keep};
	const uint64_t bad[] = {0, 511, 513, (62ULL << 40) + 512, UINT64_MAX};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		args.capacity = bad[i];
		ck_fails(hyp_vmdk_write(&args, &w, &err), &err, HYP_E_USAGE,
			 "bad_value");
	}
	args.capacity = CAPACITY;
	args.level = 10;
	ck_fails(hyp_vmdk_write(&args, &w, &err), &err, HYP_E_USAGE,
		 "bad_value");
	args.level = 0;
	args.layout = 2;
	ck_fails(hyp_vmdk_write(&args, &w, &err), &err, HYP_E_USAGE,
		 "bad_value");
	ck_assert_uint_eq(im.len, 0);
}
END_TEST

static int fickle(void *ctx, uint64_t index)
{
	return has_grain(ctx, index) || index == 77;
}

START_TEST(test_writer_changing_source)
{
	struct hyp_vmdk_write_args args = {
		.capacity = CAPACITY,
		.layout = HYP_VMDK_LAYOUT_FRONT,
		.grain = grain,
		.has_grain = fickle,
	};
	struct hyp_writer w = {sizeof(w), 0, &im, keep};

	ck_fails(hyp_vmdk_write(&args, &w, &err), &err, HYP_E_PERMANENT,
		 "source_changed");
}
END_TEST

static int32_t refuse(void *ctx, const void *buf, uint64_t n,
		      struct hyp_error *e)
{
	int *left = ctx;

	(void)buf;
	(void)n;
	if (*left == 0)
		return hyp_error_set(e, HYP_E_RESOURCE, "insufficient_space", 0,
				     "full");
	--*left;
	return 0;
}

/* Whichever write fails, its error comes back and no write follows. */
START_TEST(test_writer_fails)
{
	struct hyp_vmdk_write_args args = {
		.capacity = CAPACITY,
		.layout = (uint32_t)_i % 2,
		.level = _i / 2,
		.grain = grain,
		.has_grain = has_grain,
	};

	for (int n = 0, left = 0; left == 0; n++) {
		struct hyp_writer w = {sizeof(w), 0, &left, refuse};

		left = n;
		if (hyp_vmdk_write(&args, &w, &err) == 0)
			break;
		ck_assert_str_eq(err.kind, "insufficient_space");
		ck_assert_int_eq(left, 0);
	}
}
END_TEST

static int always(void *ctx, uint64_t index)
{
	(void)ctx;
	(void)index;
	return 1;
}

static int32_t drop(void *ctx, const void *buf, uint64_t n, struct hyp_error *e)
{
	(void)ctx;
	(void)buf;
	(void)n;
	(void)e;
	return 0;
}

/* Tables hold 32-bit sectors: an image ends at 2 TiB, and says so. */
START_TEST(test_writer_too_large)
{
	struct hyp_vmdk_write_args args = {
		.capacity = 62ULL << 40,
		.layout = HYP_VMDK_LAYOUT_FRONT,
		.grain = grain,
		.has_grain = always,
	};
	struct hyp_writer w = {sizeof(w), 0, NULL, drop};

	ck_fails(hyp_vmdk_write(&args, &w, &err), &err, HYP_E_PERMANENT,
		 "too_large");
}
END_TEST

static int only_last(void *ctx, uint64_t index, void *out)
{
	if (index != *(uint64_t *)ctx)
		return 0;
	memset(out, 'z', HYP_VMDK_GRAIN);
	return 1;
}

/* A directory of more than one chunk, nearly empty. */
START_TEST(test_large_and_thin)
{
	uint64_t last = (8ULL << 40) / HYP_VMDK_GRAIN - 1, position, capacity;
	struct hyp_vmdk_write_args args = {
		.capacity = (last + 1) * HYP_VMDK_GRAIN,
		.level = 6,
		.grain = only_last,
		.ctx = &last,
	};
	struct hyp_writer w = {sizeof(w), 0, &im, keep};

	ck_ok(hyp_vmdk_write(&args, &w, &err), &err);
	ck_assert_uint_lt(im.len, 2u << 20);
	ck_ok(judge(im.bytes, im.len, 0), &err);
	hyp_vmdk_check_position(check, &position, &capacity);
	ck_assert_uint_eq(position, args.capacity);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("package/vmdk-write");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, test_writer_args);
	tcase_add_test(tc, test_writer_changing_source);
	tcase_add_loop_test(tc, test_writer_fails, 0, 4);
	tcase_add_test(tc, test_writer_too_large);
	tcase_add_test(tc, test_large_and_thin);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
