/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two directions: TAP to peers, and datagrams of peers to the TAP.
 *
 * Nothing that happens to a single frame is fatal: it is counted by its reason. Only the end of
 * the TAP ends the data plane, and the worker, which has nothing left to do then.
 */
#include "backends/tunnel/worker/dataplane.h"
#include "backends/tunnel/worker/aim.h"
#include "backends/tunnel/worker/forward.h"
#include "backends/tunnel/worker/frame.h"
#include "backends/tunnel/worker/mss.h"
#include "backends/tunnel/worker/secure.h"
#include "backends/tunnel/worker/segment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUDGET	   64 /* frames of the TAP per wakeup */
#define TAP_ROOM   (sizeof(struct virtio_net_hdr) + FRAME_ROOM + 2 * FRAME_TAG)
#define CACHE_LINE 64

/* PEER: NULL for what came from the TAP and is for no peer alone. */
static void dataplane_drop(struct dataplane *dataplane, struct peer *peer, enum worker_drop reason,
			   unsigned count)
{
	peer_drop(peer, dataplane->drops, reason, count);
}

void dataplane_set_mtu(struct dataplane *dataplane, unsigned mtu)
{
	struct tunnel *tunnel = &dataplane->tunnel;

	if (tunnel->config.mtu)
		tunnel->mtu = tunnel->config.mtu;
	else if (mtu)
		tunnel->mtu = mtu;
}

/* Of COUNT frames that are cut from this one. PEER sent it, NULL: it came from the TAP. */
static bool frame_is_good(struct dataplane *dataplane, struct peer *peer, const uint8_t *frame,
			  size_t length, unsigned count)
{
	switch (frame_check(frame, length, dataplane->tunnel.mtu)) {
	case FRAME_OK:
		return true;
	case FRAME_SHORT:
		dataplane_drop(dataplane, peer, WORKER_DROP_SHORT, count);
		break;
	case FRAME_LONG:
		dataplane_drop(dataplane, peer, WORKER_DROP_LONG, count);
		break;
	case FRAME_SOURCE_MAC:
		dataplane_drop(dataplane, peer, WORKER_DROP_SOURCE_MAC, count);
		break;
	}
	return false;
}

static void tap_gone(struct dataplane *dataplane)
{
	dataplane->interface_gone = true;
	dataplane->loop->stopping = true;
}

/* A frame like this one is not known to run in circles. */
static bool source_learn(struct dataplane *dataplane, const uint8_t *frame, uint32_t place)
{
	uint64_t now = dataplane->loop->now;

	return station_is_noted(&dataplane->stations, frame_source(frame), place, now) ||
	       !station_learn(&dataplane->stations, dataplane->tunnel.macs,
			      &dataplane->tunnel.config, frame, place, now);
}

/* COUNT frames of PEER, NULL: of this side; those beyond the limit are counted as dropped. */
static bool flood_pass(struct dataplane *dataplane, struct peer *peer, enum worker_flood kind,
		       unsigned count)
{
	struct flood *flood = peer ? &peer->flood : &dataplane->flood;

	if (flood_allow(flood, &dataplane->tunnel.config, kind, count, dataplane->loop->now))
		return true;
	dataplane_drop(dataplane, peer, flood_drop_reason(kind), count);
	return false;
}

/* Peers from *FIRST to before *END get COUNT frames like this one. False: none, and that is counted. */
static bool forward_peers(struct dataplane *dataplane, const uint8_t *frame, unsigned count,
			  uint32_t *first, uint32_t *end)
{
	struct tunnel *tunnel = &dataplane->tunnel;
	const uint8_t *destination = frame_destination(frame);
	struct forward forward = forward_decide(tunnel->macs, tunnel->peers.count, frame,
						ORIGIN_TAP, dataplane->loop->now);

	(void)source_learn(dataplane, frame, MAC_HERE);

	switch (forward.to) {
	case FORWARD_PEER:
		*first = forward.peer;
		*end = forward.peer + 1;
		return true;
	case FORWARD_ALL_PEERS:
		*first = 0;
		*end = tunnel->peers.count;
		return flood_pass(dataplane, NULL,
				  mac_is_group(destination) ? flood_of_group(destination)
							    : WORKER_FLOOD_UNKNOWN,
				  count);
	case FORWARD_TAP: /* never for what comes from there */
	case FORWARD_NOWHERE:
		break;
	}
	dataplane_drop(dataplane, NULL, WORKER_DROP_NO_PEER, count);
	return false;
}

