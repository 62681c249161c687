/* SPDX-License-Identifier: Apache-2.0 */
/* A fuzz target is one function, as libFuzzer calls it; replay.c calls it
 * with the files of a corpus instead. */
#ifndef HYP_TEST_FUZZ_H
#define HYP_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

__attribute__((visibility("default"))) int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What must hold, in every build. */
#define fuzz_check(condition)                                                  \
	do {                                                                   \
		if (!(condition))                                              \
			__builtin_trap();                                      \
	} while (0)

#endif
