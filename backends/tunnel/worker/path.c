/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A UDP socket that is connected tells its route's MTU (ip(7), IP_MTU). The tunnel's own are not connected, so there
 * are two that send nothing.
 */
#include "backends/tunnel/worker/path.h"
#include "backends/tunnel/worker/codec.h"
#include "backends/tunnel/worker/dataplane.h"
#include "backends/tunnel/worker/secure.h"
#include "backends/tunnel/worker/too_big.h"

#include <linux/if_ether.h>

#define ANSWERS_RATE  1000u
#define ANSWERS_BURST 200u
#define UDP_HEADER    8u

#ifndef IPV6_MTU
#define IPV6_MTU 24
#endif

/* The kernel chose it for the connection, and it may be one that another tunnel is told to have. */
static void port_release(int fd)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	(void)!connect(fd, &none, sizeof(none));
}

static unsigned kernel_ask(int fd, const union socket_address *address)
{
	bool is_v6 = address->any.sa_family == AF_INET6;
	socklen_t length = is_v6 ? sizeof(address->v6) : sizeof(address->v4), size;
	int mtu = 0;

	size = sizeof(mtu);
	if (fd < 0 || !address_is_known(address))
		return 0;
	if (connect(fd, &address->any, length) < 0 ||
	    getsockopt(fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_MTU : IP_MTU, &mtu,
		       &size) < 0)
		mtu = 0;
	port_release(fd);
	return mtu > 0 ? (unsigned)mtu : 0;
}

/* By probes: the longest datagram of which it is known that longer ones are lost, and the longest answered. */
static void probes_ask(const struct tunnel *tunnel, uint32_t number, size_t *limit,
		       size_t *answered)
{
	const struct search *search =
		tunnel->sessions ? &tunnel->sessions->sessions[number].search : NULL;

	*limit = search && search->limit ? search->limit : SIZE_MAX;
	*answered = search ? search->low : 0;
}

void path_refresh(struct dataplane *dataplane, uint32_t number)
{
	struct tunnel *tunnel = &dataplane->tunnel;
	struct peer *peer = &tunnel->peers.peers[number];
	struct path *path = &peer->path;
	bool is_v6 = peer->address.any.sa_family == AF_INET6;
	size_t headers = (is_v6 ? 40 : 20) + UDP_HEADER, datagram, answered;
	size_t overhead = peer->codec ? peer->codec->overhead : 0;
	unsigned mtu = kernel_ask(tunnel->queries[socket_slot_for(&peer->address)], &peer->address);

	secure_note_move(dataplane, number);
	path->due = dataplane->loop->now + PATH_INTERVAL;
	path->kernel = mtu > headers ? mtu - headers : SIZE_MAX;
	probes_ask(tunnel, number, &datagram, &answered);
	if (path->kernel < datagram)
		datagram = path->kernel;
	path->kernel_mtu = path->kernel == SIZE_MAX ? 0 : mtu;
	path->probed_mtu = answered ? (uint32_t)(answered + headers) : 0;
	path->mtu = datagram == SIZE_MAX ? 0 : (uint32_t)(datagram + headers);
	path->limit = datagram == SIZE_MAX			       ? SIZE_MAX
		      : datagram > overhead + FRAME_HEADER + FRAME_TAG ? datagram - overhead
								       : FRAME_HEADER + FRAME_TAG;
}

size_t path_kernel_limit(const struct dataplane *dataplane, uint32_t number, size_t most)
{
	const struct path *path = &dataplane->tunnel.peers.peers[number].path;

	return path->kernel < most ? path->kernel : most;
}

void path_refresh_all(struct dataplane *dataplane)
{
	const struct peer_table *peers = &dataplane->tunnel.peers;

	for (uint32_t i = 0; i < peers->count; i++)
		if (peers->peers[i].path.limit && dataplane->loop->now >= peers->peers[i].path.due)
			path_refresh(dataplane, i);
}

size_t path_packet_limit(const struct dataplane *dataplane, uint32_t number)
{
	const struct path *path = &dataplane->tunnel.peers.peers[number].path;
	size_t mtu = dataplane->tunnel.mtu;

	/* A limit of 0 was not asked for yet. */
	if (path->limit > FRAME_HEADER && path->limit - FRAME_HEADER < mtu)
		mtu = path->limit - FRAME_HEADER;
	return mtu;
}

bool path_answer(struct dataplane *dataplane, uint32_t number, const uint8_t *frame, size_t length)
{
	struct virtio_net_hdr header = { 0 };
	uint8_t answer[TOO_BIG_ROOM];
	struct iovec parts[2] = { { &header, sizeof(header) }, { answer, 0 } };
	unsigned type = number_get16(frame + 12);
	const struct peer *peer = &dataplane->tunnel.peers.peers[number];
	size_t mtu = peer->path.limit - FRAME_HEADER;
	/* Nobody cuts it on its way: IPv6's routers do not, and our kernel does not know that it should. */
	bool always =
		dataplane->outbox.cutting == SOCKET_NEVER ||
		(peer->address.any.sa_family == AF_INET6 && peer->path.mtu < peer->path.kernel_mtu);

	if (type == ETH_P_8021Q || type == ETH_P_8021AD)
		mtu -= FRAME_TAG;
	parts[1].iov_len = too_big_answer(frame, length, mtu, always, answer);
	if (!parts[1].iov_len)
		return false;
	if (bucket_take(&dataplane->answers, ANSWERS_RATE, ANSWERS_BURST, 1, dataplane->loop->now))
		(void)tap_write(dataplane->tunnel.tap, parts, 2);
	return true;
}
