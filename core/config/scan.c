/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/scan.h"

#include <errno.h>
#include <stdlib.h>

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int is_name_start(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '*';
}

static size_t span_name(const char *at)
{
	return strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			  "0123456789-_*");
}

static size_t span_number(const char *at)
{
	return strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			  "0123456789.+-");
}

/* Is the token an integer, in one of libconfig's four forms? *digits is then
 * where its digits begin, *base what they are in, *wide whether L follows. */
static int is_integer(const char *token, size_t n, const char **digits,
		      int *base, int *wide)
{
	size_t at = token[0] == '-' || token[0] == '+' ? 1 : 0, used;

	*base = 10;
	if (at == 0 && n > 2 && token[0] == '0' &&
	    (token[1] == 'x' || token[1] == 'X')) {
		*base = 16;
		at = 2;
	}
	used = strspn(token + at,
		      *base == 16 ? "0123456789abcdefABCDEF" : "0123456789");
	*digits = token + at;
	*wide = at + used < n && token[at + used] == 'L';
	for (at += used; at < n && token[at] == 'L'; at++)
		;
	return used > 0 && at == n;
}

static void check_number(const char *token, size_t n, const char *file,
			 unsigned number, struct hyp_problems *problems)
{
	unsigned long long value, limit;
	const char *digits;
	int base, wide;

	if (!is_integer(token, n, &digits, &base, &wide))
		return;
	limit = token[0] == '-' ? 2147483648ull : 2147483647ull;
	errno = 0;
	value = strtoull(digits, NULL, base);
	if (wide || errno == ERANGE || value > limit)
		hyp_problems_add(problems, file, number,
				 "the number %.*s does not fit 32 bits, which "
				 "is all that numbers have here; write it as a "
				 "string, with a unit where there is one "
				 "(\"5GiB\", \"30s\")",
				 n < 40 ? (int)n : 40, token);
	else if (base == 10 && digits[0] == '0' && is_digit(digits[1]))
		hyp_problems_add(problems, file, number,
				 "the number %.*s begins with 0; it is decimal "
				 "all the same: leave the 0 out",
				 n < 40 ? (int)n : 40, token);
}

/* From inside a string to behind its end; *at ends at the NUL if it goes on in
 * the next line. */
static unsigned skip_string(const char **at, const char *file, unsigned number,
			    struct hyp_problems *problems)
{
	for (; **at != '\0'; (*at)++) {
		if (**at == '"') {
			(*at)++;
			return HYP_SCAN_CODE;
		}
		if (**at != '\\' || (*at)[1] == '\0')
			continue;
		(*at)++;
		if ((**at == 'x' || **at == 'X') && (*at)[1] == '0' &&
		    (*at)[2] == '0')
			hyp_problems_add(problems, file, number,
					 "a string cannot hold a NUL byte");
	}
	return HYP_SCAN_STRING;
}

static unsigned skip_comment(const char **at)
{
	const char *end = strstr(*at, "*/");

	*at = end != NULL ? end + 2 : *at + strlen(*at);
	return end != NULL ? HYP_SCAN_CODE : HYP_SCAN_COMMENT;
}

/* One token of plain code. */
static unsigned skip_code(const char **at, const char *file, unsigned number,
			  struct hyp_problems *problems)
{
	const char *p = *at;
	size_t n = 1;
	unsigned state = HYP_SCAN_CODE;

	if (p[0] == '#' || (p[0] == '/' && p[1] == '/')) {
		n = strlen(p);
	} else if (p[0] == '/' && p[1] == '*') {
		state = HYP_SCAN_COMMENT;
		n = 2;
	} else if (p[0] == '"') {
		state = HYP_SCAN_STRING;
	} else if (is_name_start(p[0])) {
		n = span_name(p);
	} else if (is_digit(p[0]) || p[0] == '-' || p[0] == '+' ||
		   p[0] == '.') {
		n = span_number(p);
		check_number(p, n, file, number, problems);
	}
	*at += n;
	return state;
}

unsigned hyp_scan_line(const char *line, unsigned state, const char *file,
		       unsigned number, struct hyp_problems *problems)
{
	while (*line != '\0') {
		if (state == HYP_SCAN_STRING)
			state = skip_string(&line, file, number, problems);
		else if (state == HYP_SCAN_COMMENT)
			state = skip_comment(&line);
		else
			state = skip_code(&line, file, number, problems);
	}
	return state;
}

int hyp_scan_include(const char *line, const char **path, size_t *len)
{
	const char *end;

	line += strspn(line, " \t");
	if (strncmp(line, "@include", 8) != 0)
		return 0;
	line += 8;
	line += strspn(line, " \t");
	end = *line == '"' ? strchr(line + 1, '"') : NULL;
	*path = end != NULL && end > line + 1 ? line + 1 : NULL;
	*len = *path != NULL ? (size_t)(end - *path) : 0;
	return 1;
}
