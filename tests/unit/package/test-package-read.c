/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/package-read.h"
#include "core/base/cleanup.h"
#include "core/package/tar-header.h"
#include "tests/lib/file-fault.h"
#include "tests/unit/package/pkg-kit.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct pkg_kit kit;
static struct hyp_pkg *pkg;

static void setup(void)
{
	pkg_kit_init(&kit);
}

static void teardown(void)
{
	file_fault_clear();
	hyp_pkg_close(HYP_STEAL(pkg));
	pkg_kit_fini(&kit);
}

static int32_t open_at(const char *name)
{
	char path[256];

	hyp_pkg_close(HYP_STEAL(pkg));
	snprintf(path, sizeof(path), "%s/%s", kit.dir, name);
	return hyp_pkg_open(path, &pkg, &kit.err);
}

static int32_t open_ova(void)
{
	pkg_kit_zeros(&kit, HYP_TAR_END);
	pkg_kit_write(&kit, 0);
	return open_at("x.ova");
}

static void add_folder(const char *descriptor)
{
	pkg_kit_file(&kit, "vm.ovf", descriptor, strlen(descriptor));
	pkg_kit_file(&kit, "d.vmdk", kit.image.data, kit.image.len);
}

static void path_of(char *out, const char *name)
{
	snprintf(out, 256, "%s/%s", kit.dir, name);
}

static unsigned open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

START_TEST(test_ova)
{
	char bytes[16];
	size_t got;

	pkg_kit_package(&kit, OVF_PLAIN);
	pkg_kit_manifest(&kit, HYP_DIGEST_SHA256);
	pkg_kit_text(&kit, "vm.cert", "a certificate");
	pkg_kit_text(&kit, "stranger", "0123456789");
	ck_ok(open_ova(), &kit.err);
	ck_assert(pkg->is_ova);
	ck_assert_uint_eq(pkg->entry_count, 5);
	ck_assert_uint_eq(pkg->descriptor, 0);
	ck_assert_int_eq(pkg->entries[1].ref, 0);
	ck_assert_int_eq(pkg->manifest_index, 2);
	ck_assert_int_eq(pkg->cert_index, 3);
	ck_assert_str_eq(hyp_buf_str(&pkg->descriptor_text), OVF_PLAIN);
	ck_assert_str_eq(hyp_buf_str(&pkg->cert_text), "a certificate");
	ck_assert_uint_eq(pkg->manifest.count, 2);
	ck_assert_str_eq(pkg->ovf.name, "vm");
	ck_assert_int_eq(hyp_pkg_find(pkg, "stranger"), 4);
	ck_assert_int_eq(hyp_pkg_find(pkg, "none"), -1);
	ck_assert_ptr_eq(hyp_pkg_disk(pkg, &pkg->entries[1]),
			 &pkg->ovf.disks[0]);
	ck_assert_ptr_null(hyp_pkg_disk(pkg, &pkg->entries[4]));
	ck_assert(hyp_pkg_is_image(pkg, &pkg->entries[1]));
	ck_assert(!hyp_pkg_is_image(pkg, &pkg->entries[0]));
	ck_ok(hyp_pkg_read(pkg, 4, 3, bytes, 4, &got, &kit.err), &kit.err);
	ck_assert_uint_eq(got, 4);
	ck_assert_mem_eq(bytes, "3456", 4);
	ck_ok(hyp_pkg_read(pkg, 4, 8, bytes, sizeof(bytes), &got, &kit.err),
	      &kit.err);
	ck_assert_uint_eq(got, 2); /* never the padding */
	ck_ok(hyp_pkg_read(pkg, 4, 10, bytes, 4, &got, &kit.err), &kit.err);
	ck_assert_uint_eq(got, 0);
	ck_ok(hyp_pkg_read(pkg, 4, UINT64_MAX, bytes, 4, &got, &kit.err),
	      &kit.err);
	ck_assert_uint_eq(got, 0);
}
END_TEST

