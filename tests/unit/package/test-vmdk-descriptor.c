/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/vmdk-descriptor.h"
#include "tests/lib/unit.h"

#include <string.h>

#define CAPACITY 1024u
#define GRAIN 128u
#define TYPE "createType=\"streamOptimized\"\n"
#define EXTENT "RW 1024 SPARSE \"disk.vmdk\"\n"

static struct hyp_error err;

static int32_t judge(const char *text, size_t n)
{
	char *copy = malloc(n + 1);
	int32_t rc;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, n);
	copy[n] = 'x'; /* it must not be read */
	rc = hyp_vmdk_descriptor_judge(copy, n, CAPACITY, GRAIN, &err);
	free(copy);
	return rc;
}

static const char *const good[] = {
	TYPE EXTENT,
	EXTENT TYPE,
	"# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n" TYPE
	"\n# Extent description\n" EXTENT "\nddb.adapterType = \"ide\"\n",
	"createType = \"streamoptimized\" \r\n" EXTENT,
	"createType=streamOptimized\n" EXTENT,
	TYPE "\t RDONLY  1024\tSPARSE   disk with blanks.vmdk",
	TYPE "RW 1000 SPARSE \"rounded up.vmdk\"",
	TYPE EXTENT "parentCID=FFFFFFFF\n",
	TYPE EXTENT "#parentFileNameHint=\"x\"\n",
	TYPE EXTENT "changeTrackPath=\"vm-ctk.vmdk\"\n",
	TYPE EXTENT "encoding=\"windows-1252\"\nddb.comment=\"\xe9\xff\"",
	TYPE EXTENT "RWX 5 FLAT \"no access word\"\n",
	TYPE EXTENT "READ ME\n=\n=x\nx=\n\"\n",
};

START_TEST(test_good)
{
	ck_ok(judge(good[_i], strlen(good[_i])), &err);
	ck_ok(judge(good[_i], strlen(good[_i]) + 1), &err);
}
END_TEST

static const char *const bad[] = {
	"",
	"\n",
	TYPE,
	EXTENT,
	TYPE TYPE EXTENT,
	TYPE EXTENT EXTENT,
	"createType=\"monolithicSparse\"\n" EXTENT,
	"createType=\"streamOptimized\n" EXTENT,
	"createType=\n" EXTENT,
	TYPE "RW 1024 FLAT \"/etc/passwd\" 0\n",
	TYPE "RW 1024 SPARSE \"/etc/passwd\"\n",
	TYPE "RW 1024 SPARSE \"..\"\n",
	TYPE "RW 1024 SPARSE \"..\\\\x\"\n",
	TYPE "RW 1024 SPARSE \"\"\n",
	TYPE "RW 1024 SPARSE\n",
	TYPE "RW 1024\n",
	TYPE "RW \n",
	TYPE "RW -1 SPARSE \"x\"\n",
	TYPE "RW 1025 SPARSE \"x\"\n",
	TYPE "RW 896 SPARSE \"x\"\n",
	TYPE "RW 1024x SPARSE \"x\"\n",
	TYPE "RW 99999999999999999999 SPARSE \"x\"\n",
	TYPE "RW 1024 VMFS \"x\"\n",
	TYPE "RW 1024 ZERO\n",
	TYPE EXTENT "rw 1 flat \"/etc/passwd\"\n",
	TYPE EXTENT " \tNOACCESS 1 FLAT \"/etc/passwd\"\n",
	TYPE EXTENT "\rRW 1 FLAT \"/etc/passwd\"\n",
	TYPE EXTENT "parentFileNameHint=\"base.vmdk\"\n",
	TYPE EXTENT " PARENTFILENAMEHINT = x\n",
	TYPE EXTENT "parentCID=12345678\n",
	TYPE EXTENT "parentCID=\n",
	TYPE EXTENT "changeTrackPath=\"/etc/passwd\"\n",
};

START_TEST(test_bad)
{
	ck_fails(judge(bad[_i], strlen(bad[_i])), &err, HYP_E_PERMANENT,
		 "unsafe_image");
}
END_TEST

START_TEST(test_behind_a_nul)
{
	static const char text[] =
		TYPE EXTENT "\0\0RW 100 FLAT \"/etc/passwd\" 0";

	ck_fails(judge(text, sizeof(text)), &err, HYP_E_PERMANENT,
		 "unsafe_image");
}
END_TEST

/* What it says of hostile text can be printed. */
START_TEST(test_message)
{
	static const char text[] = "createType=\"\x1b[31m\x07" EXTENT;

	ck_fails(judge(text, strlen(text)), &err, HYP_E_PERMANENT,
		 "unsafe_image");
	for (const char *c = err.text; *c != '\0'; c++)
		ck_assert_int_ge(*c, ' ');
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("package/vmdk-descriptor");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_good, 0,
			    (int)(sizeof(good) / sizeof(good[0])));
	tcase_add_loop_test(tc, test_bad, 0,
			    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tc, test_behind_a_nul);
	tcase_add_test(tc, test_message);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
