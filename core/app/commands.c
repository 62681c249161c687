/* SPDX-License-Identifier: Apache-2.0 */
/* The command table: a new command is one line here and its cmd-NAME.c. */
#include "core/app/app.h"

/* clang-format off: one line each */
const struct hyp_command *const hyp_commands[] = {
	&hyp_cmd_vms_list,
	&hyp_cmd_vms_show,
	&hyp_cmd_export,
	&hyp_cmd_ova_create,
	&hyp_cmd_ova_extract,
	&hyp_cmd_ova_show,
	&hyp_cmd_ova_validate,
	&hyp_cmd_plugins_list,
	&hyp_cmd_plugins_show,
	&hyp_cmd_plugins_reload,
	&hyp_cmd_plugin_test,
	&hyp_cmd_config_check,
	&hyp_cmd_jobs_submit,
	&hyp_cmd_jobs_list,
	&hyp_cmd_jobs_show,
	&hyp_cmd_jobs_watch,
	&hyp_cmd_jobs_cancel,
	&hyp_cmd_jobs_retry,
	&hyp_cmd_jobs_logs,
	&hyp_cmd_jobs_history,
	&hyp_cmd_jobs_stats,
	&hyp_cmd_jobs_delete,
	&hyp_cmd_schedules_list,
	&hyp_cmd_schedules_show,
	&hyp_cmd_schedules_create,
	&hyp_cmd_schedules_update,
	&hyp_cmd_schedules_enable,
	&hyp_cmd_schedules_disable,
	&hyp_cmd_schedules_trigger,
	&hyp_cmd_schedules_history,
	&hyp_cmd_schedules_delete,
	&hyp_cmd_status,
	&hyp_cmd_top,
	&hyp_cmd_token_create,
	&hyp_cmd_token_list,
	&hyp_cmd_token_revoke,
	&hyp_cmd_webhooks_list,
	&hyp_cmd_webhooks_show,
	&hyp_cmd_webhooks_add,
	&hyp_cmd_webhooks_update,
	&hyp_cmd_webhooks_enable,
	&hyp_cmd_webhooks_disable,
	&hyp_cmd_webhooks_remove,
	&hyp_cmd_webhooks_test,
	&hyp_cmd_webhooks_deliveries,
	&hyp_cmd_webhooks_replay,
	&hyp_cmd_cron_next,
	&hyp_cmd_db_backup,
	&hyp_cmd_db_check,
	&hyp_cmd_completion,
	&hyp_cmd_help,
	NULL,
};
/* clang-format on */

static const struct hyp_cli_option global_options[] = {
	{"config", 'c', "FILE",
	 "configuration to read instead of " HYP_CONF_DIR "/hypersdk.conf; "
	 "the files of conf.d beside it follow"},
	{"plugin-dir", 0, "DIR",
	 "folder of plugins (KIND/NAME.so) instead of HYPERSDK_PLUGIN_DIR, "
	 "the configured and the installed one"},
	{"set", 'o', "KEY=VALUE", "overrides a setting of the configuration"},
	{"log-level", 0, "LEVEL",
	 "what is logged to stderr: error, warning, info or debug"},
	{"help", 'h', NULL, "shows this and exits"},
	{"version", 0, NULL, "shows the version and exits"},
	{NULL, 0, NULL, NULL},
};

const struct hyp_cli_group hyp_global_options = {"Common options",
						 global_options};

static int run_help(struct hyp_app *app, const struct hyp_args *args)
{
	char name[64] = "";
	struct hyp_error err;

	(void)app;
	for (size_t i = 0; i < args->operand_count; i++)
		snprintf(name + strlen(name), sizeof(name) - strlen(name),
			 "%s%s", i ? " " : "", args->operands[i]);
	for (size_t i = 0; hyp_commands[i] != NULL; i++)
		if (strcmp(name, hyp_commands[i]->name) == 0) {
			hyp_help_print(hyp_commands[i], NULL);
			return HYP_EXIT_DONE;
		}
	if (hyp_help_is_topic(name)) {
		hyp_help_print(NULL, name);
		return HYP_EXIT_DONE;
	}
	if (args->operand_count > 0) {
		hyp_error_set(&err, HYP_E_USAGE, "usage", 0,
			      "there is no command \"%s\": see hypersdk --help",
			      name);
		return hyp_app_fail(&err);
	}
	hyp_help_print(NULL, NULL);
	return HYP_EXIT_DONE;
}

const struct hyp_command hyp_cmd_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.summary = "Shows what the commands do",
	.max = 2,
	.run = run_help,
};
