/* SPDX-License-Identifier: Apache-2.0 */
/* Names and texts, made safe. */
#include "core/base/text.h"
#include "core/base/cleanup.h"
#include "core/base/utf8.h"

#include <stdio.h>
#include <string.h>

static int is_name_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

void hyp_text_file_name(const char *text, char *out, size_t max)
{
	size_t n = 0;
	int gap = 0; /* bytes were left out since the last one written */

	for (; *text != '\0' && n + 1 < max; text++) {
		if (!is_name_byte(*text)) {
			gap = 1;
			continue;
		}
		if (n == 0 && (*text == '.' || *text == '-'))
			continue;
		if (gap && n > 0 && out[n - 1] != '-' && *text != '-')
			out[n++] = '-';
		gap = 0;
		if (n + 1 < max)
			out[n++] = *text;
	}
	if (n == 0 && max > 2) {
		memcpy(out, "vm", 2);
		n = 2;
	}
	if (max > 0)
		out[n] = '\0';
}

int hyp_text_is_file_name(const char *name, size_t limit)
{
	size_t n = 0;

	if (*name == '.')
		return 0;
	for (; name[n] != '\0'; n++)
		if (n == limit || !is_name_byte(name[n]))
			return 0;
	return n > 0;
}

/* 8 if there are so many bytes of ASCII without a NUL, which is most of what is
 * ever looked at; else 0. */
static size_t plain_prefix(const char *text, size_t n)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
	uint64_t word;

	if (n < sizeof(word))
		return 0;
	memcpy(&word, text, sizeof(word));
	/* Without high bits, only a zero byte borrows into its own. */
	return (word & highs) != 0 || ((word - ones) & highs) != 0
		       ? 0
		       : sizeof(word);
}

int hyp_text_is_utf8(const char *text, size_t n)
{
	uint32_t c;

	while (n > 0) {
		size_t used = plain_prefix(text, n);

		if (used == 0)
			used = hyp_utf8_next(text, n, &c);
		if (used == 0 || *text == '\0')
			return 0;
		text += used;
		n -= used;
	}
	return 1;
}

/* What moves the cursor, ends the line or turns the direction of text. */
static int is_unprintable(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c ||
	       c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

size_t hyp_text_printable(const char *text, char *out, size_t max)
{
	size_t n = strlen(text), done = 0;

	if (max == 0)
		return 0;
	while (n > 0) {
		char shown[16];
		uint32_t c;
		size_t used = hyp_utf8_next(text, n, &c), len = used;

		memcpy(shown, text, used);
		if (used == 0 || (used == 1 && is_unprintable(c)))
			len = (size_t)snprintf(shown, sizeof(shown), "\\x%02x",
					       (unsigned char)*text);
		else if (is_unprintable(c))
			len = (size_t)snprintf(shown, sizeof(shown), "\\u%04x",
					       (unsigned)c);
		if (len >= max - done)
			break;
		memcpy(out + done, shown, len);
		done += len;
		used = used == 0 ? 1 : used;
		text += used;
		n -= used;
	}
	out[done] = '\0';
	return done;
}

const char *hyp_text_name_fault(const char *name, size_t n)
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

int hyp_text_is_plain_name(const char *name, size_t limit)
{
	size_t n = strlen(name);

	return n <= limit && name[0] != '.' &&
	       hyp_text_name_fault(name, n) == NULL;
}

uint64_t hyp_text_hash(const char *text, size_t n)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
	return hash;
}
