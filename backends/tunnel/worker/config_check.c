/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules for a configuration. vnetapply keeps them too; the worker relies on nobody.
 */
#include "backends/tunnel/worker/config_check.h"
#include "backends/tunnel/worker/frame.h"

#include <errno.h>
#include <string.h>

static bool address_is_unicast(const struct worker_endpoint *endpoint)
{
	static const uint8_t zero[16];
	uint8_t first = endpoint->address[0];

	if (memcmp(endpoint->address, zero, sizeof(zero)) == 0)
		return false;
	return endpoint->family == AF_INET6 ? first != 0xff : first < 224;
}

bool config_has_local_family(const struct worker_config *config, uint16_t family)
{
	return config->local.family == AF_UNSPEC || config->local.family == family ||
	       config->other_local.family == family;
}

static int endpoint_check(const struct worker_config *config, const struct worker_peer *peer,
			  const struct worker_endpoint *endpoint, struct failure *failure)
{
	if (endpoint->family == AF_UNSPEC || endpoint->port == 0 || !address_is_unicast(endpoint))
		return failure_set(failure, EINVAL,
				   "peer %s: expected a unicast address and a port", peer->name);
	if (!config_has_local_family(config, endpoint->family))
		return failure_set(failure, EINVAL,
				   "peer %s: not of the address family of the local address",
				   peer->name);
	return 0;
}

static int endpoints_check(const struct worker_config *config, const struct worker_peer *peer,
			   struct failure *failure)
{
	int r = 0;

	/* A name may not be known yet, and what it means is none of ours to judge. */
	if (peer->endpoint.family == AF_UNSPEC && peer->host[0] && !peer->endpoint.port)
		return failure_set(failure, EINVAL, "peer %s: no port", peer->name);
	if (peer->endpoint.family != AF_UNSPEC ||
	    (!peer->host[0] && config->encryption == WORKER_PLAIN))
		r = endpoint_check(config, peer, &peer->endpoint, failure);
	else if (peer->other_count)
		r = failure_set(failure, EINVAL, "peer %s: other addresses without a first",
				peer->name);
	for (uint32_t i = 0; r == 0 && i < peer->other_count; i++)
		r = endpoint_check(config, peer, &peer->others[i], failure);
	return r;
}

static int peer_check(const struct worker_config *config, uint32_t i, struct failure *failure)
{
	const struct worker_peer *peer = &config->peers[i];
	const uint8_t *mac;
	int r = endpoints_check(config, peer, failure);

	if (r < 0)
		return r;
	for (uint32_t other = 0; other < i; other++)
		if (strcmp(config->peers[other].name, peer->name) == 0)
			return failure_set(failure, EINVAL, "peer %s: given twice", peer->name);
	for (uint32_t m = 0; m < peer->mac_count; m++) {
		mac = config->macs[peer->first_mac + m];
		if (mac_is_group(mac) || mac_is_zero(mac))
			return failure_set(failure, EINVAL,
					   "peer %s: a static MAC is a group address or zero",
					   peer->name);
	}
	return 0;
}

int config_check(const struct worker_config *config, struct failure *failure)
{
	int r;

	if (!config->interface[0])
		return failure_set(failure, EINVAL, "no interface");
	if ((config->mtu && config->mtu < WORKER_MTU_MIN) || config->mtu > WORKER_MTU_MAX)
		return failure_set(failure, EINVAL, "mtu %u: expected %d to %d", config->mtu,
				   WORKER_MTU_MIN, WORKER_MTU_MAX);
	if (config->local.port == 0)
		return failure_set(failure, EINVAL, "no port");
	if (config->other_local.family != AF_UNSPEC &&
	    (config->local.family == AF_UNSPEC ||
	     config->local.family == config->other_local.family))
		return failure_set(failure, EINVAL,
				   "the other local address: expected one of another family");
	if (config->mac_limit > WORKER_MAC_LIMIT_MAX)
		return failure_set(failure, EINVAL, "mac limit %u: expected at most %u",
				   config->mac_limit, WORKER_MAC_LIMIT_MAX);
	for (uint32_t i = 0; i < config->peer_count; i++) {
		r = peer_check(config, i, failure);
		if (r < 0)
			return r;
	}
	return 0;
}
