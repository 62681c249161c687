/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/completion.h"

#include <stdio.h>
#include <string.h>

#define QUOTE "\\'"

static const char head[] =
	"# Completion of hypersdk for fish, made by \"hypersdk completion "
	"fish\".\n"
	"\n"
	"function __hypersdk_plugins --description 'KIND/NAME of each'\n"
	"\thypersdk plugins list 2>/dev/null |\n"
	"\t\tawk '/^$/ { exit } NR > 1 { print $1 \"/\" $2 }'\n"
	"end\n"
	"\n"
	"function __hypersdk_command --description 'Its words so far'\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -l command\n"
	"\tset -l skip no\n"
	"\tfor word in $words[2..-1]\n"
	"\t\tif test $skip = yes\n"
	"\t\t\tset skip no\n"
	"\t\telse if string match -q -- '-*' $word\n"
	"\t\t\tif contains -- \"$command $word\" $__hypersdk_valued\n"
	"\t\t\t\tor contains -- \" $word\" $__hypersdk_valued\n"
	"\t\t\t\tset skip yes\n"
	"\t\t\tend\n"
	"\t\telse\n"
	"\t\t\tset -l next (string trim -- \"$command $word\")\n"
	"\t\t\tif contains -- $next $__hypersdk_commands\n"
	"\t\t\t\tor string match -q -- \"$next *\" $__hypersdk_commands\n"
	"\t\t\t\tset command $next\n"
	"\t\t\tend\n"
	"\t\tend\n"
	"\tend\n"
	"\techo \"$command\"\n"
	"end\n"
	"\n"
	"function __hypersdk_at --description 'Are these the words so far?'\n"
	"\ttest \"$(__hypersdk_command)\" = \"$argv\"\n"
	"end\n"
	"\n"
	"complete -c hypersdk -f\n";

static void print_valued(const char *command, const struct hyp_cli_group *group)
{
	for (const struct hyp_cli_option *o = group->options; o->name != NULL;
	     o++) {
		if (o->arg == NULL)
			continue;
		printf(" \\\n\t'%s --%s'", command, o->name);
		if (o->letter != 0)
			printf(" \\\n\t'%s -%c'", command, o->letter);
	}
}

static void print_tables(void)
{
	printf("set -g __hypersdk_commands");
	for (size_t i = 0; hyp_commands[i] != NULL; i++)
		printf(" \\\n\t'%s'", hyp_commands[i]->name);
	printf("\nset -g __hypersdk_valued");
	print_valued("", &hyp_global_options);
	for (size_t i = 0; hyp_commands[i] != NULL; i++)
		for (size_t g = 0;
		     g < HYP_CLI_GROUPS && hyp_commands[i]->groups[g]; g++)
			print_valued(hyp_commands[i]->name,
				     hyp_commands[i]->groups[g]);
	putchar('\n');
}

/* What follows an option or, with exclusive "", is an operand. */
static void print_completes(const char *completes, const char *exclusive)
{
	if (strcmp(completes, "@file") == 0)
		printf("%s -F", exclusive[0] != '\0' ? " -r" : "");
	else if (strcmp(completes, "@dir") == 0)
		printf("%s -a '(__fish_complete_directories)'", exclusive);
	else if (strcmp(completes, "@plugin") == 0)
		printf("%s -a '(__hypersdk_plugins)'", exclusive);
	else if (strncmp(completes, "@plugin:", 8) == 0)
		printf("%s -a \"(__hypersdk_plugins | "
		       "string replace -rf '^%s/' '')\"",
		       exclusive, completes + 8);
	else if (strcmp(completes, "@command") == 0)
		printf("%s -a '$__hypersdk_commands'", exclusive);
	else if (strcmp(completes, "@kind") == 0)
		hyp_print_kinds(exclusive[0] != '\0' ? " -x -a " : " -a ");
	else if (completes[0] == '@')
		printf("%s", exclusive);
	else {
		printf("%s -a '", exclusive);
		for (const char *p = completes; *p != '\0'; p++)
			putchar(*p == '|' ? ' ' : *p);
		putchar('\'');
	}
}

static void print_options(const char *command,
			  const struct hyp_cli_group *group)
{
	char completes[HYP_COMPLETES_MAX];

	for (const struct hyp_cli_option *o = group->options; o->name != NULL;
	     o++) {
		printf("complete -c hypersdk");
		if (command != NULL)
			printf(" -n '__hypersdk_at %s'", command);
		printf(" -l %s", o->name);
		if (o->letter != 0)
			printf(" -s %c", o->letter);
		printf(" -d ");
		hyp_print_quoted(o->help, QUOTE);
		if (o->arg != NULL) {
			hyp_completes_value(o, completes);
			print_completes(completes, " -x");
		}
		putchar('\n');
	}
}

static void print_operands(const struct hyp_command *command)
{
	char operands[512], *rest = operands, *word;

	hyp_completes_operands(command, operands, sizeof(operands));
	while ((word = strsep(&rest, " ")) != NULL) {
		if (word[0] == '\0' || strcmp(word, "@none") == 0)
			continue;
		printf("complete -c hypersdk -n '__hypersdk_at %s'",
		       command->name);
		print_completes(word, "");
		putchar('\n');
	}
}

/* The first word of a command of two, once. */
static void print_topic(size_t i, size_t n)
{
	for (size_t k = 0; k < i; k++)
		if (strncmp(hyp_commands[k]->name, hyp_commands[i]->name,
			    n + 1) == 0)
			return;
	printf("complete -c hypersdk -n '__hypersdk_at' -a '%.*s'\n", (int)n,
	       hyp_commands[i]->name);
}

static void print_command(size_t i)
{
	const struct hyp_command *c = hyp_commands[i];
	size_t n = strcspn(c->name, " ");

	if (c->name[n] == ' ') {
		print_topic(i, n);
		printf("complete -c hypersdk -n '__hypersdk_at %.*s' -a '%s'",
		       (int)n, c->name, c->name + n + 1);
	} else {
		printf("complete -c hypersdk -n '__hypersdk_at' -a '%s'",
		       c->name);
	}
	printf(" -d ");
	hyp_print_quoted(c->summary, QUOTE);
	putchar('\n');
	for (size_t g = 0; g < HYP_CLI_GROUPS && c->groups[g]; g++)
		print_options(c->name, c->groups[g]);
	print_operands(c);
}

void hyp_completion_fish(void)
{
	fputs(head, stdout);
	print_tables();
	print_options(NULL, &hyp_global_options);
	for (size_t i = 0; hyp_commands[i] != NULL; i++)
		print_command(i);
}
