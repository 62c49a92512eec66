/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/limiter.h"

/* Tokens per second and at once. */
#define SOURCE_RATE	20u
#define SOURCE_BURST	10u
#define STRANGERS_RATE	100u
#define STRANGERS_BURST 50u

/* FNV-1a from a secret start: who does not know it cannot aim at the bucket of another. */
static uint64_t source_hash(uint64_t hash, const uint8_t *source, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ source[i]) * 0x100000001b3u;
	return hash ^ hash >> 32;
}

bool limiter_allow(struct limiter *limiter, const uint8_t *source, size_t length, bool known,
		   uint64_t now)
{
	uint64_t hash = source_hash(limiter->seed ^ 0xcbf29ce484222325u, source, length);

	if (!bucket_take(&limiter->sources[hash % LIMITER_BUCKETS], SOURCE_RATE, SOURCE_BURST, 1,
			 now))
		return false;
	return known || bucket_take(&limiter->strangers, STRANGERS_RATE, STRANGERS_BURST, 1, now);
}
