/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/hosts.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"

#include <strings.h>

struct hyp_hosts {
	char **at;
	size_t count;
};

static int32_t add(struct hyp_hosts *hosts, const char *name, size_t n,
		   struct hyp_error *err)
{
	char **at = reallocarray(hosts->at, hosts->count + 1, sizeof(*at));

	if (at == NULL)
		return hyp_error_nomem(err);
	hosts->at = at;
	at[hosts->count] = strndup(name, n);
	if (at[hosts->count] == NULL)
		return hyp_error_nomem(err);
	hosts->count++;
	return 0;
}

/* Bytes of host without its port, 0 if that is no number: "[::1]:8080". */
static size_t without_port(const char *host)
{
	const char *end = *host == '[' ? strchr(host, ']') : NULL, *colon;
	size_t n;

	if (*host == '[' && end == NULL)
		return 0;
	colon = strchr(end != NULL ? end : host, ':');
	if (end != NULL && end[1] != '\0' && colon != end + 1)
		return 0;
	if (colon == NULL)
		return strlen(host);
	n = strspn(colon + 1, "0123456789");
	if (n == 0 || n > 5 || colon[1 + n] != '\0')
		return 0;
	return (size_t)(colon - host);
}

static int32_t add_own(struct hyp_hosts *hosts, struct hyp_error *err)
{
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1) != 0 || *name == '\0')
		return 0;
	return add(hosts, name, strlen(name), err);
}

/* The address of "192.0.2.7:8443"; what is none was refused elsewhere. */
static int32_t add_address(struct hyp_hosts *hosts, const char *listen,
			   struct hyp_error *err)
{
	size_t n = without_port(listen);

	return n > 0 ? add(hosts, listen, n, err) : 0;
}

int32_t hyp_hosts_new(const struct hyp_settings *settings,
		      struct hyp_hosts **out, struct hyp_error *err)
{
	const struct hyp_api_settings *api = &settings->api;
	const struct hyp_metrics_settings *metrics = &settings->metrics;
	static const char *const usual[] = {"localhost", "127.0.0.1", "[::1]"};
	struct hyp_hosts *hosts = calloc(1, sizeof(*hosts));

	if (hosts == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < HYP_COUNT(usual); i++)
		if (add(hosts, usual[i], strlen(usual[i]), err) != 0)
			goto fail;
	for (size_t i = 0; i < api->hosts.count; i++)
		if (add(hosts, api->hosts.items[i], strlen(api->hosts.items[i]),
			err) != 0)
			goto fail;
	if (add_address(hosts, api->listen, err) != 0 ||
	    (metrics->enabled &&
	     add_address(hosts, metrics->listen, err) != 0) ||
	    add_own(hosts, err) != 0)
		goto fail;
	*out = hosts;
	return 0;
fail:
	hyp_hosts_free(hosts);
	return err->code;
}

void hyp_hosts_free(struct hyp_hosts *hosts)
{
	if (hosts == NULL)
		return;
	for (size_t i = 0; i < hosts->count; i++)
		free(hosts->at[i]);
	free(hosts->at);
	free(hosts);
}

int hyp_hosts_check(const struct hyp_hosts *hosts, const char *host,
		    struct hyp_refused *refused)
{
	size_t n = without_port(host);

	for (size_t i = 0; n > 0 && i < hosts->count; i++)
		if (strncasecmp(hosts->at[i], host, n) == 0 &&
		    hosts->at[i][n] == '\0')
			return 0;
	refused->status = 421;
	refused->kind = "wrong_host";
	refused->text = "this is another host than the request names; "
			"settings: api.hosts";
	return -1;
}

int hyp_hosts_check_origin(const char *host, const char *origin,
			   const char *fetch_site, struct hyp_refused *refused)
{
	const char *from = origin;

	if (from != NULL && strncasecmp(from, "http://", 7) == 0)
		from += 7;
	else if (from != NULL && strncasecmp(from, "https://", 8) == 0)
		from += 8;
	if (from != origin && strcasecmp(from, host) != 0)
		from = origin;
	if ((origin == NULL || from != origin) &&
	    (fetch_site == NULL || strcmp(fetch_site, "same-origin") == 0 ||
	     strcmp(fetch_site, "none") == 0))
		return 0;
	refused->status = 403;
	refused->kind = "wrong_origin";
	refused->text = "requests from pages of another origin are not taken";
	return -1;
}
