/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/daemon.h"
#include "core/base/log.h"
#include "core/lib/opening.h"

static int32_t load(struct hyp_daemon *daemon, const char *prefix,
		    struct hyp_config **out)
{
	const struct hyp_opening opening = {
		.config = daemon->options.config,
		.overrides = &daemon->options.overrides,
		.plugin_dir = daemon->options.plugin_dir,
		.prober = daemon->self,
	};
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	int32_t rc =
		hyp_opening_config(&opening, &daemon->registry, out, &problems);

	hyp_opening_log(prefix, &problems);
	hyp_problems_fini(&problems);
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

static int same_list(const struct hyp_list *a, const struct hyp_list *b)
{
	for (uint64_t i = 0; i < a->count && i < b->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return 0;
	return a->count == b->count;
}

/* What is made once. */
static void warn_of_restart(const struct hyp_config *before,
			    const struct hyp_config *after)
{
	const struct hyp_api_settings *a = &before->settings->api;
	const struct hyp_api_settings *b = &after->settings->api;
	const struct hyp_metrics_settings *m = &before->settings->metrics;
	const struct hyp_metrics_settings *n = &after->settings->metrics;

	if (strcmp(a->listen, b->listen) != 0 ||
	    strcmp(a->socket, b->socket) != 0 ||
	    strcmp(a->tls_cert, b->tls_cert) != 0 ||
	    strcmp(a->tls_key, b->tls_key) != 0 || a->auth != b->auth ||
	    !same_list(&a->hosts, &b->hosts))
		hyp_log(HYP_LOG_WARNING, "", "config",
			"reload: the API stays as it is: listen, socket, auth, "
			"tls_cert, tls_key and hosts of \"api\" take effect "
			"when hypersdkd is restarted");
	if (m->enabled != n->enabled || m->port != n->port ||
	    strcmp(m->listen, n->listen) != 0)
		hyp_log(HYP_LOG_WARNING, "", "config",
			"reload: the metrics stay where they are: \"metrics\" "
			"takes effect when hypersdkd is restarted");
	if (!same_list(&before->settings->plugin_dirs,
		       &after->settings->plugin_dirs))
		hyp_log(HYP_LOG_WARNING, "", "config",
			"reload: plugins come from where they did: "
			"\"plugin_dirs\" takes effect when hypersdkd is "
			"restarted");
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
		warn_of_restart(before, after);
		set_log_level(after);
		hyp_engine_config_put(daemon->engine, after);
		hyp_log(HYP_LOG_INFO, "", "config", "reload: done");
	}
	hyp_engine_config_put(daemon->engine, before);
}
