/* SPDX-License-Identifier: Apache-2.0 */
/* mdoc(7), as the tables of commands and options need it. */
#ifndef HYP_MANUALS_MDOC_H
#define HYP_MANUALS_MDOC_H

#include "core/app/args.h"
#include <hypersdk/plugin.h>

/* A paragraph, wrapped: nothing in it is taken for a request. */
void mdoc_text(const char *text);
/* Lines as they are, apart from the text. */
void mdoc_lines(const char *text);
/* Words for a macro's line, in quotes. */
void mdoc_quoted(const char *text);

void mdoc_command_options(const struct hyp_cli_group *group);
/* Options of a plugin or settings: .It for each. prefix: as "pipelines.". */
void mdoc_options(const struct hyp_option *options, uint32_t stride,
		  uint32_t count);

/* Sections and their parts, for make-manual.c. */
void mdoc_commands(void);
void mdoc_exit_codes(void);
/* The whole page of a plugin; more: text for it, or NULL. */
int mdoc_plugin(const struct hyp_plugin *plugin, FILE *more);
/* A page's text: what is between two @ is replaced, a line that begins with
 * .\" and a word in capitals is a table. */
int mdoc_template(FILE *in);
/* One line of a text, @words@ replaced. */
void mdoc_line(const char *line);
void mdoc_head(const char *title, const char *section);

#endif
