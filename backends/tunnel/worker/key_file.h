/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys as text, 32 bytes in base64 (RFC 4648, section 4), and files that hold a secret one.
 *
 * A file that others could read or replace is refused: what was in it is no secret.
 */
#ifndef BACKENDS_TUNNEL_WORKER_KEY_FILE_H
#define BACKENDS_TUNNEL_WORKER_KEY_FILE_H

#include <stdbool.h>
#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/crypto/crypto.h"
#include "backends/tunnel/worker/failure.h"

/* Exactly one key, without white space. */
bool key_parse(const char *text, uint8_t ret[CRYPTO_KEY_SIZE]);
void key_format(const uint8_t key[CRYPTO_KEY_SIZE], char ret[WORKER_KEY_TEXT]);

/* The key in the first line of a regular file of root or of this user, to which no other has access. */
int key_file_read(const char *path, uint8_t ret[CRYPTO_KEY_SIZE], struct failure *failure);
/* Makes the file, mode 0600. -EEXIST: there is one, and it stays as it is. */
int key_file_write(const char *path, const uint8_t key[CRYPTO_KEY_SIZE], struct failure *failure);

#endif
