/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/judge.h"
#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "core/package/tar-header.h"
#include "tests/lib/file-fault.h"
#include "tests/unit/package/pkg-kit.h"

#include <string.h>

static struct pkg_kit kit;
static struct hyp_judge_args args;
static struct hyp_judge_counts counts;
static char found[1u << 16]; /* "SEVERITY kind where\n" of each finding */
static uint64_t last_done, last_total;

static void on_found(void *ctx, const struct hyp_judgement *j)
{
	size_t n = strlen(found);

	ck_assert_ptr_eq(ctx, &kit);
	ck_assert_str_ne(j->text, "");
	ck_assert_str_ne(j->rule, "");
	snprintf(found + n, sizeof(found) - n, "%c %s %s\n",
		 "?ewi"[j->severity], j -> kind, j -> where);
}

static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
	(void)ctx;
	ck_assert_uint_gt(done, last_done);
	ck_assert_uint_le(done, total);
	last_done = done;
	last_total = total;
}

static void setup(void)
{
	pkg_kit_init(&kit);
	args = (struct hyp_judge_args){
		.found = on_found, .progress = on_progress, .ctx = &kit};
}

static void teardown(void)
{
	file_fault_clear();
	pkg_kit_fini(&kit);
}

static void judge_it(void)
{
	pkg_kit_zeros(&kit, HYP_TAR_END);
	pkg_kit_write(&kit, 0);
	found[0] = '\0';
	last_done = last_total = 0;
	ck_ok(hyp_judge(kit.path, &args, &counts, &kit.err), &kit.err);
}

/* A finding of that severity and kind; where NULL: anywhere. */
static int has(char severity, const char *kind, const char *where)
{
	char line[512];

	snprintf(line, sizeof(line), "%c %s %s%s", severity, kind,
		 where != NULL ? where : "", where != NULL ? "\n" : "");
	return strstr(found, line) != NULL;
}

#define expect(severity, kind, where)                                          \
	ck_assert_msg(has(severity, kind, where), "no %c %s in:\n%s",          \
		      severity, kind, found)
#define expect_not(severity, kind)                                             \
	ck_assert_msg(!has(severity, kind, NULL), "%c %s in:\n%s", severity,   \
		      kind, found)

/* With this descriptor, d.vmdk and a manifest. */
static void judge_descriptor(const char *descriptor)
{
	pkg_kit_package(&kit, descriptor);
	pkg_kit_manifest(&kit, HYP_DIGEST_SHA256);
	judge_it();
}

START_TEST(test_sound)
{
	judge_descriptor(OVF_PLAIN);
	ck_assert_str_eq(found, "i hardware_version \ni image d.vmdk\n");
	ck_assert_uint_eq(counts.errors + counts.warnings, 0);
	ck_assert_uint_eq(last_done, last_total);
	ck_assert_uint_gt(last_total, kit.image.len);
}
END_TEST

START_TEST(test_structure_only)
{
	args.structure_only = 1;
	judge_descriptor(OVF_PLAIN);
	ck_assert_str_eq(found, "");
	ck_assert_uint_eq(last_done, 0);
}
END_TEST

static int yes(void *ctx)
{
	(void)ctx;
	return 1;
}

START_TEST(test_stops)
{
	args.cancelled = yes;
	pkg_kit_package(&kit, OVF_PLAIN);
	pkg_kit_zeros(&kit, HYP_TAR_END);
	pkg_kit_write(&kit, 0);
	ck_fails(hyp_judge(kit.path, &args, &counts, &kit.err), &kit.err,
		 HYP_E_CANCELLED, "cancelled");
	args.cancelled = NULL;
	for (unsigned n = 1; n < 12; n++) {
		int32_t rc;

		file_fault_set(FILE_PREAD, n, EIO, 0);
		rc = hyp_judge(kit.path, &args, &counts, &kit.err);
		file_fault_clear();
		last_done = 0;
		if (rc == 0)
			break;
		ck_assert_str_eq(kit.err.kind, "io_error");
		ck_assert_uint_lt(n, 11);
	}
	ck_fails(hyp_judge("/nonexistent.ova", &args, &counts, &kit.err),
		 &kit.err, HYP_E_NOT_FOUND, "not_found");
}
END_TEST

