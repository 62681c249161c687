/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/submit-vcenter.h"
#include "core/app/json.h"
#include "core/config/url.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"

#include <stdlib.h>

static const struct hyp_cli_option options[] = {
	{"pipeline", 'p', "NAME", "a pipeline of the daemon's configuration"},
	{"provider", 0, "NAME", "a provider that needs no endpoint"},
	{"url", 'u', "URL", "vCenter or ESXi: https://HOST/sdk"},
	{"username", 0, "USER", "who logs in"},
	{"password-file", 0, "FILE",
	 "holds the password, readable by its owner only; it goes to the "
	 "daemon, which seals it and forgets it when the job ends"},
	{"insecure", 'k', NULL, "checks no certificate; the result records it"},
	{NULL, 0, NULL, NULL},
};

const struct hyp_cli_group hyp_submit_vcenter_options = {
	"Endpoint (without these: the daemon's default pipeline or only one, "
	"else\nGOVC_URL, GOVC_USERNAME, GOVC_PASSWORD, GOVC_INSECURE)",
	options};

static int32_t add_password(struct json_object *o, const char *file,
			    const char *from_url, struct hyp_error *err)
{
	HYP_AUTO_FREE char *reference = NULL;
	const char *env = getenv("GOVC_PASSWORD");
	char *password = NULL;
	size_t n;

	if (file == NULL) {
		if (env == NULL)
			env = from_url;
		if (env != NULL) {
			hyp_redact_add(env);
			hyp_json_string(o, "password", env);
		}
		return 0;
	}
	if (hyp_asprintf(&reference, err, "file:%s", file) != 0 ||
	    hyp_secret_read(reference, &password, &n, err) != 0)
		return hyp_error_prefix(err, "password: ");
	hyp_redact_add(password);
	hyp_json_string(o, "password", password);
	explicit_bzero(password, n);
	free(password);
	return 0;
}

static int govc_is_insecure(void)
{
	const char *value = getenv("GOVC_INSECURE");

	return value != NULL &&
	       (strcasecmp(value, "true") == 0 || strcasecmp(value, "t") == 0 ||
		strcmp(value, "1") == 0);
}

static int32_t make(const struct hyp_args *args, const struct hyp_url *url,
		    int from_cli, struct json_object *o, struct hyp_error *err)
{
	const char *username = hyp_args_get(args, "username");

	if (username == NULL)
		username = url->username;
	if (username == NULL || (!from_cli && getenv("GOVC_USERNAME") != NULL))
		username = getenv("GOVC_USERNAME");
	if (hyp_args_get(args, "username") != NULL)
		username = hyp_args_get(args, "username");
	hyp_json_string(o, "server", url->url);
	if (username != NULL)
		hyp_json_string(o, "username", username);
	if (hyp_args_has(args, "insecure") || govc_is_insecure())
		hyp_json_bool(o, "insecure", 1);
	return add_password(o, hyp_args_get(args, "password-file"),
			    url->password, err);
}

/* 1 if the daemon would choose a pipeline where none is named. */
static int32_t daemon_chooses(struct hyp_client *client, int *yes,
			      struct hyp_error *err)
{
	struct json_object *reply, *pipelines;
	size_t count = 0;

	*yes = 0;
	if (hyp_client_get(client, "/pipelines", &reply, err) != 0)
		return err->code;
	pipelines = hyp_reply_member(reply, "pipelines");
	if (json_object_is_type(pipelines, json_type_array))
		count = json_object_array_length(pipelines);
	for (size_t i = 0; i < count; i++)
		if (count == 1 ||
		    json_object_get_boolean(hyp_reply_member(
			    json_object_array_get_idx(pipelines, i),
			    "default")))
			*yes = 1;
	json_object_put(reply);
	return 0;
}

static int32_t from_url(const struct hyp_args *args, const char *text,
			int from_cli, struct json_object **out,
			struct hyp_error *err)
{
	struct json_object *o;
	struct hyp_url url;
	int32_t rc = hyp_url_parse(text, "/sdk", &url, err);

	if (rc != 0)
		return from_cli ? rc : hyp_error_prefix(err, "GOVC_URL: ");
	if (from_cli && url.password != NULL) {
		hyp_url_fini(&url);
		return hyp_error_set(err, HYP_E_USAGE, "bad_url", 0,
				     "a password in --url is visible to "
				     "everybody on this machine: write it into "
				     "a file and give --password-file");
	}
	o = json_object_new_object();
	rc = make(args, &url, from_cli, o, err);
	hyp_url_fini(&url);
	if (rc != 0)
		json_object_put(o);
	else
		*out = o;
	return rc;
}

static int32_t check(const struct hyp_args *args, int named,
		     struct hyp_error *err)
{
	static const char *const needs_url[] = {"username", "password-file",
						"insecure"};

	if (named && hyp_args_has(args, "url"))
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--url excludes --pipeline and "
				     "--provider");
	for (size_t i = 0; i < HYP_COUNT(needs_url); i++)
		if (named && hyp_args_has(args, needs_url[i]))
			return hyp_error_set(
				err, HYP_E_USAGE, "usage", 0,
				"--%s belongs to --url, not to a pipeline",
				needs_url[i]);
	return 0;
}

int32_t hyp_submit_vcenter(struct hyp_client *client,
			   const struct hyp_args *args,
			   struct json_object **out, struct hyp_error *err)
{
	const char *url = hyp_args_get(args, "url");
	const char *govc = getenv("GOVC_URL");
	int named = hyp_args_has(args, "pipeline") ||
		    hyp_args_has(args, "provider");
	int chooses;

	*out = NULL;
	if (check(args, named, err) != 0)
		return err->code;
	if (named)
		return 0;
	if (url != NULL)
		return from_url(args, url, 1, out, err);
	if (govc == NULL || govc[0] == '\0')
		return 0;
	if (daemon_chooses(client, &chooses, err) != 0)
		return err->code;
	return chooses ? 0 : from_url(args, govc, 0, out, err);
}
