/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/text.h"
#include "core/package/package-read.h"

#include <string.h>

/* Why n bytes are no plain name, or NULL. */
static const char *name_fault(const char *name, size_t n)
{
	if (n == 0)
		return "is empty";
	if (n > 255)
		return "is longer than 255 bytes";
	if (!hyp_text_is_utf8(name, n))
		return "holds a NUL or is no valid UTF-8";
	if (strncmp(name, "..", n) == 0 || strncmp(name, ".", n) == 0)
		return "names a folder";
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c == '/' || c == '\\')
			return "holds a path separator";
		if (c < 0x20 || c == 0x7f)
			return "holds a control character";
		if (c == ':')
			return "names a drive, a stream or a URL";
		if (strchr("*?[]", c) != NULL)
			return "holds a pattern character";
		if (c == '%')
			return "holds a percent escape";
	}
	return NULL;
}

int32_t hyp_pkg_check_name(const char *name, size_t n, const char *what,
			   struct hyp_error *err)
{
	const char *fault = name_fault(name, n);
	char raw[512], shown[600];

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
