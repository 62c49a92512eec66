/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames on their way to the peers, collected for few system calls.
 *
 * Frames of equal size for one peer leave in one sendmsg(2) with UDP_SEGMENT (udp(7)), all of them
 * in one sendmmsg(2). On the wire each is a datagram of its own, in the order in which it came.
 */
#ifndef BACKENDS_TUNNEL_WORKER_OUTBOX_H
#define BACKENDS_TUNNEL_WORKER_OUTBOX_H

#include <stdbool.h>
#include <sys/socket.h>
#include "backends/tunnel/worker/packet.h"
#include "backends/tunnel/worker/peer.h"
#include "backends/tunnel/worker/socket.h"

#define OUTBOX_DATAGRAMS 384u
#define OUTBOX_MESSAGES	 64u
#define OUTBOX_SEGMENTS	 64u	/* UDP_MAX_SEGMENTS of older kernels */
#define OUTBOX_BYTES	 65507u /* the longest payload of UDP in IPv4 */
#define OUTBOX_SEALED	 (512u * 1024)

struct datagram {
	struct peer *peer;
	struct iovec parts[2];
	unsigned part_count, next; /* next: place + 1 of the peer's next one, 0: none */
	size_t length;
};

struct message {
	struct peer *peer;
	unsigned count;	     /* datagrams */
	size_t size, length; /* of each but the last; of all */
	size_t frame_bytes;
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint16_t))];
};

struct outbox {
	bool segment;	    /* use UDP_SEGMENT */
	const int *sockets; /* by enum socket_slot */
	uint64_t *drops;
	struct worker_traffic *traffic;
	bool (*errors)(
		void *owner,
		int fd); /* take those of earlier messages off the socket; false: there are none */
	void *owner;
	uint64_t now;
	unsigned count, peer_count, message_count, part_count, header_next;
	int fd; /* of the messages */
	enum socket_cutting cutting;
	struct datagram datagrams[OUTBOX_DATAGRAMS];
	struct peer *peers[OUTBOX_DATAGRAMS]; /* who has datagrams */
	uint8_t headers[OUTBOX_DATAGRAMS + 1][PACKET_HEADER_MAX];
	struct message messages[OUTBOX_MESSAGES];
	struct mmsghdr calls[OUTBOX_MESSAGES];
	struct iovec parts[2 * OUTBOX_DATAGRAMS];
	uint8_t *sealed; /* allocated when the first codec needs it */
	size_t sealed_length;
};

/* Room for the headers of the next frame, of which at least one datagram must be added then. */
uint8_t *outbox_header(struct outbox *outbox);
/* Borrows the pieces until the next flush. A full outbox is sent first. */
void outbox_add(struct outbox *outbox, struct peer *peer, const struct iovec *parts,
		unsigned count);
/* Send everything. What cannot be sent is counted in DROPS. NOW is in milliseconds. */
void outbox_flush(struct outbox *outbox, uint64_t now);
void outbox_clear(struct outbox *outbox);

#endif
