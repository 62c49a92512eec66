/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stations of both sides: learning where they are from the frames that they send, and saying what is
 * odd about it: a full table, an address that a static entry has elsewhere, one that flaps, a loop.
 *
 * What is odd is counted always and logged once a minute at most.
 */
#ifndef BACKENDS_TUNNEL_WORKER_STATION_H
#define BACKENDS_TUNNEL_WORKER_STATION_H

#include <stdbool.h>
#include <stdint.h>
#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/mac_table.h"

/* Most frames of a burst come from one station: what was learned last, on this side and from peers. */
struct station_memo {
	uint64_t at;
	uint32_t place;
	uint8_t mac[6];
	bool valid;
};

struct stations {
	struct station_memo memos[2];
	uint64_t moves, refused, conflicts, flaps;
	uint64_t said_full, said_conflict, said_flap; /* when it was logged; 0: never */
};

/* The configuration was replaced: numbers of peers may mean others. */
void stations_forget(struct stations *stations);
/*
 * Learn from a frame that came from a peer or from MAC_HERE. True: its source is also on the other side, so
 * the frame may run in circles: it is to be delivered only to a station that is known to be here.
 */
bool station_learn(struct stations *stations, struct mac_table *macs,
		   const struct worker_config *config, const uint8_t *frame, uint32_t place,
		   uint64_t now);

static inline bool station_is_noted(const struct stations *stations, const uint8_t *source,
				    uint32_t place, uint64_t now)
{
	const struct station_memo *memo = &stations->memos[place == MAC_HERE];

	return memo->at == now && memo->place == place && memo->valid &&
	       __builtin_memcmp(memo->mac, source, 6) == 0;
}

#endif
