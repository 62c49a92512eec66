/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The handshake against public vectors, and against whoever changes, cuts or mixes up its messages. */
#include "backends/tunnel/worker/noise.h"
#include "tests/unit/hex.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define VECTORS	 "tests/unit/data/noise_ikpsk2.txt"
#define MESSAGES 8

struct bytes {
	uint8_t data[256];
	size_t length;
};

struct vector {
	struct bytes init_static, resp_static, init_ephemeral, resp_ephemeral, psk, prologue, hash;
	struct bytes payloads[MESSAGES], ciphertexts[MESSAGES];
	size_t n_payloads, n_ciphertexts;
	bool present;
};

static struct bytes *vector_member(struct vector *vector, const char *name)
{
	const struct {
		const char *name;
		struct bytes *member;
	} members[] = {
		{ "init_static", &vector->init_static },
		{ "resp_static", &vector->resp_static },
		{ "init_ephemeral", &vector->init_ephemeral },
		{ "resp_ephemeral", &vector->resp_ephemeral },
		{ "psk", &vector->psk },
		{ "prologue", &vector->prologue },
		{ "handshake_hash", &vector->hash },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (strcmp(members[i].name, name) == 0)
			return members[i].member;
	if (strcmp(name, "payload") == 0 && vector->n_payloads < MESSAGES)
		return &vector->payloads[vector->n_payloads++];
	if (strcmp(name, "ciphertext") == 0 && vector->n_ciphertexts < MESSAGES)
		return &vector->ciphertexts[vector->n_ciphertexts++];
	return NULL;
}

/* The next vector of the file; false at its end. */
static bool vector_read(FILE *file, struct vector *ret)
{
	char line[1024], *value;
	struct bytes *member;

	*ret = (struct vector){ 0 };
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!line[0] && ret->present)
			return true;
		value = strchr(line, '=');
		if (!value || line[0] == '#')
			continue;
		*value++ = '\0';
		ret->present = true;
		if (strcmp(line, "source") == 0)
			continue;
		member = vector_member(ret, line);
		assert_non_null(member);
		member->length = hex_bytes(value, member->data, sizeof(member->data));
	}
	return ret->present;
}

static void keys_fill(struct noise_keys *keys, const struct bytes *private_key)
{
	assert_int_equal(private_key->length, CRYPTO_KEY_SIZE);
	memcpy(keys->private_key, private_key->data, CRYPTO_KEY_SIZE);
	assert_int_equal(crypto_x25519_public(keys->public_key, keys->private_key), 0);
}

static void sides_start(const struct vector *vector, struct noise *initiator,
			struct noise *responder)
{
	struct noise_keys first, second;

	keys_fill(&first, &vector->init_static);
	keys_fill(&second, &vector->resp_static);
	assert_int_equal(noise_start(initiator, &first, second.public_key, vector->prologue.data,
				     vector->prologue.length),
			 0);
	assert_int_equal(noise_start(responder, &second, NULL, vector->prologue.data,
				     vector->prologue.length),
			 0);
	memcpy(initiator->psk, vector->psk.data, CRYPTO_KEY_SIZE);
	memcpy(responder->psk, vector->psk.data, CRYPTO_KEY_SIZE);
}

static void assert_bytes(const struct bytes *expected, const uint8_t *data, size_t length)
{
	assert_int_equal(expected->length, length);
	assert_memory_equal(expected->data, data, length);
}

static void check_handshake(const struct vector *vector, struct noise *initiator,
			    struct noise *responder)
{
	const struct bytes *payload = vector->payloads, *wire = vector->ciphertexts;
	uint8_t message[256], got[256];

	assert_int_equal(noise_write_first(initiator, vector->init_ephemeral.data, payload[0].data,
					   payload[0].length, message),
			 0);
	assert_bytes(&wire[0], message, payload[0].length + NOISE_FIRST_OVERHEAD);
	assert_int_equal(noise_read_first(responder, message, wire[0].length, got), 0);
	assert_bytes(&payload[0], got, wire[0].length - NOISE_FIRST_OVERHEAD);
	assert_memory_equal(responder->remote, initiator->own.public_key, CRYPTO_KEY_SIZE);

