/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/options.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/config/options-parse.h"

#include <stdlib.h>
#include <sys/stat.h>

/* Memory that the struct points to, freed with it. */
struct block {
	struct block *next;
	size_t wipe; /* bytes to overwrite first */
	void *data;
};

struct hyp_options {
	void *data;
	struct block *blocks;
};

/* One run of hyp_options_fill. */
struct fill {
	const struct hyp_option_table *table;
	const struct hyp_values *values;
	const char *what;
	uint32_t flags;
	struct hyp_options *options;
	struct hyp_problems *problems;
	uint32_t failed;
};

const struct hyp_option *hyp_option_at(const struct hyp_option_table *table,
				       uint32_t i)
{
	const char *base = (const char *)table->options;

	return (const void *)(base + (size_t)i * table->stride);
}

static const struct hyp_option *find(const struct hyp_option_table *table,
				     const char *name)
{
	for (uint32_t i = 0; i < table->count; i++)
		if (strcmp(hyp_option_at(table, i)->name, name) == 0)
			return hyp_option_at(table, i);
	return NULL;
}

/* A problem with value, or with the whole set where it is NULL. */
#define REPORT(fill, value, ...)                                               \
	do {                                                                   \
		const struct hyp_value *at_ = (value);                         \
		const struct hyp_values *all_ = (fill)->values;                \
		(fill)->failed = 1;                                            \
		hyp_problems_add((fill)->problems,                             \
				 at_ != NULL ? at_->file : all_->file,         \
				 at_ != NULL ? at_->line : all_->line,         \
				 __VA_ARGS__);                                 \
	} while (0)

static void no_memory(struct fill *fill, const struct hyp_value *value)
{
	REPORT(fill, value, "%s: out of memory", fill->what);
	fill->problems->no_memory = 1;
}

/* Gives data to the options; frees it when that is not possible. */
static void *keep(struct fill *fill, void *data, size_t wipe)
{
	struct block *block = data != NULL ? malloc(sizeof(*block)) : NULL;

	if (block == NULL) {
		if (data != NULL)
			explicit_bzero(data, wipe);
		free(data);
		return NULL;
	}
	*block = (struct block){fill->options->blocks, wipe, data};
	fill->options->blocks = block;
	return data;
}

static void *member(struct fill *fill, const struct hyp_option *option)
{
	return (char *)fill->options->data + option->offset;
}

static void unknown_option(struct fill *fill, const struct hyp_value *value)
{
	const struct hyp_option_table *table = fill->table;
	HYP_AUTO_FREE const char **names = NULL;
	const char *near = NULL;

	names = calloc(table->count + 1, sizeof(*names));
	for (uint32_t i = 0; names != NULL && i < table->count; i++)
		names[i] = hyp_option_at(table, i)->name;
	if (names != NULL)
		near = hyp_text_nearest(value->name, names, table->count);
	if (near != NULL)
		REPORT(fill, value,
		       "%s has no option \"%s\"; did you mean \"%s\"?",
		       fill->what, value->name, near);
	else
		REPORT(fill, value, "%s has no option \"%s\"", fill->what,
		       value->name);
}

static const char *form_name(uint32_t form)
{
	static const char *const names[] = {"", "a string", "a number",
					    "a bool", "a list"};

	if (form == HYP_VALUE_LITERAL)
		return "a secret";
	return form < HYP_COUNT(names) ? names[form] : "a group or a fraction";
}

static const char *wanted(uint32_t type)
{
	switch (type) {
	case HYP_OPT_T_INTEGER:
		return "a whole number";
	case HYP_OPT_T_BOOL:
		return "true or false";
	case HYP_OPT_T_BYTES:
		return "a size as a string, such as \"64KiB\" or \"5GiB\"";
	case HYP_OPT_T_DURATION:
		return "a time as a string, such as \"30s\" or \"1h30m\"";
	case HYP_OPT_T_LIST:
		return "a list of strings, such as [\"a\", \"b\"]";
	default:
		return "a string";
	}
}

