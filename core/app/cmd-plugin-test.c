/* SPDX-License-Identifier: Apache-2.0 */
/* plugin-test: the contract suite of a kind, run on one file. */
#include "core/app/app.h"
#include "core/app/work-folder.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"

#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define OBJECT_MAX (64u << 20)
#define SETTINGS_MAX (1u << 20)

extern char **environ;

static const struct hyp_cli_option options[] = {
	{"settings", 's', "FILE",
	 "configuration whose pipelines are for the suite; \"plain\" must be "
	 "among them, @ROOT@ in it is an empty folder (default: a pipeline "
	 "\"plain\" of the plugin without options)"},
	{"suites", 0, "DIR", "folder of the suites, instead of the installed"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

struct test {
	const struct hyp_args *args;
	const char *kind, *path;
	char name[64]; /* of the plugin: of its file, without ".so" */
	struct hyp_work_folder work;
	char *suite, *settings, *root;
};

static int32_t read_operands(struct test *t, struct hyp_error *err)
{
	const char *base, *so;

	t->kind = t->args->operands[0];
	t->path = t->args->operands[1];
	base = strrchr(t->path, '/');
	base = base != NULL ? base + 1 : t->path;
	so = strstr(base, ".so");
	if (hyp_kind_by_name(t->kind) == 0)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "%s is no kind of plugin: see hypersdk "
				     "plugins list",
				     t->kind);
	if (so == NULL || so == base || so[3] != '\0' ||
	    (size_t)(so - base) >= sizeof(t->name))
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "%s: a plugin's file is called NAME.so",
				     t->path);
	snprintf(t->name, sizeof(t->name), "%.*s", (int)(so - base), base);
	return 0;
}

static int32_t find_suite(struct test *t, struct hyp_error *err)
{
	const char *dir = hyp_args_get(t->args, "suites");

	if (hyp_asprintf(&t->suite, err, "%s/contract-%s",
			 dir != NULL ? dir : HYP_LIBEXEC_DIR, t->kind) != 0)
		return err->code;
	if (access(t->suite, X_OK) == 0)
		return 0;
	return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", errno,
			     "%s: %s; the suites are in the package "
			     "hypersdk-dev (hypersdk-devel)",
			     t->suite, strerror(errno));
}

/* Where the loader looks for it, and belonging to who runs this. */
static int32_t copy_plugin(struct test *t, struct hyp_error *err)
{
	HYP_AUTO_FREE char *bytes = NULL, *to = NULL;
	size_t n;

	if (hyp_file_read_small(t->path, OBJECT_MAX, &bytes, &n, err) != 0 ||
	    hyp_asprintf(&to, err, "plugins/%s/%s.so", t->kind, t->name) != 0)
		return err->code;
	return hyp_work_folder_write(&t->work, to, bytes, n, 0700, err);
}

static int32_t plain_settings(struct test *t, struct hyp_buf *out,
			      struct hyp_error *err)
{
	const char *provider =
		strcmp(t->kind, "provider") == 0 ? "" : "provider = \"none\"; ";

	if (strcmp(t->kind, "notifier") == 0)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "a notifier needs somebody to tell: give "
				     "--settings FILE with webhooks = ({ name "
				     "= \"plain\"; ... }); see "
				     "hypersdk-plugin(3)");
	if (strcmp(t->kind, "exporter") == 0) /* which has no settings */
		return 0;
	if (strcmp(t->kind, "store") == 0)
		return hyp_buf_addf(out, err, "database = \"%s\";\n", t->name);
	return hyp_buf_addf(out, err,
			    "pipelines = ({ name = \"plain\"; %s%s = \"%s\"; "
			    "});\n",
			    provider, t->kind, t->name);
}

