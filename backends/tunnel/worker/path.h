/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the path to a peer carries: as far as the kernel knows, which hears of narrow links by ICMP, and as far as
 * probes found out where there are sessions, should nobody tell it (search.h). Larger frames are answered where their
 * sender can make smaller ones; where not they are cut into fragments by the kernel, or into pieces (piece.h) where only
 * probes know the limit.
 *
 * The kernel is asked at most every PATH_INTERVAL, and only while frames go that way.
 */
#ifndef BACKENDS_TUNNEL_WORKER_PATH_H
#define BACKENDS_TUNNEL_WORKER_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATH_INTERVAL 2000u /* milliseconds */

struct dataplane;

struct path {
	uint64_t due; /* ask again from then on */
	/* Of the underlay, IP header included; 0: not known. */
	uint32_t mtu;	     /* the least of what is known */
	uint32_t kernel_mtu; /* what the kernel knows */
	uint32_t probed_mtu; /* the longest packet that was answered by the peer */
	size_t kernel;	     /* longest datagram that the kernel lets pass uncut */
	size_t limit;	     /* longest frame that passes uncut, by all that is known */
};

/* Bring peer->path up to date, now. */
void path_refresh(struct dataplane *dataplane, uint32_t peer);
/* The same of all peers that frames went to, if it was not done just now. */
void path_refresh_all(struct dataplane *dataplane);
/* The longest datagram that the kernel lets pass uncut, or MOST if that is less. */
size_t path_kernel_limit(const struct dataplane *dataplane, uint32_t peer, size_t most);
/* The largest packet in a frame to PEER. */
size_t path_packet_limit(const struct dataplane *dataplane, uint32_t peer);
/*
 * FRAME, of which LENGTH bytes are there, is longer than the limit. True: its sender was told, or has been told too often
 * just now, and it is to be dropped. False: there is nobody to tell.
 */
bool path_answer(struct dataplane *dataplane, uint32_t peer, const uint8_t *frame, size_t length);

#endif
