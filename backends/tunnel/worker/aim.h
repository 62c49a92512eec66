/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Peers with several addresses: what the data plane tells struct reach (reach.h), and does of what it says. A peer with
 * one address costs nothing here.
 */
#ifndef BACKENDS_TUNNEL_WORKER_AIM_H
#define BACKENDS_TUNNEL_WORKER_AIM_H

#include "backends/tunnel/worker/dataplane.h"

/*
 * A frame, whose first piece has its headers, is about to be sent to peer NUMBER, or the first of those that are cut
 * from one.
 */
void aim_frame(struct dataplane *dataplane, uint32_t number, const struct iovec *parts,
	       unsigned count);
/* In clear a datagram came from that place of a peer. */
void aim_heard(struct dataplane *dataplane, const struct peer_place *place);
/* Messages of errors that wait at a socket (ip(7), IP_RECVERR); false: there are none. */
bool aim_errors(struct dataplane *dataplane, int fd);

#endif
