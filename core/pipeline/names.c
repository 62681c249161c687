/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/names.h"
#include "core/base/buf.h"
#include "core/base/text.h"

#include <stdio.h>

/* Leaves room for suffixes and for a storage's own temporary names. */
#define PACKAGE_NAME_MAX 200

int32_t hyp_name_package(const char *wanted, const char *vm_name, char **out,
			 struct hyp_error *err)
{
	char reduced[HYP_NAME_MAX];

	hyp_text_file_name(wanted != NULL ? wanted : vm_name, reduced,
			   sizeof(reduced));
	if (wanted == NULL)
		return hyp_strdup(reduced, out, err);
	if (hyp_text_is_file_name(wanted, PACKAGE_NAME_MAX))
		return hyp_strdup(wanted, out, err);
	return hyp_error_set(err, HYP_E_USAGE, "unsafe_path", 0,
			     "the output's name may hold at most %d of "
			     "A-Z a-z 0-9 . _ - and not begin with a dot: use "
			     "for example \"%s\"",
			     PACKAGE_NAME_MAX, reduced);
}

void hyp_name_base(const char *package, char *out)
{
	snprintf(out, HYP_NAME_MAX, "%s", package);
}

void hyp_name_file(const char *base, uint32_t role, unsigned nth, char *out)
{
	static const char *const words[][2] = {
		[HYP_ROLE_DISK] = {"disk", "vmdk"},
		[HYP_ROLE_NVRAM] = {"nvram", "nvram"},
		[HYP_ROLE_ISO] = {"cdrom", "iso"},
		[HYP_ROLE_FLOPPY] = {"floppy", "flp"},
		[HYP_ROLE_OTHER] = {"file", "bin"},
	};

	if (role < HYP_ROLE_DISK || role > HYP_ROLE_OTHER)
		role = HYP_ROLE_OTHER;
	if (role == HYP_ROLE_NVRAM && nth == 1) /* the usual, only one */
		snprintf(out, HYP_FILE_NAME_MAX, "%.80s.nvram", base);
	else
		snprintf(out, HYP_FILE_NAME_MAX, "%.80s-%s%u.%s", base,
			 words[role][0], nth, words[role][1]);
}
