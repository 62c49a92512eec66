/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handshake Noise_IKpsk2_25519_ChaChaPoly_SHA256 (The Noise Protocol Framework, revision 34):
 *
 *   <- s
 *   ...
 *   -> e, es, s, ss
 *   <- e, ee, se, psk
 *
 * Pure functions on a state: ephemeral keys come from the caller, who also decides about time, peers
 * and addresses. A function that fails leaves the state good for nothing but noise_wipe; who must
 * survive a forged message works on a copy.
 */
#ifndef BACKENDS_TUNNEL_WORKER_NOISE_H
#define BACKENDS_TUNNEL_WORKER_NOISE_H

#include <stddef.h>
#include <stdint.h>
#include "backends/tunnel/worker/crypto/crypto.h"

/* What the messages have besides their payloads. */
#define NOISE_FIRST_OVERHEAD  (2 * CRYPTO_KEY_SIZE + 2 * CRYPTO_TAG_SIZE)
#define NOISE_SECOND_OVERHEAD (CRYPTO_KEY_SIZE + CRYPTO_TAG_SIZE)

struct noise_keys {
	uint8_t private_key[CRYPTO_KEY_SIZE], public_key[CRYPTO_KEY_SIZE];
};

struct noise {
	struct noise_keys own, ephemeral;
	uint8_t remote[CRYPTO_KEY_SIZE], remote_ephemeral[CRYPTO_KEY_SIZE];
	uint8_t psk[CRYPTO_KEY_SIZE];
	uint8_t chaining_key[CRYPTO_HASH_SIZE], hash[CRYPTO_HASH_SIZE], key[CRYPTO_KEY_SIZE];
	uint64_t number; /* of the next message under key */
};

/* REMOTE is the responder's public key; NULL on the responder itself, which learns the initiator's. */
int noise_start(struct noise *noise, const struct noise_keys *own, const uint8_t *remote,
		const void *prologue, size_t length);
void noise_wipe(struct noise *noise);

/*
 * OUT gets LENGTH bytes of payload and the overhead. EPHEMERAL is a fresh private key, used for this
 * handshake alone. 0 or -errno.
 */
int noise_write_first(struct noise *noise, const uint8_t ephemeral[CRYPTO_KEY_SIZE],
		      const uint8_t *payload, size_t length, uint8_t *out);
/* PAYLOAD gets LENGTH less the overhead; noise->remote is the sender. -EBADMSG: not authentic. */
int noise_read_first(struct noise *noise, const uint8_t *message, size_t length, uint8_t *payload);
/* noise->psk counts from here on: the reader knows the sender by now. */
int noise_write_second(struct noise *noise, const uint8_t ephemeral[CRYPTO_KEY_SIZE],
		       const uint8_t *payload, size_t length, uint8_t *out);
int noise_read_second(struct noise *noise, const uint8_t *message, size_t length, uint8_t *payload);

/* After the second message: the key from initiator to responder, and the other. Wipes the state. */
int noise_split(struct noise *noise, uint8_t first[CRYPTO_KEY_SIZE],
		uint8_t second[CRYPTO_KEY_SIZE]);

#endif
