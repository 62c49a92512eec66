/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands between a frame and its datagram for one peer. A peer without a codec has none of
 * it: its datagrams are its frames, sent from where they were read. The way back is in secure.c, as only a
 * datagram itself tells whose it is.
 */
#ifndef BACKENDS_TUNNEL_WORKER_CODEC_H
#define BACKENDS_TUNNEL_WORKER_CODEC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct codec {
	size_t overhead; /* a datagram is longer than its frame by this, always */
	/*
	 * Make one datagram of a frame in COUNT pieces; OUT has room for it. The pieces stay as they
	 * are, for other peers. Negative errno: it cannot be sent and is dropped; -EINPROGRESS: it
	 * waits, and is sent by whoever made it wait, or was sent already.
	 */
	int (*seal)(void *state, uint8_t *out, const struct iovec *parts, unsigned count);
};

#endif