	assert_int_equal(noise_write_second(responder, vector->resp_ephemeral.data, payload[1].data,
					    payload[1].length, message),
			 0);
	assert_bytes(&wire[1], message, payload[1].length + NOISE_SECOND_OVERHEAD);
	assert_int_equal(noise_read_second(initiator, message, wire[1].length, got), 0);
	assert_bytes(&payload[1], got, wire[1].length - NOISE_SECOND_OVERHEAD);
	assert_memory_equal(initiator->hash, responder->hash, CRYPTO_HASH_SIZE);
	if (vector->hash.length)
		assert_bytes(&vector->hash, initiator->hash, CRYPTO_HASH_SIZE);
}

/* Transport messages: number 2 with the initiator's first key, 3 with the responder's, and so on. */
static void check_transport(const struct vector *vector, struct noise *initiator,
			    struct noise *responder)
{
	const struct crypto_bytes nothing = { "", 0 };
	uint8_t keys[2][CRYPTO_KEY_SIZE], others[2][CRYPTO_KEY_SIZE], message[256];
	struct crypto_aead *aead;

	assert_int_equal(noise_split(initiator, keys[0], keys[1]), 0);
	assert_int_equal(noise_split(responder, others[0], others[1]), 0);
	assert_memory_equal(keys, others, sizeof(keys));
	for (size_t i = 2; i < vector->n_payloads; i++) {
		const struct bytes *payload = &vector->payloads[i];

		aead = crypto_aead_new(CRYPTO_CHACHA20_POLY1305, true, keys[i % 2]);
		assert_non_null(aead);
		assert_int_equal(crypto_seal(aead, (i - 2) / 2, &nothing, payload->data,
					     payload->length, message),
				 0);
		assert_bytes(&vector->ciphertexts[i], message, payload->length + CRYPTO_TAG_SIZE);
		crypto_aead_free(aead);
	}
}

static void test_noise_matches_public_vectors(void **state)
{
	FILE *file = fopen(VECTORS, "r");
	struct noise initiator, responder;
	struct vector vector;
	unsigned n = 0;

	(void)state;
	assert_non_null(file);
	for (; vector_read(file, &vector); n++) {
		sides_start(&vector, &initiator, &responder);
		check_handshake(&vector, &initiator, &responder);
		check_transport(&vector, &initiator, &responder);
	}
	fclose(file);
	assert_int_equal(n, 5);
}

static void first_vector(struct vector *ret)
{
	FILE *file = fopen(VECTORS, "r");

	assert_non_null(file);
	assert_true(vector_read(file, ret));
	fclose(file);
}

