/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands and their options as tables. The parser, the help texts and the
 * suggestions for typing errors all come from these, and from nothing else.
 */
#ifndef HYP_APP_ARGS_H
#define HYP_APP_ARGS_H

#include <hypersdk/error.h>
#include <stddef.h>

struct hyp_app;

struct hyp_cli_option {
	const char *name; /* long name without "--"; NULL ends a table */
	char letter;	  /* short form, or 0 */
	const char *arg;  /* what its value is called in help; NULL: a flag */
	const char *help; /* one line, no full stop */
};

/* Options that are shown, and may be shared by commands, together. */
struct hyp_cli_group {
	const char *title;
	const struct hyp_cli_option *options;
};

#define HYP_CLI_GROUPS 4

struct hyp_args;

struct hyp_command {
	const char *name;     /* one or two words: "export", "vms list" */
	const char *operands; /* as in the usage line: "PATH...", or NULL */
	const char *summary;  /* one line, no full stop */
	const char *details;  /* more lines for --help, or NULL */
	size_t min, max;      /* how many operands */
	const struct hyp_cli_group *groups[HYP_CLI_GROUPS]; /* may end early */
	/* Returns an exit code (exit-code.h), having said on stderr why. */
	int (*run)(struct hyp_app *app, const struct hyp_args *args);
};

/* Every command, in the order of the help text; NULL-terminated. */
extern const struct hyp_command *const hyp_commands[];
/* Options that every command takes, before it or after it. */
extern const struct hyp_cli_group hyp_global_options;

/* A command line taken apart. Strings are those of argv. */
struct hyp_args {
	const struct hyp_command *command; /* NULL: none was given */
	const char *topic; /* or "vms", asking --help for what is below it */
	const char **operands;
	size_t operand_count;
	struct hyp_arg {
		const struct hyp_cli_option *option;
		const char *value; /* NULL for a flag */
	} * options;		   /* in the order given */
	size_t option_count;
};

/*
 * argv[1..argc-1]: global options, the command, then options and operands in
 * any order; "--" ends the options; "--name=value" and "--name value".
 * With --help or --version operands are not counted. HYP_E_USAGE "usage", with
 * the nearest known name, and then out->command may still be set. The caller
 * finis out in every case.
 */
int32_t hyp_args_parse(int argc, char *const *argv, struct hyp_args *out,
		       struct hyp_error *err);
void hyp_args_fini(struct hyp_args *args);

/* The last value given of that option, or NULL. The name must be one that
 * the command has: anything else is a mistake in the program (assert). */
const char *hyp_args_get(const struct hyp_args *args, const char *name);
int hyp_args_has(const struct hyp_args *args, const char *name);
/* Every value of a repeated option: start with *at = 0; NULL ends. */
const char *hyp_args_next(const struct hyp_args *args, const char *name,
			  size_t *at);

/* Help on standard output: for one command, or with NULL the overview, of
 * the commands that begin with topic or, with NULL, of all. */
void hyp_help_print(const struct hyp_command *command, const char *topic);
/* 1 if commands of two words begin with this one. */
int hyp_help_is_topic(const char *word);

#endif
