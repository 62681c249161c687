/* SPDX-License-Identifier: Apache-2.0 */
/* storage/fault around storage/local: each operation breaks as asked, and
 * only as often; what it breaks leaves nothing behind. */
#include "core/base/cleanup.h"
#include "plugins/storage/fault/fault.h"
#include "tests/lib/local-kit.h"

#include <stdio.h>
#include <string.h>

static struct kit kit;
static struct fault_options options;
static const struct hyp_storage_ops *inner;
static void *inner_storage, *fault;

static void setup(void)
{
	kit_init(&kit);
	memset(&options, 0, sizeof(options));
	options.at_call = 1;
	options.error = 2; /* EIO */
	inner = kit.ops;
	inner_storage = kit.storage;
	fault = NULL;
}

/* From here on kit speaks to the wrapper. */
static void wrap(void)
{
	kit.ops = fault_plugin.ops;
	ck_ok(kit.ops->create(&kit.host.table, &options, inner, inner_storage,
			      &fault, &kit.err),
	      &kit.err);
	kit.storage = fault;
}

static void teardown(void)
{
	if (fault != NULL)
		((const struct hyp_storage_ops *)fault_plugin.ops)
			->destroy(fault);
	kit.ops = inner;
	kit.storage = inner_storage;
	kit_fini(&kit);
}

static void expect_file(const char *name, uint64_t n, uint64_t flipped)
{
	HYP_AUTO_FREE char *path = kit_path(&kit, name);
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	for (uint64_t i = 0; i < n; i++)
		ck_assert_int_eq(fgetc(f), kit_byte(i) ^ (i == flipped));
	ck_assert_int_eq(fgetc(f), EOF);
	fclose(f);
}

/* Every operation in the order of an export, with scratch, slots, a restart. */
static int32_t export_all(void)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_DIRECTORY, "a");
	const struct hyp_storage_ops *s = kit.ops;
	struct hyp_error ignored;
	uint64_t available, slot, got;
	void *place, *object = NULL;
	char buf[8];
	int32_t rc;

	rc = s->space(kit.storage, kit.root, &available, &kit.err);
	if (rc == 0)
		rc = s->place_open(kit.storage, &args, &place, &kit.err);
	if (rc != 0)
		return rc;
	rc = s->object_open(place, "s", HYP_OBJECT_SCRATCH, &object, &kit.err);
	if (rc == 0)
		rc = s->reserve(object, 4, &slot, &kit.err);
	if (rc == 0)
		rc = s->write(object, "gone", 4, &kit.err);
	if (rc == 0)
		rc = s->rewind(object, slot, &kit.err);
	if (rc == 0)
		rc = s->fill(object, slot, "head", 4, &kit.err);
	if (rc == 0)
		rc = s->read(object, 0, buf, 8, &got, &kit.err);
	if (rc == 0)
		rc = s->object_close(HYP_STEAL(object), &kit.err);
	if (rc == 0)
		rc = kit_put(&kit, place, "a.ovf", 1000, 100);
	if (rc == 0)
		rc = kit_seal(&kit, place, &args, 1000);
	if (rc == 0)
		rc = s->publish(place, &kit.err);
	if (rc == 0)
		return 0;
	if (object != NULL)
		s->object_close(object, &ignored);
	s->abort(place);
	return rc;
}

START_TEST(nothing_breaks_unasked)
{
	wrap();
	ck_ok(export_all(), &kit.err);
	kit_expect(&kit, "a/\na/a.ovf 1000\na/receipt.json\n");
	expect_file("a/a.ovf", 1000, UINT64_MAX);
}
END_TEST

START_TEST(each_operation_breaks)
{
	options.operation = (uint32_t)_i;
	wrap();
	ck_fails(export_all(), &kit.err, HYP_E_TRANSIENT, "io_error");
	ck_assert_ptr_nonnull(strstr(kit.err.text, "storage/fault"));
	kit_expect(&kit, "");
}
END_TEST

START_TEST(recovery_breaks)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	uint64_t removed;
	uint32_t state;
	int32_t rc;

	options.times = 1;
	options.operation = (uint32_t)_i;
	wrap();
	for (int i = 0; i < 2; i++) {
		switch (_i) {
		case FAULT_STATE:
			rc = kit.ops->state(fault, &args, &state, &kit.err);
			break;
		case FAULT_RESUME:
			rc = kit.ops->resume(fault, &args, &kit.err);
			break;
		default:
			rc = kit.ops->sweep(fault, kit.root, NULL, NULL,
					    &removed, &kit.err);
		}
		if (i == 0)
			ck_fails(rc, &kit.err, HYP_E_TRANSIENT, "io_error");
		else
			ck_assert_int_ne(rc, HYP_E_TRANSIENT);
	}
}
END_TEST

START_TEST(errors_as_chosen)
{
	static const char *const kinds[] = {
		"insufficient_space", "quota_exceeded", "io_error",
		"read_only",	      "file_too_large", "no_permission",
		"output_exists",      "not_found",	"io_error"};

	options.operation = FAULT_WRITE;
	options.error = (uint32_t)_i;
	wrap();
	ck_assert_int_lt(export_all(), 0);
	ck_assert_str_eq(kit.err.kind, kinds[_i]);
	ck_assert_int_eq(kit.err.sys_errno, fault_errnos[_i]);
	options.kind = "fsync_failed";
	options.code = 10; /* fenced */
	ck_fails(export_all(), &kit.err, HYP_E_FENCED, "fsync_failed");
	kit_expect(&kit, "");
}
END_TEST