static void test_noise_refuses_a_changed_first_message(void **state)
{
	struct noise initiator, responder, copy;
	uint8_t message[256], got[256];
	struct vector vector;
	size_t length;

	(void)state;
	first_vector(&vector);
	sides_start(&vector, &initiator, &responder);
	length = vector.ciphertexts[0].length;
	memcpy(message, vector.ciphertexts[0].data, length);
	for (size_t i = 0; i < length * 8; i++) {
		/* X25519 ignores the highest bit, but the hash does not. */
		message[i / 8] ^= (uint8_t)(1 << i % 8);
		copy = responder;
		assert_int_equal(noise_read_first(&copy, message, length, got), -EBADMSG);
		message[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t cut = 0; cut < length; cut++) {
		copy = responder;
		assert_int_equal(noise_read_first(&copy, message, cut, got), -EBADMSG);
	}
	copy = responder;
	assert_int_equal(noise_read_first(&copy, message, length, got), 0);
}

static void test_noise_refuses_a_changed_second_message(void **state)
{
	struct noise initiator, responder, copy;
	uint8_t message[256], got[256];
	struct vector vector;
	size_t length;

	(void)state;
	first_vector(&vector);
	sides_start(&vector, &initiator, &responder);
	assert_int_equal(noise_write_first(&initiator, vector.init_ephemeral.data, NULL, 0, got),
			 0);
	assert_int_equal(noise_read_first(&responder, got, NOISE_FIRST_OVERHEAD, message), 0);
	length = 3 + NOISE_SECOND_OVERHEAD;
	assert_int_equal(noise_write_second(&responder, vector.resp_ephemeral.data,
					    (const uint8_t *)"abc", 3, message),
			 0);
	for (size_t i = 0; i < length * 8; i++) {
		message[i / 8] ^= (uint8_t)(1 << i % 8);
		copy = initiator;
		assert_int_equal(noise_read_second(&copy, message, length, got), -EBADMSG);
		message[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t cut = 0; cut < length; cut++) {
		copy = initiator;
		assert_int_equal(noise_read_second(&copy, message, cut, got), -EBADMSG);
	}
	assert_int_equal(noise_read_second(&initiator, message, length, got), 0);
	assert_memory_equal(got, "abc", 3);
}

/* Another pre-shared key, another prologue, another responder: the same answer. */
static void test_noise_refuses_who_knows_too_little(void **state)
{
	struct noise initiator, responder, copy;
	uint8_t message[256], got[256];
	struct noise_keys stranger;
	struct vector vector;

	(void)state;
	first_vector(&vector);
	sides_start(&vector, &initiator, &responder);
	assert_int_equal(
		noise_write_first(&initiator, vector.init_ephemeral.data, NULL, 0, message), 0);
	keys_fill(&stranger, &vector.init_ephemeral);
	assert_int_equal(
		noise_start(&copy, &stranger, NULL, vector.prologue.data, vector.prologue.length),
		0);
	assert_int_equal(noise_read_first(&copy, message, NOISE_FIRST_OVERHEAD, got), -EBADMSG);
	assert_int_equal(noise_start(&copy, &responder.own, NULL, "another", 7), 0);
	assert_int_equal(noise_read_first(&copy, message, NOISE_FIRST_OVERHEAD, got), -EBADMSG);

	assert_int_equal(noise_read_first(&responder, message, NOISE_FIRST_OVERHEAD, got), 0);
	responder.psk[0] ^= 1;
	assert_int_equal(
		noise_write_second(&responder, vector.resp_ephemeral.data, NULL, 0, message), 0);
	assert_int_equal(noise_read_second(&initiator, message, NOISE_SECOND_OVERHEAD, got),
			 -EBADMSG);
}

/* A sender whose ephemeral key has small order would choose the keys alone. */
static void test_noise_refuses_an_ephemeral_key_of_small_order(void **state)
{
	struct noise initiator, responder;
	uint8_t message[NOISE_FIRST_OVERHEAD] = { 0 }, got[256];
	struct vector vector;

	(void)state;
	first_vector(&vector);
	sides_start(&vector, &initiator, &responder);
	assert_int_equal(noise_read_first(&responder, message, sizeof(message), got), -EBADMSG);
}

static void test_noise_split_wipes_the_state(void **state)
{
	struct noise initiator, responder, zero;
	uint8_t first[CRYPTO_KEY_SIZE], second[CRYPTO_KEY_SIZE];
	struct vector vector;

	(void)state;
	first_vector(&vector);
	sides_start(&vector, &initiator, &responder);
	check_handshake(&vector, &initiator, &responder);
	memset(&zero, 0, sizeof(zero));
	assert_int_equal(noise_split(&initiator, first, second), 0);
	assert_memory_equal(&initiator, &zero, sizeof(zero));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noise_matches_public_vectors),
		cmocka_unit_test(test_noise_refuses_a_changed_first_message),
		cmocka_unit_test(test_noise_refuses_a_changed_second_message),
		cmocka_unit_test(test_noise_refuses_who_knows_too_little),
		cmocka_unit_test(test_noise_refuses_an_ephemeral_key_of_small_order),
		cmocka_unit_test(test_noise_split_wipes_the_state),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
