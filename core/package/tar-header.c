/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/tar-header.h"
#include "core/base/text.h"

#include <stdio.h>
#include <string.h>

/* The block's fields, all bytes. */
struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12];
	char checksum[8], type, linkname[100], magic[6], version[2];
	char uname[32], gname[32], devmajor[8], devminor[8], prefix[155];
	char unused[12];
};
_Static_assert(sizeof(struct ustar) == HYP_TAR_BLOCK, "one block");

#define OCTAL_MAX 077777777777u /* eleven digits: 8 GiB - 1 */

static uint32_t checksum(const uint8_t *block)
{
	const struct ustar *h = (const void *)block;
	const uint8_t *field = (const uint8_t *)h->checksum;
	uint32_t sum = 8 * ' ';

	for (uint32_t i = 0; i < HYP_TAR_BLOCK; i++)
		sum += block[i];
	for (size_t i = 0; i < sizeof(h->checksum); i++)
		sum -= field[i];
	return sum;
}

static void put_octal(char *field, size_t n, uint64_t value)
{
	field[--n] = '\0';
	while (n > 0) {
		field[--n] = (char)('0' + (value & 7));
		value >>= 3;
	}
}

/* GNU's base-256: the top bit of the first byte, then big-endian. */
static void put_size(char field[12], uint64_t size)
{
	if (size <= OCTAL_MAX) {
		put_octal(field, 12, size);
		return;
	}
	memset(field, 0, 12);
	field[0] = (char)0x80;
	for (int i = 11; i > 3; i--) {
		field[i] = (char)(size & 0xff);
		size >>= 8;
	}
}

int32_t hyp_tar_header_build(uint8_t block[HYP_TAR_BLOCK], const char *name,
			     uint64_t size, int64_t mtime,
			     struct hyp_error *err)
{
	struct ustar h = {.type = '0'};
	char shown[256];

	if (!hyp_text_is_plain_name(name, HYP_TAR_NAME_MAX)) {
		hyp_text_printable(name, shown, sizeof(shown));
		return hyp_error_set(err, HYP_E_USAGE, "unsafe_path", 0,
				     "\"%s\" is no file name for an archive: a "
				     "plain one of 1 to %d bytes is needed",
				     shown, HYP_TAR_NAME_MAX);
	}
	if (size > INT64_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "too_large", 0,
				     "%s: 2^63 bytes and more do not fit into "
				     "an archive",
				     name);
	memcpy(h.name, name, strlen(name));
	put_octal(h.mode, sizeof(h.mode), 0644);
	put_octal(h.uid, sizeof(h.uid), 0);
	put_octal(h.gid, sizeof(h.gid), 0);
	put_size(h.size, size);
	put_octal(h.mtime, sizeof(h.mtime),
		  mtime < 0			 ? 0
		  : (uint64_t)mtime <= OCTAL_MAX ? (uint64_t)mtime
						 : OCTAL_MAX);
	memcpy(h.magic, "ustar", 6);
	memcpy(h.version, "00", 2);
	put_octal(h.devmajor, sizeof(h.devmajor), 0);
	put_octal(h.devminor, sizeof(h.devminor), 0);
	memcpy(block, &h, sizeof(h));
	/* Six digits, NUL, blank: as every tar writes it. */
	put_octal(h.checksum, 7, checksum(block));
	h.checksum[7] = ' ';
	memcpy(block, &h, sizeof(h));
	return 0;
}

static int32_t corrupt(const char *what, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "corrupt_archive", 0,
			     "%s: this is no archive that is taken here", what);
}

/* Blanks, octal digits, then only blanks and NULs; 0 or -1. */
static int get_octal(const char *field, size_t n, uint64_t *out)
{
	uint64_t value = 0;
	size_t i = 0, first;

	while (i < n && field[i] == ' ')
		i++;
	first = i;
	for (; i < n && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(field[i] - '0');
	if (i == first)
		return -1;
	for (; i < n; i++)
		if (field[i] != ' ' && field[i] != '\0')
			return -1;
	*out = value;
	return 0;
}

/* A size or time of 12 bytes in either form; negative ones are refused. */
static int get_number(const char field[12], uint64_t *out)
{
	const uint8_t *p = (const uint8_t *)field;
	uint64_t value = 0;

	if ((p[0] & 0x80) == 0)
		return get_octal(field, 12, out);
	if (p[0] != 0x80 || p[1] != 0 || p[2] != 0 || p[3] != 0 || p[4] > 0x7f)
		return -1;
	for (int i = 4; i < 12; i++)
		value = value << 8 | p[i];
	*out = value;
	return 0;
}

static int is_zero(const uint8_t *block)
{
	return block[0] == 0 &&
	       memcmp(block, block + 1, HYP_TAR_BLOCK - 1) == 0;
}

static void join_name(const struct ustar *h, char *out)
{
	int prefix = 0;

	/* GNU's own format keeps other things where ustar has the prefix. */
	if (memcmp(h->magic, "ustar", 6) == 0)
		prefix = (int)strnlen(h->prefix, sizeof(h->prefix));
	snprintf(out, 257, "%.*s%s%.*s", prefix, h->prefix,
		 prefix > 0 ? "/" : "", (int)strnlen(h->name, sizeof(h->name)),
		 h->name);
}

int32_t hyp_tar_header_parse(const uint8_t block[HYP_TAR_BLOCK],
			     struct hyp_tar_header *out, struct hyp_error *err)
{
	struct hyp_tar_header found = {.type = '0'};
	uint64_t sum, mtime = 0;
	struct ustar h;

	if (is_zero(block)) {
		*out = (struct hyp_tar_header){.is_zero = 1};
		return 0;
	}
	memcpy(&h, block, sizeof(h));
	if (memcmp(h.magic,
		   "ustar\0"
		   "00",
		   8) != 0 &&
	    memcmp(h.magic, "ustar  ", 8) != 0)
		return corrupt("a header is neither ustar nor GNU tar", err);
	if (get_octal(h.checksum, sizeof(h.checksum), &sum) != 0 ||
	    sum != checksum(block))
		return corrupt("a header's checksum is wrong", err);
	if (get_number(h.size, &found.size) != 0)
		return corrupt("a header's size is no number", err);
	/* Before 1970, or far away, in base-256: of no interest. */
	if (get_number(h.mtime, &mtime) != 0 && (h.mtime[0] & 0x80) == 0)
		return corrupt("a header's time is no number", err);
	found.mtime = (int64_t)mtime;
	if (h.type != '\0')
		found.type = h.type;
	join_name(&h, found.name);
	*out = found;
	return 0;
}
