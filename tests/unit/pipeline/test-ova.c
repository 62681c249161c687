/* SPDX-License-Identifier: Apache-2.0 */
/* Packing and extracting what changes meanwhile, with the real plugins; that
 * nothing is left of it (faults.md 76). */
#include "core/base/cleanup.h"
#include "core/config/parts.h"
#include "core/pipeline/ova.h"
#include "core/plugin/host-table.h"
#include "core/plugin/registry.h"
#include "tests/lib/tree.h"
#include "tests/unit/package/pkg-kit.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DISK (3u << 20) /* more than the pump reads ahead */
#define PLAIN                                                                  \
	OVF_WITH(OVF_FILE("f1", "d.img", ""),                                  \
		 OVF_DISK("d1", "3145728", "f1", "ovf:format=\"raw\""), "",    \
		 OVF_SYSTEM(OVF_HARDWARE))

enum change { NOTHING, GROWS, SHRINKS, IS_CUT, CANCELLED };

static struct pkg_kit kit;
static struct tree out;
static char disk[128], descriptor[128];
static struct hyp_registry *registry;
static struct hyp_part packager, storage;
static struct hyp_cancel *cancel;
static struct hyp_ova_job job;
static struct hyp_result result;
static unsigned seen, warnings;

static void setup(void)
{
	const char *dirs[] = {getenv("HYPERSDK_PLUGIN_DIR")}, *roots[1];
	HYP_AUTO_FREE char *zeros = calloc(1, DISK);

	pkg_kit_init(&kit);
	tree_init(&out);
	snprintf(disk, sizeof(disk), "%s/d.img", kit.dir);
	snprintf(descriptor, sizeof(descriptor), "%s/vm.ovf", kit.dir);
	pkg_kit_text(&kit, "vm.ovf", PLAIN);
	pkg_kit_entry(&kit, "d.img", zeros, DISK);
	pkg_kit_zeros(&kit, 1024);
	pkg_kit_write(&kit, 0);
	pkg_kit_file(&kit, "vm.ovf", PLAIN, strlen(PLAIN));
	pkg_kit_file(&kit, "d.img", zeros, DISK);
	roots[0] = out.root;
	ck_ok(hyp_registry_new(dirs, 1, getenv("HYPERSDK"), &registry,
			       &kit.err),
	      &kit.err);
	ck_ok(hyp_part_named(&packager, "ova", "test", &kit.err), &kit.err);
	ck_ok(hyp_part_named(&storage, "local", "test", &kit.err), &kit.err);
	ck_ok(hyp_values_set_list(&storage.values, "roots", roots, 1, "test", 0,
				  &kit.err),
	      &kit.err);
	ck_ok(hyp_cancel_new(&cancel, &kit.err), &kit.err);
	seen = warnings = 0;
}

static void teardown(void)
{
	hyp_result_fini(&result);
	hyp_cancel_free(cancel);
	hyp_part_fini(&packager);
	hyp_part_fini(&storage);
	hyp_registry_free(registry);
	tree_fini(&out);
	pkg_kit_fini(&kit);
}

/* Called after the first bytes of a file: the disk is far from its end. */
static void change_it(void *ctx, const char *file, uint64_t done,
		      uint64_t total)
{
	enum change change = *(const enum change *)ctx;

	ck_assert_uint_le(done, total);
	if (strcmp(file, "d.img") != 0 || seen++ > 0)
		return;
	if (change == GROWS)
		ck_assert_int_eq(truncate(disk, DISK + 1), 0);
	else if (change == SHRINKS)
		ck_assert_int_eq(truncate(disk, DISK - 1), 0);
	else if (change == IS_CUT)
		ck_assert_int_eq(truncate(kit.path, DISK), 0);
	else if (change == CANCELLED)
		hyp_cancel_set(cancel);
}

static void on_warning(void *ctx, const char *kind, const char *text)
{
	(void)ctx, (void)kind, (void)text;
	warnings++;
}

static int32_t run(enum change change, int creates)
{
	job = (struct hyp_ova_job){
		.registry = registry,
		.packager = creates ? &packager : NULL,
		.storage = &storage,
		.id = "test",
		.package = creates ? descriptor : kit.path,
		.dir = out.root,
		.name = creates ? "vm.ova" : "vm",
		.digest = creates ? HYP_DIGEST_SHA256 : 0,
		.cancel = cancel,
		.ctx = &change,
		.progress = change_it,
		.warning = on_warning,
	};
	return creates ? hyp_ova_create(&job, &result, &kit.err)
		       : hyp_ova_extract(&job, &result, &kit.err);
}

static unsigned files_in(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	ck_assert_ptr_nonnull(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		n += strcmp(e->d_name, ".") != 0 &&
		     strcmp(e->d_name, "..") != 0;
	closedir(dir);
	return n;
}

START_TEST(nothing_changes)
{
	ck_ok(run(NOTHING, 1), &kit.err);
	ck_assert_uint_gt(seen, 1);
	ck_assert_uint_eq(warnings, 0);
	ck_assert_uint_eq(result.file_count, 3);
	ck_assert_uint_eq(files_in(out.root), 2); /* with its receipt */
	hyp_result_fini(&result);
	ck_ok(run(NOTHING, 0), &kit.err);
	ck_assert_uint_eq(warnings, 1); /* there was no manifest */
	ck_assert_uint_eq(result.file_count, 2);
}
END_TEST

static const struct {
	enum change change;
	int creates;
	int32_t code;
	const char *kind;
} changes[] = {
	{GROWS, 1, HYP_E_PERMANENT, "size_mismatch"},
	{SHRINKS, 1, HYP_E_TRANSIENT, "size_mismatch"},
	{IS_CUT, 0, HYP_E_TRANSIENT, "size_mismatch"},
	{CANCELLED, 1, HYP_E_CANCELLED, "cancelled"},
	{CANCELLED, 0, HYP_E_CANCELLED, "cancelled"},
};

START_TEST(it_changes)
{
	ck_fails(run(changes[_i].change, changes[_i].creates), &kit.err,
		 changes[_i].code, changes[_i].kind);
	ck_assert_uint_ge(seen, 1);
	ck_assert_uint_eq(files_in(out.root), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pipeline/ova");
	TCase *tc = tcase_create("changes");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_changes);
	tcase_add_loop_test(tc, it_changes, 0, (int)HYP_COUNT(changes));
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
