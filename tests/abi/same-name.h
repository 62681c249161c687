/* SPDX-License-Identifier: Apache-2.0 */
/* A symbol that two plugins export: each must find its own. */
#ifndef HYP_TEST_SAME_NAME_H
#define HYP_TEST_SAME_NAME_H

__attribute__((visibility("default"))) const char *hyp_test_same_name(void);

#endif
