/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys as text, and which files may hold them. */
#include "backends/tunnel/worker/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>

static char directory[] = "/tmp/test_key_file.XXXXXX";
static char path[64];

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/key", directory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	rmdir(directory);
	return 0;
}

static void test_key_text_is_one_for_each_key(void **state)
{
	static const char *const bad[] = {
		"",
		"AAAA",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",	 /* no padding */
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=",	 /* bits behind the key */
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-=",	 /* another alphabet */
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",	 /* 33 bytes */
		" AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",	 /* white space */
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=A", /* more */
	};
	uint8_t key[CRYPTO_KEY_SIZE], again[CRYPTO_KEY_SIZE];
	char text[WORKER_KEY_TEXT];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(crypto_random(key, sizeof(key)), 0);
		key_format(key, text);
		assert_int_equal(strlen(text), 44);
		assert_true(key_parse(text, again));
		assert_memory_equal(key, again, sizeof(key));
	}
	/* RFC 4648: 0xff bytes are slashes. */
	memset(key, 0xff, sizeof(key));
	key_format(key, text);
	assert_string_equal(text, "//////////////////////////////////////////8=");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(key_parse(bad[i], key));
}

static void test_key_file_holds_what_was_written(void **state)
{
	uint8_t key[CRYPTO_KEY_SIZE] = { 1, 2, 3 }, again[CRYPTO_KEY_SIZE];
	struct failure failure;
	struct stat status;

	(void)state;
	assert_int_equal(key_file_write(path, key, &failure), 0);
	assert_int_equal(key_file_write(path, key, &failure), -EEXIST);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(key_file_read(path, again, &failure), 0);
	assert_memory_equal(key, again, sizeof(key));
}

static void test_key_file_that_others_can_reach_is_refused(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0601, 0644 };
	uint8_t key[CRYPTO_KEY_SIZE];
	struct failure failure;

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		assert_int_equal(key_file_read(path, key, &failure), -EPERM);
	}
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(key_file_read(path, key, &failure), 0);
	assert_int_equal(key_file_read(directory, key, &failure), -EINVAL);
	assert_int_equal(key_file_read("/nowhere", key, &failure), -ENOENT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0); /* must not wait for a writer */
	assert_int_equal(key_file_read(path, key, &failure), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_text_is_one_for_each_key),
		cmocka_unit_test(test_key_file_holds_what_was_written),
		cmocka_unit_test(test_key_file_that_others_can_reach_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