START_TEST(test_folder)
{
	char path[256];

	add_folder(OVF_PLAIN);
	pkg_kit_file(&kit, "other.vmdk", "not ours", 8);
	ck_ok(open_at(""), &kit.err);
	ck_assert(!pkg->is_ova);
	ck_assert_uint_eq(pkg->entry_count, 2);
	ck_assert_str_eq(pkg->entries[0].name, "vm.ovf");
	ck_assert_str_eq(pkg->entries[1].name, "d.vmdk");
	ck_assert_uint_eq(pkg->entries[1].bytes, kit.image.len);
	ck_assert_int_eq(pkg->manifest_index, -1);
	ck_assert_int_eq(hyp_pkg_find(pkg, "other.vmdk"), -1);
	ck_ok(open_at("vm.ovf"), &kit.err);
	ck_assert_uint_eq(pkg->entry_count, 2);
	/* Beside it by its own name only. */
	pkg_kit_file(&kit, "other.mf", "garbage", 7);
	ck_ok(open_at("vm.ovf"), &kit.err);
	pkg_kit_file(&kit, "vm.mf", "garbage", 7);
	ck_fails(open_at("vm.ovf"), &kit.err, HYP_E_PERMANENT,
		 "corrupt_archive");
	path_of(path, "vm.mf");
	unlink(path);
	/* Relative to the working directory, too. */
	ck_assert_int_eq(chdir(kit.dir), 0);
	hyp_pkg_close(HYP_STEAL(pkg));
	ck_ok(hyp_pkg_open("vm.ovf", &pkg, &kit.err), &kit.err);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(test_which_descriptor)
{
	ck_fails(open_at(""), &kit.err, HYP_E_PERMANENT, "corrupt_archive");
	add_folder(OVF_PLAIN);
	pkg_kit_file(&kit, "second.OVF", OVF_PLAIN, strlen(OVF_PLAIN));
	ck_fails(open_at(""), &kit.err, HYP_E_USAGE, "corrupt_archive");
	ck_ok(open_at("second.OVF"), &kit.err);
	ck_fails(open_at("none.ovf"), &kit.err, HYP_E_NOT_FOUND, "not_found");
	ck_fails(open_at("none"), &kit.err, HYP_E_NOT_FOUND, "not_found");
}
END_TEST

START_TEST(test_no_file)
{
	char path[256], link[256];

	path_of(path, "pipe.ova");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_fails(open_at("pipe.ova"), &kit.err, HYP_E_PERMANENT,
		 "unsafe_entry");
	add_folder(OVF_PLAIN);
	path_of(path, "d.vmdk");
	path_of(link, "e.vmdk");
	ck_assert_int_eq(rename(path, link), 0);
	ck_assert_int_eq(symlink("e.vmdk", path), 0);
	ck_fails(open_at(""), &kit.err, HYP_E_PERMANENT, "unsafe_path");
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_fails(open_at(""), &kit.err, HYP_E_PERMANENT, "unsafe_entry");
	unlink(path);
	ck_fails(open_at(""), &kit.err, HYP_E_PERMANENT, "corrupt_archive");
}
END_TEST

#define CHUNKED(more)                                                          \
	OVF_WITH(OVF_FILE("f1", "d.vmdk", more),                               \
		 OVF_DISK("d1", "1048576", "f1", OVF_VMDK), "",                \
		 OVF_SYSTEM(OVF_HARDWARE))

static void add_pieces(unsigned n)
{
	char name[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "d.vmdk.%09u", i);
		pkg_kit_entry(&kit, name, "0123456789", i + 1 < n ? 10 : 3);
	}
}

START_TEST(test_pieces)
{
	static const char sized[] =
		CHUNKED("ovf:size=\"23\" ovf:chunkSize=\"10\"");
	static const char unsized[] = CHUNKED("ovf:chunkSize=\"10\"");

	for (unsigned n = 0; n <= 4; n++) {
		pkg_kit_text(&kit, "vm.ovf", sized);
		add_pieces(n);
		if (n < 3) {
			ck_fails(open_ova(), &kit.err, HYP_E_PERMANENT,
				 "corrupt_archive");
			continue;
		}
		ck_ok(open_ova(), &kit.err);
		ck_assert_uint_eq(pkg->entries[3].chunk, 2);
		ck_assert_int_eq(pkg->entries[3].ref, 0);
		if (n == 4) /* one too many is nobody's */
			ck_assert_int_eq(pkg->entries[4].ref, -1);
	}
	for (unsigned n = 0; n <= 4; n++) {
		pkg_kit_text(&kit, "vm.ovf", unsized);
		add_pieces(n);
		if (n == 0) {
			ck_fails(open_ova(), &kit.err, HYP_E_PERMANENT,
				 "corrupt_archive");
			continue;
		}
		ck_ok(open_ova(), &kit.err);
		for (unsigned i = 0; i < n; i++) {
			ck_assert_int_eq(pkg->entries[1 + i].ref, 0);
			ck_assert_uint_eq(pkg->entries[1 + i].chunk, i);
		}
	}
}
END_TEST

START_TEST(test_is_image)
{
	static const struct {
		const char *href, *attributes;
		int image;
	} cases[] = {
		{"d.vmdk", "ovf:format=\"raw\"", 1},
		{"D.VMDK", "", 1},
		{"d.img", OVF_VMDK, 1},
		{"d.img", "ovf:format=\"http://x/VMDK.html#sparse\"", 1},
		{"d.img", "ovf:format=\"raw\"", 0},
		{"d.iso",
		 "ovf:format=\"http://www.ecma-international.org/"
		 "publications/standards/Ecma-119.htm\"",
		 0},
	};
	HYP_AUTO_FREE char *text = NULL;

	for (size_t i = 0; i < HYP_COUNT(cases); i++) {
		free(text);
		ck_ok(hyp_asprintf(
			      &text, &kit.err,
			      OVF_WITH(OVF_FILE("f1", "%s", ""),
				       OVF_DISK("d1", "1048576", "f1", "%s"),
				       "", OVF_SYSTEM(OVF_CPU)),
			      cases[i].href, cases[i].attributes),
		      &kit.err);
		pkg_kit_text(&kit, "vm.ovf", text);
		pkg_kit_text(&kit, cases[i].href, "x");
		ck_ok(open_ova(), &kit.err);
		ck_assert_int_eq(hyp_pkg_is_image(pkg, &pkg->entries[1]),
				 cases[i].image);
	}
	pkg_kit_package(&kit, CHUNKED("ovf:compression=\"gzip\""));
	ck_ok(open_ova(), &kit.err);
	ck_assert(!hyp_pkg_is_image(pkg, &pkg->entries[1]));
	pkg_kit_package(&kit, CHUNKED("ovf:compression=\"identity\""));
	ck_ok(open_ova(), &kit.err);
	ck_assert(hyp_pkg_is_image(pkg, &pkg->entries[1]));
}
END_TEST

