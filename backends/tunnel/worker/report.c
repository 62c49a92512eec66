/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a data plane says of itself when it is asked. */
#include "backends/tunnel/worker/dataplane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void peer_report(const struct dataplane *dataplane, uint32_t i,
			struct worker_peer_state *ret)
{
	const struct tunnel *tunnel = &dataplane->tunnel;
	const struct peer *peer = &tunnel->peers.peers[i];
	const struct session *session = tunnel->sessions ? &tunnel->sessions->sessions[i] : NULL;
	uint64_t now = dataplane->loop->now;

	memcpy(ret->name, tunnel->config.peers[i].name, WORKER_NAME_SIZE);
	ret->endpoint = endpoint_of_address(&peer->address);
	for (uint32_t other = 0; other < peer->reach.count; other++)
		if (other != peer->reach.current)
			ret->others[ret->other_count++] =
				endpoint_of_address(&peer->reach.all[other]);
	ret->heard_ago = peer->heard ? now - peer->heard : UINT64_MAX;
	ret->handshake_ago =
		session && session->established ? now - session->established : UINT64_MAX;
	ret->traffic = peer->traffic;
	memcpy(ret->drops, peer->drops, sizeof(ret->drops));
	ret->path_mtu = peer->path.mtu;
	ret->kernel_mtu = peer->path.kernel_mtu;
	ret->probed_mtu = peer->path.probed_mtu;
	ret->rtt = session ? session->echo.rtt : 0;
}

/* The name of a peer; "": this host. */
static void place_report(const struct dataplane *dataplane, uint32_t place,
			 char ret[WORKER_NAME_SIZE])
{
	if (place != MAC_HERE)
		memcpy(ret, dataplane->tunnel.config.peers[place].name, WORKER_NAME_SIZE);
}

static void stations_report(const struct dataplane *dataplane, struct worker_state *ret)
{
	const struct tunnel *tunnel = &dataplane->tunnel;
	const struct mac_flap *flaps = mac_table_flaps(tunnel->macs);
	uint64_t now = dataplane->loop->now;
	struct worker_flap *flap;

	ret->learned_macs = mac_table_learned_count(tunnel->macs, now);
	ret->here_macs = mac_table_here_count(tunnel->macs, now);
	ret->static_macs = mac_table_static_count(tunnel->macs);
	ret->mac_limit = tunnel->config.mac_limit;
	for (unsigned i = 0; i < MAC_FLAPS_KEPT; i++) {
		if (!flaps[i].count)
			continue;
		flap = &ret->flaps[ret->flap_count++];
		memcpy(flap->mac, flaps[i].mac, sizeof(flap->mac));
		place_report(dataplane, flaps[i].places[0], flap->places[0]);
		place_report(dataplane, flaps[i].places[1], flap->places[1]);
		flap->count = flaps[i].count;
		flap->ago = now - flaps[i].seen;
	}
}

int dataplane_report(const struct dataplane *dataplane, struct worker_state *ret,
		     struct failure *failure)
{
	const struct tunnel *tunnel = &dataplane->tunnel;
	uint64_t now = dataplane->loop->now;

	ret->peers = calloc(tunnel->peers.count + 1, sizeof(*ret->peers));
	if (!ret->peers)
		return failure_set(failure, ENOMEM, "out of memory");
	ret->uptime = now - dataplane->started;
	ret->mac_moves = dataplane->stations.moves;
	ret->mac_refused = dataplane->stations.refused;
	ret->mac_conflicts = dataplane->stations.conflicts;
	ret->mac_flaps = dataplane->stations.flaps;
	ret->receive_errors = dataplane->receive_errors;
	ret->traffic = dataplane->traffic;
	memcpy(ret->drops, dataplane->drops, sizeof(ret->drops));
	if (!dataplane->configured)
		return 0;
	ret->config_hash = worker_config_hash(&tunnel->config);
	ret->offloads_wanted = tunnel->config.offloads;
	ret->offloads_known = dataplane->offloads_known;
	stations_report(dataplane, ret);
	ret->peer_count = tunnel->peers.count;
	for (uint32_t i = 0; i < ret->peer_count; i++)
		peer_report(dataplane, i, &ret->peers[i]);
	return 0;
}
