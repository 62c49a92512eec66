/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/flood.h"

bool flood_allow(struct flood *flood, const struct worker_config *config, enum worker_flood kind,
		 uint32_t count, uint64_t now)
{
	uint32_t limit = config->flood_limit[kind];

	/* Without learning nothing is known, and with one peer there is nobody else to send to. */
	if (kind == WORKER_FLOOD_UNKNOWN && (!config->mac_learning || config->peer_count < 2))
		return true;
	return limit == 0 || bucket_take(&flood->buckets[kind], limit, limit, count, now);
}

enum worker_drop flood_drop_reason(enum worker_flood kind)
{
	switch (kind) {
	case WORKER_FLOOD_BROADCAST:
		return WORKER_DROP_BROADCAST_RATE;
	case WORKER_FLOOD_MULTICAST:
		return WORKER_DROP_MULTICAST_RATE;
	case WORKER_FLOOD_UNKNOWN:
	case WORKER_FLOOD_COUNT:
		break;
	}
	return WORKER_DROP_UNKNOWN_RATE;
}
