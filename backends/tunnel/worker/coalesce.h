/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Merging received TCP segments and UDP datagrams of one flow into a super-frame for the TAP, the
 * reverse of segmentation, as the kernel's GRO does it for a network device.
 *
 * What comes out, cut apart again, is byte for byte what went in, within a flow in the same
 * order. A frame is merged only when its checksums hold, because the receiver of a super-frame does not
 * look at them any more; everything else passes as it is.
 */
#ifndef BACKENDS_TUNNEL_WORKER_COALESCE_H
#define BACKENDS_TUNNEL_WORKER_COALESCE_H

#include <sys/uio.h>
#include <linux/virtio_net.h>
#include "backends/tunnel/worker/packet.h"

#define COALESCE_FLOWS	      16u
#define COALESCE_SEGMENTS     128u
#define COALESCE_UDP_SEGMENTS 64u /* UDP_MAX_SEGMENTS of older kernels; more is EINVAL */

/* What is to be written: one frame, or a super-frame of COUNT frames. */
struct delivery {
	struct virtio_net_hdr header;
	struct iovec *parts; /* parts[0] is left free for the header */
	unsigned part_count, count;
	size_t bytes; /* of the COUNT frames */
	uint32_t peer;
};

/* One frame of a super-frame as it was received, for a TAP that does not take super-frames. */
struct iovec delivery_frame(const struct delivery *delivery, unsigned i);

struct flow {
	struct packet packet;
	uint32_t peer, hash;
	unsigned size, count; /* payload of a segment, number of segments */
	size_t bytes;	      /* payload of all */
	uint32_t next_sequence;
	uint8_t header[PACKET_HEADER_MAX];
	struct iovec parts[COALESCE_SEGMENTS + 2]; /* room for two headers */
};

struct coalescer {
	void (*deliver)(struct coalescer *coalescer, struct delivery *delivery);
	void *owner;	/* not used here */
	bool tcp, udp;	/* what may be merged */
	unsigned count; /* of open flows; flows[order[0]] is the oldest */
	uint8_t order[COALESCE_FLOWS];
	struct flow flows[COALESCE_FLOWS];
};

/* Merges nothing until tcp or udp is set. */
void coalesce_init(struct coalescer *coalescer, void *owner,
		   void (*deliver)(struct coalescer *coalescer, struct delivery *delivery));
/* FRAME must stay as it is until it is delivered, which the next flush does at the latest. */
void coalesce_frame(struct coalescer *coalescer, uint32_t peer, uint8_t *frame, size_t length);
void coalesce_flush(struct coalescer *coalescer);

#endif
