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

static size_t source_bucket(const struct limiter *limiter, const uint8_t *source, size_t length)
{
	return source_hash(limiter->seed ^ 0xcbf29ce484222325u, source, length) % LIMITER_BUCKETS;
}

bool limiter_has(const struct limiter *limiter, const uint8_t *source, size_t length, bool known,
		 uint64_t now)
{
	const struct bucket *bucket = &limiter->sources[source_bucket(limiter, source, length)];

	return bucket_has(bucket, SOURCE_RATE, SOURCE_BURST, now) &&
	       (known || bucket_has(&limiter->strangers, STRANGERS_RATE, STRANGERS_BURST, now));
}

bool limiter_allow(struct limiter *limiter, const uint8_t *source, size_t length, bool known,
		   uint64_t now)
{
	struct bucket *bucket = &limiter->sources[source_bucket(limiter, source, length)];

	if (!bucket_take(bucket, SOURCE_RATE, SOURCE_BURST, 1, now))
		return false;
	return known || bucket_take(&limiter->strangers, STRANGERS_RATE, STRANGERS_BURST, 1, now);
}
