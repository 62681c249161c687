/* SPDX-License-Identifier: Apache-2.0 */
/* One character of UTF-8 (RFC 3629) at a time. */
#ifndef HYP_BASE_UTF8_H
#define HYP_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character that the n >= 1 bytes begin with, and the character;
 * 0 if they are broken: cut, too long a form, a surrogate, above U+10FFFF. */
size_t hyp_utf8_next(const char *text, size_t n, uint32_t *character);

#define HYP_UTF8_MAX 4
/* The other way: writes a character, which is one, and returns its bytes. */
size_t hyp_utf8_put(uint32_t c, char out[HYP_UTF8_MAX]);

#endif
