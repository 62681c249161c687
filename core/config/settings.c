/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/settings.h"
#include "core/config/listen.h"

#include <sys/un.h>

static const char *const levels[] = {"error", "warning", "info", "debug", NULL};

static const char *const auths[] = {"token", "none", NULL};

static const struct hyp_option options[] = {
	HYP_OPT_STRING(struct hyp_settings, state_dir, "state_dir",
		       HYP_STATE_DIR, 0, "directory of what must last"),
	HYP_OPT_ENUM(struct hyp_settings, log_level, "log_level", levels,
		     "info", 0, "the least important messages that are kept"),
	HYP_OPT_LIST(struct hyp_settings, plugin_dirs, "plugin_dirs", 0,
		     "directories of plugins, instead of " HYP_PLUGIN_DIR),
	HYP_OPT_LIST(struct hyp_settings, storage_roots, "storage.roots", 0,
		     "directories that exports may go to"),
	HYP_OPT_BOOL(struct hyp_settings, allow_network_state,
		     "allow_network_state", "false", 0,
		     "whether state_dir and the database may be on NFS, CIFS "
		     "or FUSE"),
	HYP_OPT_STRING(struct hyp_settings, api.listen, "api.listen",
		       "127.0.0.1:8080", 0,
		       "address and port of the REST API, empty for none"),
	HYP_OPT_STRING(struct hyp_settings, api.socket, "api.socket",
		       "/run/hypersdk/api.sock", 0,
		       "Unix socket of the REST API, empty for none"),
	HYP_OPT_ENUM(struct hyp_settings, api.auth, "api.auth", auths, "token",
		     0, "who may ask over TCP; none is for loopback only"),
	HYP_OPT_STRING(struct hyp_settings, api.tls_cert, "api.tls_cert", "", 0,
		       "PEM file with the API's certificate and its chain"),
	HYP_OPT_STRING(struct hyp_settings, api.tls_key, "api.tls_key", "", 0,
		       "PEM file with the certificate's private key"),
	HYP_OPT_LIST(struct hyp_settings, api.hosts, "api.hosts", 0,
		     "names by which clients may call the API, besides "
		     "localhost, its address and the machine's name"),
	HYP_OPT_BOOL(struct hyp_settings, metrics.enabled, "metrics.enabled",
		     "false", 0,
		     "whether metrics have a port of their own, open on "
		     "loopback"),
	HYP_OPT_INTEGER(struct hyp_settings, metrics.port, "metrics.port",
			"9090", 0, 65535, 0, "port of the metrics"),
	HYP_OPT_STRING(struct hyp_settings, metrics.listen, "metrics.listen",
		       "127.0.0.1", 0,
		       "address of the metrics; more than loopback needs TLS "
		       "and a token"),
	HYP_OPT_INTEGER(struct hyp_settings, jobs.max_running,
			"jobs.max_running", "2", 1, 1000, 0, "exports at once"),
	HYP_OPT_INTEGER(struct hyp_settings, jobs.max_per_endpoint,
			"jobs.max_per_endpoint", "0", 0, 1000, 0,
			"exports at once from one vCenter or ESXi, 0 for no "
			"limit of its own"),
	HYP_OPT_INTEGER(struct hyp_settings, jobs.max_per_host,
			"jobs.max_per_host", "0", 0, 1000, 0,
			"exports at once from one host, 0 for no limit of its "
			"own"),
	HYP_OPT_INTEGER(struct hyp_settings, jobs.attempts, "jobs.attempts",
			"5", 1, 100, 0,
			"attempts at a job before it has failed"),
	HYP_OPT_INTEGER(struct hyp_settings, jobs.max_interruptions,
			"jobs.max_interruptions", "10", 1, 1000, 0,
			"times in a row that the daemon may end under a job "
			"before a byte has arrived"),
	HYP_OPT_DURATION(struct hyp_settings, jobs.retry_min, "jobs.retry_min",
			 "30s", 0, "wait before the second attempt; doubles"),
	HYP_OPT_DURATION(struct hyp_settings, jobs.retry_max, "jobs.retry_max",
			 "15m", 0, "longest wait before another attempt"),
	HYP_OPT_DURATION(struct hyp_settings, jobs.breaker, "jobs.breaker",
			 "15m", 0,
			 "pause for an endpoint's user after bad credentials "
			 "twice"),
	HYP_OPT_DURATION(struct hyp_settings, jobs.stop_grace,
			 "jobs.stop_grace", "20s", 0,
			 "time to end for running exports when the daemon "
			 "stops"),
	HYP_OPT_DURATION(struct hyp_settings, jobs.keep_completed,
			 "jobs.keep_completed", "30d", 0,
			 "how long completed and cancelled jobs are kept"),
	HYP_OPT_DURATION(struct hyp_settings, jobs.keep_failed,
			 "jobs.keep_failed", "90d", 0,
			 "how long failed jobs are kept"),
	HYP_OPT_INTEGER(struct hyp_settings, jobs.log_lines, "jobs.log_lines",
			"1000", 10, 100000, 0, "log lines kept of each job"),
};
static const struct hyp_option_table table =
	HYP_OPTION_TABLE(options, struct hyp_settings);

