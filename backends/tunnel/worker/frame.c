/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Validation of frames, the same for those from the TAP and those from peers.
 *
 * A kernel bridge drops frames from invalid sources too; here it keeps them out of the MAC table.
 */
#include "backends/tunnel/worker/frame.h"

#include <string.h>

#define TYPE_8021Q  0x8100
#define TYPE_8021AD 0x88a8

bool mac_is_zero(const uint8_t mac[6])
{
	static const uint8_t zero[6];

	return memcmp(mac, zero, sizeof(zero)) == 0;
}

enum frame_verdict frame_check(const uint8_t *frame, size_t length, unsigned mtu)
{
	size_t limit = FRAME_HEADER + mtu;
	unsigned type;

	if (length < FRAME_HEADER)
		return FRAME_SHORT;
	type = (unsigned)frame[12] << 8 | frame[13];
	if (type == TYPE_8021Q || type == TYPE_8021AD)
		limit += FRAME_TAG;
	if (length > limit)
		return FRAME_LONG;
	if (mac_is_group(frame_source(frame)) || mac_is_zero(frame_source(frame)))
		return FRAME_SOURCE_MAC;
	return FRAME_OK;
}
