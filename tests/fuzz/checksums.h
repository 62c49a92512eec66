/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checksums of a frame, set right: a fuzzer cannot guess them. */
#ifndef TESTS_FUZZ_CHECKSUMS_H
#define TESTS_FUZZ_CHECKSUMS_H

#include <arpa/inet.h>
#include "backends/tunnel/worker/checksum.h"
#include "backends/tunnel/worker/packet.h"

static inline void checksums_set(uint8_t *frame, size_t length)
{
	struct packet packet;
	uint8_t *transport;
	uint64_t sum;

	if (!packet_parse(frame, length, &packet))
		return;
	packet_set_length(frame, &packet, length);
	transport = frame + packet.transport;
	sum = packet_pseudo_sum(frame, &packet) + htons((uint16_t)(length - packet.transport));
	word_put(transport + (packet.is_tcp ? 16 : 6), 0);
	sum = checksum_add(sum, transport, length - packet.transport);
	word_put(transport + (packet.is_tcp ? 16 : 6), (uint16_t)~checksum_fold(sum));
}

#endif
