/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/completion.h"

#include <stdio.h>

#define QUOTE "'\\''"

static const char head[] =
	"#compdef hypersdk\n"
	"# Completion of hypersdk for zsh, made by \"hypersdk completion "
	"zsh\".\n"
	"\n"
	"_hypersdk_plugins() { # KIND/NAME\n"
	"\thypersdk plugins list 2>/dev/null |\n"
	"\t\tawk '/^$/ { exit } NR > 1 { print $1 \"/\" $2 }'\n"
	"}\n"
	"\n"
	"_hypersdk_complete() {\n"
	"\tcase $1 in\n"
	"\t(''|@none) _message 'a word of your own' ;;\n"
	"\t(@file) _files ;;\n"
	"\t(@dir) _files -/ ;;\n"
	"\t(@command) compadd -- ${(u)=${(k)cmds}} ;;\n"
	"\t(@kind) compadd -- ${=kinds} ;;\n"
	"\t(@plugin) compadd -- ${(f)\"$(_hypersdk_plugins)\"} ;;\n"
	"\t(@plugin:*) compadd -- ${(f)\"$(_hypersdk_plugins |\n"
	"\t\tsed -n \"s|^${1#*:}/||p\")\"} ;;\n"
	"\t(*) compadd -- ${(s:|:)1} ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"_hypersdk_is() { # WORDS: a command, or the beginning of some?\n"
	"\tlocal known\n"
	"\tfor known in ${(k)cmds}; do\n"
	"\t\t[[ $known != \"$*\" && $known != \"$* \"* ]] || return 0\n"
	"\tdone\n"
	"\treturn 1\n"
	"}\n";

static const char begin[] =
	"\n"
	"_hypersdk() {\n"
	"\tlocal -A cmds values operands\n"
	"\tlocal -a opts next ops\n"
	"\tlocal kinds command='' want='' ended='' word n=0 i\n";

static const char tail[] =
	"\tfor ((i = 2; i < CURRENT; i++)); do\n"
	"\t\tword=${words[i]}\n"
	"\t\tif [[ -n $want ]]; then want=''\n"
	"\t\telif [[ -z $ended && $word == -- ]]; then ended=yes\n"
	"\t\telif [[ -z $ended && $word == -*=* ]]; then :\n"
	"\t\telif [[ -z $ended && $word == -* ]]; then\n"
	"\t\t\twant=${values[$command $word]:-${values[ $word]}}\n"
	"\t\telif _hypersdk_is ${command:+$command }$word; then\n"
	"\t\t\tcommand=${command:+$command }$word\n"
	"\t\telse n=$((n + 1))\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tword=${words[CURRENT]}\n"
	"\tif [[ -n $want ]]; then\n"
	"\t\t_hypersdk_complete $want\n"
	"\telif [[ -z $ended && $word == --*=* ]]; then\n"
	"\t\twant=${values[$command ${word%%=*}]:-${values[ ${word%%=*}]}}\n"
	"\t\tcompset -P 1 '*=' && _hypersdk_complete \"$want\"\n"
	"\telif [[ -z $ended && $word == -* ]]; then\n"
	"\t\t_hypersdk_options $command\n"
	"\t\t_describe -o option opts\n"
	"\telif (( n == 0 && ! ${+cmds[$command]} )); then\n"
	"\t\tfor word in ${(ko)cmds}; do\n"
	"\t\t\t[[ -z $command || $word == \"$command \"* ]] || continue\n"
	"\t\t\ti=${word#${command:+$command }}\n"
	"\t\t\tif [[ $i == *' '* ]]; then next+=(${i%% *})\n"
	"\t\t\telse next+=(\"$i:${cmds[$word]}\")\n"
	"\t\t\tfi\n"
	"\t\tdone\n"
	"\t\tnext=(${(u)next})\n"
	"\t\t_describe command next\n"
	"\telse\n"
	"\t\tops=(${=operands[$command]})\n"
	"\t\t(( ${#ops} )) || return 1\n"
	"\t\t(( n < ${#ops} )) || n=$((${#ops} - 1))\n"
	"\t\t_hypersdk_complete ${ops[n + 1]}\n"
	"\tfi\n"
	"}\n"
	"_hypersdk \"$@\"\n";

static void print_values(const char *command, const struct hyp_cli_group *group)
{
	char completes[HYP_COMPLETES_MAX];

	for (const struct hyp_cli_option *o = group->options; o->name != NULL;
	     o++) {
		if (o->arg == NULL)
			continue;
		hyp_completes_value(o, completes);
		printf("\t\t'%s --%s' '%s'\n", command, o->name, completes);
		if (o->letter != 0)
			printf("\t\t'%s -%c' '%s'\n", command, o->letter,
			       completes);
	}
}

static void print_tables(void)
{
	char operands[512];

	printf("\tcmds=(\n");
	for (size_t i = 0; hyp_commands[i] != NULL; i++) {
		printf("\t\t'%s' ", hyp_commands[i]->name);
		hyp_print_quoted(hyp_commands[i]->summary, QUOTE);
		putchar('\n');
	}
	printf("\t)\n\tvalues=(\n");
	hyp_print_groups(print_values);
	printf("\t)\n\toperands=(\n");
	for (size_t i = 0; hyp_commands[i] != NULL; i++) {
		hyp_completes_operands(hyp_commands[i], operands,
				       sizeof(operands));
		printf("\t\t'%s' '%s'\n", hyp_commands[i]->name, operands);
	}
	printf("\t)\n");
	hyp_print_kinds("\tkinds=");
}

static void print_options(const struct hyp_cli_group *group)
{
	char text[1024];

	for (const struct hyp_cli_option *o = group->options; o->name != NULL;
	     o++) {
		snprintf(text, sizeof(text), "--%s:%s", o->name, o->help);
		printf("\t\t");
		hyp_print_quoted(text, QUOTE);
		putchar('\n');
	}
}

/* The helps of options, by command: a case each. */
static void print_all_options(void)
{
	printf("\n_hypersdk_options() { # COMMAND\n\topts=(\n");
	print_options(&hyp_global_options);
	printf("\t)\n\tcase \"$*\" in\n");
	for (size_t i = 0; hyp_commands[i] != NULL; i++) {
		const struct hyp_command *c = hyp_commands[i];

		if (c->groups[0] == NULL)
			continue;
		printf("\t('%s') opts+=(\n", c->name);
		for (size_t g = 0; g < HYP_CLI_GROUPS && c->groups[g]; g++)
			print_options(c->groups[g]);
		printf("\t\t) ;;\n");
	}
	printf("\tesac\n}\n");
}

void hyp_completion_zsh(void)
{
	fputs(head, stdout);
	print_all_options();
	fputs(begin, stdout);
	print_tables();
	fputs(tail, stdout);
}
