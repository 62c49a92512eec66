/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cutting a super-frame, as a TAP with a virtio-net header gives it, into frames of the wire
 * (virtio 1.2, 5.1.6; the kernel's tcp_gso_segment() and __udp_gso_segment()).
 *
 * Payload is never copied: a segment is a header of its own and a piece of the super-frame.
 */
#ifndef BACKENDS_TUNNEL_WORKER_SEGMENT_H
#define BACKENDS_TUNNEL_WORKER_SEGMENT_H

#include <linux/virtio_net.h>
#include "backends/tunnel/worker/packet.h"

struct super_frame {
	const uint8_t *frame;
	struct packet packet;
	unsigned size, count; /* payload of a segment, number of segments */
	uint64_t pseudo_sum;  /* without the length */
};

/* FRAME is borrowed. -EINVAL: it is not what HEADER says, or nothing we know how to cut. */
int super_frame_init(struct super_frame *ret, const struct virtio_net_hdr *header,
		     const uint8_t *frame, size_t length);
/* The length of every segment but the last, which may be shorter. */
static inline size_t super_frame_size(const struct super_frame *super)
{
	return super->packet.payload + super->size;
}
/*
 * Write the headers of segment I, super->packet.payload bytes, into HEADER[PACKET_HEADER_MAX]
 * and let *PAYLOAD point to what follows them. Returns the length of the payload.
 */
size_t super_frame_segment(const struct super_frame *super, unsigned i, uint8_t *header,
			   const uint8_t **payload);

/* Complete the checksum of a frame that is none. -EINVAL: the header points outside of it. */
int checksum_complete(const struct virtio_net_hdr *header, uint8_t *frame, size_t length);

#endif
