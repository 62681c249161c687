/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/option-text.h"
#include "core/config/options.h"

#include <inttypes.h>

/* Appends at *n; what does not fit is cut. */
__attribute__((format(printf, 3, 4))) static void add(char *out, size_t *n,
						      const char *fmt, ...)
{
	va_list ap;
	int used;

	va_start(ap, fmt);
	used = vsnprintf(out + *n, HYP_OPTION_TEXT_MAX - *n, fmt, ap);
	va_end(ap);
	*n += used > 0 ? (size_t)used : 0;
	if (*n >= HYP_OPTION_TEXT_MAX)
		*n = HYP_OPTION_TEXT_MAX - 1;
}

static void add_range(const struct hyp_option *o, char *out, size_t *n)
{
	if (o->min == 0 && o->max == 0)
		return;
	if (o->max == INT64_MAX)
		add(out, n, " from %" PRId64, o->min);
	else
		add(out, n, " %" PRId64 "..%" PRId64, o->min, o->max);
}

void hyp_option_text(const struct hyp_option *o, char *out)
{
	size_t n = 0;

	if (o->type == HYP_OPT_T_ENUM)
		for (size_t i = 0; o->choices[i] != NULL; i++)
			add(out, &n, "%s%s", i > 0 ? " | " : "", o->choices[i]);
	else
		add(out, &n, "%s", hyp_option_type_name(o->type));
	if (o->type == HYP_OPT_T_INTEGER)
		add_range(o, out, &n);
	if ((o->flags & HYP_OPT_REQUIRED) != 0)
		add(out, &n, ", required");
	else if (o->def != NULL)
		add(out, &n, ", default %s",
		    o->def[0] != '\0' ? o->def : "\"\"");
}

void hyp_option_mask(const char *text, char *out, size_t max)
{
	const char *host = strstr(text, "://");
	const char *at, *colon;
	size_t authority;

	if (host != NULL) {
		host += 3;
		authority = strcspn(host, "/?#");
		at = memrchr(host, '@', authority);
		colon = at ? memchr(host, ':', (size_t)(at - host)) : NULL;
		if (colon != NULL) {
			snprintf(out, max, "%.*s***%s", (int)(colon + 1 - text),
				 text, at);
			return;
		}
	}
	snprintf(out, max, "%s", text);
}
