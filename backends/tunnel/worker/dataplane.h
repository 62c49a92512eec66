/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moving frames between the TAP and the peers under the current configuration.
 *
 * A configuration is turned into a struct tunnel beside the running one (configure.c) and takes
 * its place between two frames.
 */
#ifndef BACKENDS_TUNNEL_WORKER_DATAPLANE_H
#define BACKENDS_TUNNEL_WORKER_DATAPLANE_H

#include <stdbool.h>
#include <stdint.h>
#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/coalesce.h"
#include "backends/tunnel/worker/handover.h"
#include "backends/tunnel/worker/inbox.h"
#include "backends/tunnel/worker/loop.h"
#include "backends/tunnel/worker/mac_table.h"
#include "backends/tunnel/worker/outbox.h"
#include "backends/tunnel/worker/peer.h"
#include "backends/tunnel/worker/session.h"
#include "backends/tunnel/worker/socket.h"
#include "backends/tunnel/worker/station.h"
#include "backends/tunnel/worker/tap.h"
#include "backends/tunnel/worker/whereabouts.h"

#define DATAPLANE_FRAMES (192u * 1024)

/* What a configuration turns into. Descriptors that are not in use are -1. */
struct tunnel {
	struct worker_config config;
	struct peer_table peers;
	struct mac_table *macs;
	struct session_table *sessions;			       /* NULL: frames cross in clear */
	int tap, sockets[SOCKET_COUNT], queries[SOCKET_COUNT]; /* queries: see path.c */
	unsigned mtu;
	bool reports_errors; /* the sockets say what became of what was sent: see aim.c */
};

struct dataplane {
	struct loop *loop;
	bool configured, batch, interface_gone;
	uint32_t offloads_known; /* enum worker_offload: those that the kernel has */
	struct tunnel tunnel;
	struct whereabouts *whereabouts; /* NULL: nothing is kept of where peers are */
	struct event_source timer; /* of the sessions; no descriptor before the first of them */
	uint64_t timer_due;
	struct event_source tap,
		sockets[SOCKET_COUNT]; /* the descriptors of tunnel, being watched */
	uint64_t started, receive_errors;
	uint64_t drops[WORKER_DROP_COUNT];
	struct worker_traffic traffic;
	struct stations stations;
	struct flood flood;    /* what this side sends */
	struct bucket answers; /* see path.c */
	struct outbox outbox;
	struct inbox inbox;
	struct coalescer coalescer;
	size_t read;			  /* bytes of `frames` that the outbox may refer to */
	uint8_t frames[DATAPLANE_FRAMES]; /* from the TAP */
};

/* DATAPLANE is zero-initialised: most of it is buffers, which take no memory until they are used. */
void dataplane_init(struct dataplane *dataplane, struct loop *loop);
void dataplane_close(struct dataplane *dataplane);

/* What comes with a configuration. Descriptors that are new, in the slots whose use says so, else -1. */
struct plane_resources {
	struct handover handover;
	struct descriptors descriptors;
};

/*
 * Replace the configuration; CONFIG is taken over on success only. On failure nothing changes, and the descriptors
 * that came with it are closed.
 */
int dataplane_configure(struct dataplane *dataplane, struct worker_config *config,
			const struct plane_resources *resources, struct failure *failure);
/* The interface's MTU, which holds where the configuration has none. 0: unknown, the last one stays. */
void dataplane_set_mtu(struct dataplane *dataplane, unsigned mtu);
/* Work off what waits on one of the sockets. True: there may be more. */
bool dataplane_receive(struct dataplane *dataplane, enum socket_slot slot);
/* A frame of a peer, wherever its datagram came from. */
void dataplane_accept(struct dataplane *dataplane, uint32_t number, uint8_t *frame, size_t length);
/* Fills a zero-initialised *ret; the caller clears it. */
int dataplane_report(const struct dataplane *dataplane, struct worker_state *ret,
		     struct failure *failure);

#endif
