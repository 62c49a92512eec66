/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Authenticated encryption with OpenSSL 3. A context keeps the expanded key; a message sets the nonce
 * alone.
 *
 * The functions of the library's provider are called without EVP between (provider-cipher(7), whose
 * table of functions is a stable interface): around each message EVP of OpenSSL 3.0 looks up
 * parameters by name, which costs a small message as much as its encryption.
 */
#include "backends/tunnel/worker/crypto/crypto.h"

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#define NONCE_SIZE 12

struct crypto_aead {
	EVP_CIPHER *fetched; /* keeps its provider loaded */
	OSSL_FUNC_cipher_encrypt_init_fn *begin;
	OSSL_FUNC_cipher_update_fn *update;
	OSSL_FUNC_cipher_final_fn *finish;
	OSSL_FUNC_cipher_get_ctx_params_fn *get;
	OSSL_FUNC_cipher_freectx_fn *free;
	void *context; /* of the provider */
	enum crypto_cipher cipher;
};

static const char *cipher_name(enum crypto_cipher cipher)
{
	switch (cipher) {
	case CRYPTO_CHACHA20_POLY1305:
		return "ChaCha20-Poly1305";
	case CRYPTO_AES_256_GCM:
		return "AES-256-GCM";
	}
	return "";
}

/* ALIASES are separated by colons, the usual name first. */
static bool name_matches(const char *aliases, const char *name)
{
	size_t length = strlen(name);

	return strncmp(aliases, name, length) == 0 &&
	       (aliases[length] == ':' || aliases[length] == 0);
}

static const OSSL_DISPATCH *functions_find(const OSSL_PROVIDER *provider, const char *name)
{
	int no_cache;
	const OSSL_ALGORITHM *algorithm =
		OSSL_PROVIDER_query_operation(provider, OSSL_OP_CIPHER, &no_cache);

	for (; algorithm && algorithm->algorithm_names; algorithm++)
		if (name_matches(algorithm->algorithm_names, name))
			return algorithm->implementation;
	return NULL;
}

/* False: something is missing. */
static bool functions_take(struct crypto_aead *aead, const OSSL_PROVIDER *provider,
			   const OSSL_DISPATCH *functions, bool seals)
{
	OSSL_FUNC_cipher_newctx_fn *create = NULL;

	for (; functions->function_id; functions++) {
		if (functions->function_id == OSSL_FUNC_CIPHER_NEWCTX)
			create = OSSL_FUNC_cipher_newctx(functions);
		else if (functions->function_id == OSSL_FUNC_CIPHER_ENCRYPT_INIT && seals)
			aead->begin = OSSL_FUNC_cipher_encrypt_init(functions);
		else if (functions->function_id == OSSL_FUNC_CIPHER_DECRYPT_INIT && !seals)
			aead->begin = OSSL_FUNC_cipher_decrypt_init(functions);
		else if (functions->function_id == OSSL_FUNC_CIPHER_UPDATE)
			aead->update = OSSL_FUNC_cipher_update(functions);
		else if (functions->function_id == OSSL_FUNC_CIPHER_FINAL)
			aead->finish = OSSL_FUNC_cipher_final(functions);
		else if (functions->function_id == OSSL_FUNC_CIPHER_GET_CTX_PARAMS)
			aead->get = OSSL_FUNC_cipher_get_ctx_params(functions);
		else if (functions->function_id == OSSL_FUNC_CIPHER_FREECTX)
			aead->free = OSSL_FUNC_cipher_freectx(functions);
	}
	if (!create || !aead->begin || !aead->update || !aead->finish || !aead->get || !aead->free)
		return false;
	aead->context = create(OSSL_PROVIDER_get0_provider_ctx(provider));
	return aead->context;
}

static bool aead_prepare(struct crypto_aead *aead, bool seals, const uint8_t key[CRYPTO_KEY_SIZE])
{
	const char *name = cipher_name(aead->cipher);
	const OSSL_DISPATCH *functions;
	const OSSL_PROVIDER *provider;

	aead->fetched = EVP_CIPHER_fetch(NULL, name, NULL);
	if (!aead->fetched)
		return false;
	provider = EVP_CIPHER_get0_provider(aead->fetched);
	functions = functions_find(provider, name);
	/* Both ciphers have nonces of 12 bytes unless told otherwise. */
	return functions && functions_take(aead, provider, functions, seals) &&
	       aead->begin(aead->context, key, CRYPTO_KEY_SIZE, NULL, 0, NULL) == 1;
}

struct crypto_aead *crypto_aead_new(enum crypto_cipher cipher, bool seals,
				    const uint8_t key[CRYPTO_KEY_SIZE])
{
	struct crypto_aead *aead = calloc(1, sizeof(*aead));

	if (!aead)
		return NULL;
	aead->cipher = cipher;
	if (!aead_prepare(aead, seals, key)) {
		crypto_aead_free(aead);
		return NULL;
	}
	return aead;
}

void crypto_aead_free(struct crypto_aead *aead)
{
	if (!aead)
		return;
	if (aead->context)
		aead->free(aead->context); /* cleanses what it holds */
	EVP_CIPHER_free(aead->fetched);
	free(aead);
}

/* The nonce is four zero bytes, then the number: big-endian for AES-GCM, little-endian for the other. */
static bool message_begin(struct crypto_aead *aead, uint64_t number,
			  const struct crypto_bytes *additional, const OSSL_PARAM *params)
{
	uint8_t nonce[NONCE_SIZE] = { 0 };
	uint64_t ordered = aead->cipher == CRYPTO_AES_256_GCM ? htobe64(number) : htole64(number);
	size_t n;

	memcpy(nonce + 4, &ordered, sizeof(ordered));
	if (aead->begin(aead->context, NULL, 0, nonce, sizeof(nonce), params) != 1)
		return false;
	return additional->length == 0 || aead->update(aead->context, NULL, &n, additional->length,
						       additional->data, additional->length) == 1;
}

/* An empty message has no update: the library takes that for additional data where OUT is NULL. */
static bool message_finish(struct crypto_aead *aead, const uint8_t *data, size_t length,
			   uint8_t *out)
{
	uint8_t rest[CRYPTO_TAG_SIZE];
	size_t n;

	return (length == 0 || aead->update(aead->context, out, &n, length, data, length) == 1) &&
	       aead->finish(aead->context, rest, &n, sizeof(rest)) == 1;
}

int crypto_seal(struct crypto_aead *aead, uint64_t number, const struct crypto_bytes *additional,
		const uint8_t *data, size_t length, uint8_t *out)
{
	OSSL_PARAM tag[] = { OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
							       out + length, CRYPTO_TAG_SIZE),
			     OSSL_PARAM_END };

	if (length > INT_MAX - CRYPTO_TAG_SIZE || !message_begin(aead, number, additional, NULL) ||
	    !message_finish(aead, data, length, out) || aead->get(aead->context, tag) != 1)
		return -EIO;
	return 0;
}

int crypto_open(struct crypto_aead *aead, uint64_t number, const struct crypto_bytes *additional,
		const uint8_t *data, size_t length, uint8_t *out)
{
	uint8_t expected[CRYPTO_TAG_SIZE];
	OSSL_PARAM tag[] = { OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, expected,
							       sizeof(expected)),
			     OSSL_PARAM_END };

	if (length < CRYPTO_TAG_SIZE || length > INT_MAX)
		return -EBADMSG;
	length -= CRYPTO_TAG_SIZE;
	memcpy(expected, data + length, sizeof(expected));
	if (!message_begin(aead, number, additional, tag) ||
	    !message_finish(aead, data, length, out))
		return -EBADMSG;
	return 0;
}
