/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/vmdk.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* Feeds it in pieces of that size; the verdict. */
static int32_t judge(struct hyp_vmdk_check *check, const uint8_t *data,
		     size_t n, size_t step, struct hyp_vmdk_summary *sum)
{
	struct hyp_error err;
	int32_t rc = 0;

	hyp_vmdk_check_reset(check);
	for (size_t at = 0; rc == 0 && at < n; at += step)
		rc = hyp_vmdk_check_feed(check, data + at,
					 n - at < step ? n - at : step, &err);
	if (rc == 0)
		rc = hyp_vmdk_check_end(check, sum, &err);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct hyp_vmdk_summary whole = {0}, pieces = {0};
	struct hyp_vmdk_check *check;
	struct hyp_error err;
	int32_t rc;

	if (hyp_vmdk_check_new(&check, &err) != 0)
		return 0;
	if (hyp_vmdk_check_inflate(check, HYP_VMDK_INFLATE_ALL, &err) == 0) {
		rc = judge(check, data, n, n + 1, &whole);
		/* However the bytes are divided, the verdict is one. */
		fuzz_check(judge(check, data, n, 97, &pieces) == rc);
		fuzz_check(memcmp(&whole, &pieces, sizeof(whole)) == 0);
		fuzz_check(rc != 0 || whole.inflated == whole.grains);
	}
	hyp_vmdk_check_free(check);
	return 0;
}
