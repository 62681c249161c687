/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From named texts to a filled options struct, by a struct hyp_option table.
 * conf.d, jobs and the command line all come through here, and so do the
 * core's own settings.
 */
#ifndef HYP_CONFIG_OPTIONS_H
#define HYP_CONFIG_OPTIONS_H

#include "core/config/problems.h"
#include <hypersdk/option.h>

/* How a value was written, so that a mistyped one can be told. */
#define HYP_VALUE_TEXT 1u   /* a string, or anything from a command line */
#define HYP_VALUE_NUMBER 2u /* an integer literal, text is its decimal form */
#define HYP_VALUE_BOOL 3u   /* text is "true" or "false" */
#define HYP_VALUE_LIST 4u
#define HYP_VALUE_OTHER 5u /* a group, a float: always a mistake */
#define HYP_VALUE_LITERAL                                                      \
	6u /* the secret itself; the core says it, no file                     \
	    */

struct hyp_value {
	char *name;
	uint32_t form; /* HYP_VALUE_* */
	char *text;    /* NULL for a list */
	char **items;  /* of a list */
	size_t item_count;
	char *file; /* where it was said: path, "command line", ... */
	unsigned line;
};

/* An ordered set: adding a name that is there replaces it. */
struct hyp_values {
	struct hyp_value *at;
	size_t count;
	char *file; /* where the set was said, for what is missing; or NULL */
	unsigned line;
};

#define HYP_VALUES_INIT                                                        \
	{                                                                      \
		NULL, 0, NULL, 0                                               \
	}

int32_t hyp_values_set(struct hyp_values *values, const char *name,
		       uint32_t form, const char *text, const char *file,
		       unsigned line, struct hyp_error *err);
int32_t hyp_values_set_list(struct hyp_values *values, const char *name,
			    const char *const *items, size_t count,
			    const char *file, unsigned line,
			    struct hyp_error *err);
/* Copies every value of from over those in to. */
int32_t hyp_values_overlay(struct hyp_values *to, const struct hyp_values *from,
			   struct hyp_error *err);
int32_t hyp_values_set_origin(struct hyp_values *values, const char *file,
			      unsigned line, struct hyp_error *err);
const struct hyp_value *hyp_values_get(const struct hyp_values *values,
				       const char *name);
/* Wiped, if it was a secret itself. */
void hyp_values_remove(struct hyp_values *values, const char *name);
void hyp_values_fini(struct hyp_values *values);

struct hyp_option_table {
	const struct hyp_option *options;
	uint32_t stride, count;
	uint32_t struct_size;
};
#define HYP_OPTION_TABLE(array, type)                                          \
	{                                                                      \
		(array), sizeof((array)[0]),                                   \
			sizeof(array) / sizeof((array)[0]), sizeof(type)       \
	}

struct hyp_options; /* a filled struct and all that it points to */

/*
 * Check values against the table and fill. what names the owner in messages
 * ("provider/vsphere"). Problems: unknown name with the nearest known one,
 * wrong type, out of range, missing required option, secret that cannot be
 * read. With check_only, secrets are checked for form but not read, and *out
 * may be NULL. Returns 0 or HYP_E_USAGE with problems added.
 */
#define HYP_OPTIONS_CHECK_ONLY 1u
int32_t hyp_options_fill(const struct hyp_option_table *table,
			 const struct hyp_values *values, const char *what,
			 uint32_t flags, struct hyp_options **out,
			 struct hyp_problems *problems);
/* The plugin's struct, valid until free. */
const void *hyp_options_struct(const struct hyp_options *options);
/* Wipes secrets. */
void hyp_options_free(struct hyp_options *options);

/* Element i of the table. */
const struct hyp_option *hyp_option_at(const struct hyp_option_table *table,
				       uint32_t i);
/* "string", "integer", ... */
const char *hyp_option_type_name(uint32_t type);

/* 1 if text has the form of a secret's reference (below). */
int hyp_secret_is_reference(const char *text);

/* A secret by reference: "file:PATH" (regular, no link, not readable by group
 * or others, at most 4 KiB, one trailing newline dropped), "env:NAME",
 * "credential:NAME" ($CREDENTIALS_DIRECTORY/NAME). *out: malloc'd, NUL-
 * terminated, the caller wipes and frees. HYP_E_USAGE "bad_secret"; the text
 * never holds the value. */
int32_t hyp_secret_read(const char *reference, char **out, size_t *len,
			struct hyp_error *err);

#endif
