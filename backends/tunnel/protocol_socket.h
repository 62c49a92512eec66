/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control messages of any length on a unix socket: unix(7), memfd_create(2).
 *
 * What the kernel takes as one datagram from a user without privileges ends at twice net.core.wmem_max. A longer message
 * is a file in memory whose descriptor goes with the header, which has the length of the whole. Its receiver believes
 * nothing of it: it reads bytes of a file that can neither change nor make it wait.
 */
#ifndef BACKENDS_TUNNEL_PROTOCOL_SOCKET_H
#define BACKENDS_TUNNEL_PROTOCOL_SOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "backends/tunnel/protocol.h"

/* An empty file in memory. -errno. */
int worker_memory_open(void);
/* One of the LENGTH bytes of DATA, read from its start, sealed against every change. -errno. */
int worker_memory_new(const uint8_t *data, size_t length);
/* The same of a CONFIGURE message. */
int worker_memory_of_config(const struct worker_config *config);
/* Put LENGTH bytes into one that is empty. 0 or -errno. */
int worker_memory_write(int fd, const uint8_t *data, size_t length);
/* The content of one into DATA[size], wherever its offset is; its length, -E2BIG or another -errno. */
ssize_t worker_memory_read(int fd, uint8_t *data, size_t size);

/* Send a message of this protocol. 0 or -errno. */
int worker_message_send(int socket, const uint8_t *data, size_t length);
/* The next one into DATA[size]; its length, 0 at the end, -errno. FLAGS as for recvmsg(2). */
ssize_t worker_message_receive(int socket, uint8_t *data, size_t size, int flags);

#endif
