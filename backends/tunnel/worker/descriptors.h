/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the supervisor opens for the data plane: the TAP and the UDP sockets of a configuration, and for each of these
 * one to ask the kernel about paths with.
 */
#ifndef BACKENDS_TUNNEL_WORKER_DESCRIPTORS_H
#define BACKENDS_TUNNEL_WORKER_DESCRIPTORS_H

#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/failure.h"
#include "backends/tunnel/worker/socket.h"

enum descriptor_slot {
	DESCRIPTOR_TAP,
	DESCRIPTOR_SOCKETS,					/* and then by enum socket_slot */
	DESCRIPTOR_QUERIES = DESCRIPTOR_SOCKETS + SOCKET_COUNT, /* see path.c */
	DESCRIPTOR_WHEREABOUTS = DESCRIPTOR_QUERIES + SOCKET_COUNT, /* a file: whereabouts.h */
	DESCRIPTOR_MEMORY, /* only on the way: what is too long for a message between the two */
	DESCRIPTOR_COUNT
};

/* -1: none. */
struct descriptors {
	int fds[DESCRIPTOR_COUNT];
};
#define DESCRIPTORS_NONE                                                                           \
	{                                                                                          \
		.fds = { -1, -1, -1, -1, -1, -1, -1 }                                              \
	}

/*
 * Open what CONFIG needs, sharing with OLD, which is of OLD_CONFIG, what needs no change. *ret is complete or,
 * on failure, holds what there was to be closed by descriptors_close.
 */
int descriptors_open(struct descriptors *ret, const struct worker_config *config,
		     const struct descriptors *old, const struct worker_config *old_config,
		     struct failure *failure);
/* Close what A has and B does not share. */
void descriptors_close(struct descriptors *a, const struct descriptors *b);

/*
 * Set the kernel's offloads as OFFLOADS (enum worker_offload) has them; a kernel that does not know one does
 * without. Returns those that it has, wanted or not.
 */
uint32_t descriptors_offload(const struct descriptors *descriptors, uint32_t offloads);

/* How datagrams are sent whole or not, as CONFIG has it. */
enum socket_cutting descriptors_cutting(const struct worker_config *config);
void descriptors_set_cutting(const struct descriptors *descriptors,
			     const struct worker_config *config);

/*
 * Whether errors that routers and peers report by ICMP are wanted: in clear nothing else says at once that another
 * address of a peer is to be used. With encryption what is not authentic changes nothing.
 */
bool descriptors_report_errors(const struct worker_config *config);
void descriptors_set_errors(const struct descriptors *descriptors,
			    const struct worker_config *config);

#endif
