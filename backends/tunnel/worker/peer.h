/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The peers of a tunnel: where to send to, whom to receive from, and what was counted.
 *
 * A datagram belongs to the peer that has the address it comes from, among others. The source port is not compared:
 * the simplest relays send from a socket of their own, with a port that the kernel picked.
 */
#ifndef BACKENDS_TUNNEL_WORKER_PEER_H
#define BACKENDS_TUNNEL_WORKER_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/address.h"
#include "backends/tunnel/worker/failure.h"
#include "backends/tunnel/worker/flood.h"
#include "backends/tunnel/worker/path.h"
#include "backends/tunnel/worker/reach.h"

struct codec;

struct peer {
	union socket_address address; /* in use */
	struct reach reach;	      /* all of them */
	const union socket_address
		*trial; /* where the next handshake goes; NULL: to the address in use */
	uint64_t heard; /* 0: never */
	bool moved;	/* to another address, and its session does not know: secure_note_move */
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

struct peer_place {
	uint32_t peer, number; /* number: of the address, in its reach */
};

/* Peer i is config->peers[i]. places: all addresses of all peers, sorted. */
struct peer_table {
	struct peer *peers;
	struct peer_place *places;
	uint32_t count, place_count;
};

/* From now on it is at ADDRESS; what was found out about the path to another one is forgotten. False: it was there. */
bool peer_move(struct peer *peer, const union socket_address *address);
/* To the one that peer->reach has chosen. */
void peer_move_on(struct peer *peer);
/* OLD is the same peer under the configuration before. WITH_KEYS: it may be where it was heard, and be known. */
void peer_carry(struct peer *peer, const struct peer *old, bool with_keys);

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
/* The peer that has this address, and its number in the peer's reach; NULL: none. */
const struct peer_place *peer_table_find(const struct peer_table *table,
					 const union socket_address *source);

#endif
