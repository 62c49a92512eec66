/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many handshakes are worth an answer: token buckets for sources, and one for all that are not
 * known. A handshake costs about 0.2 ms of processor time; this keeps a flood of them to a few per cent.
 *
 * Constant memory: sources share buckets by a keyed hash of their network. A known source, from which
 * a peer is expected, counts against its own bucket alone, so that a flood of strangers does not keep it out.
 */
#ifndef BACKENDS_TUNNEL_WORKER_LIMITER_H
#define BACKENDS_TUNNEL_WORKER_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backends/tunnel/worker/bucket.h"

#define LIMITER_BUCKETS 1024u

struct limiter {
	uint64_t seed;
	struct bucket strangers, sources[LIMITER_BUCKETS];
};

/* SOURCE is the part of an address that counts as one source. True: go on, a token is taken. */
bool limiter_allow(struct limiter *limiter, const uint8_t *source, size_t length, bool known,
		   uint64_t now);
/* Whether limiter_allow would say so; nothing is taken. */
bool limiter_has(const struct limiter *limiter, const uint8_t *source, size_t length, bool known,
		 uint64_t now);

#endif
