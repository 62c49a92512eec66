/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saved plans: what is taken from one, and what is refused. */
#include "cmd/plan_file.h"

#include "model/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define HEAD                                                                                       \
	"{\"format_version\": \"1.0\", \"kind\": \"plan\", \"created\": \"c\","                    \
	"\"tool_version\": \"t\", \"live_digest\": \"d\","
#define INPUTS "\"inputs\": [{\"path\": \"a.yaml\", \"sha256\": \"77\"}],"
#define LISTS  "\"files\": [\"a.yaml\"], \"variable_files\": [], \"variables\": []"
#define WHOLE  HEAD INPUTS "\"command\": {\"directory\": \"/d\"," LISTS "}}"

static void test_a_saved_plan_is_taken_apart(void **state)
{
	static const char text[] = HEAD INPUTS
		"\"changes\": [], \"later\": {\"a\": 1},"
		"\"command\": {\"directory\": \"/d\", \"host\": \"h\","
		"\"files\": [\"a.yaml\", \"b\"], \"variable_files\": [\"v\"],"
		"\"variables\": [{\"name\": \"n\", \"value\": \"\", \"origin\": \"--var\"}]}}";
	const struct options given = { .quiet = true, .host = "other" };
	struct arena *arena = arena_new();
	struct plan_file file;
	struct options options;
	struct error err;

	(void)state;
	assert_int_equal(plan_file_parse(&file, text, strlen(text), arena, &err), 0);
	options = plan_file_options(&file, &given);
	assert_true(options.quiet);
	assert_string_equal(options.host, "h");
	assert_int_equal(options.n_files, 2);
	assert_string_equal(options.files[1], "b");
	assert_string_equal(options.variable_files[0], "v");
	assert_string_equal(options.variables[0].value, "");
	assert_string_equal(file.inputs[0].sha256, "77");
	arena_free(arena);
}

static void test_anything_else_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"7",
		"[]",
		"{}",
		WHOLE "x",
		"{\"a\": 1, \"a\": 1}",
		"{\"a\": 1.5}",
		"{\"a\": \"\\u0000\"}",
		"{\"a\": \"\xff\"}",
		HEAD INPUTS "\"command\": {\"directory\": \"d\"," LISTS "}}",
		HEAD INPUTS "\"command\": {" LISTS "}}",
		HEAD INPUTS "\"command\": [\"/d\"]}",
		HEAD INPUTS "\"command\": {\"directory\": \"/d\", \"files\": [],"
			    "\"variable_files\": [], \"variables\": []}}",
		HEAD INPUTS "\"command\": {\"directory\": \"/d\", \"files\": [1],"
			    "\"variable_files\": [], \"variables\": []}}",
		HEAD INPUTS "\"command\": {\"directory\": \"/d\", \"files\": [\"a\"],"
			    "\"variable_files\": [], \"variables\": [{\"name\": \"n\"}]}}",
		HEAD "\"inputs\": [\"a\"], \"command\": {\"directory\": \"/d\"," LISTS "}}",
		HEAD "\"inputs\": [{\"path\": \"a\", \"sha256\": "
		     "\"0123456789012345678901234567890123456789012345678901234567890123x\"}],"
		     "\"command\": {\"directory\": \"/d\"," LISTS "}}",
	};
	struct arena *arena = arena_new();
	struct plan_file file;
	struct error err;
	size_t i;

	(void)state;
	assert_int_equal(plan_file_parse(&file, WHOLE, strlen(WHOLE), arena, &err), 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(plan_file_parse(&file, rows[i], strlen(rows[i]), arena, &err),
				 -EBADMSG);
	arena_free(arena);
}

static void test_depth_is_limited(void **state)
{
	enum { DEEP = 100000 };
	char *text = malloc(DEEP);
	struct arena *arena = arena_new();
	struct plan_file file;
	struct error err;

	(void)state;
	memset(text, '[', DEEP);
	assert_int_equal(plan_file_parse(&file, text, DEEP, arena, &err), -EBADMSG);
	memset(text + 40, ']', 40);
	assert_int_equal(plan_file_parse(&file, text, 80, arena, &err), -EBADMSG);
	free(text);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_saved_plan_is_taken_apart),
		cmocka_unit_test(test_anything_else_is_refused),
		cmocka_unit_test(test_depth_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
