/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin's options for a person. */
#ifndef HYP_APP_OPTION_TEXT_H
#define HYP_APP_OPTION_TEXT_H

#include <hypersdk/option.h>

#define HYP_OPTION_TEXT_MAX 512
/* "integer 1..16, default 3", "cold | hot, default hot", "secret, required". */
void hyp_option_text(const struct hyp_option *option, char *out);

/* What a value may show of itself: a URL's password becomes "***". */
void hyp_option_mask(const char *text, char *out, size_t max);

#endif
