/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The UDP sockets of a tunnel: one per address family in use, never connected, because a peer
 * may send from any port.
 */
#ifndef BACKENDS_TUNNEL_WORKER_SOCKET_H
#define BACKENDS_TUNNEL_WORKER_SOCKET_H

#include "backends/tunnel/worker/peer.h"

enum socket_slot { SOCKET_V4, SOCKET_V6, SOCKET_COUNT };

/* The socket from which ADDRESS is sent to. */
static inline enum socket_slot socket_slot_for(const union socket_address *address)
{
	return address->any.sa_family == AF_INET6 ? SOCKET_V6 : SOCKET_V4;
}

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

/*
 * Whether datagrams on FD may be cut on their way. SOCKET_WHOLE: never, so that the path is found out (DF, RFC 1191).
 * SOCKET_AS_NEEDED: as the kernel does it for UDP. SOCKET_CUT: also by routers. IPv6 knows only the sender's cutting,
 * which the kernel does by itself: there only SOCKET_NEVER changes anything. That is SOCKET_WHOLE without a way out: what is
 * found to be too large is not sent with SOCKET_CUT after all.
 */
enum socket_cutting { SOCKET_AS_NEEDED, SOCKET_WHOLE, SOCKET_CUT, SOCKET_NEVER };
/* The data plane may do this for IPv4 alone. */
void socket_set_cutting(int fd, enum socket_slot slot, enum socket_cutting cutting);

/* Whether errors about what was sent wait at FD, to be read with MSG_ERRQUEUE, and are told once instead of sending or receiving. */
void socket_set_errors(int fd, enum socket_slot slot, bool on);

/* The counter for an error of sendmsg(2). */
enum worker_drop socket_drop_reason(int code);

#endif
