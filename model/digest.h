/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 (FIPS 180-4), through libmd: names, MAC addresses and file digests derive from it.
 * The only place that includes libmd.
 */
#ifndef MODEL_DIGEST_H
#define MODEL_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE	32
#define DIGEST_TEXT_MAX 65

void digest_sha256(const void *data, size_t length, uint8_t ret[DIGEST_SIZE]);
/* Lower-case hex of the first `bytes` bytes; buffer holds 2 * bytes + 1. */
const char *digest_hex(const uint8_t digest[DIGEST_SIZE], size_t bytes, char *buffer);

#endif
