/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/config/options.h"

#include <stdlib.h>

static void value_fini(struct hyp_value *value)
{
	for (size_t i = 0; i < value->item_count; i++)
		free(value->items[i]);
	if (value->form == HYP_VALUE_LITERAL && value->text != NULL)
		explicit_bzero(value->text, strlen(value->text));
	free(value->items);
	free(value->name);
	free(value->text);
	free(value->file);
	memset(value, 0, sizeof(*value));
}

static int32_t copy_items(struct hyp_value *to, const char *const *items,
			  size_t count, struct hyp_error *err)
{
	int32_t rc;

	to->items = calloc(count + 1, sizeof(*to->items));
	if (to->items == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < count; i++) {
		rc = hyp_strdup(items[i], &to->items[i], err);
		if (rc != 0)
			return rc;
		to->item_count = i + 1;
	}
	return 0;
}

static int32_t value_init(struct hyp_value *value, const char *name,
			  uint32_t form, const char *file, unsigned line,
			  struct hyp_error *err)
{
	int32_t rc;

	memset(value, 0, sizeof(*value));
	value->form = form;
	value->line = line;
	rc = hyp_strdup(name, &value->name, err);
	if (rc == 0 && file != NULL)
		rc = hyp_strdup(file, &value->file, err);
	return rc;
}

/* Takes over what value holds, also when it fails. */
static int32_t put(struct hyp_values *values, struct hyp_value *value,
		   struct hyp_error *err)
{
	struct hyp_value *at;

	for (size_t i = 0; i < values->count; i++)
		if (strcmp(values->at[i].name, value->name) == 0) {
			value_fini(&values->at[i]);
			values->at[i] = *value;
			return 0;
		}
	at = realloc(values->at, (values->count + 1) * sizeof(*at));
	if (at == NULL) {
		value_fini(value);
		return hyp_error_nomem(err);
	}
	values->at = at;
	at[values->count++] = *value;
	return 0;
}

int32_t hyp_values_set(struct hyp_values *values, const char *name,
		       uint32_t form, const char *text, const char *file,
		       unsigned line, struct hyp_error *err)
{
	struct hyp_value value;
	int32_t rc = value_init(&value, name, form, file, line, err);

	if (rc == 0)
		rc = hyp_strdup(text, &value.text, err);
	if (rc == 0)
		return put(values, &value, err);
	value_fini(&value);
	return rc;
}

int32_t hyp_values_set_list(struct hyp_values *values, const char *name,
			    const char *const *items, size_t count,
			    const char *file, unsigned line,
			    struct hyp_error *err)
{
	struct hyp_value value;
	int32_t rc = value_init(&value, name, HYP_VALUE_LIST, file, line, err);

	if (rc == 0)
		rc = copy_items(&value, items, count, err);
	if (rc == 0)
		return put(values, &value, err);
	value_fini(&value);
	return rc;
}

static int32_t copy_value(struct hyp_values *to, const struct hyp_value *from,
			  struct hyp_error *err)
{
	if (from->form == HYP_VALUE_LIST)
		return hyp_values_set_list(
			to, from->name, (const char *const *)from->items,
			from->item_count, from->file, from->line, err);
	return hyp_values_set(to, from->name, from->form, from->text,
			      from->file, from->line, err);
}

int32_t hyp_values_overlay(struct hyp_values *to, const struct hyp_values *from,
			   struct hyp_error *err)
{
	int32_t rc = 0;

	for (size_t i = 0; i < from->count && rc == 0; i++)
		rc = copy_value(to, &from->at[i], err);
	return rc;
}

int32_t hyp_values_set_origin(struct hyp_values *values, const char *file,
			      unsigned line, struct hyp_error *err)
{
	char *copy;
	int32_t rc = hyp_strdup(file, &copy, err);

	if (rc != 0)
		return rc;
	free(values->file);
	values->file = copy;
	values->line = line;
	return 0;
}

const struct hyp_value *hyp_values_get(const struct hyp_values *values,
				       const char *name)
{
	for (size_t i = 0; i < values->count; i++)
		if (strcmp(values->at[i].name, name) == 0)
			return &values->at[i];
	return NULL;
}

void hyp_values_remove(struct hyp_values *values, const char *name)
{
	for (size_t i = 0; i < values->count; i++) {
		if (strcmp(values->at[i].name, name) != 0)
			continue;
		value_fini(&values->at[i]);
		memmove(&values->at[i], &values->at[i + 1],
			(values->count - i - 1) * sizeof(values->at[0]));
		values->count--;
		return;
	}
}

void hyp_values_fini(struct hyp_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		value_fini(&values->at[i]);
	free(values->at);
	free(values->file);
	memset(values, 0, sizeof(*values));
}