START_TEST(test_unreadable)
{
	pkg_kit_text(&kit, "d.vmdk", "x");
	judge_it();
	ck_assert_str_eq(found, "e corrupt_archive \n");
	ck_assert_uint_eq(counts.errors, 1);
}
END_TEST

START_TEST(test_order)
{
	static const char two[] = OVF_WITH(
		OVF_FILE("f1", "d.vmdk", "") OVF_FILE("f2", "n.nvram", ""),
		OVF_DISK("d1", "1048576", "f1", OVF_VMDK), "",
		OVF_SYSTEM(OVF_HARDWARE));

	pkg_kit_text(&kit, "vm.ovf", two);
	pkg_kit_text(&kit, "n.nvram", "x");
	pkg_kit_entry(&kit, "d.vmdk", kit.image.data, kit.image.len);
	pkg_kit_manifest(&kit, HYP_DIGEST_SHA256);
	judge_it();
	expect('e', "bad_order", "d.vmdk");
	ck_assert_uint_eq(counts.errors, 1);
	/* A manifest between the files, then one behind the descriptor. */
	pkg_kit_package(&kit, two);
	pkg_kit_manifest(&kit, HYP_DIGEST_SHA256);
	pkg_kit_text(&kit, "n.nvram", "x");
	judge_it();
	expect('w', "manifest_place", "vm.mf");
	pkg_kit_text(&kit, "vm.ovf", OVF_PLAIN);
	pkg_kit_manifest(&kit, HYP_DIGEST_SHA256);
	pkg_kit_entry(&kit, "d.vmdk", kit.image.data, kit.image.len);
	judge_it();
	expect_not('w', "manifest_place");
}
END_TEST

START_TEST(test_archive)
{
	size_t at;

	pkg_kit_package(&kit, OVF_PLAIN);
	at = kit.bytes.len;
	pkg_kit_text(&kit, "stranger.txt", "x");
	memcpy(kit.bytes.data + at + 257, "ustar  ", 8);
	pkg_kit_sum(&kit, at);
	pkg_kit_manifest(&kit, HYP_DIGEST_SHA256);
	judge_it();
	expect('w', "unreferenced_file", "stranger.txt");
	expect('i', "gnu_tar", "");
	pkg_kit_package(&kit, OVF_PLAIN);
	judge_it();
	expect('w', "no_manifest", "");
	pkg_kit_package(&kit, OVF_PLAIN);
	pkg_kit_zeros(&kit, HYP_TAR_BLOCK);
	pkg_kit_write(&kit, 0);
	found[0] = '\0';
	last_done = 0;
	ck_ok(hyp_judge(kit.path, &args, &counts, &kit.err), &kit.err);
	expect('w', "short_end", "");
}
END_TEST

START_TEST(test_sizes)
{
	judge_descriptor(OVF_WITH(OVF_FILE("f1", "d.vmdk", "ovf:size=\"7\""),
				  OVF_DISK("d1", "1048576", "f1", OVF_VMDK), "",
				  OVF_SYSTEM(OVF_HARDWARE)));
	expect('e', "size_mismatch", "d.vmdk");
	judge_descriptor(OVF_WITH(OVF_FILE("f1", "d.vmdk", ""),
				  OVF_DISK("d1", "1048064", "f1", OVF_VMDK), "",
				  OVF_SYSTEM(OVF_HARDWARE)));
	expect_not('e', "capacity_mismatch"); /* less than a grain */
	judge_descriptor(OVF_WITH(OVF_FILE("f1", "d.vmdk", ""),
				  OVF_DISK("d1", "983040", "f1", OVF_VMDK), "",
				  OVF_SYSTEM(OVF_HARDWARE)));
	expect('e', "capacity_mismatch", "d.vmdk");
	judge_descriptor(OVF_WITH(OVF_FILE("f1", "d.vmdk", ""),
				  OVF_DISK("d1", "2097152", "f1", OVF_VMDK), "",
				  OVF_SYSTEM(OVF_HARDWARE)));
	expect('w', "capacity_mismatch", "d.vmdk");
	ck_assert_uint_eq(counts.errors, 0);
}
END_TEST

