/* SPDX-License-Identifier: Apache-2.0 */
/* Where the daemon is, and with which token. */
#include "core/app/client-parts.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TOKEN_ENV "HYPERSDK_TOKEN_FILE"

static const struct hyp_cli_option options[] = {
	{"socket", 0, "PATH",
	 "the daemon's Unix socket instead of the configured one"},
	{"server", 0, "URL",
	 "a daemon elsewhere: https://HOST:PORT (http to loopback only)"},
	{"token-file", 0, "FILE",
	 "holds the token, readable by its owner only (default: what " TOKEN_ENV
	 " names)"},
	{"ca", 0, "FILE",
	 "PEM certificates to trust for --server instead of the system's"},
	{NULL, 0, NULL, NULL},
};

const struct hyp_cli_group hyp_client_options = {
	"The daemon (without these: the socket of the configuration, else its "
	"address)",
	options};

/* A connect that tells whether somebody listens: 0 or errno. */
static int try_socket(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	HYP_AUTO_CLOSE int fd = -1;

	if (strlen(path) >= sizeof(to.sun_path))
		return ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	return connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ? 0 : errno;
}

static int32_t socket_error(const char *path, int why, struct hyp_error *err)
{
	if (why == ENOENT || why == ECONNREFUSED || why == ENOTDIR)
		return hyp_error_set(
			err, HYP_E_TRANSIENT, "not_running", why,
			"hypersdkd is not running: nobody listens at %s; start "
			"it with \"systemctl start hypersdkd\", or by hand "
			"with \"hypersdkd\" (another place: --socket or "
			"--server)",
			path);
	if (why == EACCES)
		return hyp_error_set(
			err, HYP_E_AUTH, "no_permission", why,
			"%s is for root and the group hypersdk: join it, or "
			"give --token-file",
			path);
	return hyp_error_set(err, HYP_E_PERMANENT, "io_error", why, "%s: %s",
			     path, strerror(why));
}

static int is_token(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text == 127 || (*text & 0x80) != 0)
			return 0;
	return 1;
}

static int32_t read_token(const char *file, char **header,
			  struct hyp_error *err)
{
	HYP_AUTO_FREE char *reference = NULL;
	char *token = NULL;
	size_t n;
	int32_t rc;

	if (hyp_asprintf(&reference, err, "file:%s", file) != 0 ||
	    hyp_secret_read(reference, &token, &n, err) != 0)
		return hyp_error_prefix(err, "token: ");
	hyp_redact_add(token);
	rc = is_token(token)
		     ? hyp_asprintf(header, err, "Authorization: Bearer %s",
				    token)
		     : hyp_error_set(err, HYP_E_USAGE, "bad_secret", 0,
				     "token: %s holds more than a token", file);
	explicit_bzero(token, n);
	free(token);
	return rc;
}

static const char *token_file(const struct hyp_args *args)
{
	const char *file = hyp_args_get(args, "token-file");

	if (file == NULL)
		file = getenv(TOKEN_ENV);
	return file != NULL && file[0] != '\0' ? file : NULL;
}

/* As curl_url_get has it: an IPv6 address stands in brackets. Of names only
 * the one that curl itself never asks anybody for. */
