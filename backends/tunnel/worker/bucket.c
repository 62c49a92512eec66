/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/bucket.h"

#define TOKEN 1000u

/* Thousandths of tokens; a token per second is 1 per millisecond. */
static uint64_t missing_at(const struct bucket *bucket, uint32_t rate, uint64_t now)
{
	uint64_t gained = (now - bucket->filled) * rate;

	return gained < bucket->missing ? bucket->missing - gained : 0;
}

bool bucket_has(const struct bucket *bucket, uint32_t rate, uint32_t burst, uint64_t now)
{
	return missing_at(bucket, rate, now) + TOKEN <= (uint64_t)burst * TOKEN;
}

bool bucket_take(struct bucket *bucket, uint32_t rate, uint32_t burst, uint32_t tokens,
		 uint64_t now)
{
	bucket->missing = missing_at(bucket, rate, now);
	bucket->filled = now;
	if (!bucket_has(bucket, rate, burst, now))
		return false;
	bucket->missing += (uint64_t)tokens * TOKEN;
	return true;
}
