/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 through libmd. */
#include "model/digest.h"

#include <sys/types.h>
#include <sha2.h>
#include <stdio.h>

void digest_sha256(const void *data, size_t length, uint8_t ret[DIGEST_SIZE])
{
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, data, length);
	SHA256Final(ret, &context);
}

const char *digest_hex(const uint8_t digest[DIGEST_SIZE], size_t bytes, char *buffer)
{
	size_t i;

	buffer[0] = '\0';
	for (i = 0; i < bytes; i++)
		snprintf(buffer + 2 * i, 3, "%02x", digest[i]);
	return buffer;
}
