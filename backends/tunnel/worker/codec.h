/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands between a frame and its datagram for one peer. A peer without a codec has none of
 * it: its datagrams are its frames, sent from where they were read and received where they stay.
 */
#ifndef BACKENDS_TUNNEL_WORKER_CODEC_H
#define BACKENDS_TUNNEL_WORKER_CODEC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct codec {
	size_t overhead; /* a datagram is longer than its frame by this, always */
	/*
	 * Make one datagram of a frame in COUNT pieces; OUT has room for it. The pieces stay as they
	 * are, for other peers. Negative errno: it cannot be sent and is dropped.
	 */
	int (*seal)(void *state, uint8_t *out, const struct iovec *parts, unsigned count);
	/*
	 * In place: the length of the frame, *FRAME where it begins. Negative errno: it is nobody's.
	 * 0: it was no frame, and is done with.
	 */
	ssize_t (*open)(void *state, uint8_t *data, size_t length, uint8_t **frame);
};

#endif
