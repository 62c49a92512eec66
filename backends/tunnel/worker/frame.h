/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ethernet frames: the header and what makes a frame acceptable (IEEE 802.3, <linux/if_ether.h>).
 */
#ifndef BACKENDS_TUNNEL_WORKER_FRAME_H
#define BACKENDS_TUNNEL_WORKER_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER 14u
#define FRAME_TAG    4u
#define FRAME_ROOM   65536u /* larger than any datagram */

enum frame_verdict {
	FRAME_OK,
	FRAME_SHORT,	  /* no complete header */
	FRAME_LONG,	  /* more than MTU bytes behind the header and one VLAN tag */
	FRAME_SOURCE_MAC, /* source zero or a group address: no station has it */
};

enum frame_verdict frame_check(const uint8_t *frame, size_t length, unsigned mtu);

/* Of a frame that passed frame_check. */
static inline const uint8_t *frame_destination(const uint8_t *frame)
{
	return frame;
}

static inline const uint8_t *frame_source(const uint8_t *frame)
{
	return frame + 6;
}

/* Broadcast is a group too. */
static inline bool mac_is_group(const uint8_t mac[6])
{
	return mac[0] & 1;
}

static inline bool mac_is_broadcast(const uint8_t mac[6])
{
	return (mac[0] & mac[1] & mac[2] & mac[3] & mac[4] & mac[5]) == 0xff;
}

bool mac_is_zero(const uint8_t mac[6]);

#endif
