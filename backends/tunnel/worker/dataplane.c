/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two directions: TAP to peers, and datagrams of peers to the TAP.
 *
 * Nothing that happens to a single frame is fatal: it is counted by its reason. Only the end of
 * the TAP ends the worker, which has nothing left to do then.
 */
#include "backends/tunnel/worker/dataplane.h"
#include "backends/tunnel/worker/forward.h"
#include "backends/tunnel/worker/socket.h"
#include "backends/tunnel/worker/tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUDGET	     64	 /* frames per wakeup and source */
#define MTU_INTERVAL 100 /* milliseconds */

static void dataplane_drop(struct dataplane *dataplane, enum worker_drop reason)
{
	dataplane->drops[reason]++;
}

/* Somebody else sets the TAP's MTU; asking a few times per second costs less than listening. */
static void mtu_follow(struct dataplane *dataplane)
{
	struct tunnel *tunnel = &dataplane->tunnel;
	unsigned mtu;

	if (tunnel->config.mtu || dataplane->loop->now - dataplane->mtu_asked < MTU_INTERVAL)
		return;
	dataplane->mtu_asked = dataplane->loop->now;
	mtu = tap_mtu(tunnel->tap);
	if (mtu)
		tunnel->mtu = mtu;
}

static bool frame_is_good(struct dataplane *dataplane, const uint8_t *frame, size_t length)
{
	switch (frame_check(frame, length, dataplane->tunnel.mtu)) {
	case FRAME_OK:
		return true;
	case FRAME_SHORT:
		dataplane_drop(dataplane, WORKER_DROP_SHORT);
		break;
	case FRAME_LONG:
		dataplane_drop(dataplane, WORKER_DROP_LONG);
		break;
	case FRAME_SOURCE_MAC:
		dataplane_drop(dataplane, WORKER_DROP_SOURCE_MAC);
		break;
	}
	return false;
}

static void tap_gone(struct dataplane *dataplane)
{
	fprintf(stderr, "interface %s is gone\n", dataplane->tunnel.config.interface);
	dataplane->loop->stopping = true;
}

static void peer_send(struct dataplane *dataplane, uint32_t number, const uint8_t *frame,
		      size_t length)
{
	struct tunnel *tunnel = &dataplane->tunnel;
	struct peer *peer = &tunnel->peers.peers[number];
	bool is_v6 = peer->address.any.sa_family == AF_INET6;
	int r = socket_send(tunnel->sockets[is_v6 ? SOCKET_V6 : SOCKET_V4], frame, length,
			    &peer->address);

	if (r < 0) {
		dataplane_drop(dataplane, socket_drop_reason(-r));
		return;
	}
	peer->traffic.tx_frames++;
	peer->traffic.tx_bytes += length;
	dataplane->traffic.tx_frames++;
	dataplane->traffic.tx_bytes += length;
}

static void frame_forward(struct dataplane *dataplane, const uint8_t *frame, size_t length)
{
	struct tunnel *tunnel = &dataplane->tunnel;
	struct forward forward = forward_decide(tunnel->macs, tunnel->peers.count, frame,
						ORIGIN_TAP, dataplane->loop->now);

	switch (forward.to) {
	case FORWARD_TAP: /* never for what comes from there */
		break;
	case FORWARD_PEER:
		peer_send(dataplane, forward.peer, frame, length);
		break;
	case FORWARD_ALL_PEERS:
		for (uint32_t i = 0; i < tunnel->peers.count; i++)
			peer_send(dataplane, i, frame, length);
		break;
	case FORWARD_NOWHERE:
		dataplane_drop(dataplane, WORKER_DROP_NO_PEER);
		break;
	}
}

static void tap_ready(struct event_source *source)
{
	struct dataplane *dataplane = source->owner;
	ssize_t n;

	mtu_follow(dataplane);
	for (int i = 0; i < BUDGET; i++) {
		n = tap_read(source->fd, dataplane->frame, sizeof(dataplane->frame));
		if (n == -ENODEV) {
			tap_gone(dataplane);
			return;
		}
		if (n < 0)
			return;
		if (frame_is_good(dataplane, dataplane->frame, (size_t)n))
			frame_forward(dataplane, dataplane->frame, (size_t)n);
	}
}

static void source_learn(struct dataplane *dataplane, const uint8_t *frame, uint32_t peer)
{
	struct tunnel *tunnel = &dataplane->tunnel;

	if (!tunnel->config.mac_learning)
		return;
	switch (mac_table_learn(tunnel->macs, frame_source(frame), peer, dataplane->loop->now)) {
	case MAC_MOVED:
		dataplane->mac_moves++;
		break;
	case MAC_FULL:
		dataplane->mac_refused++;
		break;
	case MAC_ADDED:
	case MAC_REFRESHED:
	case MAC_STATIC:
		break;
	}
}

