/* SPDX-License-Identifier: Apache-2.0 */
/* storage/fault: its options. */
#include "plugins/storage/fault/fault.h"

#include <errno.h>

static const char *const operations[] = {
	"none",	 "space",	 "place_open", "object_open",
	"write", "reserve",	 "fill",       "rewind",
	"read",	 "object_close", "seal",       "publish",
	"state", "resume",	 "sweep",      NULL};

static const char *const actions[] = {"fail", "lose", "flip", "pass", NULL};

static const char *const errors[] = {"ENOSPC", "EDQUOT", "EIO",	   "EROFS",
				     "EFBIG",  "EACCES", "EEXIST", "ENOENT",
				     "ESTALE", NULL};
const int fault_errnos[] = {ENOSPC, EDQUOT, EIO,    EROFS, EFBIG,
			    EACCES, EEXIST, ENOENT, ESTALE};

static const char *const codes[] = {
	"auto",	       "transient", "busy",   "permanent", "not_found", "usage",
	"unsupported", "resource",  "exists", "cancelled", "fenced",	NULL};
const int32_t fault_codes[] = {0,
			       HYP_E_TRANSIENT,
			       HYP_E_BUSY,
			       HYP_E_PERMANENT,
			       HYP_E_NOT_FOUND,
			       HYP_E_USAGE,
			       HYP_E_UNSUPPORTED,
			       HYP_E_RESOURCE,
			       HYP_E_EXISTS,
			       HYP_E_CANCELLED,
			       HYP_E_FENCED};

const struct hyp_option fault_options[FAULT_OPTION_COUNT] = {
	HYP_OPT_ENUM(struct fault_options, operation, "operation", operations,
		     "none", 0, "operation of the wrapped storage to break"),
	HYP_OPT_ENUM(struct fault_options, action, "action", actions, "fail", 0,
		     "what a broken call does: fail; lose (write and fill: "
		     "report success, write nothing); flip (write and fill: "
		     "turn one bit); pass (only the delay)"),
	HYP_OPT_INTEGER(struct fault_options, at_call, "at_call", "1", 1,
			INT64_MAX, 0,
			"break from this call of the operation on, counted "
			"per attempt"),
	HYP_OPT_BYTES(struct fault_options, at_byte, "at_byte", "0", 0,
		      "for write: break when so many bytes of the attempt "
		      "have been written, the part before them included; 0: "
		      "count calls"),
	HYP_OPT_INTEGER(struct fault_options, times, "times", "0", 0, INT64_MAX,
			0,
			"break so many calls, then let all pass; 0: all that "
			"follow"),
	HYP_OPT_ENUM(struct fault_options, error, "error", errors, "EIO", 0,
		     "what the operating system is to have said"),
	HYP_OPT_ENUM(struct fault_options, code, "code", codes, "auto", 0,
		     "what the core shall do of it; auto: as the error says"),
	HYP_OPT_STRING(struct fault_options, kind, "kind", NULL, 0,
		       "kind of the error, such as fsync_failed; without: as "
		       "the error says"),
	HYP_OPT_BYTES(struct fault_options, available, "available", "0", 0,
		      "free space to report at the most, and to refuse larger "
		      "outputs by; 0: what there is"),
	HYP_OPT_DURATION(struct fault_options, delay, "delay", "0ms", 0,
			 "wait so long before each call of the operation"),
};
