/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/package/ovf.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct hyp_error err;

static const struct {
	const char *value, *units;
	uint64_t bytes;
} good[] = {
	{"0", NULL, 0},
	{"512", "", 512},
	{"512", "byte", 512},
	{"512", "bytes", 512},
	{" 16 ", "byte * 2^30", 16ull << 30},
	{"16", "byte*2^30", 16ull << 30},
	{"16", " byte  *  2 ^ 30 ", 16ull << 30},
	{"16", "Byte * 2^20", 16ull << 20},
	{"3", "byte * 10^9", 3000000000u},
	{"3", "byte * 1024", 3072},
	{"3", "byte * 2^10 * 4", 12288},
	{"3", "byte * 2^0", 3},
	{"3", "byte * 0", 0},
	{"7", "KB", 7168},
	{"7", "KiloBytes", 7168},
	{"7", "MegaBytes", 7340032},
	{"7", "megabytes", 7340032},
	{"7", "MB", 7340032},
	{"7", "GigaBytes", 7ull << 30},
	{"7", "TeraBytes", 7ull << 40},
	{"0100", "byte * 2^30", 100ull << 30},
	{"9223372036854775807", "byte", INT64_MAX},
	{"8589934591", "byte * 2^30", 8589934591ull << 30},
	{"1", "byte * 2^62", 1ull << 62},
};

START_TEST(test_good)
{
	uint64_t n = 77;

	ck_ok(hyp_ovf_capacity(good[_i].value, good[_i].units, &n, &err), &err);
	ck_assert_uint_eq(n, good[_i].bytes);
}
END_TEST

static const struct {
	const char *value, *units;
} bad[] = {
	{"", "byte"},
	{" ", "byte"},
	{"-1", "byte"},
	{"+1", "byte"},
	{"1e308", "byte"},
	{"1.5", "byte * 2^30"},
	{"0x10", "byte"},
	{"1 2", "byte"},
	{"${size}", "byte"},
	{"nan", "byte"},
	{"9223372036854775808", "byte"},
	{"18446744073709551616", "byte"},
	{"99999999999999999999999999", "byte"},
	{"1152921504606846976", "byte * 2^40"},
	{"8589934592", "byte * 2^30"},
	{"1", "byte * 2^63"},
	{"1", "byte * 2^64"},
	{"0", "byte * 2^64"},
	{"1", "byte * 10^99"},
	{"1", "byte * 99999999999999999999"},
	{"1", "byte * 2^-1"},
	{"1", "byte * -2"},
	{"1", "byte *"},
	{"1", "byte * 2^"},
	{"1", "byte / 2"},
	{"1", "byte 2"},
	{"1", "bytesize"},
	{"1", "hertz * 10^6"},
	{"1", "garbage"},
	{"1", "MegaBytes * 2"},
	{"1", "2^30"},
	{"1", "* 2"},
	{"1", "byte * 2^30 x"},
	{"1", "byte * 2^18446744073709551616"},
	{"1", "byte * 1^18446744073709551615"},
};

START_TEST(test_bad)
{
	uint64_t n = 77;

	ck_fails(hyp_ovf_capacity(bad[_i].value, bad[_i].units, &n, &err), &err,
		 HYP_E_PERMANENT, "bad_ovf");
	ck_assert_uint_eq(n, 77);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ovf-units");
	TCase *t = tcase_create("ovf-units");

	tcase_add_loop_test(t, test_good, 0, (int)HYP_COUNT(good));
	tcase_add_loop_test(t, test_bad, 0, (int)HYP_COUNT(bad));
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
