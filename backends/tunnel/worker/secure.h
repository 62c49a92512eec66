/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encryption between the data plane and the sessions: datagrams to the session they
 * name, the addresses of peers that move, and the timer. A tunnel without encryption has none of this.
 */
#ifndef BACKENDS_TUNNEL_WORKER_SECURE_H
#define BACKENDS_TUNNEL_WORKER_SECURE_H

#include "backends/tunnel/worker/dataplane.h"

/* Make next->sessions, where the configuration asks for it. */
int secure_build(struct dataplane *dataplane, struct tunnel *next, const struct secrets *secrets,
		 struct failure *failure);
/* While both exist: sessions of peers that stay go on. NUMBERS as for session_table_carry. */
void secure_carry(struct tunnel *next, struct tunnel *old, const int *numbers);
/* The configuration is in its place: shake hands with those that are new. */
void secure_start(struct dataplane *dataplane);
/* Say something to every peer with a session, so that it learns where we are now. */
void secure_announce(struct dataplane *dataplane);
void secure_close(struct dataplane *dataplane);

/* Around whatever may send or receive: tell the sessions the time; arm the timer. */
void secure_begin(struct dataplane *dataplane);
void secure_end(struct dataplane *dataplane);
/* Where PEER was moved to another address its session forgets what it knew of the way there. */
void secure_note_move(struct dataplane *dataplane, uint32_t peer);
/* One datagram, whoever sent it. */
void secure_accept(struct dataplane *dataplane, const union socket_address *from, uint8_t *data,
		   size_t length);

#endif
