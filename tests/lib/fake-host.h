/* SPDX-License-Identifier: Apache-2.0 */
/* The installed fake host, by the names that tests of this tree use, and with
 * the clock that they set. */
#ifndef HYP_TEST_FAKE_HOST_H
#define HYP_TEST_FAKE_HOST_H

#include <hypersdk/fake-host.h>

#define FAKE_NOTES HYP_FAKE_NOTES
#define fake_note hyp_fake_note
#define fake_host hyp_fake_host
#define fake_host_fini hyp_fake_host_fini
#define fake_host_cancel hyp_fake_host_cancel
#define fake_host_find hyp_fake_host_find
#define fake_host_count hyp_fake_host_count

void fake_host_init(struct fake_host *host);

#endif