/* May a value of this form stand for an option of this type? */
static int form_fits(const struct hyp_value *value, uint32_t type)
{
	if (value->form == HYP_VALUE_TEXT)
		return 1;
	if (value->form == HYP_VALUE_LITERAL)
		return type == HYP_OPT_T_SECRET;
	return (value->form == HYP_VALUE_NUMBER && type == HYP_OPT_T_INTEGER) ||
	       (value->form == HYP_VALUE_BOOL && type == HYP_OPT_T_BOOL) ||
	       (value->form == HYP_VALUE_LIST && type == HYP_OPT_T_LIST);
}

static void fill_string(struct fill *fill, const struct hyp_option *option,
			const struct hyp_value *value, const char *text)
{
	char *copy;

	if (!hyp_text_is_utf8(text, strlen(text))) {
		REPORT(fill, value, "%s: %s is not valid UTF-8", fill->what,
		       option->name);
		return;
	}
	copy = keep(fill, strdup(text), 0);
	if (copy == NULL)
		no_memory(fill, value);
	else
		memcpy(member(fill, option), &copy, sizeof(copy));
}

static void fill_list(struct fill *fill, const struct hyp_option *option,
		      const struct hyp_value *value)
{
	size_t n = value->form == HYP_VALUE_LIST ? value->item_count : 1;
	const char **items = keep(fill, calloc(n + 1, sizeof(*items)), 0);
	struct hyp_list list = {items, n};

	for (size_t i = 0; items != NULL && i < n; i++) {
		const char *text = value->form == HYP_VALUE_LIST
					   ? value->items[i]
					   : value->text;
		if (!hyp_text_is_utf8(text, strlen(text))) {
			REPORT(fill, value, "%s: %s is not valid UTF-8",
			       fill->what, option->name);
			return;
		}
		items[i] = keep(fill, strdup(text), 0);
		if (items[i] == NULL)
			items = NULL;
	}
	if (items == NULL)
		no_memory(fill, value);
	else
		memcpy(member(fill, option), &list, sizeof(list));
}

/* A literal secret is refused anyway; whoever could read it has it. */
static void literal_secret(struct fill *fill, const struct hyp_option *option,
			   const struct hyp_value *value)
{
	struct stat st;
	int open_to_all = value->file != NULL && value->file[0] == '/' &&
			  stat(value->file, &st) == 0 &&
			  (st.st_mode & 077) != 0;

	REPORT(fill, value,
	       "%s: %s is a secret and given by reference only: "
	       "\"file:PATH\", \"env:NAME\" or \"credential:NAME\"%s",
	       fill->what, option->name,
	       open_to_all ? "; this file can be read by others (chmod 0600), "
			     "so change that secret if it was one"
			   : "");
}

/* As read by reference, or as the core was given it. */
static int32_t take_secret(const struct hyp_value *value, char **text,
			   size_t *len, struct hyp_error *err)
{
	if (value->form != HYP_VALUE_LITERAL)
		return hyp_secret_read(value->text, text, len, err);
	*len = strlen(value->text);
	return hyp_strdup(value->text, text, err);
}

static void fill_secret(struct fill *fill, const struct hyp_option *option,
			const struct hyp_value *value)
{
	struct hyp_secret secret;
	struct hyp_error err;
	size_t len;
	char *text;

	if (value->form != HYP_VALUE_LITERAL &&
	    !hyp_secret_is_reference(value->text)) {
		literal_secret(fill, option, value);
		return;
	}
	if ((fill->flags & HYP_OPTIONS_CHECK_ONLY) != 0)
		return;
	if (take_secret(value, &text, &len, &err) != 0) {
		REPORT(fill, value, "%s: %s: %s", fill->what, option->name,
		       err.text);
		return;
	}
	hyp_redact_add(text);
	secret = (struct hyp_secret){keep(fill, text, len), len};
	if (secret.value == NULL)
		no_memory(fill, value);
	else
		memcpy(member(fill, option), &secret, sizeof(secret));
}

