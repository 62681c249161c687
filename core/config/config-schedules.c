/* SPDX-License-Identifier: Apache-2.0 */
/* A schedule of a file as JSON, each member with its line. */
#include "core/base/buf.h"
#include "core/base/utf8.h"
#include "core/config/reader.h"

#include <math.h>
#include <stdlib.h>

#define JSON_MAX (256u << 10)
#define POINTER_MAX 512
#define DEPTH_MAX 16

struct writer {
	const struct hyp_reader *reader;
	struct hyp_config_schedule *out;
	struct hyp_buf json;
	char at[POINTER_MAX];
	unsigned depth;
	struct hyp_error err;
	int32_t rc; /* the first failure */
};

static void add(struct writer *w, const char *text)
{
	if (w->rc == 0)
		w->rc = hyp_buf_adds(&w->json, text, &w->err);
}

static void fail(struct writer *w, const config_setting_t *setting,
		 const char *why)
{
	if (w->rc == 0)
		w->rc = hyp_error_set(&w->err, HYP_E_USAGE, "bad_config", 0,
				      "%s: %s",
				      config_setting_name(setting) != NULL
					      ? config_setting_name(setting)
					      : "an entry",
				      why);
}

static void add_string(struct writer *w, const config_setting_t *setting,
		       const char *text)
{
	size_t n = strlen(text), k;
	uint32_t c;
	char escape[8];

	add(w, "\"");
	for (size_t i = 0; w->rc == 0 && i < n; i += k) {
		k = hyp_utf8_next(text + i, n - i, &c);
		if (k == 0) {
			fail(w, setting, "is not valid UTF-8");
			return;
		}
		snprintf(escape, sizeof(escape), "\\u%04x", c & 0xffff);
		if (c < ' ' || c == '"' || c == '\\')
			add(w, escape);
		else
			w->rc = hyp_buf_add(&w->json, text + i, k, &w->err);
	}
	add(w, "\"");
}

static void note_line(struct writer *w, const config_setting_t *setting)
{
	struct hyp_source_line at = hyp_reader_at(w->reader, setting);
	struct hyp_config_schedule *s = w->out;
	struct hyp_config_line *lines =
		reallocarray(s->lines, s->line_count + 1, sizeof(*lines));

	if (lines == NULL) {
		fail(w, setting, "out of memory");
		return;
	}
	s->lines = lines;
	lines += s->line_count++;
	*lines = (struct hyp_config_line){strdup(w->at), strdup(at.file),
					  at.line};
	if (lines->pointer == NULL || lines->file == NULL)
		fail(w, setting, "out of memory");
}

static void add_value(struct writer *w, const config_setting_t *setting);

static void add_entries(struct writer *w, const config_setting_t *setting)
{
	int n = config_setting_length(setting);
	int group = config_setting_is_group(setting);
	size_t at = strlen(w->at);

	if (w->depth == DEPTH_MAX) {
		fail(w, setting, "is nested too deep");
		return;
	}
	w->depth++;
	add(w, group ? "{" : "[");
	for (int i = 0; w->rc == 0 && i < n; i++) {
		config_setting_t *e =
			config_setting_get_elem(setting, (unsigned)i);

		if (i > 0)
			add(w, ",");
		if (group) {
			add_string(w, e, config_setting_name(e));
			add(w, ":");
			snprintf(w->at + at, sizeof(w->at) - at, "/%s",
				 config_setting_name(e));
		} else {
			snprintf(w->at + at, sizeof(w->at) - at, "/%d", i);
		}
		add_value(w, e);
		w->at[at] = '\0';
	}
	add(w, group ? "}" : "]");
	w->depth--;
}

static void add_number(struct writer *w, const config_setting_t *setting)
{
	char text[40];

	if (config_setting_type(setting) == CONFIG_TYPE_FLOAT)
		snprintf(text, sizeof(text), "%.17g",
			 config_setting_get_float(setting));
	else
		snprintf(text, sizeof(text), "%lld",
			 config_setting_get_int64(setting));
	if (config_setting_type(setting) == CONFIG_TYPE_FLOAT &&
	    !isfinite(config_setting_get_float(setting)))
		fail(w, setting, "is no finite number");
	add(w, text);
}

static void add_value(struct writer *w, const config_setting_t *setting)
{
	note_line(w, setting);
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		add_string(w, setting, config_setting_get_string(setting));
		break;
	case CONFIG_TYPE_BOOL:
		add(w, config_setting_get_bool(setting) ? "true" : "false");
		break;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
	case CONFIG_TYPE_FLOAT:
		add_number(w, setting);
		break;
	default:
		add_entries(w, setting);
	}
}

int hyp_reader_schedule(const struct hyp_reader *reader,
			const config_setting_t *group,
			struct hyp_config_schedule *out)
{
	struct writer w = {.reader = reader, .out = out};

	memset(out, 0, sizeof(*out));
	hyp_buf_init(&w.json, JSON_MAX);
	add_value(&w, group);
	if (w.rc == 0)
		w.rc = hyp_strdup(hyp_buf_str(&w.json), &out->json, &w.err);
	hyp_buf_fini(&w.json);
	if (w.rc == 0)
		return 0;
	hyp_reader_problem(reader, group, "schedule: %s", w.err.text);
	hyp_config_schedule_fini(out);
	return -1;
}

void hyp_config_schedule_fini(struct hyp_config_schedule *schedule)
{
	for (size_t i = 0; i < schedule->line_count; i++) {
		free(schedule->lines[i].pointer);
		free(schedule->lines[i].file);
	}
	free(schedule->lines);
	free(schedule->json);
	memset(schedule, 0, sizeof(*schedule));
}

/* 1 if text begins with that pointer, on whole steps. */
static int is_in(const char *text, const char *pointer)
{
	size_t n = strlen(pointer);

	return strncmp(text, pointer, n) == 0 &&
	       (text[n] == '/' || text[n] == ':' || text[n] == '\0');
}

void hyp_config_schedule_problem(const struct hyp_config_schedule *schedule,
				 const char *text,
				 struct hyp_problems *problems)
{
	const struct hyp_config_line *best = &schedule->lines[0];

	for (size_t i = 1; i < schedule->line_count; i++)
		if (is_in(text, schedule->lines[i].pointer) &&
		    strlen(schedule->lines[i].pointer) > strlen(best->pointer))
			best = &schedule->lines[i];
	hyp_problems_add(problems, best->file, best->line, "schedule: %s",
			 text);
}
