/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/tar-read.h"
#include "core/base/cleanup.h"
#include "core/package/tar-header.h"
#include "tests/lib/file-fault.h"
#include "tests/unit/package/pkg-kit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct pkg_kit kit;
static struct hyp_pkg pkg;

static void setup(void)
{
	pkg_kit_init(&kit);
}

static void forget(void)
{
	for (size_t i = 0; i < pkg.entry_count; i++)
		free(pkg.entries[i].name);
	free(pkg.entries);
	memset(&pkg, 0, sizeof(pkg));
}

static void teardown(void)
{
	file_fault_clear();
	forget();
	pkg_kit_fini(&kit);
}

/* Write what was gathered, and read it; more: how much longer it is said to
 * be than it is. */
static int32_t read_more(uint64_t hole, uint64_t more)
{
	HYP_AUTO_CLOSE int fd = -1;
	struct stat st;

	pkg_kit_write(&kit, hole);
	fd = open(kit.path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	forget();
	return hyp_tar_read(fd, (uint64_t)st.st_size + more, &pkg, &kit.err);
}

static int32_t read_it(void)
{
	return read_more(0, 0);
}

static void refused(const char *kind)
{
	ck_fails(read_it(), &kit.err, HYP_E_PERMANENT, kind);
}

START_TEST(test_entries)
{
	static const size_t sizes[] = {0, 1, 511, 512, 513, 10000};
	char name[16];
	uint64_t at = 0;

	for (size_t i = 0; i < HYP_COUNT(sizes); i++) {
		snprintf(name, sizeof(name), "f%zu", i);
		pkg_kit_entry(&kit, name, kit.image.data, sizes[i]);
	}
	pkg_kit_zeros(&kit, HYP_TAR_END);
	ck_ok(read_it(), &kit.err);
	ck_assert_uint_eq(pkg.entry_count, HYP_COUNT(sizes));
	for (size_t i = 0; i < HYP_COUNT(sizes); i++) {
		snprintf(name, sizeof(name), "f%zu", i);
		ck_assert_str_eq(pkg.entries[i].name, name);
		ck_assert_uint_eq(pkg.entries[i].bytes, sizes[i]);
		ck_assert_uint_eq(pkg.entries[i].offset, at + HYP_TAR_BLOCK);
		ck_assert_int_eq(pkg.entries[i].ref, -1);
		at += HYP_TAR_BLOCK + sizes[i] + hyp_tar_padding(sizes[i]);
	}
	ck_assert_uint_eq(pkg.end_blocks, 2);
	ck_assert(!pkg.is_gnu && !pkg.has_gnu && !pkg.has_base256);
}
END_TEST

/* From one block, which some write, to the records of any tar. */
START_TEST(test_ends)
{
	static const size_t blocks[] = {1, 2, 3, 20, 2048, 4096};

	for (size_t i = 0; i < HYP_COUNT(blocks); i++) {
		pkg_kit_text(&kit, "f", "x");
		pkg_kit_zeros(&kit, blocks[i] * HYP_TAR_BLOCK);
		ck_ok(read_it(), &kit.err);
		ck_assert_uint_eq(pkg.end_blocks, blocks[i]);
	}
	pkg_kit_text(&kit, "f", "x");
	refused("corrupt_archive");
	pkg_kit_text(&kit, "f", "x");
	pkg_kit_zeros(&kit, 4097 * HYP_TAR_BLOCK);
	refused("corrupt_archive");
}
END_TEST

START_TEST(test_large)
{
	uint64_t size = (uint64_t)9 << 30;

	pkg_kit_header(&kit, "large", size, '0');
	ck_ok(read_more(size + HYP_TAR_END, 0), &kit.err);
	ck_assert_uint_eq(pkg.entries[0].bytes, size);
	ck_assert(pkg.has_base256);
	pkg_kit_header(&kit, "large", size, '0');
	ck_fails(read_more(size - 1, 0), &kit.err, HYP_E_PERMANENT,
		 "corrupt_archive");
	/* 8 GiB - 1 still is octal. */
	pkg_kit_header(&kit, "large", ((uint64_t)8 << 30) - 1, '0');
	ck_ok(read_more(((uint64_t)8 << 30) + HYP_TAR_END, 0), &kit.err);
	ck_assert(!pkg.has_base256);
}
END_TEST

static void add_long(const char *name, size_t n)
{
	size_t at = kit.bytes.len;

	pkg_kit_entry(&kit, "././@LongLink", name, n);
	kit.bytes.data[at + 156] = 'L';
	memcpy(kit.bytes.data + at + 257, "ustar  ", 8);
	pkg_kit_sum(&kit, at);
}

START_TEST(test_long_name)
{
	char name[301];

	memset(name, 'n', 200);
	name[200] = '\0';
	add_long(name, 201);
	pkg_kit_text(&kit, "short", "x");
	pkg_kit_zeros(&kit, HYP_TAR_END);
	ck_ok(read_it(), &kit.err);
	ck_assert_uint_eq(pkg.entry_count, 1);
	ck_assert_str_eq(pkg.entries[0].name, name);
	ck_assert_uint_eq(pkg.entries[0].offset, 3 * HYP_TAR_BLOCK);
	ck_assert(pkg.has_gnu && pkg.is_gnu);
	memset(name, 'n', 300);
	name[300] = '\0';
	add_long(name, 301);
	pkg_kit_text(&kit, "short", "x");
	pkg_kit_zeros(&kit, HYP_TAR_END);
	refused("unsafe_path"); /* 255 bytes are a name's most */
}
END_TEST

START_TEST(test_most_entries)
{
	char name[16];

	for (unsigned more = 0; more < 2; more++) {
		for (unsigned i = 0; i < HYP_PKG_ENTRIES_MAX + more; i++) {
			snprintf(name, sizeof(name), "f%u", i);
			pkg_kit_header(&kit, name, 0, '0');
		}
		pkg_kit_zeros(&kit, HYP_TAR_END);
		if (more)
			refused("corrupt_archive");
		else
			ck_ok(read_it(), &kit.err);
	}
}
END_TEST

/* The old spelling of a regular file, and owners and modes of any kind. */
START_TEST(test_who_made_it)
{
	pkg_kit_text(&kit, "f", "x");
	kit.bytes.data[156] = '\0';
	memcpy(kit.bytes.data + 100,
	       "0004755\0"
	       "7777777\0"
	       "7777777",
	       24);
	memset(kit.bytes.data + 136, 0xff, 12); /* 1969 */
	memcpy(kit.bytes.data + 265, "somebody", 9);
	pkg_kit_sum(&kit, 0);
	pkg_kit_zeros(&kit, HYP_TAR_END);
	ck_ok(read_it(), &kit.err);
	ck_assert_uint_eq(pkg.entry_count, 1);
}
END_TEST

static void add_sound(void)
{
	pkg_kit_text(&kit, "a", "some text");
	pkg_kit_text(&kit, "b", "more");
	pkg_kit_zeros(&kit, HYP_TAR_END);
}

/* Wherever it is cut before its first end block, it is refused. */
START_TEST(test_cut)
{
	size_t whole;

	add_sound();
	whole = kit.bytes.len - HYP_TAR_END;
	for (size_t n = 0; n <= whole + 1; n++) {
		kit.bytes.len = n;
		refused("corrupt_archive");
		add_sound();
	}
}
END_TEST

/* Any byte of a header changed: refused, but where nothing is meant. */
START_TEST(test_flip)
{
	for (size_t i = 0; i < HYP_TAR_BLOCK; i++) {
		add_sound();
		kit.bytes.data[i] = (char)(kit.bytes.data[i] ^ 0x41);
		ck_fails(read_it(), &kit.err, HYP_E_PERMANENT,
			 "corrupt_archive");
	}
}
END_TEST

/* And with the checksum made right again: never a name that is not plain, or
 * bytes outside of the archive. */
START_TEST(test_flip_summed)
{
	unsigned taken = 0;

	for (size_t i = 0; i < 2 * HYP_TAR_BLOCK; i++) {
		add_sound();
		kit.bytes.data[i] =
			(char)(kit.bytes.data[i] ^ (1 + (int)(i * 7 % 255)));
		pkg_kit_sum(&kit, 0);
		if (read_it() != 0)
			continue;
		taken++;
		for (size_t e = 0; e < pkg.entry_count; e++) {
			ck_assert_int_eq(
				hyp_pkg_check_name(pkg.entries[e].name,
						   strlen(pkg.entries[e].name),
						   "", &kit.err),
				0);
			ck_assert_uint_le(pkg.entries[e].offset +
						  pkg.entries[e].bytes,
					  6 * HYP_TAR_BLOCK);
		}
	}
	ck_assert_uint_gt(taken, 100);
}
END_TEST

START_TEST(test_failing_reads)
{
	add_sound();
	ck_fails(read_more(0, 512), &kit.err, HYP_E_PERMANENT,
		 "corrupt_archive"); /* it became shorter */
	for (unsigned n = 1; n <= 4; n++) {
		add_sound();
		file_fault_set(FILE_PREAD, n, EIO, 0);
		ck_fails(read_it(), &kit.err, HYP_E_TRANSIENT, "io_error");
		file_fault_clear();
	}
	add_sound();
	file_fault_short(7);
	ck_ok(read_it(), &kit.err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tar-read");
	TCase *tcase = tcase_create("tar-read");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_entries);
	tcase_add_test(tcase, test_ends);
	tcase_add_test(tcase, test_large);
	tcase_add_test(tcase, test_long_name);
	tcase_add_test(tcase, test_most_entries);
	tcase_add_test(tcase, test_who_made_it);
	tcase_add_test(tcase, test_cut);
	tcase_add_test(tcase, test_flip);
	tcase_add_test(tcase, test_flip_summed);
	tcase_add_test(tcase, test_failing_reads);
	suite_add_tcase(suite, tcase);
	return unit_main(suite);
}