/*
 * Whether COUNT frames of LENGTH, of the first of which FRAME[HAVE] is there, are to be sent to a peer: what is too large
 * for the path is dropped when its sender could be told, and else sent in fragments if they may be made.
 */
static bool path_carries(struct dataplane *dataplane, uint32_t number, const uint8_t *frame,
			 size_t have, size_t length, unsigned count)
{
	struct peer *peer = &dataplane->tunnel.peers.peers[number];

	if (dataplane->loop->now >= peer->path.due)
		path_refresh(dataplane, number);
	/* In clear the wire stays as the simplest relay has it: fragments, and nobody is told. */
	if (length <= peer->path.limit || dataplane->outbox.cutting == SOCKET_AS_NEEDED)
		return true;
	if (!path_answer(dataplane, number, frame, have) &&
	    dataplane->outbox.cutting != SOCKET_NEVER)
		return true;
	dataplane_drop(dataplane, peer, WORKER_DROP_TOO_BIG, count);
	return false;
}

static void frame_forward(struct dataplane *dataplane, uint8_t *frame, size_t length)
{
	struct iovec part = { frame, length };
	uint32_t peer, end;

	if (!frame_is_good(dataplane, NULL, frame, length, 1))
		return;
	if (!forward_peers(dataplane, frame, 1, &peer, &end))
		return;
	if (end - peer == 1 && !path_carries(dataplane, peer, frame, length, length, 1))
		return;
	if (length <= MSS_FRAME_MAX)
		mss_clamp(frame, length,
			  end - peer == 1 ? path_packet_limit(dataplane, peer)
					  : dataplane->tunnel.mtu);
	for (; peer < end; peer++) {
		aim_frame(dataplane, peer, &part, 1);
		outbox_add(&dataplane->outbox, &dataplane->tunnel.peers.peers[peer], &part, 1);
	}
}

static void super_forward(struct dataplane *dataplane, const struct super_frame *super)
{
	size_t length = super->count > 1 ? super_frame_size(super) : super->packet.end;
	uint32_t first, end;
	struct iovec parts[2];
	const uint8_t *payload;
	uint8_t *header;

	if (!frame_is_good(dataplane, NULL, super->frame, length, super->count))
		return;
	if (!forward_peers(dataplane, super->frame, super->count, &first, &end))
		return;
	if (end - first == 1 &&
	    !path_carries(dataplane, first, super->frame, super->packet.end, length, super->count))
		return;
	for (unsigned i = 0; i < super->count; i++) {
		header = outbox_header(&dataplane->outbox);
		length = super_frame_segment(super, i, header, &payload);
		parts[0] = (struct iovec){ header, super->packet.payload };
		parts[1] = (struct iovec){ (void *)(uintptr_t)payload, length };
		for (uint32_t peer = first; peer < end; peer++) {
			if (i == 0) /* it stands for all of them */
				aim_frame(dataplane, peer, parts, 2);
			outbox_add(&dataplane->outbox, &dataplane->tunnel.peers.peers[peer], parts,
				   2);
		}
	}
}

