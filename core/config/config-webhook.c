/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/base/units.h"
#include "core/config/parts.h"
#include "core/config/reader.h"

#include <stdlib.h>
#include <string.h>

/* What a webhook says beside its notifier's options. */
struct scalars {
	const char *name;
	uint32_t enabled;
	struct hyp_list events;
};

static const struct hyp_option options[] = {
	HYP_OPT_STRING(struct scalars, name, "name", NULL, 0,
		       "what pipelines and people call it"),
	HYP_OPT_BOOL(struct scalars, enabled, "enabled", "true", 0,
		     "whether anything is sent"),
	HYP_OPT_LIST(struct scalars, events, "events", 0,
		     "which events are sent, none: all"),
};
static const struct hyp_option_table table =
	HYP_OPTION_TABLE(options, struct scalars);

static const char *const members[] = {
	"name", "enabled", "events", "retry",  "headers",
	"url",	"timeout", "secret", "format", "allow_cidrs"};
#define SCALARS 3 /* of members, the first */

/* One webhook being read. */
struct read {
	const struct hyp_reader *reader;
	const config_setting_t *group;
	struct hyp_webhook *out;
	struct hyp_values values;
	int rc;
};

static void no_memory(struct read *read)
{
	hyp_reader_problem(read->reader, read->group, "out of memory");
	read->rc = -1;
}

static void read_retry(struct read *read, const config_setting_t *m)
{
	const char *text = config_setting_get_string(m);
	long long n = -1;

	if (text != NULL && strcmp(text, "durable") == 0) {
		read->out->retries = HYP_WEBHOOK_DURABLE;
		return;
	}
	if (config_setting_is_number(m))
		n = config_setting_get_int64(m);
	if (n < 0 || n > HYP_WEBHOOK_RETRY_MAX) {
		hyp_reader_problem(read->reader, m,
				   "retry must be a number from 0 to %d, or "
				   "\"durable\"",
				   HYP_WEBHOOK_RETRY_MAX);
		return;
	}
	read->out->retries = (uint32_t)n;
}

static void read_headers(struct read *read, const config_setting_t *group)
{
	int n = config_setting_length(group);

	if (!config_setting_is_group(group)) {
		hyp_reader_problem(read->reader, group,
				   "headers must be a group: headers = { "
				   "X-Team = \"backup\"; }");
		return;
	}
	for (int i = 0; i < n; i++) {
		config_setting_t *m =
			config_setting_get_elem(group, (unsigned)i);

		if (config_setting_type(m) == CONFIG_TYPE_STRING)
			hyp_reader_value(read->reader, m,
					 config_setting_name(m),
					 &read->out->headers);
		else
			hyp_reader_problem(read->reader, m,
					   "a header's value must be a "
					   "string");
	}
}

static void read_member(struct read *read, const config_setting_t *m)
{
	const char *name = config_setting_name(m), *near;
	size_t i = 0;

	while (i < HYP_COUNT(members) && strcmp(members[i], name) != 0)
		i++;
	if (i == HYP_COUNT(members)) {
		near = hyp_text_nearest(name, members, HYP_COUNT(members));
		hyp_reader_problem(
			read->reader, m, "a webhook has no \"%s\"%s%s%s", name,
			near != NULL ? "; did you mean \"" : "",
			near != NULL ? near : "", near != NULL ? "\"?" : "");
	} else if (strcmp(name, "retry") == 0) {
		read_retry(read, m);
	} else if (strcmp(name, "headers") == 0) {
		read_headers(read, m);
	} else {
		hyp_reader_value(read->reader, m, name,
				 i < SCALARS ? &read->values
					     : &read->out->part.values);
	}
}

static void take_events(struct read *read, const struct hyp_list *events)
{
	struct hyp_webhook *out = read->out;

	out->events = calloc(events->count + 1, sizeof(*out->events));
	for (uint64_t i = 0; out->events != NULL && i < events->count; i++) {
		if (!hyp_webhook_event_valid(events->items[i]))
			hyp_reader_problem(read->reader, read->group,
					   "events: there is no event \"%s\"",
					   events->items[i]);
		out->events[i] = strdup(events->items[i]);
		if (out->events[i] == NULL)
			break;
		out->event_count++;
	}
	if (out->events == NULL || out->event_count != events->count)
		no_memory(read);
}

static void take_name(struct read *read, const char *name)
{
	const struct hyp_value *url =
		hyp_values_get(&read->out->part.values, "url");
	struct hyp_error err;
	int32_t rc;

	if (name != NULL && !hyp_webhook_name_valid(name)) {
		hyp_reader_problem(read->reader, read->group,
				   "the name \"%s\" is not of 1 to %d letters, "
				   "digits, '.', '_' and '-'",
				   name, HYP_WEBHOOK_NAME_MAX);
		read->rc = -1;
	}
	rc = name != NULL
		     ? hyp_strdup(name, &read->out->name, &err)
		     : hyp_webhook_name_default(url != NULL && url->text != NULL
							? url->text
							: "",
						&read->out->name, &err);
	if (rc < 0)
		no_memory(read);
}

static void take_scalars(struct read *read)
{
	struct hyp_options *filled;
	const struct scalars *s;

	if (hyp_options_fill(&table, &read->values, "webhook", 0, &filled,
			     read->reader->problems) != 0) {
		read->rc = -1;
		return;
	}
	s = hyp_options_struct(filled);
	read->out->enabled = s->enabled;
	take_name(read, s->name);
	take_events(read, &s->events);
	hyp_options_free(filled);
}

static void check_url(struct read *read)
{
	const struct hyp_value *url =
		hyp_values_get(&read->out->part.values, "url");

	if (url != NULL && url->text != NULL &&
	    !hyp_webhook_url_valid(url->text))
		hyp_problems_add(read->reader->problems, url->file, url->line,
				 "url must begin with https:// or http://");
}

static void set_place(struct read *read)
{
	struct hyp_source_line at = hyp_reader_at(read->reader, read->group);
	struct hyp_webhook *out = read->out;
	struct hyp_error err;

	out->line = out->part.line = at.line;
	if (hyp_strdup(at.file, &out->file, &err) != 0 ||
	    hyp_strdup(at.file, &out->part.file, &err) != 0 ||
	    hyp_strdup("webhook", &out->part.plugin, &err) != 0 ||
	    hyp_values_set_origin(&out->part.values, at.file, at.line, &err) !=
		    0 ||
	    hyp_values_set_origin(&read->values, at.file, at.line, &err) != 0)
		no_memory(read);
}

int hyp_reader_webhook(const struct hyp_reader *reader,
		       const config_setting_t *group, struct hyp_webhook *out)
{
	struct read read = {.reader = reader, .group = group, .out = out};
	int n = config_setting_length(group);

	memset(out, 0, sizeof(*out));
	out->retries = 3;
	set_place(&read);
	for (int i = 0; read.rc == 0 && i < n; i++)
		read_member(&read, config_setting_get_elem(group, (unsigned)i));
	if (read.rc == 0)
		take_scalars(&read);
	check_url(&read);
	hyp_values_fini(&read.values);
	if (read.rc != 0)
		hyp_webhook_fini(out);
	return read.rc;
}