static int32_t write_settings(struct test *t, struct hyp_error *err)
{
	const char *given = hyp_args_get(t->args, "settings");
	HYP_AUTO_FREE char *text = NULL;
	struct hyp_buf out;
	size_t n;
	int32_t rc;

	hyp_buf_init(&out, 2 * SETTINGS_MAX);
	if (given == NULL) {
		rc = plain_settings(t, &out, err);
	} else {
		char *from, *at;

		rc = hyp_file_read_small(given, SETTINGS_MAX, &text, &n, err);
		for (from = text; rc == 0; from = at + strlen("@ROOT@")) {
			at = strstr(from, "@ROOT@");
			rc = hyp_buf_add(
				&out, from,
				at ? (size_t)(at - from) : strlen(from), err);
			if (at == NULL)
				break;
			if (rc == 0)
				rc = hyp_buf_adds(&out, t->root, err);
		}
	}
	if (rc == 0)
		rc = hyp_work_folder_write(
			&t->work, "settings.conf", hyp_buf_str(&out),
			strlen(hyp_buf_str(&out)), 0600, err);
	hyp_buf_fini(&out);
	return rc;
}

static int32_t prepare(struct test *t, struct hyp_error *err)
{
	int32_t rc = read_operands(t, err);

	if (rc == 0)
		rc = find_suite(t, err);
	if (rc == 0)
		rc = hyp_work_folder_make(&t->work, err);
	if (rc == 0)
		rc = hyp_asprintf(&t->root, err, "%s/root", t->work.path);
	if (rc == 0)
		rc = hyp_asprintf(&t->settings, err, "%s/settings.conf",
				  t->work.path);
	if (rc == 0)
		rc = hyp_work_folder_dir(&t->work, "root", err);
	if (rc == 0)
		rc = copy_plugin(t, err);
	return rc != 0 ? rc : write_settings(t, err);
}

/* Other plugins that it may need, as a storage that wraps another does. */
static const char *others(const struct hyp_args *args)
{
	const char *dir = hyp_args_get(args, "plugin-dir");

	if (dir == NULL)
		dir = getenv("HYPERSDK_PLUGIN_DIR");
	return dir != NULL ? dir : HYP_PLUGIN_DIR;
}

static int32_t set_environment(struct test *t, struct hyp_error *err)
{
	HYP_AUTO_FREE char *plugins = NULL;

	if (hyp_asprintf(&plugins, err, "%s/plugins", t->work.path) != 0)
		return err->code;
	if (setenv("HYPERSDK_PLUGIN_DIR", plugins, 1) != 0 ||
	    setenv("CONTRACT_ROOT", t->root, 1) != 0 ||
	    setenv("CK_TAP_LOG_FILE_NAME", "-", 1) != 0)
		return hyp_error_nomem(err);
	return 0;
}

/* The suite's own exit code, 0 or 1, is in *code. */
static int32_t run_suite(struct test *t, int *code, struct hyp_error *err)
{
	HYP_AUTO_FREE char *dir = strdup(others(t->args));
	char *argv[] = {t->suite, t->name, t->settings, dir, NULL};
	posix_spawnattr_t attr;
	sigset_t none, all;
	int status = 0, rc;
	pid_t pid;

	if (dir == NULL || set_environment(t, err) != 0)
		return hyp_error_nomem(err);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(&pid, t->suite, NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	if (rc != 0)
		return hyp_error_errno(err, rc, "start", t->suite);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*code = WIFEXITED(status) && WEXITSTATUS(status) == 0 ? HYP_EXIT_DONE
							      : HYP_EXIT_FAILED;
	return 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	struct test t = {.args = args};
	struct hyp_error err;
	int code = HYP_EXIT_FAILED;

	(void)app;
	if (prepare(&t, &err) != 0 || run_suite(&t, &code, &err) != 0)
		code = hyp_app_fail(&err);
	hyp_work_folder_remove(&t.work);
	free(t.suite);
	free(t.settings);
	free(t.root);
	return code;
}

const struct hyp_command hyp_cmd_plugin_test = {
	.name = "plugin-test",
	.operands = "KIND PATH.so",
	.summary = "Holds a plugin to the promises of its kind",
	.details = "For authors of plugins: a result in TAP for each promise "
		   "of the kind's header.\nExit code 0 if all are kept.",
	.min = 2,
	.max = 2,
	.groups = {&group},
	.run = run,
};
