/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maximum segment size that the ends of a TCP connection offer one another, lowered to what the path carries: a
 * bridge may join the overlay to a segment with a larger MTU, where nobody else would tell.
 */
#ifndef BACKENDS_TUNNEL_WORKER_MSS_H
#define BACKENDS_TUNNEL_WORKER_MSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MSS_FRAME_MAX 160u /* no SYN without data is longer: Ethernet and tags 22, IP 60, TCP 60 */

/* MTU is the largest packet that passes. True: FRAME was changed; its checksum is right if it was. */
bool mss_clamp(uint8_t *frame, size_t length, size_t mtu);

#endif
