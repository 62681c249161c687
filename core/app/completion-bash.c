/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/completion.h"

#include <stdio.h>

/* Tables first, then what reads them. It needs no package bash-completion. */
static const char script[] =
	"\n"
	"_hypersdk_plugins() { # KIND/NAME\n"
	"\t\"$_hypersdk\" plugins list 2>/dev/null |\n"
	"\t\tawk '/^$/ { exit } NR > 1 { print $1 \"/\" $2 }'\n"
	"}\n"
	"\n"
	"# Adds to COMPREPLY what begins with $2, of what $1 says.\n"
	"_hypersdk_complete() {\n"
	"\tlocal words line\n"
	"\tcase $1 in\n"
	"\t'' | @none) return ;;\n"
	"\t@file | @dir)\n"
	"\t\tcompopt -o filenames 2>/dev/null\n"
	"\t\t[ \"$1\" = @dir ] && words=-d || words=-f\n"
	"\t\twhile IFS= read -r line; do\n"
	"\t\t\tCOMPREPLY+=(\"$line\")\n"
	"\t\tdone < <(compgen $words -- \"$2\")\n"
	"\t\treturn\n"
	"\t\t;;\n"
	"\t@command) words=$_hypersdk_commands ;;\n"
	"\t@kind) words=$_hypersdk_kinds ;;\n"
	"\t@plugin) words=$(_hypersdk_plugins) ;;\n"
	"\t@plugin:*)\n"
	"\t\twords=$(_hypersdk_plugins | sed -n \"s|^${1#*:}/||p\")\n"
	"\t\t;;\n"
	"\t*) words=${1//|/ } ;;\n"
	"\tesac\n"
	"\twhile IFS= read -r line; do\n"
	"\t\tCOMPREPLY+=(\"$line\")\n"
	"\tdone < <(compgen -W \"$words\" -- \"$2\")\n"
	"}\n"
	"\n"
	"# The words that may follow the command words in $1.\n"
	"_hypersdk_next() {\n"
	"\tlocal line\n"
	"\twhile IFS= read -r line; do\n"
	"\t\t[[ $1 = '' || $line == \"$1 \"* ]] || continue\n"
	"\t\tline=${line#\"${1:+$1 }\"}\n"
	"\t\tprintf '%s ' \"${line%% *}\"\n"
	"\tdone <<<\"$_hypersdk_commands\"\n"
	"}\n"
	"_hypersdk_is() { # WORDS: a command, or the beginning of some?\n"
	"\t[[ $'\\n'$_hypersdk_commands$'\\n' == *$'\\n'\"$1\"[$'\\n ']* ]]\n"
	"}\n"
	"\n"
	"_hypersdk() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} _hypersdk=$1 word='' i\n"
	"\tlocal command='' want='' ended='' n=0 operands key\n"
	"\tCOMPREPLY=()\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tword=${COMP_WORDS[i]}\n"
	"\t\tif [ -n \"$want\" ]; then\n"
	"\t\t\t[ \"$word\" = = ] || want=\n"
	"\t\telif [ -z \"$ended\" ] && [ \"$word\" = -- ]; then\n"
	"\t\t\tended=yes\n"
	"\t\telif [ -z \"$ended\" ] && [[ $word == -* ]]; then\n"
	"\t\t\tkey=\"$command $word\"\n"
	"\t\t\twant=${_hypersdk_values[$key]-}\n"
	"\t\t\tkey=\" $word\"\n"
	"\t\t\t: \"${want:=${_hypersdk_values[$key]-}}\"\n"
	"\t\telif _hypersdk_is \"${command:+$command }$word\"; then\n"
	"\t\t\tcommand=${command:+$command }$word\n"
	"\t\telse\n"
	"\t\t\tn=$((n + 1))\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tkey=${command:--}\n"
	"\tif [ -n \"$want\" ]; then\n"
	"\t\t[ \"$cur\" != = ] || cur=\n"
	"\t\t_hypersdk_complete \"$want\" \"$cur\"\n"
	"\telif [ -z \"$ended\" ] && [[ $cur == -* ]]; then\n"
	"\t\t_hypersdk_complete \\\n"
	"\t\t\t\"${_hypersdk_options[-]} ${_hypersdk_options[$key]-}\" "
	"\"$cur\"\n"
	"\telif [ \"$n\" -eq 0 ] &&\n"
	"\t\t[ -z \"${_hypersdk_operands[$key]+is}\" ]; then\n"
	"\t\t_hypersdk_complete \"$(_hypersdk_next \"$command\") \" \"$cur\"\n"
	"\telse\n"
	"\t\tread -r -a operands <<<\"${_hypersdk_operands[$key]-}\"\n"
	"\t\t[ \"$n\" -lt ${#operands[@]} ] || n=$((${#operands[@]} - 1))\n"
	"\t\t[ \"$n\" -lt 0 ] || _hypersdk_complete \"${operands[n]}\" "
	"\"$cur\"\n"
	"\tfi\n"
	"}\n"
	"complete -F _hypersdk hypersdk\n";

static void print_key(const char *command, const char *word)
{
	printf("\t['%s %s']=", command, word);
}

/* command "" is that of the options that all have. */
static void print_values(const char *command, const struct hyp_cli_group *group)
{
	char completes[HYP_COMPLETES_MAX], word[64];

	for (const struct hyp_cli_option *o = group->options; o->name != NULL;
	     o++) {
		if (o->arg == NULL)
			continue;
		hyp_completes_value(o, completes);
		snprintf(word, sizeof(word), "--%s", o->name);
		print_key(command, word);
		printf("'%s'\n", completes);
		if (o->letter == 0)
			continue;
		snprintf(word, sizeof(word), "-%c", o->letter);
		print_key(command, word);
		printf("'%s'\n", completes);
	}
}

static void print_names(const struct hyp_cli_group *group)
{
	for (const struct hyp_cli_option *o = group->options; o->name != NULL;
	     o++)
		printf(" --%s", o->name);
}

static void print_all_values(void)
{
	printf("declare -gA _hypersdk_values=(\n");
	hyp_print_groups(print_values);
	printf(")\n");
}

static void print_all_options(void)
{
	printf("declare -gA _hypersdk_options=(\n");
	printf("\t['-']='");
	print_names(&hyp_global_options);
	printf("'\n");
	for (size_t i = 0; hyp_commands[i] != NULL; i++) {
		const struct hyp_command *c = hyp_commands[i];

		printf("\t['%s']='", c->name);
		for (size_t g = 0; g < HYP_CLI_GROUPS && c->groups[g]; g++)
			print_names(c->groups[g]);
		printf("'\n");
	}
	printf(")\n");
}

static void print_all_operands(void)
{
	char operands[512];

	printf("declare -gA _hypersdk_operands=(\n");
	for (size_t i = 0; hyp_commands[i] != NULL; i++) {
		printf("\t['%s']=", hyp_commands[i]->name);
		hyp_completes_operands(hyp_commands[i], operands,
				       sizeof(operands));
		printf("'%s'\n", operands);
	}
	printf(")\n");
}

void hyp_completion_bash(void)
{
	printf("# shellcheck shell=bash disable=SC2034,SC2207\n"
	       "# Completion of hypersdk for bash, made by \"hypersdk "
	       "completion bash\".\n"
	       "_hypersdk_commands='");
	for (size_t i = 0; hyp_commands[i] != NULL; i++)
		printf("%s%s", i > 0 ? "\n" : "", hyp_commands[i]->name);
	printf("'\n");
	hyp_print_kinds("_hypersdk_kinds=");
	print_all_options();
	print_all_values();
	print_all_operands();
	fputs(script, stdout);
}
