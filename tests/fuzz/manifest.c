/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest; and the same bytes as the certificate of one. */
#include "core/package/cert.h"
#include "core/package/manifest.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* What was read, written and read again, is the same. */
static void check_again(const struct hyp_manifest *m)
{
	HYP_AUTO_BUF struct hyp_buf text = HYP_BUF_INIT(16u << 20);
	struct hyp_manifest again;
	struct hyp_error err;

	for (size_t i = 0; i < m->count; i++)
		if (hyp_manifest_add(&text, m->lines[i].name,
				     &m->lines[i].digest, &err) != 0)
			return; /* a name with a return in it */
	if (hyp_manifest_parse(hyp_buf_str(&text), text.len, &again, &err) != 0)
		return; /* a line may have become too long */
	fuzz_check(again.count == m->count);
	fuzz_check(again.algorithms == m->algorithms);
	hyp_manifest_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct hyp_cert_verdict verdict;
	struct hyp_manifest manifest;
	struct hyp_error err;

	if (hyp_manifest_parse((const char *)data, n, &manifest, &err) == 0) {
		check_again(&manifest);
		hyp_manifest_fini(&manifest);
	}
	if (hyp_cert_verify((const char *)data, n, "vm.mf", "x", 1,
			    "/nonexistent", 0, &verdict, &err) == 0)
		fuzz_check(!verdict.chain_ok);
	return 0;
}
