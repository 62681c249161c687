/* SPDX-License-Identifier: Apache-2.0 */
/* A wrong option table writes past the plugin's struct, or never works: both
 * are better found when the plugin is loaded. */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/structs.h"
#include "core/base/text.h"
#include "core/config/options-parse.h"
#include "core/plugin/describe.h"

#include <stdlib.h>

#define OPTIONS_MAX 256
#define OPTIONS_STRUCT_MAX 65536
#define CHOICES_MAX 256
/* An option of 1.0, which is as long in its plugins however long ours grows. */
#define OPTION_MIN (offsetof(struct hyp_option, reserved) + sizeof(uint32_t))

static int name_valid(const char *name)
{
	size_t n;

	if (name == NULL || name[0] < 'a' || name[0] > 'z')
		return 0;
	n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
	/* "plugin" and "inner" mean something else beside the options. */
	return name[n] == '\0' && n < 64 && strcmp(name, "plugin") != 0 &&
	       strcmp(name, "inner") != 0;
}

static int32_t check_choices(const struct hyp_option *o, struct hyp_error *err)
{
	size_t n = 0;

	if ((o->type == HYP_OPT_T_ENUM) != (o->choices != NULL))
		return hyp_reject(err,
				  "option \"%s\": choices are for the type "
				  "enum, which must have them",
				  o->name);
	while (o->choices != NULL && o->choices[n] != NULL && n < CHOICES_MAX)
		n++;
	if (o->choices != NULL && (n == 0 || n == CHOICES_MAX))
		return hyp_reject(err, "option \"%s\" has %s choices", o->name,
				  n == 0 ? "no" : "too many");
	return 0;
}

static int32_t check_default(const struct hyp_option *o, struct hyp_error *err)
{
	uint64_t ignored;
	struct hyp_error why;

	if ((o->flags & HYP_OPT_REQUIRED) != 0 && o->def != NULL)
		return hyp_reject(err,
				  "option \"%s\" is required and has a "
				  "default",
				  o->name);
	if (o->def == NULL)
		return 0;
	if (o->type == HYP_OPT_T_SECRET || o->type == HYP_OPT_T_LIST)
		return hyp_reject(err, "option \"%s\": a %s has no default",
				  o->name, hyp_option_type_name(o->type));
	if (o->type == HYP_OPT_T_STRING)
		return 0;
	if (hyp_option_parse_number(o, o->def, &ignored, &why) != 0)
		return hyp_reject(err, "option \"%s\": default: %s", o->name,
				  why.text);
	return 0;
}

static int32_t check_place(const struct hyp_option *o, uint32_t struct_size,
			   struct hyp_error *err)
{
	uint64_t size = hyp_option_member_size(o->type);

	if (size == 0)
		return hyp_reject(err,
				  "option \"%s\" has type %u, which this core "
				  "does not know",
				  o->name, o->type);
	if (o->offset + size > struct_size ||
	    o->offset % hyp_option_member_align(o->type) != 0)
		return hyp_reject(err,
				  "option \"%s\" lies outside of the options' "
				  "struct, or across its members",
				  o->name);
	if ((o->flags & ~HYP_OPT_REQUIRED) != 0)
		return hyp_reject(err,
				  "option \"%s\" sets flags 0x%x, which this "
				  "core does not know",
				  o->name, o->flags & ~HYP_OPT_REQUIRED);
	return 0;
}

static int32_t check_one(const struct hyp_option *o, uint32_t struct_size,
			 struct hyp_error *err)
{
	int32_t rc;

	if (!name_valid(o->name))
		return hyp_reject(err,
				  "has an option of the invalid name "
				  "\"%.64s\"",
				  o->name != NULL ? o->name : "");
	if (!hyp_describe_one_line(o->help))
		return hyp_reject(err, "option \"%s\" has no help of one line",
				  o->name);
	rc = check_place(o, struct_size, err);
	if (rc == 0)
		rc = check_choices(o, err);
	if (rc == 0 && o->min > o->max)
		rc = hyp_reject(err,
				"option \"%s\": its minimum is above its "
				"maximum",
				o->name);
	return rc != 0 ? rc : check_default(o, err);
}

static int overlap(const struct hyp_option *a, const struct hyp_option *b)
{
	return a->offset < b->offset + hyp_option_member_size(b->type) &&
	       b->offset < a->offset + hyp_option_member_size(a->type);
}

static int32_t check_pairs(const struct hyp_option *o, uint32_t i,
			   struct hyp_error *err)
{
	for (uint32_t k = 0; k < i; k++) {
		if (strcmp(o[k].name, o[i].name) == 0)
			return hyp_reject(err, "has two options \"%s\"",
					  o[i].name);
		if (overlap(&o[k], &o[i]))
			return hyp_reject(err,
					  "options \"%s\" and \"%s\" fill the "
					  "same member",
					  o[k].name, o[i].name);
	}
	return 0;
}

static int32_t check_table(const struct hyp_plugin *p, struct hyp_error *err)
{
	if (p->option_count == 0)
		return 0;
	if (p->options == NULL || p->option_count > OPTIONS_MAX ||
	    p->options_size == 0 || p->options_size > OPTIONS_STRUCT_MAX)
		return hyp_reject(err,
				  "states %u options in a struct of %u bytes",
				  p->option_count, p->options_size);
	if (p->option_stride < OPTION_MIN || p->option_stride > 4096 ||
	    p->option_stride % sizeof(void *) != 0)
		return hyp_reject(err,
				  "wrong size: its options have %u bytes each, "
				  "this core needs %zu or more",
				  p->option_stride, OPTION_MIN);
	return 0;
}

static int32_t check_has(const struct hyp_option *o, const char *name,
			 uint32_t type, struct hyp_error *err)
{
	while (o->name != NULL && strcmp(o->name, name) != 0)
		o++;
	if (o->name != NULL && o->type == type)
		return 0;
	return hyp_reject(
		err,
		"lacks the option \"%s\", a %s, which every store must have",
		name, hyp_option_type_name(type));
}

/* By these the core says which database, and that it only reads: store.h. */
static int32_t check_store(const struct hyp_option *options,
			   struct hyp_error *err)
{
	int32_t rc = check_has(options, "path", HYP_OPT_T_STRING, err);

	return rc != 0 ? rc
		       : check_has(options, "read_only", HYP_OPT_T_BOOL, err);
}

int32_t hyp_describe_options(const struct hyp_plugin *p,
			     struct hyp_option **out, struct hyp_error *err)
{
	HYP_AUTO_FREE struct hyp_option *copy = NULL;
	int32_t rc = check_table(p, err);

	if (rc != 0)
		return rc;
	copy = calloc(p->option_count + 1u, sizeof(*copy));
	if (copy == NULL)
		return hyp_error_nomem(err);
	for (uint32_t i = 0; i < p->option_count && rc == 0; i++) {
		hyp_struct_copy(&copy[i], sizeof(*copy),
				HYP_AT(char, p->options, p->option_stride, i),
				p->option_stride);
		rc = check_one(&copy[i], p->options_size, err);
		if (rc == 0)
			rc = check_pairs(copy, i, err);
	}
	if (rc == 0 && p->kind == HYP_KIND_STORE)
		rc = check_store(copy, err);
	if (rc != 0)
		return rc;
	*out = HYP_STEAL(copy);
	return 0;
}
