/* SPDX-License-Identifier: Apache-2.0 */
/* hypersdk: the command. */
#include "core/app/app.h"
#include "core/app/signals.h"
#include "core/app/streams.h"
#include "core/base/log.h"
#include "core/base/text.h"

#include "config.h"

#include <errno.h>
#include <locale.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const levels[] = {"error", "warning", "info", "debug"};

/* The settings' level is the daemon's; a person at a terminal asks. */
static int32_t set_log_level(const struct hyp_args *args, struct hyp_error *err)
{
	const char *level = hyp_args_get(args, "log-level");

	if (level == NULL)
		level = "warning";
	for (uint32_t i = 0; i < 4; i++)
		if (strcmp(level, levels[i]) == 0) {
			hyp_log_set_level(HYP_LOG_ERROR + i);
			return 0;
		}
	return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
			     "--log-level %s: give error, warning, info or "
			     "debug",
			     level);
}

static int32_t find_self(struct hyp_app *app, struct hyp_error *err)
{
	ssize_t n =
		readlink("/proc/self/exe", app->self, sizeof(app->self) - 1);

	if (n < 0)
		return hyp_error_set(err, HYP_E_PERMANENT, "io_error", errno,
				     "/proc/self/exe: %s; is /proc mounted?",
				     strerror(errno));
	app->self[n] = '\0';
	return 0;
}

static int run(struct hyp_app *app)
{
	struct hyp_error err;
	int code;

	if (set_log_level(app->args, &err) != 0 || find_self(app, &err) != 0 ||
	    hyp_cancel_new(&app->cancel, &err) != 0)
		return hyp_app_fail(&err);
	hyp_signals_watch(app->cancel);
	code = app->args->command->run(app, app->args);
	hyp_registry_free(app->registry);
	hyp_config_free(app->config);
	return code;
}

static int usage_error(const struct hyp_args *args, const struct hyp_error *err)
{
	hyp_app_fail(err);
	fprintf(stderr, "Try \"hypersdk %s%s--help\".\n",
		args->command ? args->command->name : "",
		args->command ? " " : "");
	return HYP_EXIT_USAGE;
}

static int dispatch(int argc, char **argv, struct hyp_args *args)
{
	struct hyp_app app = {.args = args};
	struct hyp_error err;

	if (hyp_args_parse(argc, argv, args, &err) != 0)
		return usage_error(args, &err);
	if (hyp_args_has(args, "version")) {
		puts("hypersdk " PACKAGE_VERSION);
		return HYP_EXIT_DONE;
	}
	if (hyp_args_has(args, "help")) {
		hyp_help_print(args->command, args->topic);
		return HYP_EXIT_DONE;
	}
	if (args->command == NULL) {
		hyp_error_set(&err, HYP_E_USAGE, "usage", 0,
			      "which command? vms list, export, ...");
		return usage_error(args, &err);
	}
	return run(&app);
}

/* What was printed must have arrived; a reader that left early knows. */
static int flush_output(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (errno != EPIPE)
		fprintf(stderr, "hypersdk: writing to standard output: %s\n",
			strerror(errno));
	return code == HYP_EXIT_DONE ? HYP_EXIT_FAILED : code;
}

#define FILES 4096

/* A package may have 1,024 files, which are open at once; many systems allow
 * a process no more than that unless it asks. */
static void allow_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= FILES)
		return;
	limit.rlim_cur = limit.rlim_max < FILES ? limit.rlim_max : FILES;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	struct hyp_args args;
	int code;

	hyp_streams_hold();
	/* The loader starts this in a child to try a plugin. */
	if (argc == 3 && strcmp(argv[1], "--probe-plugin") == 0)
		return hyp_probe_main(argv[2]);
	setlocale(LC_CTYPE, "");
	umask(077);
	hyp_signals_ignore();
	allow_files();
	code = dispatch(argc, argv, &args);
	hyp_args_fini(&args);
	return flush_output(code);
}
