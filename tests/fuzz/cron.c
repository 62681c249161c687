/* SPDX-License-Identifier: Apache-2.0 */
/* A cron expression, and behind a NUL the instant to go on from, in seconds
 * as text. */
#include "core/base/cron.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define YEARS_28 (INT64_C(28) * 366 * 86400 * 1000)

/* Instants rise, and lie within the bound. */
static void check_next(const struct hyp_cron *cron, int64_t after)
{
	for (int i = 0; i < 20; i++) {
		int64_t next = -1;

		if (!hyp_cron_next(cron, after, &next))
			break;
		fuzz_check(next > after && next - after <= YEARS_28);
		after = next;
	}
}

/* A step ahead from any instant before the next comes to the same. */
static void check_same(const struct hyp_cron *cron, int64_t after)
{
	int64_t next, again;

	if (!hyp_cron_next(cron, after, &next))
		return;
	for (int64_t part = 1; part < 5; part++) {
		int64_t at = after + (next - after) / 5 * part;

		fuzz_check(hyp_cron_next(cron, at, &again) && again == next);
	}
	fuzz_check(hyp_cron_next(cron, next - 1, &again) && again == next);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	HYP_AUTO_BUF struct hyp_buf words = HYP_BUF_INIT(1024);
	struct hyp_cron *cron = NULL;
	struct hyp_error err;
	char text[4096];
	size_t end;
	int64_t after;

	if (n >= sizeof(text))
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	end = strlen(text);
	after = end < n ? strtoll(text + end + 1, NULL, 10) : 1774699200;
	if (hyp_cron_parse(text, "Europe/Berlin", &cron, &err) != 0) {
		fuzz_check(err.code == HYP_E_USAGE && err.text[0] != '\0');
		return 0;
	}
	fuzz_check(hyp_cron_describe(cron, &words, &err) == 0);
	fuzz_check(words.len > 0);
	if (after > INT64_MIN / 1000 && after < INT64_MAX / 1000) {
		check_next(cron, after * 1000);
		if (strstr(text, "@every") == NULL)
			check_same(cron, after * 1000);
	}
	hyp_cron_free(cron);
	return 0;
}
