/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replacing the configuration while traffic flows.
 *
 * The new tunnel is built completely, with the descriptors that the supervisor opened and those that
 * need no change, and then put in the place of the old one. What fails before that leaves the old one
 * as it is. Counters and learned entries of peers that stay are kept.
 */
#include "backends/tunnel/worker/config_check.h"
#include "backends/tunnel/worker/dataplane.h"
#include "backends/tunnel/worker/secure.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/random.h>

#define DRAIN_ROUNDS 64 /* times the budget of one wakeup */

/* The number of the peer with this name, or -1. */
static int config_find_peer(const struct worker_config *config, const char *name)
{
	for (uint32_t i = 0; i < config->peer_count; i++)
		if (strcmp(config->peers[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int tunnel_pin_macs(struct tunnel *next, struct failure *failure)
{
	const struct worker_peer *peer;
	int r;

	for (uint32_t i = 0; i < next->config.peer_count; i++) {
		peer = &next->config.peers[i];
		for (uint32_t m = 0; m < peer->mac_count; m++) {
			r = mac_table_pin(next->macs, next->config.macs[peer->first_mac + m], i);
			if (r == -EEXIST)
				return failure_set(failure, EINVAL,
						   "peer %s: a static MAC is given twice",
						   peer->name);
			if (r < 0)
				return failure_set_errno(failure, -r, "MAC table");
		}
	}
	return 0;
}

static int tunnel_build_macs(struct tunnel *next, struct failure *failure)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = (uint64_t)getpid(); /* early at boot: less random, still a table */
	next->macs = mac_table_new(next->config.mac_limit, (uint64_t)next->config.mac_ageing * 1000,
				   seed);
	if (!next->macs)
		return failure_set(failure, ENOMEM, "MAC table: out of memory");
	return tunnel_pin_macs(next, failure);
}

/* Those that came with the configuration, and those of the old one that stay. */
static void tunnel_take_descriptors(struct tunnel *next, const struct tunnel *old,
				    const struct plane_resources *resources)
{
	const uint8_t *use = resources->handover.use;
	const int *fds = resources->descriptors.fds;

	next->tap = use[DESCRIPTOR_TAP] == HANDOVER_KEEP ? old->tap : fds[DESCRIPTOR_TAP];
	for (int i = 0; i < SOCKET_COUNT; i++) {
		next->sockets[i] = use[DESCRIPTOR_SOCKETS + i] == HANDOVER_KEEP
					   ? old->sockets[i]
					   : fds[DESCRIPTOR_SOCKETS + i];
		next->queries[i] = use[DESCRIPTOR_QUERIES + i] == HANDOVER_KEEP
					   ? old->queries[i]
					   : fds[DESCRIPTOR_QUERIES + i];
	}
}

/* A file that came with a configuration that was refused is the same. */
static void tunnel_take_whereabouts(struct dataplane *dataplane, int fd)
{
	if (!dataplane->whereabouts)
		dataplane->whereabouts = whereabouts_map(fd);
	else if (fd >= 0)
		close(fd);
}

static int tunnel_build(struct dataplane *dataplane, struct tunnel *next,
			const struct secrets *secrets, struct failure *failure)
{
	int r = config_check(&next->config, failure);

	next->reports_errors = descriptors_report_errors(&next->config);
	if (r == 0)
		r = peer_table_init(&next->peers, &next->config, failure);
	if (r == 0)
		r = tunnel_build_macs(next, failure);
	if (r == 0)
		r = secure_build(dataplane, next, secrets, failure);
	if (r == 0 && next->tap < 0)
		r = failure_set(failure, EBADF, "no interface");
	return r;
}

/* Close what A has and B does not share. */
static void tunnel_close_fds(struct tunnel *a, const struct tunnel *b)
{
	if (a->tap >= 0 && a->tap != b->tap)
		close(a->tap);
	for (int i = 0; i < SOCKET_COUNT; i++) {
		if (a->sockets[i] >= 0 && a->sockets[i] != b->sockets[i])
			close(a->sockets[i]);
		if (a->queries[i] >= 0 && a->queries[i] != b->queries[i])
			close(a->queries[i]);
	}
}

static int tunnel_watch(struct dataplane *dataplane, const struct tunnel *next)
{
	const struct tunnel *old = &dataplane->tunnel;
	int r = 0;

	if (next->tap != old->tap)
		r = loop_watch(dataplane->loop, &dataplane->tap, next->tap);
	for (int i = 0; r == 0 && i < SOCKET_COUNT; i++)
		if (next->sockets[i] >= 0 && next->sockets[i] != old->sockets[i])
			r = loop_watch(dataplane->loop, &dataplane->sockets[i], next->sockets[i]);
	return r;
}

/*
 * What arrived before the change is still handled as before it. The new sockets are open already, so from
 * when an old one is retired on every datagram is in one or the other.
 */
static void tunnel_drain(struct dataplane *dataplane, const struct tunnel *next)
{
	int rounds = DRAIN_ROUNDS;

	for (enum socket_slot slot = SOCKET_V4; slot < SOCKET_COUNT; slot++) {
		if (dataplane->tunnel.sockets[slot] < 0 ||
		    dataplane->tunnel.sockets[slot] == next->sockets[slot])
			continue;
		socket_retire(dataplane->tunnel.sockets[slot]);
		while (rounds-- > 0 && dataplane_receive(dataplane, slot))
			;
	}
}

/* NUMBERS has room for every old peer. */
static void tunnel_carry(struct tunnel *next, struct tunnel *old, int *numbers, uint64_t now)
{
	assert(numbers);
	for (uint32_t i = 0; i < old->config.peer_count; i++) {
		numbers[i] = config_find_peer(&next->config, old->config.peers[i].name);
		if (numbers[i] < 0)
			continue;
		peer_carry(&next->peers.peers[numbers[i]], &old->peers.peers[i],
			   next->sessions && old->sessions);
	}
	if (next->config.mac_learning && old->macs)
		mac_table_carry(next->macs, old->macs, numbers, now);
	secure_carry(next, old, numbers);
}

static void tunnel_clear(struct tunnel *tunnel)
{
	peer_table_clear(&tunnel->peers);
	mac_table_free(tunnel->macs);
	session_table_free(tunnel->sessions);
	worker_config_clear(&tunnel->config);
}

/* KNOWN is what the kernel has; it was set up by the supervisor. */
static void tunnel_set_offloads(struct dataplane *dataplane, uint32_t known)
{
	uint32_t on = dataplane->tunnel.config.offloads & known;

	dataplane->offloads_known = known;
	dataplane->outbox.segment = on & WORKER_OFFLOAD_GSO;
	dataplane->batch = on & WORKER_OFFLOAD_BATCH;
	dataplane->coalescer.tcp = on & WORKER_OFFLOAD_COALESCE;
	dataplane->coalescer.udp = on & WORKER_OFFLOAD_COALESCE && known & WORKER_OFFLOAD_USO;
}

/* Nothing here fails: from the first line on the new tunnel is the one. */
static void tunnel_replace(struct dataplane *dataplane, struct tunnel *next, int *numbers,
			   const struct handover *handover)
{
	struct tunnel *old = &dataplane->tunnel;

	tunnel_drain(dataplane, next);
	tunnel_carry(next, old, numbers, dataplane->loop->now);
	tunnel_close_fds(old, next);
	tunnel_clear(old);
	*old = *next;
	whereabouts_follow(dataplane->whereabouts, old, !dataplane->configured);
	dataplane->configured = true;
	dataplane->tap.fd = next->tap;
	for (int i = 0; i < SOCKET_COUNT; i++)
		dataplane->sockets[i].fd = next->sockets[i];
	stations_forget(&dataplane->stations);
	tunnel_set_offloads(dataplane, handover->offloads);
	dataplane->outbox.cutting = descriptors_cutting(&old->config);
	dataplane_set_mtu(dataplane, handover->mtu);
	secure_start(dataplane);
}

int dataplane_configure(struct dataplane *dataplane, struct worker_config *config,
			const struct plane_resources *resources, struct failure *failure)
{
	struct tunnel *old = &dataplane->tunnel;
	struct tunnel next = {
		.config = *config, .tap = -1, .sockets = { -1, -1 }, .queries = { -1, -1 }
	};
	int *numbers = calloc(old->config.peer_count + 1, sizeof(*numbers));
	int r = numbers ? 0 : failure_set(failure, ENOMEM, "out of memory");

	tunnel_take_descriptors(&next, old, resources);
	tunnel_take_whereabouts(dataplane, resources->descriptors.fds[DESCRIPTOR_WHEREABOUTS]);
	if (r == 0)
		r = tunnel_build(dataplane, &next, &resources->handover.secrets, failure);
	if (r == 0 && tunnel_watch(dataplane, &next) < 0)
		r = failure_set(failure, ENOMEM, "epoll: cannot watch one more descriptor");
	if (r == 0) {
		tunnel_replace(dataplane, &next, numbers, &resources->handover);
		*config = (struct worker_config){ 0 };
	} else {
		tunnel_close_fds(&next, old);
		next.config = (struct worker_config){ 0 }; /* stays the caller's */
		tunnel_clear(&next);
	}
	free(numbers);
	return r;
}
