/* SPDX-License-Identifier: Apache-2.0 */
/* Which grains the checker inflates. tests/hostile has those that lie. */
#include "core/base/cleanup.h"
#include "core/package/vmdk.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct hyp_vmdk_check *check;
static struct hyp_vmdk_summary sum;
static struct hyp_error err;
static size_t step; /* bytes fed at once; 0: as they come */

static int grain(void *ctx, uint64_t index, void *out)
{
	(void)ctx;
	memset(out, (int)index | 1, HYP_VMDK_GRAIN);
	return 1;
}

static int has_grain(void *ctx, uint64_t index)
{
	(void)ctx, (void)index;
	return 1;
}

static int32_t feed(void *ctx, const void *buf, uint64_t n, struct hyp_error *e)
{
	const uint8_t *at = buf;
	int32_t rc = 0;

	(void)ctx;
	while (rc == 0 && n > 0) {
		size_t some = step == 0 || step > n ? (size_t)n : step;

		rc = hyp_vmdk_check_feed(check, at, some, e);
		at += some;
		n -= some;
	}
	return rc;
}

/* Check an image of that capacity, which is made as it passes. */
static void pass(uint64_t capacity, int level)
{
	struct hyp_vmdk_write_args args = {.capacity = capacity,
					   .layout = HYP_VMDK_LAYOUT_END,
					   .level = level,
					   .grain = grain,
					   .has_grain = has_grain};
	struct hyp_writer writer = {.size = sizeof(writer), .write = feed};

	hyp_vmdk_check_reset(check);
	ck_ok(hyp_vmdk_write(&args, &writer, &err), &err);
	ck_ok(hyp_vmdk_check_end(check, &sum, &err), &err);
}

static void setup(void)
{
	ck_ok(hyp_vmdk_check_new(&check, &err), &err);
	step = 0;
}

static void teardown(void)
{
	hyp_vmdk_check_free(check);
}

START_TEST(test_which)
{
	pass(1u << 20, 6);
	ck_assert_uint_eq(sum.grains, 16);
	ck_assert_uint_eq(sum.inflated, 0);
	for (uint32_t which = HYP_VMDK_INFLATE_SOME;
	     which <= HYP_VMDK_INFLATE_ALL; which++) {
		ck_ok(hyp_vmdk_check_inflate(check, which, &err), &err);
		pass(1u << 20, 6);
		ck_assert_uint_eq(sum.inflated, 16);
	}
	ck_ok(hyp_vmdk_check_inflate(check, HYP_VMDK_INFLATE_NONE, &err), &err);
	pass(1u << 20, 6);
	ck_assert_uint_eq(sum.inflated, 0);
}
END_TEST

/* A large one: all at first, then few. */
START_TEST(test_some)
{
	ck_ok(hyp_vmdk_check_inflate(check, HYP_VMDK_INFLATE_SOME, &err), &err);
	pass(256u << 20, 0);
	ck_assert_uint_eq(sum.grains, 4096);
	ck_assert_uint_gt(sum.inflated, 500);
	ck_assert_uint_lt(sum.inflated, 700); /* about 538 */
	ck_ok(hyp_vmdk_check_inflate(check, HYP_VMDK_INFLATE_ALL, &err), &err);
	pass(256u << 20, 0);
	ck_assert_uint_eq(sum.inflated, 4096);
}
END_TEST

/* However the bytes are divided; and a last grain that is partial. */
START_TEST(test_divided)
{
	ck_ok(hyp_vmdk_check_inflate(check, HYP_VMDK_INFLATE_ALL, &err), &err);
	for (step = 1; step < 100; step += 7) {
		pass((1u << 20) + 512, 6);
		ck_assert_uint_eq(sum.grains, 17);
		ck_assert_uint_eq(sum.inflated, 17);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vmdk-inflate");
	TCase *tcase = tcase_create("vmdk-inflate");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_which);
	tcase_add_test(tcase, test_some);
	tcase_add_test(tcase, test_divided);
	suite_add_tcase(suite, tcase);
	return unit_main(suite);
}
