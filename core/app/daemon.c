/* SPDX-License-Identifier: Apache-2.0 */
/* hypersdkd: from the first line of the log to the last. */
#include "core/app/daemon.h"
#include "core/app/daemon-log.h"
#include "core/app/streams.h"
#include "core/base/log.h"
#include "core/config/govc.h"

#include "config.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

int hyp_daemon_exit_code(const struct hyp_error *err)
{
	static const struct {
		const char *kind;
		int code;
	} kinds[] = {
		{"already_running", HYP_DAEMON_RUNNING},
		{"unsafe_state_dir", HYP_DAEMON_CONFIG},
		{"network_state_dir", HYP_DAEMON_CONFIG},
		{"address_in_use", HYP_DAEMON_BIND},
		{"no_permission", HYP_DAEMON_BIND},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(err->kind, kinds[i].kind) == 0)
			return kinds[i].code;
	if (strncmp(err->kind, "db_", 3) == 0)
		return HYP_DAEMON_DATABASE;
	return err->code == HYP_E_USAGE ? HYP_DAEMON_CONFIG : HYP_DAEMON_FAILED;
}

static int fail(const struct hyp_error *err)
{
	hyp_log(HYP_LOG_ERROR, "", "daemon", "%s (%s)", err->text, err->kind);
	return hyp_daemon_exit_code(err);
}

static int find_self(struct hyp_daemon *daemon)
{
	ssize_t n = readlink("/proc/self/exe", daemon->self,
			     sizeof(daemon->self) - 1);

	if (n > 0) {
		daemon->self[n] = '\0';
		return HYP_DAEMON_DONE;
	}
	hyp_log(HYP_LOG_ERROR, "", "daemon",
		"/proc/self/exe: %s; is /proc "
		"mounted?",
		strerror(errno));
	return HYP_DAEMON_FAILED;
}

/* What systemd has opened for us; NULL and 0 if nothing. */
static int *handed_sockets(size_t *count)
{
	int n = sd_listen_fds(1), *fds = NULL;

	*count = 0;
	if (n > 0)
		fds = calloc((size_t)n, sizeof(*fds));
	for (int i = 0; fds != NULL && i < n; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) > 0) {
			fds[(*count)++] = fd;
			continue;
		}
		hyp_log(HYP_LOG_WARNING, "", "daemon",
			"descriptor %d of the service manager is no listening "
			"stream socket, and not used",
			fd);
		close(fd);
	}
	return fds;
}

static int32_t open_engine(struct hyp_daemon *daemon, struct hyp_config *config,
			   struct hyp_error *err)
{
	struct hyp_engine *engine;
	int32_t rc;

	rc = hyp_engine_open(config, daemon->registry, &engine, err);
	if (rc != 0) {
		hyp_config_free(config);
		return rc;
	}
	pthread_mutex_lock(&daemon->lock);
	daemon->engine = engine;
	pthread_mutex_unlock(&daemon->lock);
	return 0;
}

static int32_t start_api(struct hyp_daemon *daemon, struct hyp_error *err)
{
	size_t count;
	int *fds = handed_sockets(&count);
	int32_t rc =
		hyp_api_start(daemon->engine, fds, count, &daemon->api, err);

	free(fds);
	return rc;
}

/* Health answers before recovery begins; a signal to stop ends the start. */
static int32_t start(struct hyp_daemon *daemon, struct hyp_config *config,
		     struct hyp_error *err)
{
	if (open_engine(daemon, config, err) != 0)
		return err->code;
	if (hyp_daemon_keeper_stops(daemon))
		return 0;
	if (start_api(daemon, err) != 0)
		return err->code;
	if (hyp_daemon_keeper_stops(daemon))
		return 0;
	if (hyp_engine_start(daemon->engine, err) != 0)
		return err->code;
	hyp_daemon_keeper_ready(daemon);
	if (hyp_api_port(daemon->api) != 0)
		hyp_log(HYP_LOG_INFO, "", "daemon", "ready, port %u",
			hyp_api_port(daemon->api));
	else
		hyp_log(HYP_LOG_INFO, "", "daemon", "ready");
	if (hyp_api_metrics_port(daemon->api) != 0)
		hyp_log(HYP_LOG_INFO, "", "daemon", "metrics on port %u",
			hyp_api_metrics_port(daemon->api));
	return 0;
}

static void stop(struct hyp_daemon *daemon)
{
	if (daemon->engine != NULL)
		hyp_engine_stop(daemon->engine);
	hyp_api_stop(daemon->api);
	hyp_daemon_keeper_end(daemon);
	hyp_engine_close(daemon->engine);
}

static int serve(struct hyp_daemon *daemon, struct hyp_config *config)
{
	struct hyp_error err;
	int code;

	hyp_log(HYP_LOG_INFO, "", "daemon",
		"hypersdkd " PACKAGE_VERSION " starts in %s",
		config->settings->state_dir);
	if (hyp_daemon_keeper_start(daemon, &err) != 0) {
		hyp_config_free(config);
		return fail(&err);
	}
	if (start(daemon, config, &err) == 0) {
		hyp_daemon_keeper_wait(daemon);
		code = daemon->exit_code;
	} else {
		code = fail(&err);
		hyp_daemon_keeper_failed(daemon, code);
	}
	stop(daemon);
	if (code == HYP_DAEMON_DONE)
		code = daemon->exit_code;
	hyp_log(HYP_LOG_INFO, "", "daemon", "stopped");
	return code;
}

static int run(struct hyp_daemon *daemon)
{
	struct hyp_config *config;
	struct hyp_error err;
	int code = find_self(daemon);

	if (code != HYP_DAEMON_DONE)
		return code;
	if (hyp_govc_prepare(&err) != 0)
		return fail(&err);
	if (hyp_daemon_config(daemon, &config) != 0)
		return HYP_DAEMON_CONFIG;
	if (!daemon->options.check)
		return serve(daemon, config);
	hyp_config_free(config);
	return HYP_DAEMON_DONE;
}

int main(int argc, char **argv)
{
	struct hyp_daemon daemon = {.exit_code = HYP_DAEMON_DONE};
	struct hyp_error err;
	int code;

	hyp_streams_hold();
	/* The loader starts this in a child to try a plugin. */
	if (argc == 3 && strcmp(argv[1], "--probe-plugin") == 0)
		return hyp_probe_main(argv[2]);
	hyp_daemon_process_reaper();
	hyp_daemon_process_init();
	setlocale(LC_CTYPE, "");
	if (hyp_daemon_options_read(argc, argv, &daemon.options, &code) != 0)
		return code;
	if (hyp_daemon_log_open(daemon.options.log_format, &err) != 0)
		return fail(&err);
	/* What is not named absolutely has been read: nothing keeps a folder
	 * from being unmounted. */
	if (chdir("/") != 0)
		hyp_log(HYP_LOG_WARNING, "", "daemon", "/: %s",
			strerror(errno));
	code = run(&daemon);
	hyp_registry_free(daemon.registry);
	hyp_daemon_options_fini(&daemon.options);
	hyp_daemon_log_close();
	return code;
}
