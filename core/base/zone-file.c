/* SPDX-License-Identifier: Apache-2.0 */
/* TZif (RFC 8536), as far as it tells how long the file must be. */
#include "core/base/zone-names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define FILE_MAX (256u << 10)

struct header {
	char magic[4];
	char version;
	char unused[15];
	uint32_t utc_flags, standard_flags, leaps, times, types, chars;
};

/* Bytes of the block at p: header and data, whose times have width bytes; 0 if
 * it is none. */
static uint64_t block_size(const char *p, size_t left, unsigned width,
			   char *version)
{
	struct header h;

	if (left < sizeof(h))
		return 0;
	memcpy(&h, p, sizeof(h));
	if (memcmp(h.magic, "TZif", 4) != 0 || ntohl(h.types) == 0)
		return 0;
	*version = h.version;
	return sizeof(h) + (uint64_t)ntohl(h.times) * (width + 1) +
	       (uint64_t)ntohl(h.types) * 6 + ntohl(h.chars) +
	       (uint64_t)ntohl(h.leaps) * (width + 4) +
	       ntohl(h.standard_flags) + ntohl(h.utc_flags);
}

static int is_whole(const char *p, size_t n)
{
	char version = 0;
	uint64_t first = block_size(p, n, 4, &version), second;

	if (first == 0 || first > n || version < '2')
		return 0;
	p += first;
	n -= first;
	second = block_size(p, n, 8, &version);
	if (second == 0 || second > n)
		return 0;
	/* The rule for later years, in a line of its own. */
	n -= second;
	return n >= 2 && p[second] == '\n' && p[second + n - 1] == '\n';
}

int32_t hyp_zone_check_file(const char *name, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf bytes = HYP_BUF_INIT(FILE_MAX);
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", hyp_zone_dir(), name);
	if (hyp_zone_read(path, &bytes) != 0)
		return hyp_error_set(err, HYP_E_USAGE, "bad_zone", errno,
				     "the time zone %s is listed but %s cannot "
				     "be read: install tzdata or tzdata-legacy",
				     name, path);
	if (!is_whole(bytes.data, bytes.len))
		return hyp_error_set(err, HYP_E_USAGE, "bad_zone", 0,
				     "%s is no time zone's file, or is cut "
				     "off: install tzdata again",
				     path);
	return 0;
}
