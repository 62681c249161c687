/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packager/ova and packager/ovf on storage/local, and one file operation
 * fails: the first, the second, ... of all that a whole run makes. Each time
 * the package is published whole, or nothing has changed and nothing is left.
 */
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "plugins/packager/ova/ova.h"
#include "plugins/packager/ovf/ovf.h"
#include "tests/lib/file-fault.h"
#include "tests/lib/local-kit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FAST "/dev/shm" /* thousands of fsyncs */
#define FILES 3

static struct kit kit;
static const struct hyp_packager_ops *packer;
static unsigned char content[3000];
static char *dir; /* "x/y" in the root, made on the way; or NULL */

static int64_t fixed_wall_ms(void *ctx)
{
	(void)ctx;
	return 1764107880000;
}

static uint64_t fixed_boot_ns(void *ctx)
{
	(void)ctx;
	return 1;
}

static void setup(void)
{
	static const struct hyp_clock clock = {fixed_boot_ns, fixed_wall_ms,
					       NULL};

	hyp_clock_set(&clock);
	kit_init_in(&kit, FAST);
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = kit_byte(i);
}

static void teardown(void)
{
	file_fault_clear();
	free(HYP_STEAL(dir));
	kit_fini(&kit);
	hyp_clock_set(NULL);
}

static int32_t add(void *ctx, const struct hyp_file *file,
		   struct hyp_error *err)
{
	uint64_t *bytes = ctx;

	(void)err;
	*bytes += file->bytes;
	if (packer->layout == HYP_LAYOUT_FILE)
		*bytes += 512 + (512 - file->bytes % 512) % 512;
	return 0;
}

static int32_t open_entry(void *package, unsigned int i, void **entry)
{
	char name[32];
	struct hyp_entry_args args = {
		.size = sizeof(args), .index = i, .name = name};

	snprintf(name, sizeof(name), "disk%u.vmdk", i + 1);
	return packer->entry_open(package, &args, entry, &kit.err);
}

/* All at once, the last one first; one of them begins anew. */
static int32_t write_entries(void *package, void **entries)
{
	struct hyp_digest digest;
	int32_t rc = 0;

	for (unsigned int i = FILES; rc == 0 && i > 0; i--)
		rc = open_entry(package, i - 1, &entries[i - 1]);
	for (unsigned int i = 0; rc == 0 && i < FILES; i++)
		rc = packer->entry_write(entries[i], content, 900 * (i + 1),
					 &kit.err);
	if (rc == 0)
		rc = packer->entry_restart(entries[1], &kit.err);
	if (rc == 0)
		rc = packer->entry_write(entries[1], content, 1800, &kit.err);
	for (unsigned int i = FILES; rc == 0 && i > 0; i--) {
		rc = hyp_digest_bytes(HYP_DIGEST_SHA256, content, 900 * i,
				      &digest, &kit.err);
		if (rc == 0)
			rc = packer->entry_close(HYP_STEAL(entries[i - 1]),
						 900 * i, &digest, &kit.err);
	}
	return rc;
}

static int32_t pack(void *packager, void *place, uint64_t *bytes)
{
	static const char text[] = "<Envelope/>\n";
	struct hyp_package_args args = {
		.size = sizeof(args),
		.digest = HYP_DIGEST_SHA256,
		.entry_count = FILES,
		.parallel = FILES,
		.name = "vm",
		.descriptor_max = 1000,
		.storage = kit.ops,
		.place = place,
	};
	void *package, *entries[FILES] = {NULL};
	int32_t rc;

	rc = packer->begin(packager, &args, &package, &kit.err);
	if (rc != 0)
		return rc;
	*bytes = packer->layout == HYP_LAYOUT_FILE ? 1024 : 0;
	rc = write_entries(package, entries);
	if (rc == 0)
		return packer->finish(package, text, strlen(text), add, bytes,
				      &kit.err);
	for (unsigned int i = 0; i < FILES; i++)
		if (entries[i] != NULL)
			packer->entry_abort(entries[i]);
	packer->abort(package);
	return rc;
}

/* As core/pipeline does it. */
static int32_t export_all(const struct hyp_place_args *args)
{
	struct hyp_error err;
	void *packager, *place;
	uint64_t bytes;
	int32_t rc;

	ck_ok(packer->create(&kit.host.table, NULL, &packager, &err), &err);
	rc = kit.ops->place_open(kit.storage, args, &place, &kit.err);
	if (rc == 0) {
		rc = pack(packager, place, &bytes);
		if (rc == 0)
			rc = kit_seal(&kit, place, args, bytes);
		if (rc == 0)
			rc = kit.ops->publish(place, &kit.err);
		if (rc != 0)
			kit.ops->abort(place);
	}
	packer->destroy(packager);
	return rc;
}

