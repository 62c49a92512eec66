/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of one lifetime, its hash of texts, and errors. */
#include "model/arena.h"

#include "model/error.h"
#include "model/key_index.h"
#include "model/node.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void test_arena_alloc_gives_zeroed_aligned_memory(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 16, 100, 16384, 16385, 1 << 20, 3 };
	struct arena *arena = arena_new();
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned char *memory = arena_alloc(arena, sizes[i]);

		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
		for (j = 0; j < sizes[i]; j++)
			assert_int_equal(memory[j], 0);
		memset(memory, 0xff, sizes[i]); /* must not show in a later one */
	}
	assert_true(arena_used(arena) >= (1 << 20));
	arena_free(arena);
	arena_free(NULL);
}

static void test_arena_strings_are_copies(void **state)
{
	struct arena *arena = arena_new();
	char text[] = "abcdef";

	(void)state;
	assert_null(arena_strdup(arena, NULL));
	assert_string_equal(arena_strdup(arena, ""), "");
	assert_string_equal(arena_strndup(arena, text, 3), "abc");
	assert_ptr_not_equal(arena_strdup(arena, text), text);
	assert_memory_equal(arena_memdup(arena, text, sizeof(text)), text, sizeof(text));
	assert_string_equal(arena_printf(arena, "%s %d", "x", 12), "x 12");
	assert_int_equal(strlen(arena_printf(arena, "%50000d", 1)), 50000);
	arena_free(arena);
}

static void test_key_index_finds_what_was_set_last(void **state)
{
	AUTO_KEY_INDEX struct key_index index = { 0 };
	char keys[1000][16];
	int i;

	(void)state;
	assert_null(key_index_find(&index, "x"));
	for (i = 0; i < 1000; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%d", i);
		assert_null(key_index_set(&index, keys[i], keys[i]));
	}
	assert_int_equal(index.count, 1000);
	for (i = 0; i < 1000; i++)
		assert_ptr_equal(key_index_find(&index, keys[i]), keys[i]);
	assert_null(key_index_find(&index, "k1000"));
	assert_ptr_equal(key_index_set(&index, "k7", keys[8]), keys[7]);
	assert_ptr_equal(key_index_find(&index, "k7"), keys[8]);
	assert_int_equal(index.count, 1000);
}

static void test_error_set_and_context_read_from_the_outside_in(void **state)
{
	struct error err = { 0 };
	char long_text[2000];

	(void)state;
	assert_int_equal(error_set(&err, EINVAL, "bad %d", 1), -EINVAL);
	assert_int_equal(error_add_context(&err, "link %s", "red/eth0"), -EINVAL);
	assert_string_equal(err.text, "link red/eth0: bad 1");
	assert_int_equal(error_set(&err, EPERM, "new: %s", err.text), -EPERM);
	assert_string_equal(err.text, "new: link red/eth0: bad 1");
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	assert_int_equal(error_set(&err, EIO, "%s", long_text), -EIO);
	assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
	assert_int_equal(error_add_context(&err, "ctx"), -EIO);
	assert_true(strlen(err.text) < ERROR_TEXT_MAX);
	assert_memory_equal(err.text, "ctx: xxx", 8);
	assert_int_equal(error_add_context(&err, "%s", long_text), -EIO);
	assert_true(strlen(err.text) < ERROR_TEXT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena_alloc_gives_zeroed_aligned_memory),
		cmocka_unit_test(test_arena_strings_are_copies),
		cmocka_unit_test(test_key_index_finds_what_was_set_last),
		cmocka_unit_test(test_error_set_and_context_read_from_the_outside_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
