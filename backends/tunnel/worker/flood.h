/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much may go to everybody: frames to the broadcast address, to other groups, and to addresses that
 * nobody was heard from. Each kind has a limit of frames per second, for what this side sends and for what
 * each peer sends; a second's worth may come at once. A limit of 0 is none.
 *
 * A storm is then no more than that on every host, whatever one of them does.
 */
#ifndef BACKENDS_TUNNEL_WORKER_FLOOD_H
#define BACKENDS_TUNNEL_WORKER_FLOOD_H

#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/bucket.h"
#include "backends/tunnel/worker/frame.h"

struct flood {
	struct bucket buckets[WORKER_FLOOD_COUNT];
};

/* Of a group address. */
static inline enum worker_flood flood_of_group(const uint8_t mac[6])
{
	return mac_is_broadcast(mac) ? WORKER_FLOOD_BROADCAST : WORKER_FLOOD_MULTICAST;
}

/* Whether COUNT more frames may pass. */
bool flood_allow(struct flood *flood, const struct worker_config *config, enum worker_flood kind,
		 uint32_t count, uint64_t now);
/* The counter for those that may not. */
enum worker_drop flood_drop_reason(enum worker_flood kind);

#endif
