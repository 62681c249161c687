/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/args.h"
#include "core/app/exit-code.h"
#include "core/app/table.h"

#define LEFT 32	 /* column where an option's help begins */
#define WIDTH 79 /* of every line of help */

void hyp_print_wrapped(const char *text, int left)
{
	int at = left;

	while (*text != '\0') {
		int n = (int)strcspn(text, " ");

		if (at > left && at + 1 + n > WIDTH) {
			printf("\n%*s", left, "");
			at = left;
		} else if (at > left) {
			putchar(' ');
			at++;
		}
		printf("%.*s", n, text);
		at += n;
		text += n;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void print_pair(const char *name, const char *text)
{
	int n = printf("  %s", name);

	if (n + 2 > LEFT)
		printf("\n%*s", LEFT, "");
	else
		printf("%*s", LEFT - n, "");
	hyp_print_wrapped(text, LEFT);
}

static void print_group(const struct hyp_cli_group *group)
{
	char left[80];

	printf("\n%s:\n", group->title);
	for (const struct hyp_cli_option *o = group->options; o->name != NULL;
	     o++) {
		char letter[8] = "    ";

		if (o->letter != 0)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name,
			 o->arg ? " " : "", o->arg ? o->arg : "");
		print_pair(left, o->help);
	}
}

static void print_exit_codes(void)
{
	printf("\nExit codes:\n");
	for (size_t i = 0; hyp_exit_meanings[i].meaning != NULL; i++)
		printf("  %3d  %s\n", hyp_exit_meanings[i].code,
		       hyp_exit_meanings[i].meaning);
}

static int is_below(const struct hyp_command *command, const char *topic)
{
	size_t n = strlen(topic);

	return strncmp(command->name, topic, n) == 0 && command->name[n] == ' ';
}

int hyp_help_is_topic(const char *word)
{
	for (size_t i = 0; hyp_commands[i] != NULL; i++)
		if (is_below(hyp_commands[i], word))
			return 1;
	return 0;
}

static void print_commands(const char *topic)
{
	char left[80];

	printf("Commands:\n");
	for (size_t i = 0; hyp_commands[i] != NULL; i++) {
		const struct hyp_command *c = hyp_commands[i];

		if (topic != NULL && !is_below(c, topic))
			continue;
		snprintf(left, sizeof(left), "%s%s%s", c->name,
			 c->operands ? " " : "",
			 c->operands ? c->operands : "");
		print_pair(left, c->summary);
	}
}

static void print_overview(const char *topic)
{
	printf("Usage: hypersdk [OPTION]... %s [ARGUMENT]...\n\n",
	       topic ? topic : "COMMAND");
	if (topic == NULL)
		printf("Takes virtual machines out of vCenter and ESXi into "
		       "OVF folders and OVA files,\nproven byte by byte.\n\n");
	print_commands(topic);
	if (topic == NULL) {
		print_group(&hyp_global_options);
		print_exit_codes();
	}
	printf("\n\"hypersdk %s%s --help\" says more about a command.\n",
	       topic ? topic : "COMMAND", topic ? " ..." : "");
}

void hyp_help_print(const struct hyp_command *command, const char *topic)
{
	if (command == NULL) {
		print_overview(topic);
		return;
	}
	printf("Usage: hypersdk %s%s%s%s\n\n", command->name,
	       command->groups[0] ? " [OPTION]..." : "",
	       command->operands ? " " : "",
	       command->operands ? command->operands : "");
	printf("%s.\n", command->summary);
	if (command->details != NULL)
		printf("\n%s\n", command->details);
	for (size_t i = 0; i < HYP_CLI_GROUPS && command->groups[i]; i++)
		print_group(command->groups[i]);
	print_group(&hyp_global_options);
	print_exit_codes();
}
