/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A token bucket: how often something may happen per second, and how often at once. */
#ifndef BACKENDS_TUNNEL_WORKER_BUCKET_H
#define BACKENDS_TUNNEL_WORKER_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: full. */
struct bucket {
	uint64_t filled;  /* when, in milliseconds */
	uint64_t missing; /* thousandths of tokens */
};

/*
 * Take TOKENS from a bucket of BURST that gains RATE a second. As long as there is one, all that are wanted
 * are given: who takes more than there are waits longer for the next.
 */
bool bucket_take(struct bucket *bucket, uint32_t rate, uint32_t burst, uint32_t tokens,
		 uint64_t now);
/* Whether bucket_take would give some. */
bool bucket_has(const struct bucket *bucket, uint32_t rate, uint32_t burst, uint64_t now);

#endif
