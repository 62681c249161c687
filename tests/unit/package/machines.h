/* SPDX-License-Identifier: Apache-2.0 */
/* Machines to write descriptors of, by number. */
#ifndef HYP_TEST_MACHINES_H
#define HYP_TEST_MACHINES_H

#include <hypersdk/types.h>

struct test_machine {
	const char *what;
	struct hyp_machine machine;
	struct hyp_controller controllers[4];
	struct hyp_vdisk disks[6];
	struct hyp_nic nics[4];
	struct hyp_file files[8];
	uint32_t file_count;
	char long_name[4097];
};

#define TEST_MACHINES 14
/* Fills *t with machine number i; it points into itself, so never copy it. */
void test_machine_make(struct test_machine *t, unsigned i);

#endif
