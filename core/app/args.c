/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/args.h"
#include "core/base/buf.h"
#include "core/base/text.h"

#include <assert.h>
#include <stdlib.h>

#define MAX_NAMES 64

struct parser {
	char *const *argv;
	int argc, at;
	int no_options; /* after "--" */
	struct hyp_args *out;
	struct hyp_error *err;
};

static const struct hyp_cli_group *group_at(const struct hyp_command *command,
					    size_t i)
{
	if (i == 0)
		return &hyp_global_options;
	if (command == NULL || i > HYP_CLI_GROUPS)
		return NULL;
	return command->groups[i - 1];
}

/* name of length n, or, with n = 0, the letter. */
static const struct hyp_cli_option *
find_option(const struct hyp_command *command, const char *name, size_t n,
	    char letter)
{
	const struct hyp_cli_group *group;

	for (size_t i = 0; (group = group_at(command, i)) != NULL; i++)
		for (const struct hyp_cli_option *o = group->options;
		     o->name != NULL; o++)
			if (n == 0 ? o->letter == letter
				   : strlen(o->name) == n &&
					     memcmp(o->name, name, n) == 0)
				return o;
	return NULL;
}

static const char *nearest_option(const struct hyp_command *command,
				  const char *name)
{
	const char *names[MAX_NAMES];
	const struct hyp_cli_group *group;
	size_t count = 0;

	for (size_t i = 0; (group = group_at(command, i)) != NULL; i++)
		for (const struct hyp_cli_option *o = group->options;
		     o->name != NULL && count < MAX_NAMES; o++)
			names[count++] = o->name;
	return hyp_text_nearest(name, names, count);
}

static int32_t unknown_option(struct parser *p, const char *arg)
{
	const struct hyp_command *command = p->out->command;
	char name[64];
	const char *near;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(arg, "="), arg);
	near = strncmp(name, "--", 2) == 0 ? nearest_option(command, name + 2)
					   : NULL;
	return hyp_error_set(
		p->err, HYP_E_USAGE, "usage", 0, "unknown option %s%s%s%s%s",
		name, command ? " of " : "", command ? command->name : "",
		near ? ": did you mean --" : "", near ? near : "");
}

static int32_t add_option(struct parser *p, const struct hyp_cli_option *option,
			  const char *value)
{
	struct hyp_args *out = p->out;

	out->options[out->option_count++] = (struct hyp_arg){option, value};
	return 0;
}

/* An option's value: attached to it, or the next argument. */
static int32_t take_option(struct parser *p, const char *arg,
			   const struct hyp_cli_option *option,
			   const char *attached)
{
	if (option == NULL)
		return unknown_option(p, arg);
	if (option->arg == NULL && attached != NULL)
		return hyp_error_set(p->err, HYP_E_USAGE, "usage", 0,
				     "option --%s takes no value",
				     option->name);
	if (option->arg == NULL || attached != NULL)
		return add_option(p, option, attached);
	if (p->at >= p->argc)
		return hyp_error_set(p->err, HYP_E_USAGE, "usage", 0,
				     "option --%s needs a value: --%s %s",
				     option->name, option->name, option->arg);
	return add_option(p, option, p->argv[p->at++]);
}

static int32_t parse_option(struct parser *p, const char *arg)
{
	const struct hyp_command *command = p->out->command;
	size_t n;

	if (arg[1] != '-')
		return take_option(p, arg,
				   find_option(command, NULL, 0, arg[1]),
				   arg[2] != '\0' ? arg + 2 : NULL);
	n = strcspn(arg + 2, "=");
	return take_option(p, arg,
			   n == 0 ? NULL : find_option(command, arg + 2, n, 0),
			   arg[2 + n] == '=' ? arg + 2 + n + 1 : NULL);
}

/* How many words of the command the arguments from word on are: 0, 1 or 2. */
static int match_command(const struct hyp_command *command, const char *word,
			 const char *second)
{
	size_t n = strlen(word);

	if (strncmp(command->name, word, n) != 0)
		return 0;
	if (command->name[n] == '\0')
		return 1;
	return command->name[n] == ' ' && second != NULL &&
			       strcmp(command->name + n + 1, second) == 0
		       ? 2
		       : 0;
}

