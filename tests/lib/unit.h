/* SPDX-License-Identifier: Apache-2.0 */
/* A unit test program: one Check suite, TAP on standard output. */
#ifndef HYP_TEST_UNIT_H
#define HYP_TEST_UNIT_H

#include <check.h>
#include <hypersdk/error.h>
#include <stdlib.h>

/* The call succeeds, or its error is shown. */
#define ck_ok(call, err)                                                       \
	do {                                                                   \
		int32_t ck_rc_ = (call);                                       \
		ck_assert_msg(ck_rc_ == 0, "%s: %d %s: %s", #call, ck_rc_,     \
			      (err)->kind, (err)->text);                       \
	} while (0)

/* The call fails with that code and kind. */
#define ck_fails(call, err, want_code, want_kind)                              \
	do {                                                                   \
		int32_t ck_rc_ = (call);                                       \
		ck_assert_msg(ck_rc_ == (want_code), "%s: got %d, want %s",    \
			      #call, ck_rc_, #want_code);                      \
		ck_assert_int_eq((err)->code, (want_code));                    \
		ck_assert_str_eq((err)->kind, (want_kind));                    \
		ck_assert_str_ne((err)->text, "");                             \
	} while (0)

static inline int unit_main(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
