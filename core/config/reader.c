/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/reader.h"
#include "core/base/cleanup.h"

#include <stdlib.h>

int32_t hyp_reader_open(struct hyp_reader *reader, const char *path,
			struct hyp_problems *problems)
{
	int32_t rc = hyp_source_read(path, &reader->source, problems);
	struct hyp_source_line at;

	if (rc != 0)
		return rc;
	reader->problems = problems;
	config_init(&reader->config);
	if (config_read_string(&reader->config,
			       hyp_buf_str(&reader->source.text)))
		return 0;
	at = hyp_source_at(&reader->source,
			   (unsigned)config_error_line(&reader->config));
	hyp_problems_add(problems, at.file, at.line, "%s",
			 config_error_text(&reader->config));
	hyp_reader_close(reader);
	return HYP_E_USAGE;
}

void hyp_reader_close(struct hyp_reader *reader)
{
	config_destroy(&reader->config);
	hyp_source_fini(&reader->source);
}

struct hyp_source_line hyp_reader_at(const struct hyp_reader *reader,
				     const config_setting_t *setting)
{
	return hyp_source_at(&reader->source,
			     (unsigned)config_setting_source_line(setting));
}

void hyp_reader_problem(const struct hyp_reader *reader,
			const config_setting_t *setting, const char *fmt, ...)
{
	struct hyp_source_line at = hyp_reader_at(reader, setting);
	char text[HYP_ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hyp_problems_add(reader->problems, at.file, at.line, "%s", text);
}

static int all_strings(const config_setting_t *list)
{
	int n = config_setting_length(list);

	for (int i = 0; i < n; i++)
		if (config_setting_get_string_elem(list, i) == NULL)
			return 0;
	return 1;
}

static int32_t put_list(const struct hyp_source_line *at,
			const config_setting_t *list, const char *name,
			struct hyp_values *values, struct hyp_error *err)
{
	size_t n = (size_t)config_setting_length(list);
	HYP_AUTO_FREE const char **items = calloc(n + 1, sizeof(*items));

	if (items == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < n; i++)
		items[i] = config_setting_get_string_elem(list, (int)i);
	return hyp_values_set_list(values, name, items, n, at->file, at->line,
				   err);
}

static int32_t put_text(const struct hyp_source_line *at, const char *name,
			uint32_t form, const char *text,
			struct hyp_values *values, struct hyp_error *err)
{
	return hyp_values_set(values, name, form, text, at->file, at->line,
			      err);
}

static int32_t put(const struct hyp_reader *reader,
		   const config_setting_t *setting, const char *name,
		   struct hyp_values *values, struct hyp_error *err)
{
	struct hyp_source_line at = hyp_reader_at(reader, setting);
	char text[32];

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		return put_text(&at, name, HYP_VALUE_TEXT,
				config_setting_get_string(setting), values,
				err);
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(text, sizeof(text), "%lld",
			 config_setting_get_int64(setting));
		return put_text(&at, name, HYP_VALUE_NUMBER, text, values, err);
	case CONFIG_TYPE_BOOL:
		return put_text(&at, name, HYP_VALUE_BOOL,
				config_setting_get_bool(setting) ? "true"
								 : "false",
				values, err);
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		if (all_strings(setting))
			return put_list(&at, setting, name, values, err);
		return put_text(&at, name, HYP_VALUE_OTHER, "", values, err);
	default:
		return put_text(&at, name, HYP_VALUE_OTHER, "", values, err);
	}
}

void hyp_reader_value(const struct hyp_reader *reader,
		      const config_setting_t *setting, const char *name,
		      struct hyp_values *values)
{
	struct hyp_error err;

	if (put(reader, setting, name, values, &err) != 0)
		hyp_reader_problem(reader, setting, "%s", err.text);
}
