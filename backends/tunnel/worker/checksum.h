/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Internet checksum (RFC 1071), over bytes in memory order, so that a result is stored as it is.
 */
#ifndef BACKENDS_TUNNEL_WORKER_CHECKSUM_H
#define BACKENDS_TUNNEL_WORKER_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * SUM and the words of DATA, not folded yet. Only the last piece of a sum may have an odd length.
 * Room for 2^34 bytes.
 */
uint64_t checksum_add(uint64_t sum, const void *data, size_t length);
/* Sixteen bits, not complemented: 0xffff over data whose checksum is right. */
uint16_t checksum_fold(uint64_t sum);

/* Unaligned 16-bit words as they are in memory, for terms of a sum and for storing it. */
static inline uint16_t word_get(const uint8_t *data)
{
	uint16_t word;

	__builtin_memcpy(&word, data, sizeof(word));
	return word;
}

static inline void word_put(uint8_t *data, uint16_t word)
{
	__builtin_memcpy(data, &word, sizeof(word));
}

#endif