const struct hyp_option_table *hyp_settings_table(void)
{
	return &table;
}

/* One run of hyp_settings_check. */
struct check {
	const struct hyp_settings *settings;
	const struct hyp_values *values;
	struct hyp_problems *problems;
};

/* With the place where the setting was said. */
#define PROBLEM(check, name, fmt, ...)                                         \
	do {                                                                   \
		const struct hyp_value *at_ =                                  \
			hyp_values_get((check)->values, name);                 \
		hyp_problems_add((check)->problems, at_ ? at_->file : NULL,    \
				 at_ ? at_->line : 0, "%s: " fmt, name,        \
				 __VA_ARGS__);                                 \
	} while (0)

static void check_absolute(const struct check *check, const char *name,
			   const char *path)
{
	if (path[0] != '/')
		PROBLEM(check, name, "\"%s\" is not an absolute path", path);
}

static void check_list(const struct check *check, const char *name,
		       const struct hyp_list *paths)
{
	for (uint64_t i = 0; i < paths->count; i++)
		check_absolute(check, name, paths->items[i]);
}

static void check_socket(const struct check *check)
{
	const char *path = check->settings->api.socket;
	size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;

	if (path[0] == '\0')
		return;
	check_absolute(check, "api.socket", path);
	if (strlen(path) > max)
		PROBLEM(check, "api.socket",
			"the path of a socket has at most %zu bytes", max);
}

/* What everybody on the network can reach is neither open nor in clear. */
static void check_listen(const struct check *check)
{
	const struct hyp_api_settings *api = &check->settings->api;
	struct hyp_listen listen;
	struct hyp_error err;

	if (api->listen[0] == '\0')
		return;
	if (hyp_listen_parse(api->listen, &listen, &err) != 0) {
		PROBLEM(check, "api.listen", "%s", err.text);
		return;
	}
	if (listen.loopback)
		return;
	if (api->auth == HYP_AUTH_NONE)
		PROBLEM(check, "api.auth",
			"\"none\" is possible on loopback only, and listen is "
			"\"%s\"",
			api->listen);
	if (api->tls_cert[0] == '\0')
		PROBLEM(check, "api.listen",
			"\"%s\" is more than loopback and needs TLS: give "
			"tls_cert and tls_key",
			api->listen);
}

static void check_metrics(const struct check *check)
{
	const struct hyp_metrics_settings *m = &check->settings->metrics;
	const struct hyp_api_settings *api = &check->settings->api;
	struct hyp_listen listen;
	struct hyp_error err;

	if (!m->enabled)
		return;
	if (hyp_listen_parse_port(m->listen, (uint16_t)m->port, &listen,
				  &err) != 0)
		PROBLEM(check, "metrics.listen", "%s", err.text);
	else if (!listen.loopback &&
		 (api->tls_cert[0] == '\0' || api->auth == HYP_AUTH_NONE))
		PROBLEM(check, "metrics.listen",
			"\"%s\" is more than loopback and needs TLS and "
			"tokens: give api.tls_cert and api.tls_key, and "
			"api.auth \"token\"",
			m->listen);
}

static void check_tls(const struct check *check)
{
	const struct hyp_api_settings *api = &check->settings->api;
	int cert = api->tls_cert[0] != '\0', key = api->tls_key[0] != '\0';

	if (cert)
		check_absolute(check, "api.tls_cert", api->tls_cert);
	if (key)
		check_absolute(check, "api.tls_key", api->tls_key);
	if (cert && !key)
		PROBLEM(check, "api.tls_cert", "%s",
			"goes with tls_key, which is missing");
	if (key && !cert)
		PROBLEM(check, "api.tls_key", "%s",
			"goes with tls_cert, which is missing");
}

static void check_hosts(const struct check *check)
{
	const struct hyp_list *hosts = &check->settings->api.hosts;

	for (uint64_t i = 0; i < hosts->count; i++) {
		const char *host = hosts->items[i];

		if (host[0] == '\0' ||
		    host[strspn(host, "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_:[]")] != '\0')
			PROBLEM(check, "api.hosts",
				"\"%s\" is no host's name: write it without "
				"scheme and path",
				host);
	}
}

static void check_jobs(const struct check *check)
{
	const struct hyp_job_settings *jobs = &check->settings->jobs;

	if (jobs->retry_min > jobs->retry_max)
		PROBLEM(check, "jobs.retry_min", "%s",
			"is longer than retry_max, the longest wait");
}

void hyp_settings_check(const struct hyp_settings *settings,
			const struct hyp_values *values,
			struct hyp_problems *problems)
{
	const struct check check = {settings, values, problems};

	check_absolute(&check, "state_dir", settings->state_dir);
	check_list(&check, "plugin_dirs", &settings->plugin_dirs);
	check_list(&check, "storage.roots", &settings->storage_roots);
	check_socket(&check);
	check_listen(&check);
	check_metrics(&check);
	check_tls(&check);
	check_hosts(&check);
	check_jobs(&check);
}
