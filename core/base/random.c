/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/random.h"
#include "core/base/clock.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void hyp_random_bytes(void *out, size_t n)
{
	unsigned char *p = out;

	/* OpenSSL's needs memory, and says no more than that it failed. */
	while (n > 0) {
		ssize_t part = getrandom(p, n, 0);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0) {
			fputs("hypersdk: the system gives no random bytes; "
			      "ending, as weaker ones will not do\n",
			      stderr);
			exit(EXIT_FAILURE);
		}
		p += part;
		n -= (size_t)part;
	}
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

void hyp_uuid7(char *out)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char b[16];
	uint64_t tick;

	hyp_random_bytes(b, sizeof(b));
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
}
