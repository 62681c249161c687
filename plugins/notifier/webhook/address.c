/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses may be connected to: those of the public Internet, and what
 * the administrator allows. Judged is the address itself, at the moment of
 * connecting, so that no spelling and no answer of a name server gets past. */
#include "plugins/notifier/webhook/webhook.h"

#include "core/base/cleanup.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* RFC 6890 and the IANA special-purpose registries, with multicast. */
static const struct {
	const char *cidr, *why;
} special[] = {
	{"0.0.0.0/8", "this host"},
	{"10.0.0.0/8", "a private network"},
	{"100.64.0.0/10", "a provider's private network"},
	{"127.0.0.0/8", "loopback"},
	{"169.254.0.0/16", "link-local"},
	{"172.16.0.0/12", "a private network"},
	{"192.0.0.0/24", "reserved"},
	{"192.0.2.0/24", "for documentation"},
	{"192.88.99.0/24", "6to4 relays"},
	{"192.168.0.0/16", "a private network"},
	{"198.18.0.0/15", "for benchmarks"},
	{"198.51.100.0/24", "for documentation"},
	{"203.0.113.0/24", "for documentation"},
	{"224.0.0.0/4", "multicast"},
	{"240.0.0.0/4", "reserved"},
	{"2001::/23", "reserved, Teredo"},
	{"2001:db8::/32", "for documentation"},
	{"2002::/16", "6to4"},
	{"3fff::/20", "for documentation"},
};

static void map_v4(const void *v4, uint8_t out[16])
{
	memset(out, 0, 10);
	memset(out + 10, 0xff, 2);
	memcpy(out + 12, v4, 4);
}

static int is_v4(const uint8_t bytes[16])
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0,    0,
					   0, 0, 0, 0, 0xff, 0xff};

	return memcmp(bytes, mapped, sizeof(mapped)) == 0;
}

int webhook_cidr_parse(const char *text, struct webhook_cidr *out)
{
	const char *slash = strchr(text, '/');
	size_t n = slash != NULL ? (size_t)(slash - text) : strlen(text);
	uint8_t v4[4];
	char host[64];
	unsigned long bits = 128, most = 128;
	char *end;

	if (n >= sizeof(host))
		return -1;
	memcpy(host, text, n);
	host[n] = '\0';
	if (inet_pton(AF_INET, host, v4) == 1) {
		map_v4(v4, out->bytes);
		bits = most = 32;
	} else if (inet_pton(AF_INET6, host, out->bytes) != 1) {
		return -1;
	}
	if (slash != NULL) {
		if (slash[1] < '0' || slash[1] > '9')
			return -1;
		bits = strtoul(slash + 1, &end, 10);
		if (*end != '\0' || bits > most)
			return -1;
	}
	out->bits = (uint32_t)(bits + (most == 32 ? 96 : 0));
	return 0;
}

static int is_in(const struct webhook_cidr *cidr, const uint8_t bytes[16])
{
	uint32_t whole = cidr->bits / 8, rest = cidr->bits % 8;

	if (memcmp(cidr->bytes, bytes, whole) != 0)
		return 0;
	return rest == 0 ||
	       (cidr->bytes[whole] ^ bytes[whole]) >> (8 - rest) == 0;
}

static const char *find_special(const uint8_t bytes[16])
{
	for (size_t i = 0; i < HYP_COUNT(special); i++) {
		struct webhook_cidr cidr;

		if (webhook_cidr_parse(special[i].cidr, &cidr) == 0 &&
		    is_in(&cidr, bytes))
			return special[i].why;
	}
	/* 2000::/3 is all that there is of the public Internet in IPv6. */
	if (!is_v4(bytes) && (bytes[0] & 0xe0) != 0x20)
		return "not of the public Internet";
	return NULL;
}

const char *webhook_address_refused(const struct webhook *w,
				    const struct sockaddr *address)
{
	uint8_t bytes[16];

	if (address->sa_family == AF_INET)
		map_v4(&((const struct sockaddr_in *)(const void *)address)
				->sin_addr,
		       bytes);
	else if (address->sa_family == AF_INET6)
		memcpy(bytes,
		       &((const struct sockaddr_in6 *)(const void *)address)
				->sin6_addr,
		       sizeof(bytes));
	else
		return "no Internet address";
	for (size_t i = 0; i < w->allowed_count; i++)
		if (is_in(&w->allowed[i], bytes))
			return NULL;
	return find_special(bytes);
}

/* Where web servers are not, and a POST could be taken for commands. */
int webhook_port_refused(unsigned port)
{
	static const unsigned others[] = {
		1433, 1521, 2049, 2375,	 2376,	2379,  2380,  3306,
		3659, 4045, 5060, 5061,	 5432,	5672,  6000,  6379,
		6566, 6665, 6666, 6667,	 6668,	6669,  6697,  9200,
		9300, 9042, 9092, 10080, 11211, 27017, 27018,
	};

	if (port < 1024)
		return port != 80 && port != 443;
	for (size_t i = 0; i < HYP_COUNT(others); i++)
		if (others[i] == port)
			return 1;
	return 0;
}