static void fill_number(struct fill *fill, const struct hyp_option *option,
			const struct hyp_value *value, const char *text)
{
	struct hyp_error err;
	uint64_t number;
	uint32_t small;

	if (hyp_option_parse_number(option, text, &number, &err) != 0) {
		REPORT(fill, value, "%s: %s: %s", fill->what, option->name,
		       err.text);
		return;
	}
	small = (uint32_t)number;
	if (hyp_option_member_size(option->type) == sizeof(small))
		memcpy(member(fill, option), &small, sizeof(small));
	else
		memcpy(member(fill, option), &number, sizeof(number));
}

static void fill_given(struct fill *fill, const struct hyp_option *option,
		       const struct hyp_value *value)
{
	if (!form_fits(value, option->type)) {
		REPORT(fill, value, "%s: %s must be %s, not %s", fill->what,
		       option->name, wanted(option->type),
		       form_name(value->form));
		return;
	}
	switch (option->type) {
	case HYP_OPT_T_STRING:
		fill_string(fill, option, value, value->text);
		break;
	case HYP_OPT_T_SECRET:
		fill_secret(fill, option, value);
		break;
	case HYP_OPT_T_LIST:
		fill_list(fill, option, value);
		break;
	default:
		fill_number(fill, option, value, value->text);
	}
}

static void fill_default(struct fill *fill, const struct hyp_option *option)
{
	static const struct hyp_secret none = {"", 0};

	if ((option->flags & HYP_OPT_REQUIRED) != 0)
		REPORT(fill, NULL, "%s: the option \"%s\" must be given (%s)",
		       fill->what, option->name, option->help);
	else if (option->type == HYP_OPT_T_SECRET)
		memcpy(member(fill, option), &none, sizeof(none));
	else if (option->def == NULL)
		return;
	else if (option->type == HYP_OPT_T_STRING)
		fill_string(fill, option, NULL, option->def);
	else if (option->type != HYP_OPT_T_LIST)
		fill_number(fill, option, NULL, option->def);
}

static struct hyp_options *options_new(uint32_t size)
{
	struct hyp_options *options = calloc(1, sizeof(*options));

	if (options == NULL)
		return NULL;
	options->data = calloc(1, size > 0 ? size : 1);
	if (options->data == NULL) {
		free(options);
		return NULL;
	}
	return options;
}

static void fill_all(struct fill *fill)
{
	const struct hyp_option_table *table = fill->table;
	const struct hyp_values *values = fill->values;

	for (size_t i = 0; i < values->count; i++)
		if (find(table, values->at[i].name) == NULL)
			unknown_option(fill, &values->at[i]);
	for (uint32_t i = 0; i < table->count; i++) {
		const struct hyp_option *option = hyp_option_at(table, i);
		const struct hyp_value *value =
			hyp_values_get(values, option->name);

		if (value != NULL)
			fill_given(fill, option, value);
		else
			fill_default(fill, option);
	}
}

int32_t hyp_options_fill(const struct hyp_option_table *table,
			 const struct hyp_values *values, const char *what,
			 uint32_t flags, struct hyp_options **out,
			 struct hyp_problems *problems)
{
	struct fill fill = {
		.table = table,
		.values = values,
		.what = what,
		.flags = flags,
		.options = options_new(table->struct_size),
		.problems = problems,
	};

	if (fill.options == NULL)
		no_memory(&fill, NULL);
	else
		fill_all(&fill);
	if (fill.failed || out == NULL)
		hyp_options_free(fill.options);
	else
		*out = fill.options;
	return fill.failed ? HYP_E_USAGE : 0;
}

const void *hyp_options_struct(const struct hyp_options *options)
{
	return options->data;
}

void hyp_options_free(struct hyp_options *options)
{
	struct block *next;

	if (options == NULL)
		return;
	for (struct block *b = options->blocks; b != NULL; b = next) {
		next = b->next;
		explicit_bzero(b->data, b->wipe);
		free(b->data);
		free(b);
	}
	free(options->data);
	free(options);
}