static int is_loopback(const char *host)
{
	struct in_addr four;
	struct in6_addr six;
	char text[INET6_ADDRSTRLEN];

	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(host + 1, "]"),
		 host + 1);
	if (host[0] == '[' && inet_pton(AF_INET6, text, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	return strcasecmp(host, "localhost") == 0;
}

/* A URL that secrets may be sent to, parsed by who will use it: a token, or
 * passwords and keys in a body. */
static int32_t check_url(const char *text, struct hyp_error *err)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL, *user = NULL;
	const char *why = NULL;
	const char *kind = "bad_url";

	if (u == NULL)
		return hyp_error_nomem(err);
	if (curl_url_set(u, CURLUPART_URL, text, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		why = "write https://HOST:PORT";
	else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
		why = "no user belongs in it; give --token-file";
	else if (strcmp(scheme, "http") == 0 && !is_loopback(host)) {
		kind = "needs_tls";
		why = "tokens and passwords would cross the network in clear: "
		      "use https, or on the daemon's machine --socket";
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	curl_url_cleanup(u);
	if (why == NULL)
		return 0;
	return hyp_error_set(err, HYP_E_USAGE, kind, 0, "--server: %s", why);
}

static int32_t use_url(struct hyp_app *app, const char *url,
		       struct hyp_server *server, struct hyp_error *err)
{
	const char *ca = hyp_args_get(app->args, "ca");
	const char *file = token_file(app->args);
	size_t n = strlen(url);

	if (check_url(url, err) != 0)
		return err->code;
	while (n > 0 && url[n - 1] == '/')
		n--;
	if (hyp_asprintf(&server->base, err, "%.*s", (int)n, url) != 0)
		return err->code;
	if (ca != NULL && hyp_strdup(ca, &server->ca, err) != 0)
		return err->code;
	return file == NULL ? 0 : read_token(file, &server->token, err);
}

static int32_t use_socket(struct hyp_app *app, const char *path,
			  struct hyp_server *server, struct hyp_error *err)
{
	const char *file = hyp_args_get(app->args, "token-file");

	server->local = 1;
	if (hyp_strdup("http://localhost", &server->base, err) != 0 ||
	    hyp_strdup(path, &server->socket, err) != 0)
		return err->code;
	return file == NULL ? 0 : read_token(file, &server->token, err);
}

/* The address of the settings, for who may not use the socket. */
static int32_t use_listen(struct hyp_app *app,
			  const struct hyp_api_settings *api,
			  struct hyp_server *server, struct hyp_error *err)
{
	HYP_AUTO_FREE char *url = NULL;

	server->local = 1;
	if (hyp_asprintf(&url, err, "%s://%s",
			 api->tls_cert[0] != '\0' ? "https" : "http",
			 api->listen) != 0)
		return err->code;
	return use_url(app, url, server, err);
}

static int32_t find_configured(struct hyp_app *app, struct hyp_server *server,
			       struct hyp_error *err)
{
	const struct hyp_config *config = hyp_app_config(app);
	const struct hyp_api_settings *api;
	int why = ENOENT;

	if (config == NULL)
		return hyp_app_told(err);
	api = &config->settings->api;
	if (api->socket[0] != '\0')
		why = try_socket(api->socket);
	if (api->socket[0] != '\0' && why == 0)
		return use_socket(app, api->socket, server, err);
	if (api->listen[0] != '\0' &&
	    (token_file(app->args) != NULL || api->auth == HYP_AUTH_NONE ||
	     api->socket[0] == '\0'))
		return use_listen(app, api, server, err);
	if (api->socket[0] != '\0')
		return socket_error(api->socket, why, err);
	return hyp_error_set(err, HYP_E_USAGE, "no_server", 0,
			     "the configuration has neither api.socket nor "
			     "api.listen: give --server URL");
}

int32_t hyp_server_find(struct hyp_app *app, struct hyp_server *server,
			struct hyp_error *err)
{
	const char *url = hyp_args_get(app->args, "server");
	const char *path = hyp_args_get(app->args, "socket");
	int why;

	memset(server, 0, sizeof(*server));
	if (url != NULL && path != NULL)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--server and --socket exclude each "
				     "other");
	if (url != NULL)
		return use_url(app, url, server, err);
	if (path == NULL)
		return find_configured(app, server, err);
	why = try_socket(path);
	if (why != 0)
		return socket_error(path, why, err);
	return use_socket(app, path, server, err);
}

void hyp_server_fini(struct hyp_server *server)
{
	if (server->token != NULL)
		explicit_bzero(server->token, strlen(server->token));
	free(server->token);
	free(server->socket);
	free(server->base);
	free(server->ca);
	memset(server, 0, sizeof(*server));
}
