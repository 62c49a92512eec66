/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state machine of the handshake. Names follow the specification's operations: mix_hash is
 * MixHash, and so on. With a pre-shared key in the pattern an "e" is mixed into the key as well
 * (section 9.2).
 */
#include "backends/tunnel/worker/noise.h"

#include <errno.h>
#include <string.h>

#define PROTOCOL_NAME "Noise_IKpsk2_25519_ChaChaPoly_SHA256"

static int mix_hash(struct noise *noise, const void *data, size_t length)
{
	const struct crypto_bytes parts[] = {
		{ noise->hash, sizeof(noise->hash) },
		{ data, length },
	};

	return crypto_sha256(noise->hash, parts, 2);
}

/* HKDF of section 4.3: output i is HMAC(temporary key, output i-1 || byte i). */
static int derive(const uint8_t chaining_key[CRYPTO_HASH_SIZE], const void *data, size_t length,
		  uint8_t (*ret)[CRYPTO_HASH_SIZE], uint8_t n)
{
	uint8_t temporary[CRYPTO_HASH_SIZE], block[CRYPTO_HASH_SIZE + 1];
	int r = crypto_hmac_sha256(temporary, chaining_key, CRYPTO_HASH_SIZE, data, length);

	for (uint8_t i = 0; r == 0 && i < n; i++) {
		size_t before = i ? CRYPTO_HASH_SIZE : 0;

		if (i)
			memcpy(block, ret[i - 1], before);
		block[before] = (uint8_t)(i + 1);
		r = crypto_hmac_sha256(ret[i], temporary, sizeof(temporary), block, before + 1);
	}
	crypto_wipe(temporary, sizeof(temporary));
	crypto_wipe(block, sizeof(block));
	return r;
}

static int mix_key(struct noise *noise, const uint8_t data[CRYPTO_KEY_SIZE])
{
	uint8_t output[2][CRYPTO_HASH_SIZE];
	int r = derive(noise->chaining_key, data, CRYPTO_KEY_SIZE, output, 2);

	if (r == 0) {
		memcpy(noise->chaining_key, output[0], sizeof(noise->chaining_key));
		memcpy(noise->key, output[1], sizeof(noise->key));
		noise->number = 0;
	}
	crypto_wipe(output, sizeof(output));
	return r;
}

static int mix_psk(struct noise *noise)
{
	uint8_t output[3][CRYPTO_HASH_SIZE];
	int r = derive(noise->chaining_key, noise->psk, sizeof(noise->psk), output, 3);

	if (r == 0)
		r = mix_hash(noise, output[1], sizeof(output[1]));
	if (r == 0) {
		memcpy(noise->chaining_key, output[0], sizeof(noise->chaining_key));
		memcpy(noise->key, output[2], sizeof(noise->key));
		noise->number = 0;
	}
	crypto_wipe(output, sizeof(output));
	return r;
}

static int mix_dh(struct noise *noise, const struct noise_keys *own,
		  const uint8_t remote[CRYPTO_KEY_SIZE])
{
	uint8_t shared[CRYPTO_KEY_SIZE];
	int r = crypto_x25519(shared, own->private_key, remote);

	if (r == 0)
		r = mix_key(noise, shared);
	crypto_wipe(shared, sizeof(shared));
	return r;
}

static int mix_ephemeral(struct noise *noise, const uint8_t public_key[CRYPTO_KEY_SIZE])
{
	int r = mix_hash(noise, public_key, CRYPTO_KEY_SIZE);

	return r < 0 ? r : mix_key(noise, public_key);
}

static int encrypt_and_hash(struct noise *noise, const uint8_t *data, size_t length, uint8_t *out)
{
	struct crypto_aead *aead = crypto_aead_new(CRYPTO_CHACHA20_POLY1305, true, noise->key);
	const struct crypto_bytes additional = { noise->hash, sizeof(noise->hash) };
	int r = aead ? crypto_seal(aead, noise->number++, &additional, data, length, out) : -ENOMEM;

	crypto_aead_free(aead);
	return r < 0 ? r : mix_hash(noise, out, length + CRYPTO_TAG_SIZE);
}

/* LENGTH with the tag. */
static int decrypt_and_hash(struct noise *noise, const uint8_t *data, size_t length, uint8_t *out)
{
	struct crypto_aead *aead = crypto_aead_new(CRYPTO_CHACHA20_POLY1305, false, noise->key);
	const struct crypto_bytes additional = { noise->hash, sizeof(noise->hash) };
	int r = aead ? crypto_open(aead, noise->number++, &additional, data, length, out) : -ENOMEM;

	crypto_aead_free(aead);
	return r < 0 ? r : mix_hash(noise, data, length);
}

