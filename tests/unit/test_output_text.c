/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mistakes as people read them. */
#include "cmd/output_text.h"
#include "model/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* noinline: gcc 12 thinks that the stream still writes to `data`. */
static __attribute__((noinline)) char *printed(const struct diag *diag)
{
	char *data = NULL;
	size_t size;
	FILE *file = open_memstream(&data, &size);

	output_diag(file, diag, false);
	fclose(file);
	return data;
}

static void expect(const struct diag *diag, const char *expected)
{
	AUTO_FREE char *actual = printed(diag);

	assert_string_equal(actual, expected);
}

static struct diag *with_line(const char *line, uint32_t column, uint32_t length)
{
	struct diag *diag = diag_new();

	diag_add_source(diag, "t.yaml", line, strlen(line));
	diag_error(diag, &(struct position){ "t.yaml", 1, column, length }, "wrong");
	return diag;
}

static void test_message_shows_line_caret_and_hint(void **state)
{
	static const char text[] = "version: 1\nred: {adresses: [10.0.0.1/24]}\n";
	struct diag *diag = diag_new();

	(void)state;
	diag_add_source(diag, "t.yaml", text, strlen(text));
	diag_error(diag, &(struct position){ "t.yaml", 2, 7, 8 },
		   "unknown key \"adresses\" in red");
	diag_hint(diag, "did you mean \"addresses\"?");
	diag_warning(diag, &(struct position){ "t.yaml", 1, 10, 1 }, "old");
	expect(diag, "t.yaml:2:7: error: unknown key \"adresses\" in red\n"
		     "    2 | red: {adresses: [10.0.0.1/24]}\n"
		     "      |       ^~~~~~~~ did you mean \"addresses\"?\n"
		     "t.yaml:1:10: warning: old\n"
		     "    1 | version: 1\n"
		     "      |          ^\n");
	diag_free(diag);
}

static void test_message_without_position_has_no_line(void **state)
{
	struct diag *diag = diag_new();

	(void)state;
	diag_error(diag, NULL, "nothing in it");
	diag_hint(diag, "start with version: 1");
	diag_error(diag, &(struct position){ .file = "gone.yaml", .line = 3, .column = 1 }, "bad");
	expect(diag, "error: nothing in it\n"
		     "      start with version: 1\n"
		     "gone.yaml:3:1: error: bad\n");
	diag_free(diag);
}

static void test_caret_stands_under_the_character(void **state)
{
	static const struct {
		const char *line;
		uint32_t column, length;
		const char *expected;
	} vectors[] = {
		{ "\ta: x", 5, 1, "    1 | \ta: x\n      | \t   ^\n" },
		{ "ü: xy", 5, 2, "    1 | ü: xy\n      |    ^~\n" },
		{ "网: x", 6, 1, "    1 | 网: x\n      |     ^\n" },
		{ "网络", 1, 6, "    1 | 网络\n      | ^~~~\n" },
		{ "ab", 3, 0, "    1 | ab\n      |   ^\n" },
		{ "ab", 99, 5, "    1 | ab\n      |   ^\n" },
		{ "abc", 2, 99, "    1 | abc\n      |  ^~\n" },
		{ "a\033[31mb", 1, 1, "    1 | a?[31mb\n      | ^\n" },
		{ "\xe7\xbd", 1, 2, "    1 | \xe7\xbd\n      | ^~\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct diag *diag =
			with_line(vectors[i].line, vectors[i].column, vectors[i].length);
		AUTO_FREE char *actual = printed(diag);

		assert_string_equal(strchr(actual, '\n') + 1, vectors[i].expected);
		diag_free(diag);
	}
}

static void test_long_line_is_cut_around_the_caret(void **state)
{
	char line[4001];
	struct diag *diag;
	AUTO_FREE char *actual = NULL;
	const char *source, *caret;

	(void)state;
	memset(line, 'x', 4000);
	line[4000] = '\0';
	line[2000] = '!';
	diag = with_line(line, 2001, 1);
	actual = printed(diag);
	source = strchr(actual, '\n') + 1;
	caret = strchr(source, '\n') + 1;
	assert_true(caret - source < 200);
	assert_int_equal(strchr(source, '!') - source, strchr(caret, '^') - caret);
	diag_free(diag);
}

static void test_errors_past_the_limit_are_counted(void **state)
{
	struct diag *diag = diag_new();
	AUTO_FREE char *actual = NULL;
	int i;

	(void)state;
	for (i = 0; i < DIAG_MAX + 3; i++)
		diag_error(diag, NULL, "number %d", i);
	actual = printed(diag);
	assert_non_null(strstr(actual, "error: number 19\n3 more errors\n"));
	diag_free(diag);
}

static void test_color_follows_flag_then_environment(void **state)
{
	(void)state;
	unsetenv("NO_COLOR");
	setenv("FORCE_COLOR", "1", 1);
	assert_true(output_has_color(stderr, COLOR_AUTO));
	assert_false(output_has_color(stderr, COLOR_NEVER));
	setenv("NO_COLOR", "", 1);
	assert_true(output_has_color(stderr, COLOR_AUTO));
	setenv("NO_COLOR", "1", 1);
	assert_false(output_has_color(stderr, COLOR_AUTO));
	assert_true(output_has_color(stderr, COLOR_ALWAYS));
	unsetenv("NO_COLOR");
	unsetenv("FORCE_COLOR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_shows_line_caret_and_hint),
		cmocka_unit_test(test_message_without_position_has_no_line),
		cmocka_unit_test(test_caret_stands_under_the_character),
		cmocka_unit_test(test_long_line_is_cut_around_the_caret),
		cmocka_unit_test(test_errors_past_the_limit_are_counted),
		cmocka_unit_test(test_color_follows_flag_then_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
