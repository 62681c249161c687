/* SPDX-License-Identifier: Apache-2.0 */
/* Names and texts: what is safe to print, to compare, to use as a file. */
#ifndef HYP_BASE_TEXT_H
#define HYP_BASE_TEXT_H

#include <hypersdk/error.h>
#include <stddef.h>
#include <stdint.h>

/* Reduce any text to a file name of [A-Za-z0-9._-]: other bytes become '-',
 * runs of them one; never empty ("vm"), never beginning with '.' or '-', at
 * most max - 1 bytes. */
void hyp_text_file_name(const char *text, char *out, size_t max);

/* 1 if name is [A-Za-z0-9._-]{1,limit} and does not begin with '.'. */
int hyp_text_is_file_name(const char *name, size_t limit);

/* Why n bytes are no plain file name that a package from elsewhere may hold,
 * as the end of a sentence ("holds a path separator"), or NULL: one component
 * of 1 to 255 bytes, valid UTF-8, no separator of any system, no control, no
 * drive, pattern or percent escape. */
const char *hyp_text_name_fault(const char *name, size_t n);

/* 1 if name is plain as above, at most limit bytes, and does not begin with a
 * dot. What we name ourselves is narrower: hyp_text_is_file_name. */
int hyp_text_is_plain_name(const char *name, size_t limit);

/* 1 if all n bytes are valid UTF-8 (RFC 3629) without NUL. */
int hyp_text_is_utf8(const char *text, size_t n);

/* Copy for one line of a terminal or a log: control characters, DEL, C1,
 * bidirectional overrides and broken UTF-8 become \xNN or \uNNNN. Always
 * terminated; cut at a character. Returns bytes written. */
size_t hyp_text_printable(const char *text, char *out, size_t max);

/* Terminal columns of UTF-8 text, combining marks 0, wide characters 2. */
size_t hyp_text_columns(const char *text);

/* The entry nearest to word by Damerau-Levenshtein distance, if it is near
 * enough to be a typing error (at most 1 + length/3), else NULL. */
const char *hyp_text_nearest(const char *word, const char *const *words,
			     size_t count);

/* Shell-style match of the whole text: '*' and '?' (not '/'), '**' (a folder
 * of that name: none or more of them), [set], [!set], '\'. Time is at most
 * the product of the lengths, whatever the pattern.
 * The text is compared byte by byte; at most 1024 bytes of pattern. */
int hyp_text_glob(const char *pattern, const char *text);

/* FNV-1a, for tables: whoever can choose texts can make collisions. */
uint64_t hyp_text_hash(const char *text, size_t n);

#endif
