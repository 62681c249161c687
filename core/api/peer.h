/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end of a connection. */
#ifndef HYP_API_PEER_H
#define HYP_API_PEER_H

#include "core/api/connections.h"
#include <sys/socket.h>

/* The numeric address without its port; IPv4 also where it comes mapped into
 * IPv6; "unix". out holds HYP_ADDRESS_MAX. */
void hyp_peer_address(const struct sockaddr *address, char *out);

/* A Unix socket's other end: its uid, and whether that is root, our own, or
 * of group (its primary or another of the process's). 0 or -1. */
int hyp_peer_credentials(int fd, unsigned group, uint32_t *uid,
			 uint32_t *admin);

#endif
