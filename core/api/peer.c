/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/peer.h"
#include "core/base/cleanup.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

void hyp_peer_address(const struct sockaddr *address, char *out)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)address;

		inet_ntop(AF_INET, &v4->sin_addr, out, HYP_ADDRESS_MAX);
	} else if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const void *)address;

		if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
			inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], out,
				  HYP_ADDRESS_MAX);
		else
			inet_ntop(AF_INET6, &v6->sin6_addr, out,
				  HYP_ADDRESS_MAX);
	} else {
		snprintf(out, HYP_ADDRESS_MAX, "unix");
	}
}

static int in_groups(int fd, unsigned group)
{
	socklen_t n = 0;
	gid_t *groups;
	int found = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &n) == 0 ||
	    errno != ERANGE)
		return 0;
	groups = malloc(n);
	if (groups != NULL &&
	    getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) == 0)
		for (size_t i = 0; i < n / sizeof(*groups); i++)
			found |= groups[i] == group;
	free(groups);
	return found;
}

int hyp_peer_credentials(int fd, unsigned group, uint32_t *uid, uint32_t *admin)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
		return -1;
	*uid = peer.uid;
	*admin = peer.uid == 0 || peer.uid == geteuid() ||
		 (group != (unsigned)-1 &&
		  (peer.gid == group || in_groups(fd, group)));
	return 0;
}
