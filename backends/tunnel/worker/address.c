/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/address.h"

#include <string.h>
#include <arpa/inet.h>

socklen_t endpoint_to_address(const struct worker_endpoint *endpoint, union socket_address *ret)
{
	*ret = (union socket_address){ 0 };
	if (endpoint->family == AF_INET6) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons(endpoint->port);
		memcpy(&ret->v6.sin6_addr, endpoint->address, 16);
		return sizeof(ret->v6);
	}
	ret->v4.sin_family = AF_INET;
	ret->v4.sin_port = htons(endpoint->port);
	memcpy(&ret->v4.sin_addr, endpoint->address, 4);
	return sizeof(ret->v4);
}

struct worker_endpoint endpoint_of_address(const union socket_address *address)
{
	struct worker_endpoint endpoint = { .family = address->any.sa_family };

	if (endpoint.family == AF_INET6) {
		endpoint.port = ntohs(address->v6.sin6_port);
		memcpy(endpoint.address, &address->v6.sin6_addr, 16);
	} else {
		endpoint.port = ntohs(address->v4.sin_port);
		memcpy(endpoint.address, &address->v4.sin_addr, 4);
	}
	if (!address_is_known(address))
		endpoint.family = AF_UNSPEC;
	return endpoint;
}

int address_compare(const union socket_address *a, const union socket_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return a->any.sa_family < b->any.sa_family ? -1 : 1;
	if (a->any.sa_family == AF_INET6)
		return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr));
	return memcmp(&a->v4.sin_addr, &b->v4.sin_addr, sizeof(a->v4.sin_addr));
}

bool address_equal(const union socket_address *a, const union socket_address *b)
{
	/* The port is at the same place in both. */
	return address_compare(a, b) == 0 && a->v4.sin_port == b->v4.sin_port;
}