static void frame_deliver(struct dataplane *dataplane, struct peer *peer, size_t length)
{
	ssize_t n = tap_write(dataplane->tunnel.tap, dataplane->frame, length);

	if (n == -ENODEV) {
		tap_gone(dataplane);
	} else if (n < 0) {
		dataplane_drop(dataplane, n == -EIO ? WORKER_DROP_TAP_DOWN : WORKER_DROP_TAP);
	} else {
		peer->traffic.rx_frames++;
		peer->traffic.rx_bytes += length;
		dataplane->traffic.rx_frames++;
		dataplane->traffic.rx_bytes += length;
	}
}

static void datagram_accept(struct dataplane *dataplane, const union socket_address *from,
			    size_t length)
{
	struct peer_table *peers = &dataplane->tunnel.peers;
	int number = peer_table_find(peers, from);

	if (number < 0) {
		dataplane_drop(dataplane, WORKER_DROP_UNKNOWN_SOURCE);
		return;
	}
	peers->peers[number].heard = dataplane->loop->now;
	if (!frame_is_good(dataplane, dataplane->frame, length))
		return;
	source_learn(dataplane, dataplane->frame, (uint32_t)number);
	frame_deliver(dataplane, &peers->peers[number], length);
}

bool dataplane_receive(struct dataplane *dataplane, enum socket_slot slot)
{
	union socket_address from;
	ssize_t n;

	for (int i = 0; i < BUDGET && !dataplane->loop->stopping; i++) {
		n = socket_receive(dataplane->tunnel.sockets[slot], dataplane->frame,
				   sizeof(dataplane->frame), &from);
		if (n == -EAGAIN)
			return false;
		if (n < 0)
			dataplane->receive_errors++;
		else
			datagram_accept(dataplane, &from, (size_t)n);
	}
	return true;
}

static void socket_ready(struct event_source *source)
{
	struct dataplane *dataplane = source->owner;

	mtu_follow(dataplane);
	dataplane_receive(dataplane, (enum socket_slot)(source - dataplane->sockets));
}

void dataplane_init(struct dataplane *dataplane, struct loop *loop)
{
	memset(dataplane, 0, sizeof(*dataplane));
	dataplane->loop = loop;
	dataplane->started = loop->now;
	dataplane->tunnel.tap = -1;
	dataplane->tap = (struct event_source){ .fd = -1, .ready = tap_ready, .owner = dataplane };
	for (int i = 0; i < SOCKET_COUNT; i++) {
		dataplane->tunnel.sockets[i] = -1;
		dataplane->sockets[i] = (struct event_source){ .fd = -1,
							       .ready = socket_ready,
							       .owner = dataplane };
	}
}

void dataplane_close(struct dataplane *dataplane)
{
	source_close(&dataplane->tap);
	for (int i = 0; i < SOCKET_COUNT; i++)
		source_close(&dataplane->sockets[i]);
	peer_table_clear(&dataplane->tunnel.peers);
	mac_table_free(dataplane->tunnel.macs);
	worker_config_clear(&dataplane->tunnel.config);
}

int dataplane_report(const struct dataplane *dataplane, struct worker_state *ret,
		     struct failure *failure)
{
	const struct tunnel *tunnel = &dataplane->tunnel;
	uint64_t now = dataplane->loop->now;
	const struct peer *peer;

	ret->peers = calloc(tunnel->peers.count + 1, sizeof(*ret->peers));
	if (!ret->peers)
		return failure_set(failure, ENOMEM, "out of memory");
	ret->uptime = now - dataplane->started;
	ret->mac_moves = dataplane->mac_moves;
	ret->mac_refused = dataplane->mac_refused;
	ret->receive_errors = dataplane->receive_errors;
	ret->traffic = dataplane->traffic;
	memcpy(ret->drops, dataplane->drops, sizeof(ret->drops));
	if (!dataplane->configured)
		return 0;
	ret->config_hash = worker_config_hash(&tunnel->config);
	ret->learned_macs = mac_table_learned_count(tunnel->macs, now);
	ret->static_macs = mac_table_static_count(tunnel->macs);
	ret->peer_count = tunnel->peers.count;
	for (uint32_t i = 0; i < ret->peer_count; i++) {
		peer = &tunnel->peers.peers[i];
		memcpy(ret->peers[i].name, tunnel->config.peers[i].name, WORKER_NAME_SIZE);
		ret->peers[i].endpoint = tunnel->config.peers[i].endpoint;
		ret->peers[i].heard_ago = peer->heard ? now - peer->heard : UINT64_MAX;
		ret->peers[i].traffic = peer->traffic;
	}
	return 0;
}