static int32_t unknown_command(struct parser *p, const char *word,
			       const char *second)
{
	const char *names[MAX_NAMES], *near;
	HYP_AUTO_BUF struct hyp_buf subs = HYP_BUF_INIT(1024);
	char both[128];
	size_t n = strlen(word), count = 0;

	for (; hyp_commands[count] != NULL && count < MAX_NAMES; count++) {
		names[count] = hyp_commands[count]->name;
		if (strncmp(names[count], word, n) == 0 &&
		    names[count][n] == ' ')
			hyp_buf_addf(&subs, NULL, "%s%s",
				     subs.len > 0 ? ", " : "", names[count]);
	}
	snprintf(both, sizeof(both), "%s%s%s", word, second ? " " : "",
		 second ? second : "");
	near = hyp_text_nearest(both, names, count);
	if (near == NULL)
		near = hyp_text_nearest(word, names, count);
	if (near == NULL && subs.len > 0)
		return hyp_error_set(p->err, HYP_E_USAGE, "usage", 0,
				     "%s is not a command of its own; there "
				     "is: %s",
				     both, hyp_buf_str(&subs));
	return hyp_error_set(p->err, HYP_E_USAGE, "usage", 0,
			     "unknown command %s%s%s%s", near ? both : word,
			     near ? ": did you mean \"" : "", near ? near : "",
			     near ? "\"" : ": see hypersdk --help");
}

static int asks_for_help(const struct parser *p)
{
	return p->at < p->argc && (strcmp(p->argv[p->at], "--help") == 0 ||
				   strcmp(p->argv[p->at], "-h") == 0);
}

static int32_t parse_command(struct parser *p, const char *word)
{
	const char *second = p->at < p->argc ? p->argv[p->at] : NULL;

	if (second != NULL && second[0] == '-')
		second = NULL;
	for (size_t i = 0; hyp_commands[i] != NULL; i++) {
		int words = match_command(hyp_commands[i], word, second);

		if (words == 0)
			continue;
		p->at += words - 1;
		p->out->command = hyp_commands[i];
		return 0;
	}
	if (asks_for_help(p) && hyp_help_is_topic(word)) {
		p->out->topic = word;
		return 0;
	}
	return unknown_command(p, word, second);
}

static int32_t parse_all(struct parser *p)
{
	int32_t rc = 0;

	while (rc == 0 && p->at < p->argc) {
		const char *arg = p->argv[p->at++];

		if (!p->no_options && strcmp(arg, "--") == 0)
			p->no_options = 1;
		else if (!p->no_options && arg[0] == '-' && arg[1] != '\0')
			rc = parse_option(p, arg);
		else if (p->out->command == NULL)
			rc = parse_command(p, arg);
		else
			p->out->operands[p->out->operand_count++] = arg;
	}
	return rc;
}

static int32_t check_operands(const struct hyp_args *args,
			      struct hyp_error *err)
{
	const struct hyp_command *command = args->command;

	if (command == NULL || hyp_args_has(args, "help") ||
	    hyp_args_has(args, "version"))
		return 0;
	if (args->operand_count < command->min)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "%s needs %s", command->name,
				     command->operands);
	if (args->operand_count > command->max)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "%s: unexpected argument \"%s\"",
				     command->name,
				     args->operands[command->max]);
	return 0;
}

int32_t hyp_args_parse(int argc, char *const *argv, struct hyp_args *out,
		       struct hyp_error *err)
{
	struct parser p = {
		.argv = argv, .argc = argc, .at = 1, .out = out, .err = err};
	size_t most = argc > 0 ? (size_t)argc : 1;
	int32_t rc;

	memset(out, 0, sizeof(*out));
	out->operands = calloc(most, sizeof(*out->operands));
	out->options = calloc(most, sizeof(*out->options));
	if (out->operands == NULL || out->options == NULL)
		return hyp_error_nomem(err);
	rc = parse_all(&p);
	return rc != 0 ? rc : check_operands(out, err);
}

void hyp_args_fini(struct hyp_args *args)
{
	free(args->operands);
	free(args->options);
	memset(args, 0, sizeof(*args));
}

const char *hyp_args_next(const struct hyp_args *args, const char *name,
			  size_t *at)
{
	assert(find_option(args->command, name, strlen(name), 0) != NULL);
	while (*at < args->option_count) {
		const struct hyp_arg *arg = &args->options[(*at)++];

		if (strcmp(arg->option->name, name) == 0)
			return arg->value != NULL ? arg->value : "";
	}
	return NULL;
}

const char *hyp_args_get(const struct hyp_args *args, const char *name)
{
	const char *last = NULL, *value;

	for (size_t at = 0; (value = hyp_args_next(args, name, &at)) != NULL;)
		last = value;
	return last;
}

int hyp_args_has(const struct hyp_args *args, const char *name)
{
	return hyp_args_get(args, name) != NULL;
}