/* The disk is full at byte N, whatever the writes: N bytes arrive. */
START_TEST(full_at_a_byte)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	char list[128];
	void *place;

	options.operation = FAULT_WRITE;
	options.error = 0;
	options.at_byte = (uint64_t)_i;
	wrap();
	ck_ok(kit.ops->place_open(fault, &args, &place, &kit.err), &kit.err);
	ck_fails(kit_put(&kit, place, "a", 1000, 300), &kit.err, HYP_E_RESOURCE,
		 "insufficient_space");
	snprintf(list, sizeof(list),
		 ".hyp-test-job-1.part/\n.hyp-test-job-1.part/a %d\n", _i);
	kit_expect(&kit, list);
	kit.ops->abort(place);
	kit_expect(&kit, "");
}
END_TEST

START_TEST(only_so_often)
{
	options.operation = FAULT_WRITE;
	options.at_call = 3;
	options.times = 2;
	wrap();
	ck_fails(export_all(), &kit.err, HYP_E_TRANSIENT, "io_error"); /* 3 */
	ck_fails(export_all(), &kit.err, HYP_E_TRANSIENT, "io_error"); /* 4 */
	ck_ok(export_all(), &kit.err);
}
END_TEST

/* A lying disk: the length betrays lost bytes, a flipped bit nothing does. */
START_TEST(lies)
{
	options.operation = FAULT_WRITE;
	options.at_byte = 454;
	options.times = 1;
	options.action = _i == 0 ? FAULT_LOSE : FAULT_FLIP;
	wrap();
	if (_i == 0) {
		ck_fails(export_all(), &kit.err, HYP_E_PERMANENT,
			 "size_mismatch");
		kit_expect(&kit, "");
	} else {
		ck_ok(export_all(), &kit.err);
		expect_file("a/a.ovf", 1000, 450); /* 4 were the scratch's */
	}
}
END_TEST

START_TEST(short_space)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	uint64_t available;
	void *place;

	options.available = 1000;
	wrap();
	ck_ok(kit.ops->space(fault, kit.root, &available, &kit.err), &kit.err);
	ck_assert_uint_eq(available, 1000);
	args.expected = 954; /* and 5 % */
	ck_fails(kit.ops->place_open(fault, &args, &place, &kit.err), &kit.err,
		 HYP_E_RESOURCE, "insufficient_space");
	args.expected = 953;
	ck_ok(kit.ops->place_open(fault, &args, &place, &kit.err), &kit.err);
	kit.ops->abort(place);
}
END_TEST

START_TEST(delay_ends_on_cancellation)
{
	options.operation = FAULT_WRITE;
	options.action = FAULT_PASS;
	options.delay = 24 * 3600 * 1000;
	wrap();
	fake_host_cancel(&kit.host);
	ck_fails(export_all(), &kit.err, HYP_E_CANCELLED, "cancelled");
	kit_expect(&kit, "");
}
END_TEST

START_TEST(options_that_make_no_sense)
{
	void *instance;

	kit.ops = fault_plugin.ops;
	ck_fails(kit.ops->create(&kit.host.table, &options, NULL, NULL,
				 &instance, &kit.err),
		 &kit.err, HYP_E_USAGE, "no_inner");
	options.action = FAULT_FLIP;
	options.operation = FAULT_SEAL;
	ck_fails(kit.ops->create(&kit.host.table, &options, inner,
				 inner_storage, &instance, &kit.err),
		 &kit.err, HYP_E_USAGE, "bad_value");
	options.action = FAULT_FAIL;
	options.at_byte = 5;
	ck_fails(kit.ops->create(&kit.host.table, &options, inner,
				 inner_storage, &instance, &kit.err),
		 &kit.err, HYP_E_USAGE, "bad_value");
	kit.ops = inner;
}
END_TEST

/* The names that users write stand for the numbers that the code uses. */
START_TEST(names_and_numbers_agree)
{
	static const struct {
		const char *option, *name;
		uint32_t index;
	} pairs[] = {
		{"operation", "none", FAULT_NONE},
		{"operation", "write", FAULT_WRITE},
		{"operation", "object_close", FAULT_OBJECT_CLOSE},
		{"operation", "publish", FAULT_PUBLISH},
		{"operation", "sweep", FAULT_SWEEP},
		{"action", "fail", FAULT_FAIL},
		{"action", "lose", FAULT_LOSE},
		{"action", "flip", FAULT_FLIP},
		{"action", "pass", FAULT_PASS},
		{"error", "ENOSPC", 0},
		{"error", "ESTALE", 8},
		{"code", "auto", 0},
		{"code", "fenced", 10},
	};

	for (size_t i = 0; i < HYP_COUNT(pairs); i++)
		for (size_t k = 0; k < FAULT_OPTION_COUNT; k++)
			if (strcmp(fault_options[k].name, pairs[i].option) == 0)
				ck_assert_str_eq(
					fault_options[k]
						.choices[pairs[i].index],
					pairs[i].name);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("storage/fault");
	TCase *tc = tcase_create("fault");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_breaks_unasked);
	tcase_add_loop_test(tc, each_operation_breaks, FAULT_SPACE,
			    FAULT_STATE);
	tcase_add_loop_test(tc, recovery_breaks, FAULT_STATE, FAULT_SWEEP + 1);
	tcase_add_loop_test(tc, errors_as_chosen, 0, 9);
	tcase_add_loop_test(tc, full_at_a_byte, 1, 20);
	tcase_add_loop_test(tc, full_at_a_byte, 295, 305);
	tcase_add_test(tc, only_so_often);
	tcase_add_loop_test(tc, lies, 0, 2);
	tcase_add_test(tc, short_space);
	tcase_add_test(tc, delay_ends_on_cancellation);
	tcase_add_test(tc, options_that_make_no_sense);
	tcase_add_test(tc, names_and_numbers_agree);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
