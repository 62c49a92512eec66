/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forwarding decision.
 */
#include "backends/tunnel/worker/forward.h"
#include "backends/tunnel/worker/frame.h"

struct forward forward_decide(const struct mac_table *macs, uint32_t peer_count,
			      const uint8_t *frame, int origin, uint64_t now)
{
	const uint8_t *destination = frame_destination(frame);
	int peer = -1;

	if (origin != ORIGIN_TAP)
		return (struct forward){ .to = FORWARD_TAP };
	if (peer_count == 0)
		return (struct forward){ .to = FORWARD_NOWHERE };
	if (!mac_is_group(destination))
		peer = mac_table_find(macs, destination, now);
	if (peer >= 0)
		return (struct forward){ .to = FORWARD_PEER, .peer = (uint32_t)peer };
	return (struct forward){ .to = FORWARD_ALL_PEERS };
}
