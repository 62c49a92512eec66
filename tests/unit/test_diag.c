/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mistakes are kept once, in order, with their line; how they are shown is the output's. */
#include "model/diag.h"

#include "tests/unit/tree_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void test_diag_error_keeps_twenty_and_counts_all(void **state)
{
	struct diag *diag = diag_new();
	uint32_t i;

	(void)state;
	for (i = 1; i <= 30; i++) {
		diag_error(diag, &(const struct position){ "f", i, 1, 0 }, "wrong");
		diag_hint(diag, "hint %u", i);
	}
	diag_warning(diag, NULL, "not kept");
	assert_int_equal(diag_errors(diag), 30);
	assert_int_equal(diag_count(diag), DIAG_MAX);
	assert_int_equal(diag_get(diag, DIAG_MAX - 1)->position.line, 20);
	assert_string_equal(diag_get(diag, DIAG_MAX - 1)->hint, "hint 20");
	diag_free(diag);
	diag_free(NULL);
}

static void test_diag_error_tells_the_same_once(void **state)
{
	static const struct position position = { "f", 1, 2, 3 };
	struct diag *diag = diag_new();
	AUTO_TEXT struct text actual = { 0 };

	(void)state;
	diag_error(diag, &position, "wrong %d", 1);
	diag_hint(diag, "first");
	diag_error(diag, &position, "wrong %d", 1);
	diag_hint(diag, "second");
	diag_error(diag, &position, "wrong %d", 2);
	diag_warning(diag, NULL, "no file");
	diag_text(diag, &actual);
	assert_string_equal(text_get(&actual), "f:1:2+3: error: wrong 1 (first)\n"
					       "f:1:2+3: error: wrong 2\n"
					       "warning: no file");
	assert_int_equal(diag_errors(diag), 2);
	diag_free(diag);
}

static void test_diag_error_copies_what_it_is_given(void **state)
{
	char file[] = "f.yaml", text[] = "wrong";
	struct diag *diag = diag_new();

	(void)state;
	diag_error(diag, &(const struct position){ file, 1, 1, 0 }, "%s", text);
	file[0] = text[0] = 'X';
	assert_string_equal(diag_get(diag, 0)->position.file, "f.yaml");
	assert_string_equal(diag_get(diag, 0)->text, "wrong");
	diag_free(diag);
}

static void test_diag_source_line_finds_lines(void **state)
{
	static const char text[] = "one\n\nthree\r\nfour";
	static const char *const lines[] = { "one", "", "three", "four" };
	struct diag *diag = diag_new();
	const char *line;
	size_t length, i;

	(void)state;
	diag_add_source(diag, "f", text, strlen(text));
	diag_add_source(diag, "g", "", 0);
	for (i = 0; i < 4; i++) {
		assert_true(diag_source_line(diag, "f", (uint32_t)i + 1, &line, &length));
		assert_int_equal(length, strlen(lines[i]));
		assert_memory_equal(line, lines[i], length);
	}
	assert_false(diag_source_line(diag, "f", 0, &line, &length));
	assert_false(diag_source_line(diag, "f", 5, &line, &length));
	assert_false(diag_source_line(diag, "g", 1, &line, &length));
	assert_false(diag_source_line(diag, "h", 1, &line, &length));
	diag_free(diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diag_error_keeps_twenty_and_counts_all),
		cmocka_unit_test(test_diag_error_tells_the_same_once),
		cmocka_unit_test(test_diag_error_copies_what_it_is_given),
		cmocka_unit_test(test_diag_source_line_finds_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
