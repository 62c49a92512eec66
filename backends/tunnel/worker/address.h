/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses of the underlay as the kernel has them.
 */
#ifndef BACKENDS_TUNNEL_WORKER_ADDRESS_H
#define BACKENDS_TUNNEL_WORKER_ADDRESS_H

#include <stdbool.h>
#include <netinet/in.h>
#include "backends/tunnel/protocol.h"

union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* The address of ENDPOINT for the kernel, and its length. */
socklen_t endpoint_to_address(const struct worker_endpoint *endpoint, union socket_address *ret);
/* And back. Family AF_UNSPEC: it is not known. */
struct worker_endpoint endpoint_of_address(const union socket_address *address);

/* By family, then as numbers. Ports are not compared. */
int address_compare(const union socket_address *a, const union socket_address *b);
/* With the ports. */
bool address_equal(const union socket_address *a, const union socket_address *b);

static inline socklen_t address_length(const union socket_address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

/* Whether something can be sent there. A name that is not known yet is no address. */
static inline bool address_is_known(const union socket_address *address)
{
	if (address->any.sa_family == AF_INET6)
		return !IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
	return address->v4.sin_addr.s_addr != htonl(INADDR_ANY);
}

#endif
