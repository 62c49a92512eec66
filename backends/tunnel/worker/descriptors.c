/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/descriptors.h"
#include "backends/tunnel/worker/inbox.h"
#include "backends/tunnel/worker/tap.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool peer_has_family(const struct worker_peer *peer, uint16_t family)
{
	for (uint32_t i = 0; i < peer->other_count; i++)
		if (peer->others[i].family == family)
			return true;
	return peer->endpoint.family == family;
}

/* A family is needed for the local address or, where that is any, when a peer has it. */
static bool config_needs_family(const struct worker_config *config, uint16_t family)
{
	if (config->local.family != AF_UNSPEC)
		return config->local.family == family || config->other_local.family == family;
	/* A peer without an address may come from anywhere, and a name may mean anything. */
	for (uint32_t i = 0; i < config->peer_count; i++)
		if (config->peers[i].host[0] || config->peers[i].endpoint.family == AF_UNSPEC ||
		    peer_has_family(&config->peers[i], family))
			return true;
	return false;
}

/* Whether some peer can only be reached over FAMILY. */
static bool config_insists_on(const struct worker_config *config, uint16_t family)
{
	if (config->local.family == family)
		return true;
	for (uint32_t i = 0; i < config->peer_count; i++)
		if (!config->peers[i].host[0] && config->peers[i].endpoint.family == family)
			return true;
	return false;
}

/* Where datagrams of FAMILY are received. */
static struct worker_endpoint config_local(const struct worker_config *config, uint16_t family)
{
	struct worker_endpoint endpoint = config->local;

	if (config->other_local.family == family)
		endpoint = config->other_local;
	endpoint.port = config->local.port;
	endpoint.family = family;
	return endpoint;
}

static int open_tap(struct descriptors *ret, const struct worker_config *config,
		    const struct descriptors *old, const struct worker_config *old_config,
		    struct failure *failure)
{
	int tap = old->fds[DESCRIPTOR_TAP];

	if (tap < 0 || strcmp(config->interface, old_config->interface) != 0)
		tap = tap_open(config->interface, failure);
	ret->fds[DESCRIPTOR_TAP] = tap;
	return tap < 0 ? tap : 0;
}

/* Without one nothing is known of paths, and everything is sent. */
static void open_query(struct descriptors *ret, const struct descriptors *old,
		       enum socket_slot slot)
{
	int fd = old->fds[DESCRIPTOR_QUERIES + slot];

	if (fd < 0)
		fd = socket(slot == SOCKET_V6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ret->fds[DESCRIPTOR_QUERIES + slot] = fd;
}

static int open_socket(struct descriptors *ret, const struct worker_config *config,
		       const struct descriptors *old, const struct worker_config *old_config,
		       enum socket_slot slot, struct failure *failure)
{
	uint16_t family = slot == SOCKET_V6 ? AF_INET6 : AF_INET;
	struct worker_endpoint endpoint = config_local(config, family),
			       old_endpoint = config_local(old_config, family);
	int shared = old->fds[DESCRIPTOR_SOCKETS + slot], fd;

	if (!config_needs_family(config, family))
		return 0;
	open_query(ret, old, slot);
	if (shared >= 0 && worker_endpoint_equal(&endpoint, &old_endpoint)) {
		ret->fds[DESCRIPTOR_SOCKETS + slot] = shared;
		return 0;
	}
	fd = socket_open(&endpoint, shared, failure);
	/* A kernel may be without IPv6. */
	if (fd == -EAFNOSUPPORT && !config_insists_on(config, family))
		return 0;
	ret->fds[DESCRIPTOR_SOCKETS + slot] = fd;
	return fd < 0 ? fd : 0;
}

int descriptors_open(struct descriptors *ret, const struct worker_config *config,
		     const struct descriptors *old, const struct worker_config *old_config,
		     struct failure *failure)
{
	int r;

	*ret = (struct descriptors)DESCRIPTORS_NONE;
	r = open_tap(ret, config, old, old_config, failure);
	for (enum socket_slot slot = SOCKET_V4; r == 0 && slot < SOCKET_COUNT; slot++)
		r = open_socket(ret, config, old, old_config, slot, failure);
	return r;
}

void descriptors_close(struct descriptors *a, const struct descriptors *b)
{
	for (int i = 0; i < DESCRIPTOR_COUNT; i++) {
		if (a->fds[i] >= 0 && (!b || a->fds[i] != b->fds[i]))
			close(a->fds[i]);
		a->fds[i] = -1;
	}
}

uint32_t descriptors_offload(const struct descriptors *descriptors, uint32_t offloads)
{
	uint32_t known = WORKER_OFFLOAD_ALL;
	unsigned kinds = 0;

	kinds |= offloads & WORKER_OFFLOAD_TSO ? TAP_TSO : 0;
	kinds |= offloads & WORKER_OFFLOAD_USO ? TAP_USO : 0;
	for (int i = DESCRIPTOR_SOCKETS; i < DESCRIPTOR_QUERIES; i++)
		if (descriptors->fds[i] >= 0 &&
		    !inbox_merge(descriptors->fds[i], offloads & WORKER_OFFLOAD_GRO))
			known &= ~(uint32_t)WORKER_OFFLOAD_GRO;
	kinds = tap_offload(descriptors->fds[DESCRIPTOR_TAP], kinds);
	if (!(kinds & TAP_TSO))
		known &= ~(uint32_t)(WORKER_OFFLOAD_TSO | WORKER_OFFLOAD_COALESCE);
	return kinds & TAP_USO ? known : known & ~(uint32_t)WORKER_OFFLOAD_USO;
}

/* Sessions can find out about a path by themselves; frames in clear have nobody to ask. */
enum socket_cutting descriptors_cutting(const struct worker_config *config)
{
	if (config->do_not_fragment)
		return SOCKET_NEVER;
	return config->encryption == WORKER_PLAIN ? SOCKET_AS_NEEDED : SOCKET_WHOLE;
}

void descriptors_set_cutting(const struct descriptors *descriptors,
			     const struct worker_config *config)
{
	for (enum socket_slot slot = SOCKET_V4; slot < SOCKET_COUNT; slot++)
		if (descriptors->fds[DESCRIPTOR_SOCKETS + slot] >= 0)
			socket_set_cutting(descriptors->fds[DESCRIPTOR_SOCKETS + slot], slot,
					   descriptors_cutting(config));
}

bool descriptors_report_errors(const struct worker_config *config)
{
	if (config->encryption != WORKER_PLAIN)
		return false;
	for (uint32_t i = 0; i < config->peer_count; i++)
		if (config->peers[i].other_count)
			return true;
	return false;
}

void descriptors_set_errors(const struct descriptors *descriptors,
			    const struct worker_config *config)
{
	for (enum socket_slot slot = SOCKET_V4; slot < SOCKET_COUNT; slot++)
		if (descriptors->fds[DESCRIPTOR_SOCKETS + slot] >= 0)
			socket_set_errors(descriptors->fds[DESCRIPTOR_SOCKETS + slot], slot,
					  descriptors_report_errors(config));
}
