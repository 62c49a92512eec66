/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames in pieces, each in a datagram of its own: those that are longer than the path carries where nobody else
 * cuts them, as only probes found that out (search.h). The kernel cuts at the limits that it knows, IPv6's routers
 * do not cut at all, and where ICMP is lost fragments often are, too.
 *
 * Content of a piece: kind 5, 0, id 4, six zeroes, which no frame has as its source, the piece's number and how many
 * there are, 1 each, and the size 2 of each but the last, which is no longer; then its part of the frame. A frame's
 * pieces have one id, and the next frame's the next one. Only to a peer whose handshake says that it joins them
 * (SESSION_JOINS_PIECES). A frame of which a piece is lost is lost.
 */
#ifndef BACKENDS_TUNNEL_WORKER_PIECE_H
#define BACKENDS_TUNNEL_WORKER_PIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define PIECE_HEADER  16u
#define PIECES_MAX    64u /* of one frame */
#define PIECES_FRAMES 2u  /* on their way at once: datagrams overtake each other */

struct session;

/* Of one frame, those that came. */
struct joining {
	uint8_t *frame; /* with room for COUNT pieces; NULL: none came */
	uint64_t have;	/* bits, by number */
	uint32_t id;
	size_t count, size, length; /* length: of the last one */
};

/*
 * Send a frame, of which COUNT parts are given, in pieces of at most LIMIT bytes of content. There is a key. -E2BIG: it
 * is empty or would be more than PIECES_MAX; else what became of the worst: 0, or -errno.
 */
int piece_send(struct session *session, size_t limit, const struct iovec *parts, unsigned count);
/* Whether authentic content is one. */
bool piece_is(const uint8_t *content, size_t length);
/* Take one that piece_is knows. True: it was the last; the frame is RET, which is valid until the next call or piece_forget. */
bool piece_join(struct session *session, const uint8_t *content, size_t length, struct iovec *ret);
/* Free a frame that was joined and is done with. */
void piece_done(struct session *session);
/* And those that are not whole. */
void piece_forget(struct session *session);

#endif