/* Names and contents of all files in the root but receipts, as one text. */
static char *digest_of_root(void)
{
	HYP_AUTO_FREE char *command = NULL;
	struct hyp_buf out = HYP_BUF_INIT(1 << 16);
	char line[512];
	FILE *p;

	ck_assert_int_eq(hyp_asprintf(&command, NULL,
				      "cd %s && find . ! -name '*receipt.json' "
				      "-type f -print0 | sort -z | "
				      "xargs -0r sha256sum; find . | sort",
				      kit.root),
			 0);
	p = popen(command, "r");
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(hyp_buf_adds(&out, "", NULL), 0);
	while (fgets(line, sizeof(line), p) != NULL)
		ck_assert_int_eq(hyp_buf_adds(&out, line, NULL), 0);
	ck_assert_int_eq(pclose(p), 0);
	return out.data;
}

static const struct scenario {
	const struct hyp_plugin *plugin;
	uint32_t force;
	int sys_errno;
} scenarios[] = {
	{&ova_plugin, 0, EIO},	  {&ovf_plugin, 0, EIO},
	{&ova_plugin, 1, EIO},	  {&ovf_plugin, 1, EIO},
	{&ova_plugin, 0, ENOSPC}, {&ovf_plugin, 0, ENOSPC},
	{&ova_plugin, 1, ENOSPC}, {&ovf_plugin, 1, ENOSPC},
	{&ova_plugin, 0, EXDEV},
};

/* The error says what happened: to whom, and a kind that fits. */
static void expect_error(int sys_errno)
{
	ck_assert_str_ne(kit.err.text, "");
	if (sys_errno == ENOSPC) {
		ck_assert_int_eq(kit.err.code, HYP_E_RESOURCE);
		ck_assert_str_eq(kit.err.kind, "insufficient_space");
	} else if (sys_errno == EIO) {
		ck_assert_int_eq(kit.err.code, HYP_E_TRANSIENT);
		ck_assert(strcmp(kit.err.kind, "io_error") == 0 ||
			  strcmp(kit.err.kind, "fsync_failed") == 0);
	} else {
		ck_assert_int_lt(kit.err.code, 0);
	}
}

/* An empty root, or one with something of ours of other contents. */
static struct hyp_place_args prepare(const struct scenario *s)
{
	struct hyp_place_args args;

	kit_fini(&kit);
	kit_init_in(&kit, FAST);
	free(HYP_STEAL(dir));
	args = kit_args(&kit, packer->layout, "vm");
	args.expected = 20000;
	args.force = s->force;
	if (s->force) {
		args.job_id = "older";
		content[0] ^= 1;
		ck_ok(export_all(&args), &kit.err);
		content[0] ^= 1;
		args.job_id = "test-job";
	} else {
		dir = kit_path(&kit, "x/y");
		args.dir = dir;
	}
	return args;
}

START_TEST(any_file_operation_fails)
{
	const struct scenario *s = &scenarios[_i];
	struct hyp_place_args args;
	HYP_AUTO_FREE char *before = NULL;
	HYP_AUTO_FREE char *whole = NULL;
	unsigned int failed = 0, n = 0, total;
	int32_t rc;

	packer = s->plugin->ops;
	args = prepare(s);
	before = digest_of_root();
	do {
		HYP_AUTO_FREE char *after = NULL;

		args.attempt = ++n;
		file_fault_set(FILE_ANY, n, s->sys_errno, 0);
		rc = export_all(&args);
		total = file_fault_calls(FILE_ANY);
		file_fault_clear();
		after = digest_of_root();
		if (rc != 0) {
			failed++;
			expect_error(s->sys_errno);
			ck_assert_msg(strcmp(before, after) == 0,
				      "operation %u: %s: %s: left behind:\n%s",
				      n, kit.err.kind, kit.err.text, after);
			continue;
		}
		if (whole == NULL)
			whole = strdup(after);
		ck_assert_str_eq(after, whole);
		ck_assert_str_ne(after, before);
		args = prepare(s);
	} while (n <= total);
	ck_assert_int_eq(rc, 0);
	ck_assert_uint_gt(failed, 20);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("publish under faults");
	TCase *tc = tcase_create("publish");

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, any_file_operation_fails, 0,
			    HYP_COUNT(scenarios));
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
