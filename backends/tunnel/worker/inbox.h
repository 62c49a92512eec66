/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams from the peers, many for one system call: recvmmsg(2), and UDP_GRO (udp(7)), with which
 * the kernel gives consecutive datagrams of one sender and size as one message.
 */
#ifndef BACKENDS_TUNNEL_WORKER_INBOX_H
#define BACKENDS_TUNNEL_WORKER_INBOX_H

#include <stdbool.h>
#include <sys/socket.h>
#include "backends/tunnel/worker/peer.h"

#define INBOX_MESSAGES 64u
#define INBOX_ROOM     65536u /* more than any message, merged or not */

struct inbox_message {
	const union socket_address *from;
	uint8_t *data;
	size_t length, size; /* of all datagrams; of each but the last */
};

struct inbox {
	unsigned room; /* messages to ask for next */
	uint8_t buffers[INBOX_MESSAGES][INBOX_ROOM];
	struct mmsghdr calls[INBOX_MESSAGES];
	struct iovec parts[INBOX_MESSAGES];
	union socket_address addresses[INBOX_MESSAGES];
	_Alignas(struct cmsghdr) uint8_t control[INBOX_MESSAGES][CMSG_SPACE(sizeof(int))];
};

/* Have the kernel merge datagrams on FD, or not. False: it does not know how. */
bool inbox_merge(int fd, bool merge);
/* Receive some messages, or one if not BATCH: how many, or -errno. -EAGAIN: none. */
int inbox_receive(struct inbox *inbox, int fd, bool batch);
/* Message I of those that were received last; its bytes may be written to. */
struct inbox_message inbox_message(struct inbox *inbox, unsigned i);

#endif
