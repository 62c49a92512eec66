/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sums of 64-byte blocks in vectors of eight lanes; the compiler makes one version for each size
 * of vector register, and the loader takes the best that this processor has.
 */
#include "backends/tunnel/worker/checksum.h"

#include <string.h>

/*
 * A sanitizer is not set up yet when the loader asks which version to take, and clang 14 gives the
 * function another name than its callers use.
 */
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__) &&                            \
	!defined(__SANITIZE_ADDRESS__)
#define VERSIONS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VERSIONS
#endif

typedef uint64_t lanes __attribute__((vector_size(64)));

VERSIONS uint64_t checksum_add(uint64_t sum, const void *data, size_t length)
{
	const uint8_t *next = data;
	lanes total = { 0 }, block;
	uint32_t word;

	if (length >= sizeof(block)) {
		for (; length >= sizeof(block); length -= sizeof(block), next += sizeof(block)) {
			memcpy(&block, next, sizeof(block));
			total += (block & 0xffffffff) + (block >> 32);
		}
		for (size_t i = 0; i < sizeof(total) / sizeof(total[0]); i++)
			sum += total[i];
	}
	for (; length >= sizeof(word); length -= sizeof(word), next += sizeof(word)) {
		memcpy(&word, next, sizeof(word));
		sum += word;
	}
	word = 0;
	if (length)
		memcpy(&word, next, length);
	return sum + word;
}

uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}
