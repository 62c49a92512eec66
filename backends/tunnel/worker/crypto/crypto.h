/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cryptographic primitives that the tunnel needs, and no more: X25519 (RFC 7748), SHA-256, HMAC
 * (RFC 2104), ChaCha20-Poly1305 (RFC 8439), AES-256-GCM (NIST SP 800-38D), random bytes.
 *
 * The only door to the library behind it. What the primitives are used for is in noise.c and session.c.
 */
#ifndef BACKENDS_TUNNEL_WORKER_CRYPTO_CRYPTO_H
#define BACKENDS_TUNNEL_WORKER_CRYPTO_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRYPTO_KEY_SIZE	 32u
#define CRYPTO_HASH_SIZE 32u
#define CRYPTO_TAG_SIZE	 16u

enum crypto_cipher { CRYPTO_CHACHA20_POLY1305, CRYPTO_AES_256_GCM };

/* A run of bytes, so that a hash can be taken over several. */
struct crypto_bytes {
	const void *data;
	size_t length;
};

/* Once, before anything else: the library reads no configuration file. 0 or -EIO. */
int crypto_init(void);

/*
 * Use everything once, so that the library has what it needs from files and the system before both are out of
 * reach. 0 or -EIO.
 */
int crypto_warm_up(void);

/* Writes that the compiler does not take away. */
void crypto_wipe(void *data, size_t length);
/* In a time that does not depend on where they differ. */
bool crypto_equal(const void *a, const void *b, size_t length);
/* From the kernel, waiting for its entropy at boot. 0 or -errno. */
int crypto_random(void *data, size_t length);

/* Memory for keys: zeroed, not swapped where the limits allow it, in no core dump. NULL: out of memory. */
void *crypto_secret_new(size_t size);
/* Wipes it first. Accepts NULL. */
void crypto_secret_free(void *secret, size_t size);

/* 0 or -EIO. */
int crypto_sha256(uint8_t ret[CRYPTO_HASH_SIZE], const struct crypto_bytes *parts, size_t n);
int crypto_hmac_sha256(uint8_t ret[CRYPTO_HASH_SIZE], const uint8_t *key, size_t key_length,
		       const void *data, size_t length);

/* HMAC-SHA256 under one key, prepared once and used for many messages at a fifth of the price. */
struct crypto_mac;
/* NULL: out of memory, or the library refuses. */
struct crypto_mac *crypto_mac_new(const uint8_t key[CRYPTO_HASH_SIZE]);
/* Wipes the key. Accepts NULL. */
void crypto_mac_free(struct crypto_mac *mac);
/* 0 or -EIO. */
int crypto_mac(struct crypto_mac *mac, const void *data, size_t length,
	       uint8_t ret[CRYPTO_HASH_SIZE]);

/* The public key of a private one: 32 bytes of any value. 0 or -EIO. */
int crypto_x25519_public(uint8_t ret[CRYPTO_KEY_SIZE], const uint8_t private_key[CRYPTO_KEY_SIZE]);
/* -EBADMSG: the result is all zero, as for a public key of small order (RFC 7748, 6.1). */
int crypto_x25519(uint8_t ret[CRYPTO_KEY_SIZE], const uint8_t private_key[CRYPTO_KEY_SIZE],
		  const uint8_t public_key[CRYPTO_KEY_SIZE]);

/* Whether this processor computes AES-GCM by itself. Without that it is slow, and its timing leaks. */
bool crypto_has_fast_aes(void);

/*
 * A key for one direction, prepared once and used for many messages. The nonce of a message is its
 * number, in the byte order that Noise (revision 34, section 12) gives each cipher.
 */
struct crypto_aead;
/* NULL: out of memory, or the library refuses the cipher. */
struct crypto_aead *crypto_aead_new(enum crypto_cipher cipher, bool seals,
				    const uint8_t key[CRYPTO_KEY_SIZE]);
/* Wipes the key. Accepts NULL. */
void crypto_aead_free(struct crypto_aead *aead);
/* OUT gets LENGTH + CRYPTO_TAG_SIZE bytes and may be DATA itself. 0 or -EIO. */
int crypto_seal(struct crypto_aead *aead, uint64_t number, const struct crypto_bytes *additional,
		const uint8_t *data, size_t length, uint8_t *out);
/* LENGTH includes the tag; OUT gets the rest. -EBADMSG: not authentic, and OUT is to be thrown away. */
int crypto_open(struct crypto_aead *aead, uint64_t number, const struct crypto_bytes *additional,
		const uint8_t *data, size_t length, uint8_t *out);

#endif
