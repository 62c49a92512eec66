/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing texts, order of names, numbers, and the distance behind "did you mean". */
#include "model/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void test_text_add_grows(void **state)
{
	AUTO_TEXT struct text text = { 0 };
	int i;

	(void)state;
	assert_string_equal(text_get(&text), "");
	text_add(&text, "%s", "");
	assert_string_equal(text.data, "");
	for (i = 0; i < 1000; i++)
		text_add(&text, "%03d,", i);
	assert_int_equal(text.length, 4000);
	assert_int_equal(strlen(text.data), 4000);
	assert_memory_equal(text.data + 3996, "999,", 4);
	text_add_bytes(&text, "a\0b", 3);
	assert_int_equal(text.length, 4003);
	text_free(&text);
	assert_string_equal(text_get(&text), "");
}

static void test_text_compare_natural_orders_numbers_by_value(void **state)
{
	static const char *const sorted[] = { "",
					      "eth",
					      "eth0",
					      "eth1",
					      "eth01",
					      "eth1a",
					      "eth2",
					      "eth10",
					      "eth10.2",
					      "eth10.10",
					      "ethx",
					      "v9",
					      "v99999999999999999999",
					      "v100000000000000000000" };
	size_t n = sizeof(sorted) / sizeof(sorted[0]), i, j;

	(void)state;
	/* "eth01" and "eth1" are one number: the bytes decide, so that the order is total */
	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++) {
			int order = text_compare_natural(sorted[i], sorted[j]);
			bool swapped = (i == 3 && j == 4) || (i == 4 && j == 3);
			int expected = i < j ? -1 : i > j;

			assert_int_equal((order > 0) - (order < 0), swapped ? -expected : expected);
		}
}

static void test_text_parse_number_takes_plain_decimals(void **state)
{
	static const char *const wrong[] = { "",    " 1",  "1 ",   "-1",
					     "+1",  "010", "0x10", "1_0",
					     "1e3", "1.0", "00",   "12345678901234567890" };
	uint64_t value = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(text_parse_number(&value, wrong[i]));
	assert_int_equal(value, 7);
	assert_true(text_parse_number(&value, "0"));
	assert_int_equal(value, 0);
	assert_true(text_parse_number(&value, "9999999999999999999"));
	assert_true(value == 9999999999999999999U);
}

static void test_text_distance_counts_edits(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} vectors[] = {
		{ "", "", 0 },
		{ "abc", "", 3 },
		{ "abc", "abc", 0 },
		{ "abc", "abd", 1 },
		{ "abc", "ac", 1 },
		{ "abc", "bac", 1 },
		{ "kitten", "sitting", 3 },
		{ "adresses", "addresses", 1 },
	};
	char long_word[80];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		assert_int_equal(text_distance(vectors[i].a, vectors[i].b), vectors[i].distance);
		assert_int_equal(text_distance(vectors[i].b, vectors[i].a), vectors[i].distance);
	}
	memset(long_word, 'x', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	assert_false(text_is_near(long_word, "x"));
	assert_false(text_is_near(long_word, long_word + 1));
}

static void test_text_is_near_depends_on_length(void **state)
{
	(void)state;
	assert_true(text_is_near("mtuu", "mtu"));
	assert_true(text_is_near("vie", "via"));
	assert_false(text_is_near("abc", "xyz"));
	assert_false(text_is_near("to", "via"));
	assert_true(text_is_near("namspaces", "namespaces"));
	assert_false(text_is_near("bridges", "namespaces"));
}

static void test_text_compare_puts_null_first(void **state)
{
	(void)state;
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal(NULL, ""));
	assert_true(text_compare(NULL, "") < 0);
	assert_true(text_compare("", NULL) > 0);
	assert_int_equal(text_compare(NULL, NULL), 0);
	assert_true(text_starts_with("host:eth0", "host:"));
	assert_false(text_starts_with("hos", "host:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_add_grows),
		cmocka_unit_test(test_text_compare_natural_orders_numbers_by_value),
		cmocka_unit_test(test_text_parse_number_takes_plain_decimals),
		cmocka_unit_test(test_text_distance_counts_edits),
		cmocka_unit_test(test_text_is_near_depends_on_length),
		cmocka_unit_test(test_text_compare_puts_null_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
