/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a frame goes. A pure function of the frame, its origin and the MAC table.
 *
 * Split horizon: every member of a tunnel is the peer of every other, so what one peer sent has
 * reached the others already; it goes to the TAP alone. This keeps a full mesh free of loops.
 */
#ifndef BACKENDS_TUNNEL_WORKER_FORWARD_H
#define BACKENDS_TUNNEL_WORKER_FORWARD_H

#include <stdint.h>
#include "backends/tunnel/worker/mac_table.h"

enum forward_to { FORWARD_TAP, FORWARD_PEER, FORWARD_ALL_PEERS, FORWARD_NOWHERE };

struct forward {
	enum forward_to to;
	uint32_t peer; /* for FORWARD_PEER */
};

#define ORIGIN_TAP (-1) /* any other origin is the number of a peer */

/* FRAME has passed frame_check. */
struct forward forward_decide(const struct mac_table *macs, uint32_t peer_count,
			      const uint8_t *frame, int origin, uint64_t now);

#endif