#define PIECES(more)                                                           \
	OVF_WITH(OVF_FILE("f1", "d.vmdk", "ovf:chunkSize=\"65536\" " more),    \
		 OVF_DISK("d1", "1048576", "f1", OVF_VMDK), "",                \
		 OVF_SYSTEM(OVF_HARDWARE))

static void add_pieces(size_t first)
{
	size_t n = kit.image.len;

	ck_assert_uint_gt(n, 65536);
	ck_assert_uint_lt(n, 2 * 65536);
	pkg_kit_entry(&kit, "d.vmdk.000000000", kit.image.data, first);
	pkg_kit_entry(&kit, "d.vmdk.000000001", kit.image.data + first,
		      n - first);
	pkg_kit_manifest(&kit, HYP_DIGEST_SHA256);
}

START_TEST(test_pieces)
{
	pkg_kit_text(&kit, "vm.ovf", PIECES(""));
	add_pieces(65536);
	judge_it();
	expect('i', "image", "d.vmdk.000000000");
	expect('w', "chunked_file", "d.vmdk");
	ck_assert_uint_eq(counts.errors, 0);
	/* The first may not be short, whoever knows the size. */
	pkg_kit_text(&kit, "vm.ovf", PIECES(""));
	add_pieces(65024);
	judge_it();
	expect('e', "size_mismatch", "d.vmdk.000000000");
	expect_not('e', "unsafe_image");
}
END_TEST

START_TEST(test_manifest)
{
	pkg_kit_package(&kit, OVF_PLAIN);
	pkg_kit_manifest(&kit, HYP_DIGEST_SHA1);
	judge_it();
	expect('w', "sha1_only", "vm.mf");
	pkg_kit_package(&kit, OVF_PLAIN);
	pkg_kit_manifest(&kit, HYP_DIGEST_SHA512);
	judge_it();
	expect('w', "manifest_form", "vm.mf");
	ck_assert_uint_eq(counts.errors, 0);
	/* Changed after the digests were taken. */
	pkg_kit_package(&kit, OVF_PLAIN);
	pkg_kit_manifest(&kit, HYP_DIGEST_SHA256);
	*strstr(kit.bytes.data + HYP_TAR_BLOCK, "vm</Name>") = 'w';
	judge_it();
	expect('e', "digest_mismatch", "vm.ovf");
	pkg_kit_package(&kit, OVF_PLAIN);
	pkg_kit_text(&kit, "vm.mf", "");
	judge_it();
	expect('e', "corrupt_archive", "vm.ovf");
	expect('e', "corrupt_archive", "d.vmdk");
	pkg_kit_package(&kit, OVF_PLAIN);
	pkg_kit_text(&kit, "other.mf", "");
	judge_it();
	expect('w', "manifest_name", "other.mf");
}
END_TEST

START_TEST(test_image)
{
	kit.image.data[kit.image.len - 1]++; /* in the end of stream's sector */
	judge_descriptor(OVF_PLAIN);
	expect_not('e', "digest_mismatch");
	kit.image.data[100 * 512]++;
	judge_descriptor(OVF_PLAIN);
	kit.image.data[0] = 'X';
	judge_descriptor(OVF_PLAIN);
	expect('e', "unsafe_image", "d.vmdk");
	expect_not('i', "image");
	ck_assert_uint_eq(counts.errors, 1);
}
END_TEST

/* Any byte of the first grain's stream changed is found without a manifest. */
START_TEST(test_grain)
{
	for (size_t i = 0; i < 60; i++) {
		char *byte = kit.image.data + 128 * 512 + 12 + i;

		*byte = (char)(*byte ^ 0x10);
		pkg_kit_package(&kit, OVF_PLAIN);
		judge_it();
		ck_assert_msg(has('e', "unsafe_image", "d.vmdk"), "byte %zu",
			      i);
		*byte = (char)(*byte ^ 0x10);
	}
}
END_TEST

