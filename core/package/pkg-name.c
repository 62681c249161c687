/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/text.h"
#include "core/package/package-read.h"

#include <string.h>

int32_t hyp_pkg_check_name(const char *name, size_t n, const char *what,
			   struct hyp_error *err)
{
	const char *fault = hyp_text_name_fault(name, n);
	char raw[512], shown[600];

	if (fault == NULL && name[0] == '.')
		fault = "is hidden";
	if (fault == NULL)
		return 0;
	n = n < sizeof(raw) - 1 ? n : sizeof(raw) - 1;
	memcpy(raw, name, n);
	raw[n] = '\0';
	hyp_text_printable(raw, shown, sizeof(shown));
	return hyp_error_set(err, HYP_E_PERMANENT, "unsafe_path", 0,
			     "%s \"%s\" %s; a package holds plain file names "
			     "only",
			     what, shown, fault);
}
