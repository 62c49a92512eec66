/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HMAC-SHA256 (RFC 2104) under a key that is used for many messages: the states of both hashes after the
 * padded key are kept, and copied for each.
 *
 * The library's HMAC() looks its methods up by name and pads the key for each message, which costs five
 * times as much; EVP_MAC starts again under the same key only since OpenSSL 3.0.3.
 */
#include "backends/tunnel/worker/crypto/crypto.h"

#include <errno.h>
#include <stdlib.h>
#include <openssl/evp.h>

#define BLOCK	  64u /* of SHA-256 */
#define INNER_PAD 0x36u
#define OUTER_PAD 0x5cu

struct crypto_mac {
	EVP_MD_CTX *inner, *outer, *work;
};

static EVP_MD_CTX *padded_new(const uint8_t key[CRYPTO_HASH_SIZE], uint8_t pad)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t block[BLOCK];
	bool ok;

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (i < CRYPTO_HASH_SIZE ? key[i] : 0) ^ pad;
	ok = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
	     EVP_DigestUpdate(context, block, sizeof(block)) == 1;
	crypto_wipe(block, sizeof(block));
	if (ok)
		return context;
	EVP_MD_CTX_free(context);
	return NULL;
}

struct crypto_mac *crypto_mac_new(const uint8_t key[CRYPTO_HASH_SIZE])
{
	struct crypto_mac *mac = calloc(1, sizeof(*mac));

	if (!mac)
		return NULL;
	mac->inner = padded_new(key, INNER_PAD);
	mac->outer = padded_new(key, OUTER_PAD);
	mac->work = EVP_MD_CTX_new();
	if (mac->inner && mac->outer && mac->work)
		return mac;
	crypto_mac_free(mac);
	return NULL;
}

/* The library wipes what it frees. */
void crypto_mac_free(struct crypto_mac *mac)
{
	if (!mac)
		return;
	EVP_MD_CTX_free(mac->inner);
	EVP_MD_CTX_free(mac->outer);
	EVP_MD_CTX_free(mac->work);
	free(mac);
}

int crypto_mac(struct crypto_mac *mac, const void *data, size_t length,
	       uint8_t ret[CRYPTO_HASH_SIZE])
{
	uint8_t inner[CRYPTO_HASH_SIZE];
	bool ok = EVP_MD_CTX_copy_ex(mac->work, mac->inner) == 1 &&
		  EVP_DigestUpdate(mac->work, data, length) == 1 &&
		  EVP_DigestFinal_ex(mac->work, inner, NULL) == 1 &&
		  EVP_MD_CTX_copy_ex(mac->work, mac->outer) == 1 &&
		  EVP_DigestUpdate(mac->work, inner, sizeof(inner)) == 1 &&
		  EVP_DigestFinal_ex(mac->work, ret, NULL) == 1;

	return ok ? 0 : -EIO;
}
