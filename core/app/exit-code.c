/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/exit-code.h"

const struct hyp_exit_meaning hyp_exit_meanings[] = {
	{HYP_EXIT_DONE, "done"},
	{HYP_EXIT_FAILED, "failed"},
	{HYP_EXIT_USAGE, "usage or configuration is wrong"},
	{HYP_EXIT_NOT_FOUND, "not found"},
	{HYP_EXIT_AUTH, "authentication failed"},
	{HYP_EXIT_OUTPUT, "no space, or the output exists"},
	{HYP_EXIT_CANCELLED, "cancelled (Ctrl-C)"},
	{0, NULL},
};

/* Lack of room has its own code; other resources are just failures. */
static int is_space(const char *kind)
{
	return strcmp(kind, "insufficient_space") == 0 ||
	       strcmp(kind, "quota_exceeded") == 0 ||
	       strcmp(kind, "db_full") == 0 ||
	       strcmp(kind, "file_too_large") == 0;
}

int hyp_exit_code(const struct hyp_error *err)
{
	switch (err->code) {
	case HYP_E_CANCELLED:
		return HYP_EXIT_CANCELLED;
	case HYP_E_USAGE:
		return HYP_EXIT_USAGE;
	case HYP_E_NOT_FOUND:
		return HYP_EXIT_NOT_FOUND;
	case HYP_E_AUTH:
		return HYP_EXIT_AUTH;
	case HYP_E_EXISTS:
		return HYP_EXIT_OUTPUT;
	default:
		return is_space(err->kind) ? HYP_EXIT_OUTPUT : HYP_EXIT_FAILED;
	}
}