/* DATA is a frame behind its header. One that is not what its header says is longer than any frame may be. */
static void tap_accept(struct dataplane *dataplane, uint8_t *data, size_t length)
{
	struct virtio_net_hdr header;
	struct super_frame super;
	int r = 0;

	if (length < sizeof(header)) {
		dataplane_drop(dataplane, NULL, WORKER_DROP_SHORT, 1);
		return;
	}
	memcpy(&header, data, sizeof(header));
	data += sizeof(header);
	length -= sizeof(header);
	if (header.gso_type != VIRTIO_NET_HDR_GSO_NONE) {
		r = super_frame_init(&super, &header, data, length);
		if (r == 0)
			super_forward(dataplane, &super);
	} else {
		if (header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
			r = checksum_complete(&header, data, length);
		if (r == 0)
			frame_forward(dataplane, data, length);
	}
	if (r < 0)
		dataplane_drop(dataplane, NULL, WORKER_DROP_LONG, 1);
}

static void frames_send(struct dataplane *dataplane)
{
	outbox_flush(&dataplane->outbox, dataplane->loop->now);
	dataplane->read = 0;
}

static void tap_ready(struct event_source *source)
{
	struct dataplane *dataplane = source->owner;
	ssize_t n;

	secure_begin(dataplane);
	for (int i = 0; i < BUDGET; i++) {
		if (dataplane->read + TAP_ROOM > sizeof(dataplane->frames))
			frames_send(dataplane);
		n = tap_read(source->fd, dataplane->frames + dataplane->read, TAP_ROOM);
		if (n == -ENODEV)
			tap_gone(dataplane);
		if (n < 0)
			break;
		tap_accept(dataplane, dataplane->frames + dataplane->read, (size_t)n);
		dataplane->read += ((size_t)n + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
		if (!dataplane->batch)
			frames_send(dataplane);
	}
	frames_send(dataplane);
	secure_end(dataplane);
}

static void delivery_count(struct dataplane *dataplane, uint32_t number, unsigned count,
			   size_t bytes)
{
	struct peer *peer = &dataplane->tunnel.peers.peers[number];

	peer->traffic.rx_frames += count;
	peer->traffic.rx_bytes += bytes;
	dataplane->traffic.rx_frames += count;
	dataplane->traffic.rx_bytes += bytes;
}

static void delivery_failed(struct dataplane *dataplane, uint32_t number, int code, unsigned count)
{
	if (code == -ENODEV && !dataplane->loop->stopping)
		tap_gone(dataplane);
	dataplane_drop(dataplane, &dataplane->tunnel.peers.peers[number],
		       code == -EIO ? WORKER_DROP_TAP_DOWN : WORKER_DROP_TAP, count);
}

/* The kernel takes no super-frame of this kind. */
static void delivery_write_singly(struct dataplane *dataplane, const struct delivery *delivery)
{
	struct virtio_net_hdr header = { 0 };
	struct iovec parts[2] = { { &header, sizeof(header) } };
	ssize_t n;

	for (unsigned i = 0; i < delivery->count; i++) {
		parts[1] = delivery_frame(delivery, i);
		n = tap_write(dataplane->tunnel.tap, parts, 2);
		if (n < 0)
			delivery_failed(dataplane, delivery->peer, (int)n, 1);
		else
			delivery_count(dataplane, delivery->peer, 1, parts[1].iov_len);
	}
}

static void delivery_write(struct coalescer *coalescer, struct delivery *delivery)
{
	struct dataplane *dataplane = coalescer->owner;
	ssize_t n;

	delivery->parts[0] = (struct iovec){ &delivery->header, sizeof(delivery->header) };
	n = tap_write(dataplane->tunnel.tap, delivery->parts, delivery->part_count);
	if (n == -EINVAL && delivery->count > 1)
		delivery_write_singly(dataplane, delivery);
	else if (n < 0)
		delivery_failed(dataplane, delivery->peer, (int)n, delivery->count);
	else
		delivery_count(dataplane, delivery->peer, delivery->count, delivery->bytes);
}

void dataplane_accept(struct dataplane *dataplane, uint32_t number, uint8_t *frame, size_t length)
{
	const uint8_t *destination = frame_destination(frame);
	struct peer *peer = &dataplane->tunnel.peers.peers[number];

	if (!frame_is_good(dataplane, peer, frame, length, 1))
		return;
	if (!source_learn(dataplane, frame, number)) {
		dataplane_drop(dataplane, peer, WORKER_DROP_LOOP, 1);
		return;
	}
	if (mac_is_group(destination) &&
	    !flood_pass(dataplane, peer, flood_of_group(destination), 1))
		return;
	if (length <= MSS_FRAME_MAX)
		mss_clamp(frame, length, path_packet_limit(dataplane, number));
	coalesce_frame(&dataplane->coalescer, number, frame, length);
}

static void plain_accept(struct dataplane *dataplane, const union socket_address *from,
			 uint8_t *data, size_t length)
{
	struct peer_table *peers = &dataplane->tunnel.peers;
	const struct peer_place *place = peer_table_find(peers, from);

	if (!place) {
		dataplane_drop(dataplane, NULL, WORKER_DROP_UNKNOWN_SOURCE, 1);
		return;
	}
	peers->peers[place->peer].heard = dataplane->loop->now;
	aim_heard(dataplane, place);
	dataplane_accept(dataplane, place->peer, data, length);
}

static void message_accept(struct dataplane *dataplane, const struct inbox_message *message)
{
	size_t left = message->length, size;
	uint8_t *data;

	do { /* an empty datagram is one, too */
		size = left < message->size ? left : message->size;
		data = message->data + message->length - left;
		if (dataplane->tunnel.sessions)
			secure_accept(dataplane, message->from, data, size);
		else
			plain_accept(dataplane, message->from, data, size);
		left -= size;
	} while (left);
}

bool dataplane_receive(struct dataplane *dataplane, enum socket_slot slot)
{
	struct inbox_message message;
	int n = inbox_receive(&dataplane->inbox, dataplane->tunnel.sockets[slot], dataplane->batch);

	if (n < 0 && aim_errors(dataplane, dataplane->tunnel.sockets[slot]))
		return true;
	if (n == -EAGAIN)
		return false;
	if (n < 0)
		dataplane->receive_errors++;
	secure_begin(dataplane);
	for (int i = 0; i < n; i++) {
		message = inbox_message(&dataplane->inbox, (unsigned)i);
		message_accept(dataplane, &message);
	}
	coalesce_flush(&dataplane->coalescer);
	secure_end(dataplane);
	return !dataplane->loop->stopping;
}

static void socket_ready(struct event_source *source)
{
	struct dataplane *dataplane = source->owner;

	dataplane_receive(dataplane, (enum socket_slot)(source - dataplane->sockets));
}

static bool outbox_errors(void *owner, int fd)
{
	return aim_errors(owner, fd);
}

void dataplane_init(struct dataplane *dataplane, struct loop *loop)
{
	dataplane->loop = loop;
	dataplane->outbox.sockets = dataplane->tunnel.sockets;
	dataplane->outbox.drops = dataplane->drops;
	dataplane->outbox.traffic = &dataplane->traffic;
	dataplane->outbox.errors = outbox_errors;
	dataplane->outbox.owner = dataplane;
	coalesce_init(&dataplane->coalescer, dataplane, delivery_write);
	dataplane->started = loop->now;
	dataplane->timer.fd = -1;
	dataplane->tunnel.tap = -1;
	dataplane->tap = (struct event_source){ .fd = -1, .ready = tap_ready, .owner = dataplane };
	for (int i = 0; i < SOCKET_COUNT; i++) {
		dataplane->tunnel.sockets[i] = dataplane->tunnel.queries[i] = -1;
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
	for (int i = 0; i < SOCKET_COUNT; i++)
		if (dataplane->tunnel.queries[i] >= 0)
			close(dataplane->tunnel.queries[i]);
	outbox_clear(&dataplane->outbox);
	secure_close(dataplane);
	peer_table_clear(&dataplane->tunnel.peers);
	mac_table_free(dataplane->tunnel.macs);
	worker_config_clear(&dataplane->tunnel.config);
}
