/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/listen.h"
#include "core/base/units.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#define HOST_MAX 64

static int32_t bad(const char *text, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
			     "\"%s\" is no address and port, such as "
			     "\"127.0.0.1:8080\" or \"[::1]:8080\"",
			     text);
}

static int set_v4(const char *host, uint16_t port, struct hyp_listen *out)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(port)};

	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &in.sin_addr) != 1)
		return 0;
	memcpy(&out->address, &in, sizeof(in));
	out->length = sizeof(in);
	out->loopback = ntohl(in.sin_addr.s_addr) >> 24 == 127;
	return 1;
}

/* host still has its closing bracket. */
static int set_v6(char *host, uint16_t port, struct hyp_listen *out)
{
	struct sockaddr_in6 in = {.sin6_family = AF_INET6,
				  .sin6_port = htons(port)};
	size_t n = strlen(host);

	if (n == 0 || host[n - 1] != ']')
		return 0;
	host[n - 1] = '\0';
	if (inet_pton(AF_INET6, host, &in.sin6_addr) != 1)
		return 0;
	memcpy(&out->address, &in, sizeof(in));
	out->length = sizeof(in);
	out->loopback = IN6_IS_ADDR_LOOPBACK(&in.sin6_addr) ||
			(IN6_IS_ADDR_V4MAPPED(&in.sin6_addr) &&
			 in.sin6_addr.s6_addr[12] == 127);
	return 1;
}

int32_t hyp_listen_parse_port(const char *host, uint16_t port,
			      struct hyp_listen *out, struct hyp_error *err)
{
	char text[HOST_MAX + 8];

	if (*host == '\0' || strlen(host) >= HOST_MAX)
		return bad(host, err);
	snprintf(text, sizeof(text), "%s:%u", host, port);
	return hyp_listen_parse(text, out, err);
}

int32_t hyp_listen_parse(const char *text, struct hyp_listen *out,
			 struct hyp_error *err)
{
	const char *colon = strrchr(text, ':');
	struct hyp_listen made = {.length = 0};
	char host[HOST_MAX];
	size_t n = colon != NULL ? (size_t)(colon - text) : 0;
	int64_t port = 0;
	int32_t rc = HYP_E_USAGE;
	int good;

	if (n > 0 && n < sizeof(host))
		rc = hyp_parse_integer(colon + 1, 0, 65535, &port, err);
	if (rc == HYP_E_TRANSIENT) /* no memory */
		return rc;
	if (rc != 0)
		return bad(text, err);
	memcpy(host, text, n);
	host[n] = '\0';
	good = host[0] == '[' ? set_v6(host + 1, (uint16_t)port, &made)
			      : set_v4(host, (uint16_t)port, &made);
	if (!good)
		return bad(text, err);
	*out = made;
	return 0;
}
