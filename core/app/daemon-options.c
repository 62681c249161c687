/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/daemon.h"
#include "core/lib/opening.h"
#include "core/app/daemon-log.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"

#include "config.h"

#include <getopt.h>

static const char help[] =
	"Usage: hypersdkd [OPTION]...\n"
	"Exports virtual machines, as jobs that its REST API takes.\n"
	"\n"
	"  -c, --config FILE       configuration to read instead of\n"
	"                          " HYP_CONF_DIR "/hypersdk.conf; the files\n"
	"                          of conf.d beside it follow\n"
	"  -o, --set KEY=VALUE     overrides a setting of the configuration\n"
	"      --state-dir DIR     as --set state_dir=DIR\n"
	"      --plugin-dir DIR    folder of plugins instead of\n"
	"                          HYPERSDK_PLUGIN_DIR, the configured and\n"
	"                          the installed one\n"
	"      --log-format FORMAT text, json or journal (default: journal\n"
	"                          where stderr is the journal, else text)\n"
	"      --check             only says what is wrong in the\n"
	"                          configuration\n"
	"  -h, --help              shows this and exits\n"
	"      --version           shows the version and exits\n"
	"\n"
	"It stays in the foreground, logs to stderr and tells systemd how it\n"
	"is. SIGTERM stops it: running exports get jobs.stop_grace to end, "
	"then\n"
	"are queued again; a second SIGTERM ends that wait. SIGHUP reads the\n"
	"configuration again. It needs no privileges: an ordinary user that "
	"owns\n"
	"state_dir and may write to storage.roots is enough.\n"
	"\n"
	"Exit codes: 0 stopped as asked, 1 failed, 2 configuration, 3 "
	"database,\n"
	"4 another hypersdkd has state_dir or the database,\n"
	"5 address in use or no permission.\n";

enum {
	OPT_STATE_DIR = 256,
	OPT_PLUGIN_DIR,
	OPT_LOG_FORMAT,
	OPT_CHECK,
	OPT_VERSION
};

static const struct option longs[] = {
	{"config", required_argument, NULL, 'c'},
	{"set", required_argument, NULL, 'o'},
	{"state-dir", required_argument, NULL, OPT_STATE_DIR},
	{"plugin-dir", required_argument, NULL, OPT_PLUGIN_DIR},
	{"log-format", required_argument, NULL, OPT_LOG_FORMAT},
	{"check", no_argument, NULL, OPT_CHECK},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

/* The daemon leaves its folder, and reads its files again later. */
static int32_t absolute(const char *path, char **out, struct hyp_error *err)
{
	HYP_AUTO_FREE char *cwd = NULL;

	free(*out);
	*out = NULL;
	if (path[0] == '/')
		return hyp_strdup(path, out, err);
	cwd = getcwd(NULL, 0);
	if (cwd == NULL)
		return hyp_error_set(err, HYP_E_PERMANENT, "io_error", errno,
				     "current folder: %s", strerror(errno));
	return hyp_asprintf(out, err, "%s/%s", cwd, path);
}

static int32_t set_state_dir(struct hyp_values *values, const char *path,
			     struct hyp_error *err)
{
	HYP_AUTO_FREE char *whole = NULL;

	if (absolute(path, &whole, err) != 0)
		return err->code;
	return hyp_values_set(values, "state_dir", HYP_VALUE_TEXT, whole,
			      "command line", 0, err);
}

static int32_t set_format(uint32_t *out, const char *name,
			  struct hyp_error *err)
{
	if (strcmp(name, "text") == 0)
		*out = HYP_LOG_FORMAT_TEXT;
	else if (strcmp(name, "json") == 0)
		*out = HYP_LOG_FORMAT_JSON;
	else if (strcmp(name, "journal") == 0)
		*out = HYP_LOG_FORMAT_JOURNAL;
	else
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--log-format %s: give text, json or "
				     "journal",
				     name);
	return 0;
}

/* 1: the process has said all it was asked for. */
static int32_t take(int c, struct hyp_daemon_options *out,
		    struct hyp_error *err)
{
	switch (c) {
	case 'c':
		return absolute(optarg, &out->config, err);
	case 'o':
		return hyp_override(&out->overrides, optarg, err);
	case OPT_STATE_DIR:
		return set_state_dir(&out->overrides, optarg, err);
	case OPT_PLUGIN_DIR:
		return absolute(optarg, &out->plugin_dir, err);
	case OPT_LOG_FORMAT:
		return set_format(&out->log_format, optarg, err);
	case OPT_CHECK:
		out->check = 1;
		return 0;
	case 'h':
		fputs(help, stdout);
		return 1;
	case OPT_VERSION:
		puts("hypersdkd " PACKAGE_VERSION);
		return 1;
	default: /* getopt has said what is wrong */
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0, "%s", "");
	}
}

static int32_t read_all(int argc, char **argv, struct hyp_daemon_options *out,
			struct hyp_error *err)
{
	int32_t rc = 0;
	int c;

	while (rc == 0 &&
	       (c = getopt_long(argc, argv, "c:o:h", longs, NULL)) != -1)
		rc = take(c, out, err);
	if (rc == 0 && optind < argc)
		rc = hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				   "%s: hypersdkd takes options only",
				   argv[optind]);
	return rc;
}

int hyp_daemon_options_read(int argc, char **argv,
			    struct hyp_daemon_options *out, int *code)
{
	struct hyp_error err;
	int32_t rc;

	memset(out, 0, sizeof(*out));
	out->log_format = hyp_daemon_log_format();
	rc = read_all(argc, argv, out, &err);
	if (rc == 0)
		return 0;
	if (rc == 1) {
		*code = fflush(stdout) == 0 ? HYP_DAEMON_DONE
					    : HYP_DAEMON_FAILED;
	} else {
		if (err.text[0] != '\0')
			fprintf(stderr, "hypersdkd: %s\n", err.text);
		fputs("Try \"hypersdkd --help\".\n", stderr);
		*code = hyp_daemon_exit_code(&err);
	}
	hyp_daemon_options_fini(out);
	return -1;
}

void hyp_daemon_options_fini(struct hyp_daemon_options *options)
{
	free(options->config);
	free(options->plugin_dir);
	hyp_values_fini(&options->overrides);
	memset(options, 0, sizeof(*options));
}
