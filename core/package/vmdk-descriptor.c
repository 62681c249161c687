/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/vmdk-descriptor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\v\f"

struct judge {
	uint64_t capacity, grain; /* sectors */
	unsigned types, extents;
	struct hyp_error *err;
};

static int32_t unsafe(struct judge *j, const char *what, const char *value)
{
	char shown[64];
	size_t n = 0;

	for (; *value != '\0' && n < sizeof(shown) - 1; value++)
		shown[n++] = (unsigned char)*value < ' ' || *value == '\x7f'
				     ? '?'
				     : *value;
	shown[n] = '\0';
	return hyp_error_set(j->err, HYP_E_PERMANENT, "unsafe_image", 0,
			     "VMDK: its descriptor %s \"%s\"; only a "
			     "streamOptimized image that stands alone is taken",
			     what, shown);
}

/* Cuts one word off *at; "" at the end of the line. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, BLANKS);
	char *end = word + strcspn(word, BLANKS);

	if (*end != '\0')
		*end++ = '\0';
	*at = end;
	return word;
}

static char *trim(char *text)
{
	char *end;

	text += strspn(text, BLANKS);
	end = text + strlen(text);
	while (end > text && strchr(BLANKS, end[-1]) != NULL)
		*--end = '\0';
	return text;
}

static char *unquote(char *text)
{
	size_t n = strlen(text);

	if (n < 2 || text[0] != '"' || text[n - 1] != '"')
		return text;
	text[n - 1] = '\0';
	return text + 1;
}

static int is_plain_name(const char *name)
{
	return name[0] != '\0' && strpbrk(name, "/\\") == NULL &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int is_access(const char *word)
{
	return strcasecmp(word, "RW") == 0 || strcasecmp(word, "RDONLY") == 0 ||
	       strcasecmp(word, "NOACCESS") == 0;
}

/* ACCESS SECTORS TYPE "NAME", of which ACCESS is cut off already. */
static int32_t judge_extent(struct judge *j, char *rest)
{
	char *sectors = next_word(&rest), *type = next_word(&rest), *end;
	uint64_t n;

	if (++j->extents > 1)
		return unsafe(j, "names a second extent of type", type);
	if (strcasecmp(type, "SPARSE") != 0)
		return unsafe(j, "names an extent of type", type);
	errno = 0;
	n = strtoull(sectors, &end, 10);
	if (sectors[0] < '0' || sectors[0] > '9' || *end != '\0' || errno != 0)
		return unsafe(j, "gives its extent the size", sectors);
	/* VirtualBox rounds the header's up to whole grains. */
	if (n != j->capacity &&
	    (n > j->capacity || j->capacity - n >= j->grain ||
	     j->capacity % j->grain != 0))
		return unsafe(j,
			      "gives its extent another size than the "
			      "header:",
			      sectors);
	rest = unquote(trim(rest));
	if (!is_plain_name(rest))
		return unsafe(j, "names another file as extent:", rest);
	return 0;
}

static int32_t judge_setting(struct judge *j, char *line, char *eq)
{
	char *key, *value = unquote(trim(eq + 1));

	*eq = '\0';
	key = trim(line);
	if (strcasecmp(key, "createType") == 0) {
		j->types++;
		if (strcasecmp(value, "streamOptimized") != 0)
			return unsafe(j, "says createType", value);
	} else if (strcasecmp(key, "parentFileNameHint") == 0) {
		return unsafe(j, "names a parent:", value);
	} else if (strcasecmp(key, "parentCID") == 0) {
		if (strcasecmp(value, "ffffffff") != 0)
			return unsafe(j, "has a parent, CID", value);
	} else if (strcasecmp(key, "changeTrackPath") == 0) {
		if (!is_plain_name(value))
			return unsafe(j, "names another file:", value);
	}
	return 0;
}

static int32_t judge_line(struct judge *j, char *line)
{
	char *rest, *eq;
	size_t n;

	line = trim(line);
	n = strcspn(line, BLANKS);
	if (line[0] == '#' || line[0] == '\0')
		return 0;
	if (line[n] != '\0') {
		char keep = line[n];

		line[n] = '\0';
		rest = line + n + 1;
		if (is_access(line))
			return judge_extent(j, rest);
		line[n] = keep;
	}
	eq = strchr(line, '=');
	return eq == NULL ? 0 : judge_setting(j, line, eq);
}

int32_t hyp_vmdk_descriptor_judge(char *text, size_t n, uint64_t capacity,
				  uint64_t grain, struct hyp_error *err)
{
	struct judge j = {capacity, grain, 0, 0, err};
	int32_t rc;

	text[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\n' || text[i] == '\r')
			text[i] = '\0';
	for (size_t at = 0, len; at < n; at += len + 1) {
		len = strlen(text + at);
		rc = len == 0 ? 0 : judge_line(&j, text + at);
		if (rc != 0)
			return rc;
	}
	if (j.types != 1)
		return unsafe(&j, "must hold one createType; it has",
			      j.types == 0 ? "none" : "several");
	if (j.extents != 1)
		return unsafe(&j, "must name one extent; it has", "none");
	return 0;
}