int noise_start(struct noise *noise, const struct noise_keys *own, const uint8_t *remote,
		const void *prologue, size_t length)
{
	static const char name[] = PROTOCOL_NAME;
	const struct crypto_bytes part = { name, sizeof(name) - 1 };
	int r;

	*noise = (struct noise){ .own = *own };
	r = crypto_sha256(noise->hash, &part, 1); /* longer than a hash, so hashed */
	memcpy(noise->chaining_key, noise->hash, sizeof(noise->hash));
	if (r == 0)
		r = mix_hash(noise, prologue, length);
	if (remote)
		memcpy(noise->remote, remote, sizeof(noise->remote));
	if (r == 0)
		r = mix_hash(noise, remote ? remote : own->public_key, CRYPTO_KEY_SIZE);
	return r;
}

void noise_wipe(struct noise *noise)
{
	crypto_wipe(noise, sizeof(*noise));
}

static int take_ephemeral(struct noise *noise, const uint8_t ephemeral[CRYPTO_KEY_SIZE],
			  uint8_t *out)
{
	int r = crypto_x25519_public(noise->ephemeral.public_key, ephemeral);

	memcpy(noise->ephemeral.private_key, ephemeral, CRYPTO_KEY_SIZE);
	memcpy(out, noise->ephemeral.public_key, CRYPTO_KEY_SIZE);
	return r < 0 ? r : mix_ephemeral(noise, noise->ephemeral.public_key);
}

int noise_write_first(struct noise *noise, const uint8_t ephemeral[CRYPTO_KEY_SIZE],
		      const uint8_t *payload, size_t length, uint8_t *out)
{
	uint8_t *identity = out + CRYPTO_KEY_SIZE;
	int r = take_ephemeral(noise, ephemeral, out);

	if (r == 0)
		r = mix_dh(noise, &noise->ephemeral, noise->remote); /* es */
	if (r == 0)
		r = encrypt_and_hash(noise, noise->own.public_key, CRYPTO_KEY_SIZE, identity);
	if (r == 0)
		r = mix_dh(noise, &noise->own, noise->remote); /* ss */
	if (r == 0)
		r = encrypt_and_hash(noise, payload, length,
				     identity + CRYPTO_KEY_SIZE + CRYPTO_TAG_SIZE);
	return r;
}

int noise_read_first(struct noise *noise, const uint8_t *message, size_t length, uint8_t *payload)
{
	const uint8_t *identity = message + CRYPTO_KEY_SIZE;
	const size_t identity_length = CRYPTO_KEY_SIZE + CRYPTO_TAG_SIZE;
	int r;

	if (length < NOISE_FIRST_OVERHEAD)
		return -EBADMSG;
	memcpy(noise->remote_ephemeral, message, CRYPTO_KEY_SIZE);
	r = mix_ephemeral(noise, noise->remote_ephemeral);
	if (r == 0)
		r = mix_dh(noise, &noise->own, noise->remote_ephemeral); /* es */
	if (r == 0)
		r = decrypt_and_hash(noise, identity, identity_length, noise->remote);
	if (r == 0)
		r = mix_dh(noise, &noise->own, noise->remote); /* ss */
	if (r == 0)
		r = decrypt_and_hash(noise, identity + identity_length,
				     length - CRYPTO_KEY_SIZE - identity_length, payload);
	return r;
}

int noise_write_second(struct noise *noise, const uint8_t ephemeral[CRYPTO_KEY_SIZE],
		       const uint8_t *payload, size_t length, uint8_t *out)
{
	int r = take_ephemeral(noise, ephemeral, out);

	if (r == 0)
		r = mix_dh(noise, &noise->ephemeral, noise->remote_ephemeral); /* ee */
	if (r == 0)
		r = mix_dh(noise, &noise->ephemeral, noise->remote); /* se */
	if (r == 0)
		r = mix_psk(noise);
	if (r == 0)
		r = encrypt_and_hash(noise, payload, length, out + CRYPTO_KEY_SIZE);
	return r;
}

int noise_read_second(struct noise *noise, const uint8_t *message, size_t length, uint8_t *payload)
{
	int r;

	if (length < NOISE_SECOND_OVERHEAD)
		return -EBADMSG;
	memcpy(noise->remote_ephemeral, message, CRYPTO_KEY_SIZE);
	r = mix_ephemeral(noise, noise->remote_ephemeral);
	if (r == 0)
		r = mix_dh(noise, &noise->ephemeral, noise->remote_ephemeral); /* ee */
	if (r == 0)
		r = mix_dh(noise, &noise->own, noise->remote_ephemeral); /* se */
	if (r == 0)
		r = mix_psk(noise);
	if (r == 0)
		r = decrypt_and_hash(noise, message + CRYPTO_KEY_SIZE, length - CRYPTO_KEY_SIZE,
				     payload);
	return r;
}

int noise_split(struct noise *noise, uint8_t first[CRYPTO_KEY_SIZE],
		uint8_t second[CRYPTO_KEY_SIZE])
{
	uint8_t output[2][CRYPTO_HASH_SIZE];
	int r = derive(noise->chaining_key, "", 0, output, 2);

	if (r == 0) {
		memcpy(first, output[0], CRYPTO_KEY_SIZE);
		memcpy(second, output[1], CRYPTO_KEY_SIZE);
	}
	crypto_wipe(output, sizeof(output));
	noise_wipe(noise);
	return r;
}
