/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/fake-host.h"
#include "core/base/clock.h"

static uint64_t fake_boot_ms(void *ctx)
{
	(void)ctx;
	return hyp_clock_boot_ms();
}

static int64_t fake_wall_ms(void *ctx)
{
	(void)ctx;
	return hyp_clock_wall_ms();
}

void fake_host_init(struct fake_host *host)
{
	hyp_fake_host_init(host);
	host->table.boot_ms = fake_boot_ms;
	host->table.wall_ms = fake_wall_ms;
}
