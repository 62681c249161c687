/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/ovf.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct hyp_ovf ovf;
	struct hyp_error err;
	int32_t rc = hyp_ovf_read(data, n, "fuzz.ovf", &ovf, &err);

	if (rc != 0) {
		fuzz_check(rc == err.code && err.kind[0] != '\0');
		return 0;
	}
	fuzz_check(ovf.systems > 0 && ovf.name != NULL);
	for (size_t i = 0; i < ovf.disk_count; i++)
		fuzz_check(ovf.disks[i].capacity <= INT64_MAX);
	for (size_t i = 0; i < ovf.file_count; i++)
		fuzz_check(ovf.files[i].href[0] != '\0');
	for (size_t i = 0; i < ovf.item_count; i++)
		fuzz_check(ovf.items[i].units != NULL);
	hyp_ovf_fini(&ovf);
	return 0;
}
