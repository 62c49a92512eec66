/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hashes, key agreement, random bytes and secret memory, with OpenSSL 3's EVP. Ciphers are in aead.c.
 *
 * Failures of the library other than a refused input mean no memory: they come out as -EIO.
 */
#include "backends/tunnel/worker/crypto/crypto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#include <asm/hwcap.h>
#endif
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

/* A configuration file could bring other providers, and is not there once files are out of reach. */
int crypto_init(void)
{
	return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 ? 0 : -EIO;
}

static int cipher_warm_up(enum crypto_cipher cipher, const uint8_t key[CRYPTO_KEY_SIZE])
{
	struct crypto_aead *seals = crypto_aead_new(cipher, true, key);
	struct crypto_aead *opens = crypto_aead_new(cipher, false, key);
	const struct crypto_bytes none = { 0 };
	uint8_t data[CRYPTO_TAG_SIZE + 1] = { 0 };
	int r = seals && opens ? crypto_seal(seals, 0, &none, data, 1, data) : -EIO;

	if (r == 0)
		r = crypto_open(opens, 0, &none, data, sizeof(data), data);
	crypto_aead_free(seals);
	crypto_aead_free(opens);
	return r < 0 ? -EIO : 0;
}

static int mac_warm_up(const uint8_t key[CRYPTO_HASH_SIZE])
{
	struct crypto_mac *mac = crypto_mac_new(key);
	uint8_t hash[CRYPTO_HASH_SIZE];
	int r = mac ? crypto_mac(mac, key, 1, hash) : -EIO;

	crypto_mac_free(mac);
	return r;
}

int crypto_warm_up(void)
{
	uint8_t key[CRYPTO_KEY_SIZE] = { 1 }, other[CRYPTO_KEY_SIZE], hash[CRYPTO_HASH_SIZE];
	const struct crypto_bytes part = { key, sizeof(key) };

	if (crypto_x25519_public(other, key) < 0 || crypto_x25519(hash, key, other) < 0 ||
	    crypto_sha256(hash, &part, 1) < 0 ||
	    crypto_hmac_sha256(hash, key, sizeof(key), key, sizeof(key)) < 0 ||
	    mac_warm_up(key) < 0 || cipher_warm_up(CRYPTO_CHACHA20_POLY1305, key) < 0 ||
	    cipher_warm_up(CRYPTO_AES_256_GCM, key) < 0)
		return -EIO;
	return 0;
}

void crypto_wipe(void *data, size_t length)
{
	OPENSSL_cleanse(data, length);
}

bool crypto_equal(const void *a, const void *b, size_t length)
{
	return CRYPTO_memcmp(a, b, length) == 0;
}

int crypto_random(void *data, size_t length)
{
	uint8_t *bytes = data;
	ssize_t n;

	while (length) {
		n = getrandom(bytes, length, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

void *crypto_secret_new(size_t size)
{
	void *secret = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (secret == MAP_FAILED)
		return NULL;
	(void)mlock(secret, size); /* RLIMIT_MEMLOCK may forbid it */
	(void)madvise(secret, size, MADV_DONTDUMP);
	(void)madvise(secret, size, MADV_WIPEONFORK);
	return secret;
}

void crypto_secret_free(void *secret, size_t size)
{
	if (!secret)
		return;
	crypto_wipe(secret, size);
	munmap(secret, size);
}

int crypto_sha256(uint8_t ret[CRYPTO_HASH_SIZE], const struct crypto_bytes *parts, size_t n)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(context, parts[i].data, parts[i].length) == 1;
	ok = ok && EVP_DigestFinal_ex(context, ret, NULL) == 1;
	EVP_MD_CTX_free(context);
	return ok ? 0 : -EIO;
}

int crypto_hmac_sha256(uint8_t ret[CRYPTO_HASH_SIZE], const uint8_t *key, size_t key_length,
		       const void *data, size_t length)
{
	return HMAC(EVP_sha256(), key, (int)key_length, data, length, ret, NULL) ? 0 : -EIO;
}

int crypto_x25519_public(uint8_t ret[CRYPTO_KEY_SIZE], const uint8_t private_key[CRYPTO_KEY_SIZE])
{
	EVP_PKEY *key =
		EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key, CRYPTO_KEY_SIZE);
	size_t length = CRYPTO_KEY_SIZE;
	bool ok = key && EVP_PKEY_get_raw_public_key(key, ret, &length) == 1;

	EVP_PKEY_free(key);
	return ok ? 0 : -EIO;
}

/* The library's own refusal of an all-zero result is not told apart from others, so we look again. */
static int x25519_derive(uint8_t ret[CRYPTO_KEY_SIZE], EVP_PKEY *own, EVP_PKEY *other)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(own, NULL);
	static const uint8_t zero[CRYPTO_KEY_SIZE];
	size_t length = CRYPTO_KEY_SIZE;
	int r = -EIO;

	if (context && EVP_PKEY_derive_init(context) == 1 &&
	    EVP_PKEY_derive_set_peer(context, other) == 1)
		r = EVP_PKEY_derive(context, ret, &length) == 1 && length == CRYPTO_KEY_SIZE &&
				    !crypto_equal(ret, zero, sizeof(zero))
			    ? 0
			    : -EBADMSG;
	EVP_PKEY_CTX_free(context);
	return r;
}

int crypto_x25519(uint8_t ret[CRYPTO_KEY_SIZE], const uint8_t private_key[CRYPTO_KEY_SIZE],
		  const uint8_t public_key[CRYPTO_KEY_SIZE])
{
	EVP_PKEY *own =
		EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key, CRYPTO_KEY_SIZE);
	EVP_PKEY *other =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, public_key, CRYPTO_KEY_SIZE);
	int r = own && other ? x25519_derive(ret, own, other) : -EIO;

	EVP_PKEY_free(own);
	EVP_PKEY_free(other);
	if (r < 0)
		crypto_wipe(ret, CRYPTO_KEY_SIZE);
	return r;
}

bool crypto_has_fast_aes(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#elif defined(__aarch64__)
	unsigned long wanted = HWCAP_AES | HWCAP_PMULL;

	return (getauxval(AT_HWCAP) & wanted) == wanted;
#else
	return false;
#endif
}
