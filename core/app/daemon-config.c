/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/daemon.h"
#include "core/app/plugin-dirs.h"
#include "core/base/log.h"
#include "core/engine/schedule.h"
#include "core/plugin/check-config.h"

static void log_problems(const char *prefix,
			 const struct hyp_problems *problems)
{
	char line[HYP_ERROR_TEXT_MAX + 4096];

	for (size_t i = 0; i < problems->count; i++) {
		hyp_problem_format(&problems->at[i], line, sizeof(line));
		hyp_log(HYP_LOG_ERROR, "", "config", "%s%s", prefix, line);
	}
	if (problems->lost)
		hyp_log(HYP_LOG_ERROR, "", "config",
			"%sthere is more wrong, and no memory to say what",
			prefix);
}

/* What can be said without plugins, then what only they can say. */
static int32_t check(struct hyp_daemon *daemon, struct hyp_config *config,
		     struct hyp_problems *problems)
{
	struct hyp_error err;

	if (daemon->registry == NULL &&
	    hyp_plugin_dirs_open(daemon->options.plugin_dir, config,
				 daemon->self, &daemon->registry, &err) != 0) {
		hyp_problems_add(problems, NULL, 0, "%s", err.text);
		return HYP_E_USAGE;
	}
	return hyp_config_check(config, daemon->registry,
				HYP_OPTIONS_CHECK_ONLY, problems) |
	       hyp_schedules_check(config, problems);
}

static int32_t load(struct hyp_daemon *daemon, const char *prefix,
		    struct hyp_config **out)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	struct hyp_config *config = NULL;
	int32_t rc;

	rc = hyp_config_read(daemon->options.config, &daemon->options.overrides,
			     &config, &problems);
	if (config != NULL && check(daemon, config, &problems) != 0)
		rc = HYP_E_USAGE;
	log_problems(prefix, &problems);
	hyp_problems_fini(&problems);
	if (rc == 0)
		*out = config;
	else
		hyp_config_free(config);
	return rc;
}

static void set_log_level(const struct hyp_config *config)
{
	hyp_log_set_level(HYP_LOG_ERROR + config->settings->log_level);
}

int32_t hyp_daemon_config(struct hyp_daemon *daemon, struct hyp_config **out)
{
	int32_t rc = load(daemon, "", out);

	if (rc == 0)
		set_log_level(*out);
	return rc;
}

/* Sockets are opened once. */
static void warn_of_sockets(const struct hyp_config *before,
			    const struct hyp_config *after)
{
	const struct hyp_api_settings *a = &before->settings->api;
	const struct hyp_api_settings *b = &after->settings->api;
	const struct hyp_metrics_settings *m = &before->settings->metrics;
	const struct hyp_metrics_settings *n = &after->settings->metrics;

	if (strcmp(a->listen, b->listen) != 0 ||
	    strcmp(a->socket, b->socket) != 0 ||
	    strcmp(a->tls_cert, b->tls_cert) != 0 ||
	    strcmp(a->tls_key, b->tls_key) != 0)
		hyp_log(HYP_LOG_WARNING, "", "config",
			"reload: the API stays where it is: listen, socket, "
			"tls_cert and tls_key of \"api\" take effect when "
			"hypersdkd is restarted");
	if (m->enabled != n->enabled || m->port != n->port ||
	    strcmp(m->listen, n->listen) != 0)
		hyp_log(HYP_LOG_WARNING, "", "config",
			"reload: the metrics stay where they are: \"metrics\" "
			"takes effect when hypersdkd is restarted");
}

void hyp_daemon_reload(struct hyp_daemon *daemon)
{
	const struct hyp_config *before, *after;
	struct hyp_config *config;
	struct hyp_error err;

	if (load(daemon, "reload: ", &config) != 0) {
		hyp_log(HYP_LOG_ERROR, "", "config",
			"reload: the settings stay as they were");
		return;
	}
	before = hyp_engine_config_get(daemon->engine);
	if (hyp_engine_reload(daemon->engine, config, &err) != 0) {
		hyp_log(HYP_LOG_ERROR, "", "config",
			"reload: %s; the settings stay as they were (%s)",
			err.text, err.kind);
		hyp_config_free(config);
	} else {
		after = hyp_engine_config_get(daemon->engine);
		warn_of_sockets(before, after);
		set_log_level(after);
		hyp_engine_config_put(daemon->engine, after);
		hyp_log(HYP_LOG_INFO, "", "config", "reload: done");
	}
	hyp_engine_config_put(daemon->engine, before);
}
