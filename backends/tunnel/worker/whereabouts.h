/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where peers were heard, for the next data plane: one that dies or is replaced takes every key with it, and who is sent
 * to under a key that nobody has any more waits for long before it shakes hands again. A new data plane does so at once,
 * but a peer that has no address in the configuration, or is not where that has it, must be found first.
 *
 * It is a file beside the control socket that the supervisor opens and never reads, mapped by the data plane: so nothing is
 * sent when a peer moves, and it outlives both. What is in it is believed no more than a datagram's source is: it is
 * where a handshake goes to, which only the peer with the right key can answer.
 */
#ifndef BACKENDS_TUNNEL_WORKER_WHEREABOUTS_H
#define BACKENDS_TUNNEL_WORKER_WHEREABOUTS_H

#include <stdbool.h>
#include "backends/tunnel/worker/peer.h"

struct tunnel;
struct whereabouts;

/* Open or make the file at PATH. -1: there is none then, and peers are looked for where the configuration has them. */
int whereabouts_open(const char *path);

/* Map the file; closes FD. NULL: as above. Until the process ends. */
struct whereabouts *whereabouts_map(int fd);
/*
 * For the peers of TUNNEL, which has sessions. FIND: those not heard yet are where they were heard by another data plane,
 * unless they have another address in the configuration than they had then. Both accept NULL.
 */
void whereabouts_follow(struct whereabouts *whereabouts, struct tunnel *tunnel, bool find);
void whereabouts_note(struct whereabouts *whereabouts, uint32_t number,
		      const union socket_address *address);

#endif
