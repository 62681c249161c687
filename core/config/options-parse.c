/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/options-parse.h"
#include "core/base/text.h"
#include "core/base/units.h"
#include "core/config/options.h"

static int32_t parse_bool(const char *text, uint64_t *out,
			  struct hyp_error *err)
{
	if (strcmp(text, "true") == 0)
		*out = 1;
	else if (strcmp(text, "false") == 0)
		*out = 0;
	else
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "\"%s\" is neither true nor false", text);
	return 0;
}

static void list_choices(const struct hyp_option *option, char *out, size_t max)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; option->choices[i] != NULL && at < max; i++)
		at += (size_t)snprintf(out + at, max - at, "%s%s",
				       i == 0 ? "" : ", ", option->choices[i]);
}

static int32_t parse_enum(const struct hyp_option *option, const char *text,
			  uint64_t *out, struct hyp_error *err)
{
	char known[512];
	const char *near;
	size_t n;

	for (n = 0; option->choices[n] != NULL; n++)
		if (strcmp(option->choices[n], text) == 0) {
			*out = n;
			return 0;
		}
	near = hyp_text_nearest(text, option->choices, n);
	if (near != NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "\"%s\" is not known; did you mean "
				     "\"%s\"?",
				     text, near);
	list_choices(option, known, sizeof(known));
	return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
			     "\"%s\" is not one of: %s", text, known);
}

static int32_t parse_integer(const struct hyp_option *option, const char *text,
			     uint64_t *out, struct hyp_error *err)
{
	int bounded = option->min != 0 || option->max != 0;
	int64_t value;
	int32_t rc = hyp_parse_integer(text, bounded ? option->min : INT64_MIN,
				       bounded ? option->max : INT64_MAX,
				       &value, err);

	if (rc == 0)
		*out = (uint64_t)value;
	return rc;
}

int32_t hyp_option_parse_number(const struct hyp_option *option,
				const char *text, uint64_t *out,
				struct hyp_error *err)
{
	switch (option->type) {
	case HYP_OPT_T_INTEGER:
		return parse_integer(option, text, out, err);
	case HYP_OPT_T_BOOL:
		return parse_bool(text, out, err);
	case HYP_OPT_T_BYTES:
		return hyp_parse_bytes(text, out, err);
	case HYP_OPT_T_DURATION:
		return hyp_parse_duration(text, out, err);
	case HYP_OPT_T_ENUM:
		return parse_enum(option, text, out, err);
	default:
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "type %u is no number", option->type);
	}
}

#define TYPE(id, text, ctype) [id] = {text, sizeof(ctype), __alignof__(ctype)}

static const struct {
	const char *name;
	size_t size, align;
} types[] = {
	TYPE(HYP_OPT_T_STRING, "string", const char *),
	TYPE(HYP_OPT_T_INTEGER, "integer", int64_t),
	TYPE(HYP_OPT_T_BOOL, "bool", uint32_t),
	TYPE(HYP_OPT_T_BYTES, "bytes", uint64_t),
	TYPE(HYP_OPT_T_DURATION, "duration", uint64_t),
	TYPE(HYP_OPT_T_SECRET, "secret", struct hyp_secret),
	TYPE(HYP_OPT_T_LIST, "list", struct hyp_list),
	TYPE(HYP_OPT_T_ENUM, "enum", uint32_t),
};

static uint32_t known(uint32_t type)
{
	return type < sizeof(types) / sizeof(types[0]) ? type : 0;
}

size_t hyp_option_member_size(uint32_t type)
{
	return types[known(type)].size;
}

size_t hyp_option_member_align(uint32_t type)
{
	return types[known(type)].align;
}

const char *hyp_option_type_name(uint32_t type)
{
	const char *name = types[known(type)].name;

	return name != NULL ? name : "unknown";
}
