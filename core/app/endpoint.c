/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/endpoint.h"
#include "core/config/choose.h"
#include "core/config/govc.h"
#include "core/config/parts.h"
#include "core/config/url.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"

static const struct hyp_cli_option options[] = {
	{"pipeline", 'p', "NAME", "endpoint of a configured pipeline"},
	{"provider", 0, "NAME",
	 "plugin to use, with --provider-option for what it needs (default: "
	 "vsphere)"},
	{"url", 'u', "URL", "vCenter or ESXi: https://HOST/sdk"},
	{"username", 0, "USER", "who logs in"},
	{"password-file", 0, "FILE",
	 "holds the password, readable by its owner only"},
	{"thumbprint", 0, "SHA256:HEX",
	 "the certificate to expect, instead of asking a CA"},
	{"ca", 0, "FILE", "PEM certificates to trust instead of the system's"},
	{"insecure", 'k', NULL, "checks no certificate; the result records it"},
	{"provider-option", 0, "KEY=VALUE",
	 "any option of the provider (see plugins show); repeatable"},
	{NULL, 0, NULL, NULL},
};

const struct hyp_cli_group hyp_endpoint_options = {
	"Endpoint (without these: the default pipeline, the only one, or "
	"GOVC_URL,\nGOVC_USERNAME, GOVC_PASSWORD, GOVC_INSECURE)",
	options};

/* A file by an absolute name: an undo record may outlive the folder that the
 * command ran in. */
static int32_t set_file(struct hyp_part *part, const char *option,
			const char *prefix, const char *file,
			struct hyp_error *err)
{
	HYP_AUTO_FREE char *path = NULL;
	HYP_AUTO_FREE char *cwd = NULL;

	if (file[0] != '/') {
		cwd = getcwd(NULL, 0);
		if (cwd == NULL)
			return hyp_error_set(err, HYP_E_PERMANENT, "io_error",
					     errno, "current folder: %s",
					     strerror(errno));
	}
	if (hyp_asprintf(&path, err, "%s%s%s%s", prefix, cwd ? cwd : "",
			 cwd ? "/" : "", file) != 0)
		return err->code;
	return hyp_part_set(part, option, path, err);
}

static int32_t set_cli_url(struct hyp_part *part, const char *text,
			   struct hyp_error *err)
{
	struct hyp_url url;
	int32_t rc = hyp_url_parse(text, "/sdk", &url, err);

	if (rc != 0)
		return rc;
	if (url.password != NULL)
		rc = hyp_error_set(err, HYP_E_USAGE, "bad_url", 0,
				   "a password in --url is visible to "
				   "everybody on this machine: write it into "
				   "a file and give --password-file");
	else
		rc = hyp_part_set_url(part, &url, "command line", err);
	hyp_url_fini(&url);
	return rc;
}

static int32_t set_pair(struct hyp_part *part, const char *pair,
			struct hyp_error *err)
{
	const char *equals = strchr(pair, '=');
	HYP_AUTO_FREE char *name = NULL;

	if (equals == NULL || equals == pair)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--provider-option %s: write KEY=VALUE",
				     pair);
	if (hyp_asprintf(&name, err, "%.*s", (int)(equals - pair), pair) != 0)
		return err->code;
	return hyp_part_set(part, name, equals + 1, err);
}

/* What the command line says of the provider, over what part holds. */
static int32_t add_cli(struct hyp_part *part, const struct hyp_args *args,
		       struct hyp_error *err)
{
	static const char *const same[] = {"username", "thumbprint"};
	const char *value;
	size_t at = 0;

	value = hyp_args_get(args, "url");
	if (value != NULL && set_cli_url(part, value, err) != 0)
		return err->code;
	for (size_t i = 0; i < HYP_COUNT(same); i++) {
		value = hyp_args_get(args, same[i]);
		if (value != NULL && hyp_part_set(part, same[i], value, err))
			return err->code;
	}
	value = hyp_args_get(args, "password-file");
	if (value != NULL && set_file(part, "password", "file:", value, err))
		return err->code;
	value = hyp_args_get(args, "ca");
	if (value != NULL && set_file(part, "ca", "", value, err) != 0)
		return err->code;
	if (hyp_args_has(args, "insecure") &&
	    hyp_part_set(part, "insecure", "true", err) != 0)
		return err->code;
	while ((value = hyp_args_next(args, "provider-option", &at)) != NULL)
		if (set_pair(part, value, err) != 0)
			return err->code;
	return 0;
}

