/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/package/tar-header.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct hyp_error err;
static uint8_t block[HYP_TAR_BLOCK];
static struct hyp_tar_header header;

static void fix_checksum(void)
{
	unsigned sum = 8 * ' ';

	for (size_t i = 0; i < HYP_TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? 0 : block[i];
	snprintf((char *)block + 148, 8, "%06o", sum);
	block[155] = ' ';
}

static void build(const char *name, uint64_t size)
{
	ck_ok(hyp_tar_header_build(block, name, size, 1700000000, &err), &err);
}

static void refused(const char *what)
{
	int32_t rc = hyp_tar_header_parse(block, &header, &err);

	ck_assert_msg(rc == HYP_E_PERMANENT, "%s: %d", what, rc);
	ck_assert_str_eq(err.kind, "corrupt_archive");
}

START_TEST(test_bytes)
{
	build("web01.ovf", 10);
	ck_assert_str_eq((char *)block, "web01.ovf");
	ck_assert_str_eq((char *)block + 100, "0000644");
	ck_assert_str_eq((char *)block + 108, "0000000");
	ck_assert_str_eq((char *)block + 116, "0000000");
	ck_assert_str_eq((char *)block + 124, "00000000012");
	ck_assert_str_eq((char *)block + 136, "14524770400");
	ck_assert_int_eq(block[156], '0');
	ck_assert_int_eq(memcmp(block + 257, "ustar\00000", 8), 0);
	ck_assert_int_eq(block[155], ' ');
	ck_assert_int_eq(block[154], 0);
	for (size_t i = 345; i < HYP_TAR_BLOCK; i++)
		ck_assert_int_eq(block[i], 0);
}
END_TEST

static const uint64_t sizes[] = {
	0,
	1,
	511,
	512,
	077777777776u,
	077777777777u,
	0100000000000u,
	1ull << 40,
	INT64_MAX - 1,
	INT64_MAX,
};

START_TEST(test_size)
{
	uint64_t size = sizes[_i];

	build("a", size);
	ck_assert_int_eq(block[124] & 0x80, size > 077777777777u ? 0x80 : 0);
	ck_ok(hyp_tar_header_parse(block, &header, &err), &err);
	ck_assert_uint_eq(header.size, size);
	ck_assert_str_eq(header.name, "a");
	ck_assert_int_eq(header.type, '0');
	ck_assert_int_eq(header.mtime, 1700000000);
	ck_assert_int_eq(header.is_zero, 0);
}
END_TEST

START_TEST(test_too_large)
{
	memset(block, 7, sizeof(block));
	ck_fails(hyp_tar_header_build(block, "a", 1ull << 63, 0, &err), &err,
		 HYP_E_PERMANENT, "too_large");
	ck_assert_int_eq(block[0], 7);
}
END_TEST

START_TEST(test_names)
{
	static const char *const bad[] = {"",	".",	"..",  ".a",   "a/b",
					  "/a", "a\\b", "a\n", "\xc3", "a*"};
	char name[102];

	for (size_t n = 1; n <= 100; n++) {
		memset(name, 'n', n);
		name[n] = '\0';
		build(name, 1);
		ck_ok(hyp_tar_header_parse(block, &header, &err), &err);
		ck_assert_str_eq(header.name, name);
	}
	name[100] = 'n';
	name[101] = '\0';
	ck_fails(hyp_tar_header_build(block, name, 1, 0, &err), &err,
		 HYP_E_USAGE, "unsafe_path");
	for (size_t i = 0; i < HYP_COUNT(bad); i++)
		ck_fails(hyp_tar_header_build(block, bad[i], 1, 0, &err), &err,
			 HYP_E_USAGE, "unsafe_path");
}
END_TEST

START_TEST(test_time)
{
	static const struct {
		int64_t given, kept;
	} times[] = {
		{0, 0},
		{-1, 0},
		{INT64_MIN, 0},
		{2147483648, 2147483648},
		{077777777777, 077777777777},
		{INT64_MAX, 077777777777},
	};

	for (size_t i = 0; i < HYP_COUNT(times); i++) {
		ck_ok(hyp_tar_header_build(block, "a", 1, times[i].given, &err),
		      &err);
		ck_ok(hyp_tar_header_parse(block, &header, &err), &err);
		ck_assert_int_eq(header.mtime, times[i].kept);
	}
}
END_TEST

START_TEST(test_padding)
{
	ck_assert_uint_eq(hyp_tar_padding(0), 0);
	ck_assert_uint_eq(hyp_tar_padding(1), 511);
	ck_assert_uint_eq(hyp_tar_padding(511), 1);
	ck_assert_uint_eq(hyp_tar_padding(512), 0);
	ck_assert_uint_eq(hyp_tar_padding(513), 511);
	ck_assert_uint_eq(hyp_tar_padding(UINT64_MAX), 1);
}
END_TEST

START_TEST(test_zero)
{
	memset(block, 0, sizeof(block));
	ck_ok(hyp_tar_header_parse(block, &header, &err), &err);
	ck_assert_int_eq(header.is_zero, 1);
	block[511] = 1;
	refused("not all zeros");
}
END_TEST

START_TEST(test_checksum)
{
	/* One changed bit anywhere is seen. */
	for (size_t i = 0; i < HYP_TAR_BLOCK; i++) {
		build("a", 1);
		block[i] ^= 4;
		if (i != 155) /* behind the checksum's digits: not counted */
			refused("bit");
	}
}
END_TEST

START_TEST(test_numbers)
{
	static const char *const bad[] = {
		"",
		"           ",
		"0000000001x",
		"00000000018",
		"-0000000001",
		"0000 000001",
		"+0000000001",
		"0x000000001",
		"1 1",
		"0000000001\01",
		"\0000000001",
	};

	for (size_t i = 0; i < HYP_COUNT(bad); i++) {
		build("a", 1);
		memset(block + 124, 0, 12);
		memcpy(block + 124, bad[i], strlen(bad[i]));
		fix_checksum();
		refused(bad[i]);
	}
	build("a", 1);
	memcpy(block + 124, "  17 \0\0\0\0\0\0\0", 12);
	fix_checksum();
	ck_ok(hyp_tar_header_parse(block, &header, &err), &err);
	ck_assert_uint_eq(header.size, 15);
	memcpy(block + 124, "777777777777", 12);
	fix_checksum();
	ck_ok(hyp_tar_header_parse(block, &header, &err), &err);
	ck_assert_uint_eq(header.size, 0777777777777u);
}
END_TEST

START_TEST(test_base256)
{
	static const uint8_t bad[][12] = {
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff},	       /* -1 */
		{0x80, 0, 0, 0, 0x80}, /* 2^63 */
		{0x80, 0, 0, 1},       /* 2^64 */
		{0x81},
		{0xc0},
	};

	for (size_t i = 0; i < HYP_COUNT(bad); i++) {
		build("a", 1);
		memcpy(block + 124, bad[i], 12);
		fix_checksum();
		refused("base-256");
	}
	build("a", 1);
	memset(block + 124, 0, 12);
	block[124] = 0x80;
	block[135] = 5;
	fix_checksum();
	ck_ok(hyp_tar_header_parse(block, &header, &err), &err);
	ck_assert_uint_eq(header.size, 5);
}
END_TEST

