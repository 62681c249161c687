/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/completion.h"
#include "core/plugin/kinds.h"
#include "core/plugin/registry.h"

#include <stdio.h>
#include <string.h>

/* Words of the help texts that stand for few, or for what a shell knows. */
static const struct {
	const char *label, *completes;
} labels[] = {
	{"LEVEL", "error|warning|info|debug"},
	{"STATUS", "pending|running|completed|failed|cancelled"},
	{"SHELL", "bash|zsh|fish"},
	{"DIR", "@dir"},
	{"FILE", "@file"},
	{"KIND", "@kind"},
	{"KIND/NAME", "@plugin"},
	{"COMMAND", "@command"},
};

/* "IN.ova", "PATH.so" and the like. */
static int names_a_file(const char *label)
{
	return strchr(label, '.') != NULL || strstr(label, "FILE") != NULL;
}

static int is_words(const char *label)
{
	return strchr(label, '|') != NULL &&
	       label[strspn(label, "abcdefghijklmnopqrstuvwxyz-|")] == '\0';
}

static void by_label(const char *label, char *out)
{
	const char *found = NULL;

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (strcmp(labels[i].label, label) == 0)
			found = labels[i].completes;
	if (found == NULL && is_words(label))
		found = label;
	if (found == NULL)
		found = names_a_file(label) ? "@file" : "@none";
	snprintf(out, HYP_COMPLETES_MAX, "%s", found);
}

void hyp_completes_value(const struct hyp_cli_option *option, char *out)
{
	if (hyp_kind_by_name(option->name) != 0)
		snprintf(out, HYP_COMPLETES_MAX, "@plugin:%s", option->name);
	else if (strcmp(option->arg, "PATH") == 0)
		snprintf(out, HYP_COMPLETES_MAX, "@file");
	else
		by_label(option->arg, out);
}

void hyp_completes_operands(const struct hyp_command *command, char *out,
			    size_t max)
{
	const char *p = command->operands;
	char label[64], word[HYP_COMPLETES_MAX];
	size_t n = 0;

	out[0] = '\0';
	while (p != NULL && *(p += strspn(p, " [")) != '\0' && n < max) {
		size_t len = strcspn(p, " ]");

		snprintf(label, sizeof(label), "%.*s", (int)len, p);
		p += len + (p[len] == ']');
		len = strlen(label);
		if (len > 3 && strcmp(label + len - 3, "...") == 0)
			label[len - 3] = '\0';
		by_label(label, word);
		n += (size_t)snprintf(out + n, max - n, "%s%s", n ? " " : "",
				      word);
	}
}

void hyp_print_groups(void (*print)(const char *command,
				    const struct hyp_cli_group *group))
{
	print("", &hyp_global_options);
	for (size_t i = 0; hyp_commands[i] != NULL; i++)
		for (size_t g = 0;
		     g < HYP_CLI_GROUPS && hyp_commands[i]->groups[g]; g++)
			print(hyp_commands[i]->name,
			      hyp_commands[i]->groups[g]);
}

void hyp_print_quoted(const char *text, const char *quote)
{
	putchar('\'');
	for (; *text != '\0'; text++)
		if (*text == '\'')
			fputs(quote, stdout);
		else
			putchar(*text);
	putchar('\'');
}

void hyp_print_kinds(const char *prefix)
{
	const struct hyp_kind_info *info;

	printf("%s'", prefix);
	for (size_t i = 0; (info = hyp_kind_at(i)) != NULL; i++)
		printf("%s%s", i > 0 ? " " : "", info->name);
	printf("'\n");
}
