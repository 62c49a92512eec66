/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Authenticated encryption with OpenSSL 3's EVP. The context keeps the expanded key; a message sets
 * the nonce alone, which is most of what makes small messages cheap.
 */
#include "backends/tunnel/worker/crypto/crypto.h"

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#define NONCE_SIZE 12

struct crypto_aead {
	EVP_CIPHER_CTX *context;
	enum crypto_cipher cipher;
};

static const EVP_CIPHER *cipher_find(enum crypto_cipher cipher)
{
	switch (cipher) {
	case CRYPTO_CHACHA20_POLY1305:
		return EVP_chacha20_poly1305();
	case CRYPTO_AES_256_GCM:
		return EVP_aes_256_gcm();
	}
	return NULL;
}

struct crypto_aead *crypto_aead_new(enum crypto_cipher cipher, bool seals,
				    const uint8_t key[CRYPTO_KEY_SIZE])
{
	struct crypto_aead *aead = calloc(1, sizeof(*aead));

	if (!aead)
		return NULL;
	aead->cipher = cipher;
	aead->context = EVP_CIPHER_CTX_new();
	/* Both ciphers have nonces of 12 bytes unless told otherwise. */
	if (!aead->context ||
	    EVP_CipherInit_ex(aead->context, cipher_find(cipher), NULL, key, NULL, seals) != 1) {
		crypto_aead_free(aead);
		return NULL;
	}
	return aead;
}

void crypto_aead_free(struct crypto_aead *aead)
{
	if (!aead)
		return;
	EVP_CIPHER_CTX_free(aead->context); /* cleanses what it holds */
	free(aead);
}

/* Four zero bytes, then the number: big-endian for AES-GCM, little-endian for ChaCha20-Poly1305. */
static bool message_begin(struct crypto_aead *aead, uint64_t number,
			  const struct crypto_bytes *additional)
{
	uint8_t nonce[NONCE_SIZE] = { 0 };
	uint64_t ordered = aead->cipher == CRYPTO_AES_256_GCM ? htobe64(number) : htole64(number);
	int n;

	memcpy(nonce + 4, &ordered, sizeof(ordered));
	if (EVP_CipherInit_ex(aead->context, NULL, NULL, NULL, nonce, -1) != 1)
		return false;
	return additional->length == 0 ||
	       EVP_CipherUpdate(aead->context, NULL, &n, additional->data,
				(int)additional->length) == 1;
}

/* An empty message has no update: the library takes that for additional data where OUT is NULL. */
static bool message_update(struct crypto_aead *aead, const uint8_t *data, size_t length,
			   uint8_t *out)
{
	int n;

	return length == 0 || EVP_CipherUpdate(aead->context, out, &n, data, (int)length) == 1;
}

int crypto_seal(struct crypto_aead *aead, uint64_t number, const struct crypto_bytes *additional,
		const uint8_t *data, size_t length, uint8_t *out)
{
	uint8_t rest[CRYPTO_TAG_SIZE];
	int n;

	if (length > INT_MAX - CRYPTO_TAG_SIZE || !message_begin(aead, number, additional) ||
	    !message_update(aead, data, length, out) ||
	    EVP_CipherFinal_ex(aead->context, rest, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(aead->context, EVP_CTRL_AEAD_GET_TAG, CRYPTO_TAG_SIZE,
				out + length) != 1)
		return -EIO;
	return 0;
}

int crypto_open(struct crypto_aead *aead, uint64_t number, const struct crypto_bytes *additional,
		const uint8_t *data, size_t length, uint8_t *out)
{
	uint8_t tag[CRYPTO_TAG_SIZE], rest[CRYPTO_TAG_SIZE];
	int n;

	if (length < CRYPTO_TAG_SIZE || length > INT_MAX)
		return -EBADMSG;
	length -= CRYPTO_TAG_SIZE;
	memcpy(tag, data + length, sizeof(tag));
	if (!message_begin(aead, number, additional) ||
	    EVP_CIPHER_CTX_ctrl(aead->context, EVP_CTRL_AEAD_SET_TAG, CRYPTO_TAG_SIZE, tag) != 1 ||
	    !message_update(aead, data, length, out) ||
	    EVP_CipherFinal_ex(aead->context, rest, &n) != 1)
		return -EBADMSG;
	return 0;
}