START_TEST(test_magic)
{
	build("a", 1);
	memcpy(block + 257, "ustar  ", 8);
	fix_checksum();
	ck_ok(hyp_tar_header_parse(block, &header, &err), &err);
	memset(block + 257, 0, 8);
	fix_checksum();
	refused("the tar before ustar");
	memcpy(block + 257, "ustar\00001", 8);
	fix_checksum();
	refused("another version");
}
END_TEST

START_TEST(test_type_and_prefix)
{
	build("a", 1);
	block[156] = 0;
	fix_checksum();
	ck_ok(hyp_tar_header_parse(block, &header, &err), &err);
	ck_assert_int_eq(header.type, '0');
	block[156] = '2';
	memcpy(block + 345, "../x", 4);
	fix_checksum();
	ck_ok(hyp_tar_header_parse(block, &header, &err), &err);
	ck_assert_int_eq(header.type, '2');
	ck_assert_str_eq(header.name, "../x/a");
	/* All of both fields, without a NUL between them. */
	memset(block, 'n', 100);
	memset(block + 345, 'p', 155);
	fix_checksum();
	ck_ok(hyp_tar_header_parse(block, &header, &err), &err);
	ck_assert_uint_eq(strlen(header.name), 256);
	ck_assert_int_eq(header.name[155], '/');
	/* GNU's own format keeps times there, no prefix. */
	memcpy(block + 257, "ustar  ", 8);
	fix_checksum();
	ck_ok(hyp_tar_header_parse(block, &header, &err), &err);
	ck_assert_uint_eq(strlen(header.name), 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tar-header");
	TCase *t = tcase_create("tar-header");

	tcase_add_test(t, test_bytes);
	tcase_add_loop_test(t, test_size, 0, (int)HYP_COUNT(sizes));
	tcase_add_test(t, test_too_large);
	tcase_add_test(t, test_names);
	tcase_add_test(t, test_time);
	tcase_add_test(t, test_padding);
	tcase_add_test(t, test_zero);
	tcase_add_test(t, test_checksum);
	tcase_add_test(t, test_numbers);
	tcase_add_test(t, test_base256);
	tcase_add_test(t, test_magic);
	tcase_add_test(t, test_type_and_prefix);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
