/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/exit-code.h"
#include "core/app/option-text.h"
#include "manuals/mdoc.h"

#include <ctype.h>
#include <stdlib.h>

#define WIDTH 72

/* A word in running text: what mdoc would take for more is escaped. */
static void put_word(const char *word, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (word[i] == '\\')
			fputs("\\e", stdout);
		else if (word[i] == '-' && (i == 0 || word[i - 1] == '-'))
			fputs("\\-", stdout);
		else if (strchr("'`^~", word[i]) != NULL)
			printf("\\(%s", word[i] == '\''	 ? "aq"
					: word[i] == '`' ? "ga"
					: word[i] == '^' ? "ha"
							 : "ti");
		else
			putchar(word[i]);
	}
}

void mdoc_text(const char *text)
{
	size_t at = 0, n;

	while (*(text += strspn(text, " \n")) != '\0') {
		n = strcspn(text, " \n");
		if (at > 0 && at + 1 + n > WIDTH) {
			putchar('\n');
			at = 0;
		}
		if (at > 0)
			putchar(' ');
		else if (text[0] == '.' || text[0] == '\'')
			fputs("\\&", stdout);
		put_word(text, n);
		at += n + (at > 0);
		text += n;
	}
	putchar('\n');
}

void mdoc_lines(const char *text)
{
	fputs(".Bd -literal\n", stdout);
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		if (text[0] == '.' || text[0] == '\'')
			fputs("\\&", stdout);
		put_word(text, n);
		putchar('\n');
		text += n + (text[n] == '\n');
	}
	fputs(".Ed\n", stdout);
}

/* Blanks inside; "as" where mdoc would see a macro or punctuation. */
void mdoc_quoted(const char *text)
{
	putchar('"');
	if (ispunct((unsigned char)text[0]) ||
	    (isupper((unsigned char)text[0]) && strlen(text) <= 3))
		fputs("\\&", stdout);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputs("\"\"", stdout);
		else
			put_word(text, 1);
	}
	putchar('"');
}

void mdoc_command_options(const struct hyp_cli_group *group)
{
	fputs(".Bl -tag -width Ds\n", stdout);
	for (const struct hyp_cli_option *o = group->options; o->name != NULL;
	     o++) {
		fputs(".It ", stdout);
		if (o->letter != 0)
			printf("Fl %c , ", o->letter);
		printf("Fl Fl %s", o->name);
		if (o->arg != NULL) {
			fputs(" Ar ", stdout);
			mdoc_quoted(o->arg);
		}
		putchar('\n');
		mdoc_text(o->help);
	}
	fputs(".El\n", stdout);
}

void mdoc_options(const struct hyp_option *options, uint32_t stride,
		  uint32_t count)
{
	char text[HYP_OPTION_TEXT_MAX + 2];

	fputs(".Bl -tag -width Ds\n", stdout);
	for (uint32_t i = 0; i < count; i++) {
		const struct hyp_option *o =
			HYP_AT(struct hyp_option, options, stride, i);

		printf(".It Va %s\n", o->name);
		hyp_option_text(o, text);
		mdoc_text(o->help);
		fputs(".br\n", stdout);
		fputs("Type: ", stdout);
		mdoc_text(text);
	}
	fputs(".El\n", stdout);
}

static void put_operands(const char *operands)
{
	char word[64];

	fputs(".Ar", stdout);
	while (*(operands += strspn(operands, " ")) != '\0') {
		size_t n = strcspn(operands, " ");

		snprintf(word, sizeof(word), "%.*s", (int)n, operands);
		operands += n;
		putchar(' ');
		mdoc_quoted(word);
	}
	putchar('\n');
}

static void put_command(const struct hyp_command *c)
{
	printf(".Ss %s\n", c->name);
	printf(".Nm hypersdk\n.Cm %s\n", c->name);
	if (c->groups[0] != NULL)
		fputs(".Op Ar option ...\n", stdout);
	if (c->operands != NULL)
		put_operands(c->operands);
	fputs(".Pp\n", stdout);
	mdoc_text(c->summary);
	if (c->details != NULL)
		mdoc_lines(c->details);
	for (size_t g = 0; g < HYP_CLI_GROUPS && c->groups[g]; g++) {
		printf(".Pp\n%s:\n", c->groups[g]->title);
		mdoc_command_options(c->groups[g]);
	}
}

void mdoc_commands(void)
{
	for (size_t i = 0; hyp_commands[i] != NULL; i++)
		put_command(hyp_commands[i]);
}

void mdoc_exit_codes(void)
{
	fputs(".Bl -tag -width Ds\n", stdout);
	for (size_t i = 0; hyp_exit_meanings[i].meaning != NULL; i++) {
		printf(".It %d\n", hyp_exit_meanings[i].code);
		mdoc_text(hyp_exit_meanings[i].meaning);
	}
	fputs(".El\n", stdout);
}
