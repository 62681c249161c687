/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/app.h"
#include "core/app/completion.h"

#include <string.h>

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	static const struct {
		const char *shell;
		void (*print)(void);
	} shells[] = {
		{"bash", hyp_completion_bash},
		{"zsh", hyp_completion_zsh},
		{"fish", hyp_completion_fish},
	};
	const char *shell = args->operands[0];
	struct hyp_error err;

	(void)app;
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(shells[i].shell, shell) == 0) {
			shells[i].print();
			return HYP_EXIT_DONE;
		}
	hyp_error_set(&err, HYP_E_USAGE, "usage", 0,
		      "completion %s: give bash, zsh or fish", shell);
	return hyp_app_fail(&err);
}

const struct hyp_command hyp_cmd_completion = {
	.name = "completion",
	.operands = "SHELL",
	.summary = "Prints what completes these commands in bash, zsh or fish",
	.details = "Packages install it. By hand, in ~/.bashrc:\n"
		   "    . <(hypersdk completion bash)",
	.min = 1,
	.max = 1,
	.run = run,
};
