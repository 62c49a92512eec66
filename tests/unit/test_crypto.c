/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The primitives as their standards have them, and what they refuse. */
#include "backends/tunnel/worker/crypto/crypto.h"
#include "tests/unit/hex.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* RFC 7748, section 6.1. */
static void test_crypto_x25519_matches_the_rfc(void **state)
{
	uint8_t alice[32], bob[32], alice_public[32], bob_public[32], shared[32], expected[32];

	(void)state;
	hex_bytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", alice, 32);
	hex_bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", bob, 32);
	assert_int_equal(crypto_x25519_public(alice_public, alice), 0);
	hex_bytes("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", expected, 32);
	assert_memory_equal(alice_public, expected, 32);
	assert_int_equal(crypto_x25519_public(bob_public, bob), 0);
	assert_int_equal(crypto_x25519(shared, alice, bob_public), 0);
	hex_bytes("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742", expected, 32);
	assert_memory_equal(shared, expected, 32);
}

/* Points of small order (RFC 7748, section 7): whatever the private key, the result is zero. */
static void test_crypto_x25519_refuses_an_all_zero_result(void **state)
{
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t own[32] = { 1, 2, 3 }, point[32], shared[32];

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(*points); i++) {
		hex_bytes(points[i], point, 32);
		assert_int_equal(crypto_x25519(shared, own, point), -EBADMSG);
	}
}

/* RFC 4231, test case 2, and SHA-256 of "abc" in parts. */
static void test_crypto_hashes_match_the_standards(void **state)
{
	const struct crypto_bytes parts[] = { { "a", 1 }, { "", 0 }, { "bc", 2 } };
	uint8_t hash[32], expected[32];

	(void)state;
	assert_int_equal(crypto_sha256(hash, parts, 3), 0);
	hex_bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", expected, 32);
	assert_memory_equal(hash, expected, 32);
	assert_int_equal(crypto_hmac_sha256(hash, (const uint8_t *)"Jefe", 4,
					    "what do ya want for nothing?", 28),
			 0);
	hex_bytes("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", expected, 32);
	assert_memory_equal(hash, expected, 32);
}

/* Many messages under one key, of all lengths around a block's. */
static void test_crypto_mac_equals_hmac(void **state)
{
	static const size_t lengths[] = { 0, 1, 55, 56, 63, 64, 65, 120, 1000, 0 };
	uint8_t key[32] = { 1, 2, 3 }, data[1000], mac[32], expected[32];
	struct crypto_mac *keyed = crypto_mac_new(key);

	(void)state;
	assert_non_null(keyed);
	memset(data, 'v', sizeof(data));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		assert_int_equal(crypto_mac(keyed, data, lengths[i], mac), 0);
		assert_int_equal(crypto_hmac_sha256(expected, key, sizeof(key), data, lengths[i]),
				 0);
		assert_memory_equal(mac, expected, sizeof(mac));
	}
	crypto_mac_free(keyed);
	crypto_mac_free(NULL);
}

/*
 * Key and nonce zero, no additional data, 16 bytes of zero: test case 14 of the GCM specification. The key of RFC 8439
 * needs a nonce that is no number, so ChaCha20-Poly1305 is held by the vectors of Noise.
 */
static void test_crypto_aes_gcm_matches_the_specification(void **state)
{
	static const uint8_t key[32], zero[16];
	const struct crypto_bytes nothing = { "", 0 };
	struct crypto_aead *aead = crypto_aead_new(CRYPTO_AES_256_GCM, true, key);
	uint8_t out[32], expected[32];

	(void)state;
	assert_non_null(aead);
	assert_int_equal(crypto_seal(aead, 0, &nothing, zero, 16, out), 0);
	hex_bytes("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919", expected, 32);
	assert_memory_equal(out, expected, 32);
	crypto_aead_free(aead);
}

static void check_cipher(enum crypto_cipher cipher)
{
	static const uint8_t key[32] = { 7 };
	const struct crypto_bytes header = { "header", 6 }, other = { "HEADER", 6 };
	struct crypto_aead *seal = crypto_aead_new(cipher, true, key);
	struct crypto_aead *open = crypto_aead_new(cipher, false, key);
	uint8_t sealed[64], plain[64];

	assert_non_null(seal);
	assert_non_null(open);
	assert_int_equal(crypto_seal(seal, 5, &header, (const uint8_t *)"frame", 5, sealed), 0);
	assert_int_equal(crypto_open(open, 5, &header, sealed, 21, plain), 0);
	assert_memory_equal(plain, "frame", 5);
	assert_int_equal(crypto_open(open, 6, &header, sealed, 21, plain), -EBADMSG);
	assert_int_equal(crypto_open(open, 5, &other, sealed, 21, plain), -EBADMSG);
	assert_int_equal(crypto_open(open, 5, &header, sealed, 20, plain), -EBADMSG);
	assert_int_equal(crypto_open(open, 5, &header, sealed, 15, plain), -EBADMSG);
	for (unsigned bit = 0; bit < 21 * 8; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(crypto_open(open, 5, &header, sealed, 21, plain), -EBADMSG);
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	/* In place, and after all the failures; then a message without content. */
	assert_int_equal(crypto_open(open, 5, &header, sealed, 21, sealed), 0);
	assert_memory_equal(sealed, "frame", 5);
	assert_int_equal(crypto_seal(seal, 7, &header, sealed, 0, sealed), 0);
	assert_int_equal(crypto_open(open, 7, &header, sealed, 16, plain), 0);
	crypto_aead_free(seal);
	crypto_aead_free(open);
}

static void test_crypto_open_takes_what_was_sealed_alone(void **state)
{
	(void)state;
	check_cipher(CRYPTO_CHACHA20_POLY1305);
	check_cipher(CRYPTO_AES_256_GCM);
}

static void test_crypto_random_differs(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	(void)state;
	assert_int_equal(crypto_random(a, sizeof(a)), 0);
	assert_int_equal(crypto_random(b, sizeof(b)), 0);
	assert_false(crypto_equal(a, b, sizeof(a)));
	crypto_wipe(a, sizeof(a));
	memset(b, 0, sizeof(b));
	assert_true(crypto_equal(a, b, sizeof(a)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crypto_x25519_matches_the_rfc),
		cmocka_unit_test(test_crypto_x25519_refuses_an_all_zero_result),
		cmocka_unit_test(test_crypto_hashes_match_the_standards),
		cmocka_unit_test(test_crypto_mac_equals_hmac),
		cmocka_unit_test(test_crypto_aes_gcm_matches_the_specification),
		cmocka_unit_test(test_crypto_open_takes_what_was_sealed_alone),
		cmocka_unit_test(test_crypto_random_differs),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
