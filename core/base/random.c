/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/random.h"
#include "core/base/clock.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/random.h>

int32_t hyp_random_bytes(void *out, size_t n, struct hyp_error *err)
{
	unsigned char *p = out;

	/* OpenSSL's needs memory, and says no more than that it failed. */
	while (n > 0) {
		ssize_t part = getrandom(p, n, 0);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return hyp_error_set(
				err, HYP_E_PERMANENT, "no_random",
				part < 0 ? errno : 0,
				"the system gives no random bytes, and weaker "
				"ones will not do: let the process call "
				"getrandom, which a sandbox may forbid");
		p += part;
		n -= (size_t)part;
	}
	return 0;
}

/* Milliseconds and a counter of 12 bits that begins anywhere in its lower
 * half; never below, nor at, the one before it (RFC 9562, 6.2, method 1). */
static uint64_t next_tick(uint64_t ms, uint64_t begin)
{
	static _Atomic uint64_t last;
	uint64_t before = last, tick;

	do {
		tick = ms << 12 | (begin & 0x7ff);
		if (tick <= before)
			tick = before + 1;
	} while (!atomic_compare_exchange_weak(&last, &before, tick));
	return tick;
}

int32_t hyp_uuid7(char *out, struct hyp_error *err)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char b[16];
	uint64_t tick;
	int32_t rc = hyp_random_bytes(b, sizeof(b), err);

	if (rc != 0)
		return rc;
	tick = next_tick((uint64_t)hyp_clock_wall_ms(),
			 (uint64_t)b[6] << 8 | b[7]);
	for (int i = 0; i < 6; i++)
		b[i] = (unsigned char)(tick >> (52 - 8 * i));
	b[6] = (unsigned char)(0x70 | (tick >> 8 & 0x0f));
	b[7] = (unsigned char)tick;
	b[8] = (unsigned char)(0x80 | (b[8] & 0x3f));
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = hex[b[i] >> 4];
		*out++ = hex[b[i] & 15];
	}
	*out = '\0';
	return 0;
}