static int32_t choose(struct hyp_app *app, const struct hyp_config *config,
		      struct hyp_part *part,
		      const struct hyp_pipeline **pipeline,
		      struct hyp_error *err)
{
	const char *name = hyp_args_get(app->args, "pipeline");
	const char *provider = hyp_args_get(app->args, "provider");
	int32_t rc;

	if (name != NULL && provider != NULL)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--pipeline and --provider exclude each "
				     "other");
	if (name == NULL && provider == NULL && hyp_args_has(app->args, "url"))
		provider = "vsphere";
	if (hyp_govc_prepare(err) != 0)
		return err->code;
	rc = hyp_choose_provider(config, name, provider, "command line", part,
				 pipeline, err);
	if (rc != 0 && strcmp(err->kind, "no_endpoint") == 0)
		rc = hyp_error_set(err, rc, "no_endpoint", 0,
				   "which vCenter? Give --url "
				   "https://HOST/sdk with --username and "
				   "--password-file, set GOVC_URL, or declare "
				   "a pipeline in " HYP_CONF_DIR);
	return rc;
}

int32_t hyp_endpoint_resolve(struct hyp_app *app, struct hyp_part *part,
			     const struct hyp_pipeline **pipeline,
			     struct hyp_error *err)
{
	const struct hyp_config *config = hyp_app_config(app);
	int32_t rc;

	memset(part, 0, sizeof(*part));
	*pipeline = NULL;
	if (config == NULL)
		return hyp_app_told(err);
	rc = choose(app, config, part, pipeline, err);
	if (rc == 0)
		rc = add_cli(part, app->args, err);
	if (rc != 0)
		hyp_part_fini(part);
	return rc;
}

static void on_warning(void *ctx, const char *origin, const char *kind,
		       const char *text)
{
	(void)ctx;
	hyp_log(HYP_LOG_WARNING, "", origin, "%s: %s", kind, text);
}

static int32_t open_instance(struct hyp_app *app, struct hyp_endpoint *out,
			     struct hyp_error *err)
{
	struct hyp_registry *registry = hyp_app_registry(app);
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	const struct hyp_loaded *loaded;
	char origin[128];
	int32_t rc;

	if (registry == NULL)
		return hyp_app_told(err);
	if (hyp_registry_find(registry, HYP_KIND_PROVIDER, out->part.plugin,
			      &loaded, err) != 0)
		return err->code;
	snprintf(origin, sizeof(origin), "provider/%s", out->part.plugin);
	rc = hyp_options_fill(&loaded->options, &out->part.values, origin, 0,
			      &out->options, &problems);
	if (rc != 0)
		rc = hyp_problems_error(&problems, err);
	hyp_problems_fini(&problems);
	if (rc == 0)
		rc = hyp_host_table_new(&out->job, origin, &out->host, err);
	if (rc != 0)
		return rc;
	return hyp_instance_new(loaded, out->options,
				hyp_host_table_get(out->host), NULL,
				&out->instance, err);
}

int32_t hyp_endpoint_open(struct hyp_app *app, struct hyp_endpoint *out,
			  struct hyp_error *err)
{
	const struct hyp_pipeline *pipeline;
	int32_t rc;

	memset(out, 0, sizeof(*out));
	out->job = (struct hyp_host_job){.job_id = "",
					 .attempt = 1,
					 .warning = on_warning,
					 .cancel = app->cancel};
	if (hyp_endpoint_resolve(app, &out->part, &pipeline, err) != 0)
		return err->code;
	rc = open_instance(app, out, err);
	if (rc != 0)
		hyp_endpoint_close(out);
	return rc;
}

void hyp_endpoint_close(struct hyp_endpoint *endpoint)
{
	hyp_instance_free(endpoint->instance);
	hyp_host_table_free(endpoint->host);
	hyp_options_free(endpoint->options);
	hyp_part_fini(&endpoint->part);
	memset(endpoint, 0, sizeof(*endpoint));
}
