/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/utf8.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"

#include <string.h>

size_t hyp_utf8_next(const char *text, size_t n, uint32_t *character)
{
	static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)text;
	size_t len = p[0] < 0x80   ? 1
		     : p[0] < 0xc2 ? 0
		     : p[0] < 0xe0 ? 2
		     : p[0] < 0xf0 ? 3
		     : p[0] < 0xf5 ? 4
				   : 0;
	uint32_t c;

	if (len == 0 || len > n)
		return 0;
	c = len == 1 ? p[0] : p[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < lowest[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*character = c;
	return len;
}

struct range {
	uint32_t first, last;
};

/* The blocks of combining marks and other characters without a column. */
static const struct range no_column[] = {
	{0x0300, 0x036f},   {0x0483, 0x0489},	{0x0591, 0x05bd},
	{0x05bf, 0x05bf},   {0x05c1, 0x05c2},	{0x05c4, 0x05c5},
	{0x05c7, 0x05c7},   {0x0610, 0x061a},	{0x064b, 0x065f},
	{0x0670, 0x0670},   {0x06d6, 0x06dc},	{0x06df, 0x06e4},
	{0x06e7, 0x06e8},   {0x06ea, 0x06ed},	{0x0900, 0x0902},
	{0x093a, 0x093a},   {0x093c, 0x093c},	{0x0941, 0x0948},
	{0x094d, 0x094d},   {0x0e31, 0x0e31},	{0x0e34, 0x0e3a},
	{0x0e47, 0x0e4e},   {0x1ab0, 0x1aff},	{0x1dc0, 0x1dff},
	{0x200b, 0x200f},   {0x202a, 0x202e},	{0x2060, 0x206f},
	{0x20d0, 0x20ff},   {0x302a, 0x302d},	{0x3099, 0x309a},
	{0xfe00, 0xfe0f},   {0xfe20, 0xfe2f},	{0xfeff, 0xfeff},
	{0x1f3fb, 0x1f3ff}, {0xe0000, 0xe01ef},
};

/* East Asian wide and fullwidth characters, and emoji. */
static const struct range two_columns[] = {
	{0x1100, 0x115f},   {0x231a, 0x231b},	{0x23e9, 0x23ec},
	{0x2614, 0x2615},   {0x2648, 0x2653},	{0x26a1, 0x26a1},
	{0x26c4, 0x26c5},   {0x2705, 0x2705},	{0x270a, 0x270b},
	{0x2728, 0x2728},   {0x274c, 0x274c},	{0x2753, 0x2757},
	{0x2795, 0x2797},   {0x2b1b, 0x2b1c},	{0x2b50, 0x2b50},
	{0x2e80, 0x303e},   {0x3041, 0x33ff},	{0x3400, 0x4dbf},
	{0x4e00, 0x9fff},   {0xa000, 0xa4cf},	{0xa960, 0xa97f},
	{0xac00, 0xd7a3},   {0xf900, 0xfaff},	{0xfe30, 0xfe6f},
	{0xff00, 0xff60},   {0xffe0, 0xffe6},	{0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff},
	{0x20000, 0x3fffd},
};

static int within(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return 1;
	return 0;
}

static size_t columns_of(uint32_t c)
{
	if (c < 0x300)
		return 1;
	if (within(c, no_column, HYP_COUNT(no_column)))
		return 0;
	return within(c, two_columns, HYP_COUNT(two_columns)) ? 2 : 1;
}

size_t hyp_text_columns(const char *text)
{
	size_t n = strlen(text), columns = 0;

	while (n > 0) {
		uint32_t c = 0;
		size_t used = hyp_utf8_next(text, n, &c);

		columns += used == 0 ? 1 : columns_of(c);
		used = used == 0 ? 1 : used;
		text += used;
		n -= used;
	}
	return columns;
}

size_t hyp_utf8_put(uint32_t c, char out[HYP_UTF8_MAX])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}
