/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 as the standard has it. */
#include "model/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* FIPS 180-4, examples of NIST: "abc" and the empty message. */
static void test_digest_sha256_matches_the_standard(void **state)
{
	char text[DIGEST_TEXT_MAX];
	uint8_t digest[DIGEST_SIZE];

	(void)state;
	digest_sha256("abc", 3, digest);
	assert_string_equal(digest_hex(digest, DIGEST_SIZE, text),
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_sha256("", 0, digest);
	assert_string_equal(digest_hex(digest, 4, text), "e3b0c442");
	assert_string_equal(digest_hex(digest, 0, text), "");
}

/* The hash of a million times "a" (FIPS 180-4): more than one block. */
static void test_digest_sha256_takes_many_blocks(void **state)
{
	static char text[1000000];
	char hex[DIGEST_TEXT_MAX];
	uint8_t digest[DIGEST_SIZE];

	(void)state;
	memset(text, 'a', sizeof(text));
	digest_sha256(text, sizeof(text), digest);
	assert_string_equal(digest_hex(digest, DIGEST_SIZE, hex),
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digest_sha256_matches_the_standard),
		cmocka_unit_test(test_digest_sha256_takes_many_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
