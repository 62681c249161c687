/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/package/tar-read.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	HYP_AUTO_CLOSE int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct hyp_pkg pkg = {0};
	struct hyp_error err;
	int32_t rc;

	fuzz_check(fd >= 0 && write(fd, data, n) == (ssize_t)n);
	rc = hyp_tar_read(fd, n, &pkg, &err);
	fuzz_check(rc == 0 || (rc == err.code && err.kind[0] != '\0'));
	for (size_t i = 0; i < pkg.entry_count; i++) {
		const struct hyp_pkg_entry *e = &pkg.entries[i];

		fuzz_check(hyp_pkg_check_name(e->name, strlen(e->name), "",
					      &err) == 0);
		if (rc == 0)
			fuzz_check(e->offset <= n && e->bytes <= n - e->offset);
		for (size_t k = 0; k < i; k++)
			fuzz_check(strcmp(pkg.entries[k].name, e->name) != 0);
		free(e->name);
		pkg.entries[i].name = strdup("");
	}
	for (size_t i = 0; i < pkg.entry_count; i++)
		free(pkg.entries[i].name);
	free(pkg.entries);
	return 0;
}
