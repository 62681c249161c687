/* SPDX-License-Identifier: Apache-2.0 */
/* Packages without an engine: made, looked into, judged, taken apart. */
#include "tests/unit/lib/lib-kit.h"

#include <sys/stat.h>
#include <unistd.h>

static struct lib_kit kit;
static struct hypersdk *h;
static struct hyp_error err;
static char *json;
static char ova[600], copy[600], folder[600];

/* An OVA of synthetic-1, and a handle that has no engine. */
static void setup(void)
{
	struct hypersdk_options options;
	char id[HYPERSDK_ID_MAX];
	uint32_t state = 0;

	lib_kit_init(&kit);
	h = lib_kit_open(&kit);
	lib_kit_export(&kit, h, "synthetic-1", NULL, id);
	ck_ok(hypersdk_wait(h, id, HYPERSDK_FOREVER, &state, NULL, &err), &err);
	ck_assert_uint_eq(state, HYPERSDK_COMPLETED);
	hypersdk_close(h, 0);
	options = lib_kit_options(&kit);
	options.flags = HYPERSDK_NO_ENGINE;
	ck_ok(hypersdk_open(&options, &h, &err), &err);
	snprintf(ova, sizeof(ova), "%s/synthetic-1.ova", kit.out);
	snprintf(copy, sizeof(copy), "%s/copy.ova", kit.out);
	snprintf(folder, sizeof(folder), "%s/folder", kit.out);
}

static void teardown(void)
{
	hypersdk_close(h, 0);
	lib_kit_fini(&kit);
}

static int32_t count(void *ctx, const char *file, uint64_t done, uint64_t total)
{
	ck_assert_ptr_ne(file, NULL);
	ck_assert_uint_le(done, total);
	++*(int *)ctx;
	return 0;
}

static int32_t refuse(void *ctx, const char *file, uint64_t done,
		      uint64_t total)
{
	(void)file;
	(void)done;
	(void)total;
	++*(int *)ctx;
	return 1;
}

START_TEST(test_round)
{
	int told = 0;
	struct hypersdk_ova o = {.size = sizeof(o),
				 .package = ova,
				 .output = folder,
				 .progress = count,
				 .ctx = &told};
	uint32_t errors = 7;

	ck_ok(hypersdk_ova_extract(h, &o, &json, &err), &err);
	ck_assert(lib_kit_holds(json, "synthetic-1-disk1.vmdk"));
	ck_assert_int_gt(told, 0);
	ck_fails(hypersdk_ova_extract(h, &o, &json, &err), &err, HYP_E_EXISTS,
		 "output_exists");
	o.package = folder;
	o.output = copy;
	o.digest = "sha512";
	ck_ok(hypersdk_ova_create(h, &o, &json, &err), &err);
	ck_assert(lib_kit_holds(json, "\"sha512\""));
	ck_assert_int_eq(hypersdk_ova_create(h, &o, &json, &err), HYP_E_EXISTS);
	o.flags = HYPERSDK_OVA_REPLACE;
	ck_ok(hypersdk_ova_create(h, &o, NULL, &err), &err);
	o = (struct hypersdk_ova){.size = sizeof(o), .package = copy};
	ck_ok(hypersdk_ova_show(h, &o, &json, &err), &err);
	ck_assert(lib_kit_holds(json, "\"manifest\":true"));
	o.flags = HYPERSDK_OVA_DEEP;
	ck_ok(hypersdk_ova_validate(h, &o, &errors, &json, &err), &err);
	ck_assert_uint_eq(errors, 0);
	ck_assert(lib_kit_holds(json, "\"valid\":true"));
}
END_TEST

START_TEST(test_broken)
{
	struct hypersdk_ova o = {
		.size = sizeof(o), .package = ova, .output = folder};
	uint32_t errors = 0;
	struct stat st;

	ck_assert_int_eq(truncate(ova, 100000), 0);
	ck_assert_int_eq(hypersdk_ova_extract(h, &o, &json, &err),
			 HYP_E_PERMANENT);
	ck_assert_int_ne(stat(folder, &st), 0);
	o.output = NULL;
	ck_ok(hypersdk_ova_validate(h, &o, &errors, &json, &err), &err);
	ck_assert_uint_gt(errors, 0);
	ck_assert(lib_kit_holds(json, "\"valid\":false"));
	o.package = "/not/there";
	ck_assert_int_eq(hypersdk_ova_show(h, &o, &json, &err),
			 HYP_E_NOT_FOUND);
}
END_TEST

START_TEST(test_cancelled)
{
	int told = 0;
	struct hypersdk_ova o = {.size = sizeof(o),
				 .package = ova,
				 .output = folder,
				 .progress = refuse,
				 .ctx = &told};
	struct stat st;

	ck_assert_int_eq(hypersdk_ova_extract(h, &o, &json, &err),
			 HYP_E_CANCELLED);
	ck_assert_int_eq(told, 1);
	ck_assert_int_ne(stat(folder, &st), 0);
	o.output = NULL;
	ck_assert_int_eq(hypersdk_ova_validate(h, &o, NULL, &json, &err),
			 HYP_E_CANCELLED);
}
END_TEST

START_TEST(test_arguments)
{
	struct hypersdk_ova o = {.size = sizeof(o), .package = ova};

	ck_fails(hypersdk_ova_create(h, &o, &json, &err), &err, HYP_E_USAGE,
		 "bad_argument");
	o.output = folder;
	ck_fails(hypersdk_ova_create(h, &o, &json, &err), &err, HYP_E_USAGE,
		 "usage");
	o.output = copy;
	o.digest = "md5";
	ck_fails(hypersdk_ova_create(h, &o, &json, &err), &err, HYP_E_USAGE,
		 "bad_argument");
	o.digest = NULL;
	o.key_file = "/key.pem";
	ck_fails(hypersdk_ova_create(h, &o, &json, &err), &err, HYP_E_USAGE,
		 "bad_argument");
	o.flags = HYPERSDK_OVA_REPLACE;
	ck_fails(hypersdk_ova_show(h, &o, &json, &err), &err, HYP_E_USAGE,
		 "bad_argument");
	o.flags = 0;
	o.package = NULL;
	ck_fails(hypersdk_ova_show(h, &o, &json, &err), &err, HYP_E_USAGE,
		 "bad_argument");
	ck_fails(hypersdk_ova_show(NULL, &o, &json, &err), &err, HYP_E_USAGE,
		 "bad_argument");
	ck_fails(hypersdk_ova_show(h, NULL, &json, &err), &err, HYP_E_USAGE,
		 "bad_argument");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("libhypersdk packages");
	TCase *tc = tcase_create("packages");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_round);
	tcase_add_test(tc, test_broken);
	tcase_add_test(tc, test_cancelled);
	tcase_add_test(tc, test_arguments);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