/* Descriptors, each with one thing in it that is worth a word. */
static const struct {
	char severity;
	const char *kind, *where, *text;
} descriptors[] = {
#define HARDWARE(severity, kind, where, items)                                 \
	{                                                                      \
		severity, kind, where,                                         \
			OVF_WITH(OVF_FILE("f1", "d.vmdk", ""),                 \
				 OVF_DISK("d1", "1048576", "f1", OVF_VMDK),    \
				 "", OVF_SYSTEM(items))                        \
	}
#define DISKS(severity, kind, where, disks)                                    \
	{                                                                      \
		severity, kind, where,                                         \
			OVF_WITH(OVF_FILE("f1", "d.vmdk", ""), disks, "",      \
				 OVF_SYSTEM(OVF_HARDWARE))                     \
	}
	HARDWARE('w', "no_processor", "vm.ovf",
		 OVF_MEMORY OVF_SCSI OVF_DRIVE("4", "0", "d1")),
	HARDWARE('w', "no_memory", "vm.ovf",
		 OVF_CPU OVF_SCSI OVF_DRIVE("4", "0", "d1")),
	HARDWARE('w', "unused_disk", "d1", OVF_CPU OVF_MEMORY),
	HARDWARE('w', "no_controller", "item 4",
		 OVF_CPU OVF_MEMORY OVF_ITEM("4", "17",
					     "<rasd:HostResource>ovf:/disk/d1"
					     "</rasd:HostResource>")),
	HARDWARE('e', "bad_ovf", "item 4",
		 OVF_CPU OVF_MEMORY OVF_ITEM("3", "10", "")
			 OVF_DRIVE("4", "0", "d1")),
	HARDWARE('w', "reserved_address", "item 4",
		 OVF_CPU OVF_MEMORY OVF_SCSI OVF_DRIVE("4", "7", "d1")),
	HARDWARE('e', "bad_ovf", "item 5",
		 OVF_HARDWARE OVF_DRIVE("5", "0", "d1")),
	HARDWARE('e', "bad_ovf", "item 4",
		 OVF_CPU OVF_MEMORY OVF_ITEM("3", "5", "")
			 OVF_DRIVE("4", "2", "d1")),
	HARDWARE('e', "bad_ovf", "item 9",
		 OVF_HARDWARE OVF_ITEM("9", "10",
				       "<rasd:Connection>nowhere"
				       "</rasd:Connection>")),
	HARDWARE('w', "memory_units", "item 2",
		 OVF_CPU OVF_ITEM("2", "4",
				  "<rasd:AllocationUnits>byte * 2^10"
				  "</rasd:AllocationUnits>"
				  "<rasd:VirtualQuantity>1048576"
				  "</rasd:VirtualQuantity>")
			 OVF_SCSI OVF_DRIVE("4", "0", "d1")),
	HARDWARE('w', "controller_type", "item 9",
		 OVF_HARDWARE OVF_ITEM("9", "20", "")),
	HARDWARE('w', "no_parent", "item 9",
		 OVF_HARDWARE OVF_ITEM("9", "15", "")),
	HARDWARE('w', "unknown_hardware", "item 9",
		 OVF_HARDWARE OVF_ITEM("9", "24", "")),
	HARDWARE('w', "host_resource", "item 4",
		 OVF_CPU OVF_MEMORY OVF_SCSI OVF_ITEM(
			 "4", "17",
			 "<rasd:HostResource>ovf://disk/d1"
			 "</rasd:HostResource>"
			 "<rasd:Parent>3</rasd:Parent>")),
	DISKS('e', "bad_ovf", "d1", OVF_DISK("d1", "0", "f1", OVF_VMDK)),
	DISKS('w', "odd_capacity", "d1",
	      OVF_DISK("d1", "1048577", "f1", OVF_VMDK)),
	DISKS('w', "odd_populated", "d1",
	      OVF_DISK("d1", "1048576", "f1",
		       OVF_VMDK " ovf:populatedSize=\"1048577\"")),
	DISKS('w', "no_format", "d1", OVF_DISK("d1", "1048576", "f1", "")),
	DISKS('w', "disk_format", "d1",
	      OVF_DISK("d1", "1048576", "f1",
		       "ovf:format=\"http://www.gnome.org/~markmc/"
		       "qcow-image-format.html\"")),
	DISKS('w', "delta_disk", "d2",
	      OVF_DISK("d1", "1048576", "f1", OVF_VMDK) OVF_DISK(
		      "d2", "1048576", "f1", OVF_VMDK " ovf:parentRef=\"d1\"")),
	DISKS('i', "blank_disk", "d1",
	      "<Disk ovf:diskId=\"d1\" ovf:capacity=\"512\"/>"),
	DISKS('w', "blank_disk", "item 4",
	      "<Disk ovf:diskId=\"d1\" ovf:capacity=\"512\"/>"),
	{'e', "bad_ovf", "d.vmdk",
	 OVF_WITH(OVF_FILE("f1", "d.vmdk", "ovf:compression=\"zip\""),
		  OVF_DISK("d1", "1048576", "f1", OVF_VMDK), "",
		  OVF_SYSTEM(OVF_HARDWARE))},
	{'w', "compressed_file", "d.vmdk",
	 OVF_WITH(OVF_FILE("f1", "d.vmdk", "ovf:compression=\"bzip2\""),
		  OVF_DISK("d1", "1048576", "f1", OVF_VMDK), "",
		  OVF_SYSTEM(OVF_HARDWARE))},
	{'w', "collection", "",
	 OVF_WITH(OVF_FILE("f1", "d.vmdk", ""),
		  OVF_DISK("d1", "1048576", "f1", OVF_VMDK), "",
		  "<VirtualSystemCollection "
		  "ovf:id=\"c\"><Info/>" OVF_SYSTEM(
			  OVF_HARDWARE) "</VirtualSystemCollection>")},
	{'i', "several_systems", "",
	 OVF_WITH(OVF_FILE("f1", "d.vmdk", ""),
		  OVF_DISK("d1", "1048576", "f1", OVF_VMDK), "",
		  "<VirtualSystemCollection "
		  "ovf:id=\"c\"><Info/>" OVF_SYSTEM(OVF_HARDWARE)
			  OVF_SYSTEM(OVF_CPU) "</"
					      "VirtualSystemCollection>")},
};

