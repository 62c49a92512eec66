/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The peers of a tunnel: where to send to, whom to receive from, and what was counted.
 *
 * A datagram belongs to the peer whose address it comes from. The source port is not compared:
 * the simplest relays send from a socket of their own, with a port that the kernel picked.
 */
#ifndef BACKENDS_TUNNEL_WORKER_PEER_H
#define BACKENDS_TUNNEL_WORKER_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <netinet/in.h>
#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/failure.h"
#include "backends/tunnel/worker/flood.h"
#include "backends/tunnel/worker/path.h"

struct codec;

union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct peer {
	union socket_address address;
	uint64_t heard; /* 0: never */
	struct worker_traffic traffic;
	struct flood flood; /* what it sends */
	struct path path;
	const struct codec *codec; /* NULL: frames cross the underlay as they are */
	void *codec_state;
	/* The outbox's notes: places + 1 of what is queued (0: nothing), and what UDP_SEGMENT takes. */
	unsigned queued_first, queued_last;
	size_t segment_limit;		   /* larger datagrams are sent one by one; 0: none known */
	uint64_t segment_retry;		   /* until then */
	uint64_t drops[WORKER_DROP_COUNT]; /* last: what is sent does not touch them */
};

/* Peer i is config->peers[i]. by_address: their numbers, sorted by address. */
struct peer_table {
	struct peer *peers;
	uint32_t *by_address;
	uint32_t count;
};

/* The address of ENDPOINT for the kernel, and its length. */
socklen_t endpoint_to_address(const struct worker_endpoint *endpoint, union socket_address *ret);

/* Whether something can be sent there. A name that is not known yet is no address. */
static inline bool peer_address_is_known(const union socket_address *address)
{
	if (address->any.sa_family == AF_INET6)
		return !IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
	return address->v4.sin_addr.s_addr != htonl(INADDR_ANY);
}

/*
 * COUNT frames or datagrams were dropped, which PEER sent or was to get; NULL: nobody who is known. ALL counts them too,
 * so that it is never less than its peers together.
 */
static inline void peer_drop(struct peer *peer, uint64_t *all, enum worker_drop reason,
			     unsigned count)
{
	all[reason] += count;
	if (peer)
		peer->drops[reason] += count;
}

/* Allocates; peer_table_clear frees. Two peers with one address cannot be told apart: -EINVAL. */
int peer_table_init(struct peer_table *table, const struct worker_config *config,
		    struct failure *failure);
void peer_table_clear(struct peer_table *table);
/* The number of the peer with this address, or -1. */
int peer_table_find(const struct peer_table *table, const union socket_address *source);

#endif
