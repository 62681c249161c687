/* SPDX-License-Identifier: Apache-2.0 */
/* Completion scripts for shells, from the command table. */
#ifndef HYP_APP_COMPLETION_H
#define HYP_APP_COMPLETION_H

#include "core/app/args.h"

#define HYP_COMPLETES_MAX 128

/*
 * What an option's value or an operand is completed with, from what help calls
 * it: "@file", "@dir", "@plugin" (KIND/NAME), "@plugin:KIND" (NAME),
 * "@command",
 * "@none", or the words themselves as in "ova|ovf".
 */
void hyp_completes_value(const struct hyp_cli_option *option, char *out);
/* All operands of a command, one word for each; the last stands for what
 * follows it too. Empty if it has none. */
void hyp_completes_operands(const struct hyp_command *command, char *out,
			    size_t max);

/* print for each group of options: the global ones with command "", then each
 * command's. */
void hyp_print_groups(void (*print)(const char *command,
				    const struct hyp_cli_group *group));

/* Print text in single quotes; quote stands for one within (shells differ). */
void hyp_print_quoted(const char *text, const char *quote);

/* Print prefix and all kinds of plugin as one word in single quotes. */
void hyp_print_kinds(const char *prefix);

/* The whole script, on standard output. */
void hyp_completion_bash(void);
void hyp_completion_zsh(void);
void hyp_completion_fish(void);

#endif
