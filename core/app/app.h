/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands of hypersdk share: configuration and plugins, loaded when
 * first asked for; cancellation by signals; how errors are told.
 */
#ifndef HYP_APP_APP_H
#define HYP_APP_APP_H

#include "core/app/args.h"
#include "core/app/exit-code.h"
#include "core/config/config.h"
#include "core/plugin/host-table.h"
#include "core/plugin/registry.h"

struct hyp_app {
	const struct hyp_args *args;
	struct hyp_config *config;     /* by hyp_app_config */
	struct hyp_registry *registry; /* by hyp_app_registry */
	struct hyp_cancel *cancel;     /* set by SIGINT, SIGTERM, SIGHUP */
	char self[4096];	       /* path of the running program */
};

/* The configuration: --config, else the installed one, then --set. NULL: every
 * problem was printed, the command returns HYP_EXIT_USAGE. */
const struct hyp_config *hyp_app_config(struct hyp_app *app);

/* --set KEY=VALUE, every one of them. */
int32_t hyp_app_overrides(const struct hyp_args *args, struct hyp_values *out,
			  struct hyp_error *err);

/* The plugins of --plugin-dir, else of HYPERSDK_PLUGIN_DIR, else of the
 * settings, else the installed ones. NULL as above. */
struct hyp_registry *hyp_app_registry(struct hyp_app *app);

/* Print "hypersdk: text (kind)" on stderr; returns the exit code for it. */
int hyp_app_fail(const struct hyp_error *err);
/* The error for what was printed already: hyp_app_fail adds nothing. */
int32_t hyp_app_told(struct hyp_error *err);
/* Print every problem, one line each; returns HYP_EXIT_USAGE. */
int hyp_app_problems(const struct hyp_problems *problems);

/* The commands, each in cmd-NAME.c. */
extern const struct hyp_command hyp_cmd_vms_list, hyp_cmd_vms_show;
extern const struct hyp_command hyp_cmd_export;
extern const struct hyp_command hyp_cmd_ova_create, hyp_cmd_ova_extract;
extern const struct hyp_command hyp_cmd_ova_show, hyp_cmd_ova_validate;
extern const struct hyp_command hyp_cmd_plugins_list, hyp_cmd_plugins_show;
extern const struct hyp_command hyp_cmd_plugins_reload, hyp_cmd_plugin_test;
extern const struct hyp_command hyp_cmd_config_check;
extern const struct hyp_command hyp_cmd_jobs_submit, hyp_cmd_jobs_list;
extern const struct hyp_command hyp_cmd_jobs_show, hyp_cmd_jobs_watch;
extern const struct hyp_command hyp_cmd_jobs_cancel, hyp_cmd_jobs_retry;
extern const struct hyp_command hyp_cmd_jobs_logs, hyp_cmd_jobs_history;
extern const struct hyp_command hyp_cmd_jobs_stats, hyp_cmd_jobs_delete;
extern const struct hyp_command hyp_cmd_status, hyp_cmd_top;
extern const struct hyp_command hyp_cmd_schedules_list, hyp_cmd_schedules_show;
extern const struct hyp_command hyp_cmd_schedules_create;
extern const struct hyp_command hyp_cmd_schedules_update;
extern const struct hyp_command hyp_cmd_schedules_enable;
extern const struct hyp_command hyp_cmd_schedules_disable;
extern const struct hyp_command hyp_cmd_schedules_trigger;
extern const struct hyp_command hyp_cmd_schedules_history;
extern const struct hyp_command hyp_cmd_schedules_delete;
extern const struct hyp_command hyp_cmd_token_create, hyp_cmd_token_list;
extern const struct hyp_command hyp_cmd_token_revoke;
extern const struct hyp_command hyp_cmd_webhooks_list, hyp_cmd_webhooks_show;
extern const struct hyp_command hyp_cmd_webhooks_add;
extern const struct hyp_command hyp_cmd_webhooks_remove, hyp_cmd_webhooks_test;
extern const struct hyp_command hyp_cmd_webhooks_deliveries;
extern const struct hyp_command hyp_cmd_webhooks_replay;
extern const struct hyp_command hyp_cmd_webhooks_update;
extern const struct hyp_command hyp_cmd_webhooks_enable;
extern const struct hyp_command hyp_cmd_webhooks_disable;
extern const struct hyp_command hyp_cmd_cron_next;
extern const struct hyp_command hyp_cmd_db_backup, hyp_cmd_db_check;
extern const struct hyp_command hyp_cmd_completion;
extern const struct hyp_command hyp_cmd_help;

#endif
