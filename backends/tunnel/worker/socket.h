/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The UDP sockets of a tunnel: one per address family in use, never connected, because a peer
 * may send from any port.
 */
#ifndef BACKENDS_TUNNEL_WORKER_SOCKET_H
#define BACKENDS_TUNNEL_WORKER_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "backends/tunnel/worker/peer.h"

/*
 * Bind to ENDPOINT (its family is AF_INET or AF_INET6; an all-zero address is any).
 * SHARED is a socket of ours that may hold the same port, or -1: the two then overlap for as
 * long as both live, so that a change of address misses nothing.
 * Returns a non-blocking file descriptor or -errno. The address need not exist yet.
 */
int socket_open(const struct worker_endpoint *endpoint, int shared, struct failure *failure);

/*
 * Let a socket that is to be closed receive nothing more, so that what it holds is all it will ever hold.
 * Where that cannot be done nothing changes.
 */
void socket_retire(int fd);

/* One datagram: its length, *ret its source. -EAGAIN: none; other errors: ask again. */
ssize_t socket_receive(int fd, void *data, size_t size, union socket_address *ret);
/* 0, or why the frame was not sent. */
int socket_send(int fd, const void *data, size_t length, const union socket_address *to);

/* The counter for an error of socket_send. */
enum worker_drop socket_drop_reason(int code);

#endif