START_TEST(test_descriptors)
{
	for (size_t i = 0; i < HYP_COUNT(descriptors); i++) {
		judge_descriptor(descriptors[i].text);
		ck_assert_msg(has(descriptors[i].severity, descriptors[i].kind,
				  descriptors[i].where),
			      "no %c %s %s in:\n%s", descriptors[i].severity,
			      descriptors[i].kind, descriptors[i].where, found);
	}
}
END_TEST

START_TEST(test_versions)
{
	static const struct {
		const char *version;
		char severity;
	} cases[] = {{"vmx-7", 'i'},
		     {"vmx-16", 'i'},
		     {"vmx-21", 'i'},
		     {"vmx-22", 'w'},
		     {"vmx-99999999999999999999", 'w'},
		     {"virtualbox-2.2", 0},
		     {"", 0}};
	static const char plain[] = OVF_PLAIN;
	const char *at = strstr(plain, "vmx-13");

	for (size_t i = 0; i < HYP_COUNT(cases); i++) {
		HYP_AUTO_FREE char *text = NULL;

		ck_ok(hyp_asprintf(&text, &kit.err, "%.*s%s%s",
				   (int)(at - plain), plain, cases[i].version,
				   at + 6),
		      &kit.err);
		judge_descriptor(text);
		if (cases[i].severity != 0)
			expect(cases[i].severity, "hardware_version", "");
		else
			ck_assert_ptr_null(strstr(found, "hardware_version"));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("judge");
	TCase *tcase = tcase_create("judge");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_sound);
	tcase_add_test(tcase, test_structure_only);
	tcase_add_test(tcase, test_stops);
	tcase_add_test(tcase, test_unreadable);
	tcase_add_test(tcase, test_order);
	tcase_add_test(tcase, test_archive);
	tcase_add_test(tcase, test_sizes);
	tcase_add_test(tcase, test_pieces);
	tcase_add_test(tcase, test_manifest);
	tcase_add_test(tcase, test_image);
	tcase_add_test(tcase, test_grain);
	tcase_add_test(tcase, test_descriptors);
	tcase_add_test(tcase, test_versions);
	suite_add_tcase(suite, tcase);
	return unit_main(suite);
}
