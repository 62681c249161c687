/* SPDX-License-Identifier: Apache-2.0 */
/* One option's text to the bytes of its member; inside core/config, and for
 * the loader, which proves a plugin's defaults with it. */
#ifndef HYP_CONFIG_OPTIONS_PARSE_H
#define HYP_CONFIG_OPTIONS_PARSE_H

#include <hypersdk/option.h>
#include <hypersdk/error.h>

/* Of the types that are numbers: INTEGER, BOOL, BYTES, DURATION, ENUM. The
 * value is widened (an integer by its bits); HYP_E_USAGE "bad_value", the
 * text without the option's name. */
int32_t hyp_option_parse_number(const struct hyp_option *option,
				const char *text, uint64_t *out,
				struct hyp_error *err);
/* Bytes and alignment of the type's member, 0 if there is no such type. */
size_t hyp_option_member_size(uint32_t type);
size_t hyp_option_member_align(uint32_t type);

#endif
