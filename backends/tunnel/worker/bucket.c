/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/bucket.h"

#define TOKEN 1000u

bool bucket_take(struct bucket *bucket, uint32_t rate, uint32_t burst, uint32_t tokens,
		 uint64_t now)
{
	uint64_t gained =
		(now - bucket->filled) * rate; /* a token per second is 1 per millisecond */

	bucket->missing = gained < bucket->missing ? bucket->missing - gained : 0;
	bucket->filled = now;
	if (bucket->missing + TOKEN > (uint64_t)burst * TOKEN)
		return false;
	bucket->missing += (uint64_t)tokens * TOKEN;
	return true;
}
