/* SPDX-License-Identifier: Apache-2.0 */
/* storage/local: from place_open to publish and abort. */
#include "plugins/storage/local/kit.h"

#include "core/base/cleanup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct kit kit;

static void setup(void)
{
	kit_init(&kit);
}

static void teardown(void)
{
	kit_fini(&kit);
}

static int32_t seal(void *place, const struct hyp_place_args *args,
		    uint64_t bytes)
{
	HYP_AUTO_FREE char *receipt = kit_receipt(args, bytes);

	return kit.ops->seal(place, receipt, strlen(receipt), &kit.err);
}

/* A whole package of one file; its name is that of the place. */
static int32_t export_file(const struct hyp_place_args *args, uint64_t n)
{
	void *place;
	int32_t rc;

	rc = kit.ops->place_open(kit.storage, args, &place, &kit.err);
	if (rc != 0)
		return rc;
	rc = kit_put(&kit, place, "a.ova", n, 4096);
	if (rc == 0)
		rc = seal(place, args, n);
	if (rc == 0)
		rc = kit.ops->publish(place, &kit.err);
	if (rc != 0)
		kit.ops->abort(place);
	return rc;
}

static int32_t export_directory(const struct hyp_place_args *args, uint64_t n)
{
	void *place;
	int32_t rc;

	rc = kit.ops->place_open(kit.storage, args, &place, &kit.err);
	if (rc != 0)
		return rc;
	rc = kit_put(&kit, place, "a.ovf", 100, 10);
	if (rc == 0)
		rc = kit_put(&kit, place, "a-disk1.vmdk", n, 4096);
	if (rc == 0)
		rc = seal(place, args, n + 100);
	if (rc == 0)
		rc = kit.ops->publish(place, &kit.err);
	if (rc != 0)
		kit.ops->abort(place);
	return rc;
}

START_TEST(file_is_published_whole)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a.ova");
	char path[128];
	struct stat st;
	FILE *f;

	ck_ok(export_file(&args, 100000), &kit.err);
	kit_expect(&kit, "a.ova 100000\na.ova.receipt.json\n");
	snprintf(path, sizeof(path), "%s/a.ova", kit.root);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	f = fopen(path, "r");
	for (uint64_t i = 0; i < 100000; i++)
		ck_assert_int_eq(fgetc(f), kit_byte(i));
	fclose(f);
}
END_TEST

START_TEST(directory_is_published_whole)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_DIRECTORY, "a");

	ck_ok(export_directory(&args, 5000), &kit.err);
	kit_expect(&kit, "a/\na/a-disk1.vmdk 5000\na/a.ovf 100\n"
			 "a/receipt.json\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("storage/local place");
	TCase *tc = tcase_create("place");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, file_is_published_whole);
	tcase_add_test(tc, directory_is_published_whole);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
