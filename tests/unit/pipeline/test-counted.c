/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/counted.h"
#include "core/pipeline/space.h"
#include "tests/lib/unit.h"
#include "tests/unit/pipeline/fakes-parts.h"
#include "tests/unit/pipeline/fakes.h"

static void *place;
static struct hyp_counted *counted;
static struct hyp_error err;
static const struct hyp_storage_ops *const ops = &hyp_counted_ops;

static void begin(void)
{
	static int instance;
	struct hyp_place_args args = {.size = sizeof(args)};

	fakes_reset();
	ck_ok(fake_storage.place_open(&instance, &args, &place, &err), &err);
	ck_ok(hyp_counted_new(&fake_storage, place, &counted, &err), &err);
}

static void end(void)
{
	fake_storage.abort(place);
	hyp_counted_free(counted);
	ck_assert_int_eq(fakes.live, 0);
	fakes_fini();
}

START_TEST(test_counts)
{
	uint64_t head, next;
	void *a, *b;

	begin();
	ck_ok(ops->object_open(counted, "a", 0, &a, &err), &err);
	ck_ok(ops->object_open(counted, "b", HYP_OBJECT_SCRATCH, &b, &err),
	      &err);
	ck_ok(ops->reserve(a, 512, &head, &err), &err);
	ck_ok(ops->write(a, "123456", 6, &err), &err);
	ck_ok(ops->write(b, "12345678", 8, &err), &err);
	/* begun anew: what came after the slot does not count */
	ck_ok(ops->rewind(a, head, &err), &err);
	ck_ok(ops->write(a, "1234", 4, &err), &err);
	ck_ok(ops->fill(a, head, "", 512, &err), &err);
	ck_ok(ops->reserve(a, 1024, &next, &err), &err);
	ck_ok(ops->fill(a, next, "", 1024, &err), &err);
	ck_assert_uint_eq(hyp_counted_bytes(counted), 0);
	ck_ok(ops->object_close(a, &err), &err);
	ck_ok(ops->object_close(b, &err), &err);
	ck_assert_uint_eq(hyp_counted_bytes(counted), 512 + 4 + 1024);
	end();
}
END_TEST

/* What failed beneath does not count, and is passed on. */
START_TEST(test_failures)
{
	static const char *const calls[] = {
		"storage.write",  "storage.reserve", "storage.fill",
		"storage.rewind", "storage.read",    "storage.object_close"};
	uint64_t slot = 0, got;
	void *o;

	for (size_t i = 0; i < 6; i++) {
		int32_t rc[5];
		char byte;

		begin();
		fakes.fail_name = calls[i];
		ck_ok(ops->object_open(counted, "a", 0, &o, &err), &err);
		rc[0] = ops->reserve(o, 512, &slot, &err);
		rc[1] = ops->write(o, "12", 2, &err);
		rc[2] = ops->rewind(o, slot, &err);
		rc[3] = ops->fill(o, slot, "", 512, &err);
		rc[4] = ops->read(o, 0, &byte, 1, &got, &err);
		ck_assert_int_eq(rc[0] + rc[1] + rc[2] + rc[3] + rc[4] +
					 ops->object_close(o, &err),
				 HYP_E_PERMANENT);
		ck_assert_uint_eq(hyp_counted_bytes(counted), i == 1   ? 2
							      : i == 3 ? 514
							      : i == 5 ? 0
								       : 512);
		end();
	}
	begin();
	fakes.fail_name = "storage.object_open";
	ck_fails(ops->object_open(counted, "a", 0, &o, &err), &err,
		 HYP_E_PERMANENT, "fake_failure");
	end();
}
END_TEST

START_TEST(test_space_of_disks)
{
	struct hyp_vdisk disks[2] = {
		{.size = sizeof(disks[0]), .capacity = 300},
		{.size = sizeof(disks[0]), .capacity = 100}};
	struct hyp_machine machine = {.size = sizeof(machine),
				      .disks = disks,
				      .disk_stride = sizeof(disks[0]),
				      .disk_count = 2};
	struct hyp_vm vm = {.size = sizeof(vm)};
	uint64_t sizes[2];

	hyp_space_disks(&vm, &machine, sizes); /* storage unknown */
	ck_assert_uint_eq(sizes[0], 300);
	ck_assert_uint_eq(sizes[1], 100);
	vm.storage_bytes = 200; /* thin */
	hyp_space_disks(&vm, &machine, sizes);
	ck_assert_uint_eq(sizes[0], 150);
	ck_assert_uint_eq(sizes[1], 50);
	vm.storage_bytes = 4000; /* with snapshots and swap */
	hyp_space_disks(&vm, &machine, sizes);
	ck_assert_uint_eq(sizes[0], 300);
	/* absurd sizes do not wrap */
	disks[0].capacity = disks[1].capacity = UINT64_MAX;
	vm.storage_bytes = 1000;
	hyp_space_disks(&vm, &machine, sizes);
	ck_assert_uint_eq(sizes[0], 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("counted");
	TCase *tc = tcase_create("counted");

	tcase_add_test(tc, test_counts);
	tcase_add_test(tc, test_failures);
	tcase_add_test(tc, test_space_of_disks);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