START_TEST(test_names)
{
	static const char *const bad[] = {"",
					  "/",
					  "a/b",
					  "..",
					  ".",
					  ".x",
					  "a\\b",
					  "a:b",
					  "a*b",
					  "a?b",
					  "a[b",
					  "a]b",
					  "a%b",
					  "a\nb",
					  ("a\x7f"
					   "b"),
					  "\xff",
					  "\xc0\xaf",
					  "\xed\xa0\x80"};
	static const char *const good[] = {
		"a",  "disk 1.vmdk", "Größe.vmdk", "a..b",
		"~x", "-rf",	     "x(1).vmdk"};
	char longest[257];

	for (size_t i = 0; i < HYP_COUNT(bad); i++)
		ck_fails(hyp_pkg_check_name(bad[i], strlen(bad[i]), "it",
					    &kit.err),
			 &kit.err, HYP_E_PERMANENT, "unsafe_path");
	for (size_t i = 0; i < HYP_COUNT(good); i++)
		ck_ok(hyp_pkg_check_name(good[i], strlen(good[i]), "it",
					 &kit.err),
		      &kit.err);
	ck_fails(hyp_pkg_check_name("a\0b", 3, "it", &kit.err), &kit.err,
		 HYP_E_PERMANENT, "unsafe_path");
	memset(longest, 'n', 256);
	ck_ok(hyp_pkg_check_name(longest, 255, "it", &kit.err), &kit.err);
	ck_fails(hyp_pkg_check_name(longest, 256, "it", &kit.err), &kit.err,
		 HYP_E_PERMANENT, "unsafe_path");
}
END_TEST

/* The file is shortened while it is open. */
START_TEST(test_shrinks)
{
	char bytes[16], path[256];
	size_t got;

	add_folder(OVF_PLAIN);
	ck_ok(open_at(""), &kit.err);
	path_of(path, "d.vmdk");
	ck_assert_int_eq(truncate(path, 8), 0);
	ck_fails(hyp_pkg_read(pkg, 1, 0, bytes, 16, &got, &kit.err), &kit.err,
		 HYP_E_TRANSIENT, "size_mismatch");
}
END_TEST

/* Every call fails in turn: an error, and nothing stays open. */
START_TEST(test_failures)
{
	unsigned before, n = 0;

	add_folder(OVF_PLAIN);
	pkg_kit_package(&kit, OVF_PLAIN);
	pkg_kit_manifest(&kit, HYP_DIGEST_SHA256);
	ck_ok(open_ova(), &kit.err);
	hyp_pkg_close(HYP_STEAL(pkg));
	for (int folder = 0; folder < 2; folder++) {
		for (n = 1; n < 1000; n++) {
			int32_t rc;

			hyp_pkg_close(HYP_STEAL(pkg));
			before = open_files();
			file_fault_set(FILE_ANY, n, EIO, 0);
			rc = open_at(folder ? "vm.ovf" : "x.ova");
			file_fault_clear();
			if (rc == 0)
				break;
			ck_assert_str_eq(kit.err.kind, "io_error");
			ck_assert_uint_eq(open_files(), before);
		}
		ck_assert_uint_gt(n, 3);
		ck_assert_uint_lt(n, 1000);
	}
}
END_TEST

/* Reading structure costs the same whatever lies in between. */
START_TEST(test_reads_little)
{
	uint64_t size = (uint64_t)64 << 30;
	unsigned calls;

	pkg_kit_text(&kit, "vm.ovf", OVF_PLAIN);
	pkg_kit_header(&kit, "d.vmdk", size, '0');
	pkg_kit_write(&kit, size + HYP_TAR_END);
	file_fault_set(FILE_ANY, 0, 0, 0);
	ck_ok(open_at("x.ova"), &kit.err);
	calls = file_fault_calls(FILE_PREAD);
	ck_assert_uint_lt(calls, 10);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("package-read");
	TCase *tcase = tcase_create("package-read");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_ova);
	tcase_add_test(tcase, test_folder);
	tcase_add_test(tcase, test_which_descriptor);
	tcase_add_test(tcase, test_no_file);
	tcase_add_test(tcase, test_pieces);
	tcase_add_test(tcase, test_is_image);
	tcase_add_test(tcase, test_names);
	tcase_add_test(tcase, test_shrinks);
	tcase_add_test(tcase, test_failures);
	tcase_add_test(tcase, test_reads_little);
	suite_add_tcase(suite, tcase);
	return unit_main(suite);
}
