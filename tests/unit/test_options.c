/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: what is taken, what is refused, and what is said then. */
#include "cmd/options.h"
#include "cmd/status.h"

#include "model/arena.h"
#include "model/cleanup.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static int run_nothing(const struct options *options)
{
	(void)options;
	return 0;
}

static const struct command commands[] = {
	{ "apply", run_nothing, OPTIONS_DOCUMENT | OPTIONS_CHANGE, NULL, 0, 0, false, "Apply",
	  OUTPUT_TEXT },
	{ "exec", run_nothing, 0, "NS COMMAND [ARGUMENT]...", 2, 99, true, "Run", OUTPUT_NONE },
	{ "render", run_nothing, OPTIONS_DOCUMENT, NULL, 0, 0, false, "Render", OUTPUT_TREE },
	{ "sim up", run_nothing, OPTIONS_DOCUMENT, NULL, 0, 0, false, "Simulate", OUTPUT_NONE },
	{ "sim down", run_nothing, OPTIONS_DOCUMENT, NULL, 0, 0, false, "End it", OUTPUT_NONE },
	{ "tunnel status", run_nothing, OPTION_FILE, NULL, 0, 0, false, "Status", OUTPUT_METRICS },
	{ "version", run_nothing, 0, NULL, 0, 0, false, "Version", OUTPUT_NONE },
	{ 0 },
};

#define WORDS_MAX 12

struct parsed {
	struct arena *arena;
	struct options options;
	char *argv[WORDS_MAX];
	char said[512]; /* on standard error */
	int status;
};

/* Parses "vnetapply LINE", split at blanks. */
static struct parsed *parse(const char *line)
{
	struct parsed *parsed = calloc(1, sizeof(*parsed));
	int argc = 0, pipes[2], saved = dup(STDERR_FILENO);
	char *copy, *word;
	ssize_t length;

	parsed->arena = arena_new();
	copy = arena_printf(parsed->arena, "vnetapply %s", line);
	for (word = strtok(copy, " "); word; word = strtok(NULL, " "))
		parsed->argv[argc++] = word;
	assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
	dup2(pipes[1], STDERR_FILENO);
	parsed->status =
		options_parse(&parsed->options, commands, argc, parsed->argv, parsed->arena);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	length = read(pipes[0], parsed->said, sizeof(parsed->said) - 1);
	parsed->said[length > 0 ? length : 0] = '\0';
	close(saved);
	close(pipes[0]);
	close(pipes[1]);
	return parsed;
}

static void forget(struct parsed *parsed)
{
	arena_free(parsed->arena);
	free(parsed);
}

static void test_options_stand_before_and_after_the_command(void **state)
{
	struct parsed *p = parse("-f a apply --file=b -n --var x=1=2 --lock-timeout 500ms -qv");

	(void)state;
	assert_int_equal(p->status, 0);
	assert_string_equal(p->options.command->name, "apply");
	assert_int_equal(p->options.n_files, 2);
	assert_string_equal(p->options.files[0], "a");
	assert_string_equal(p->options.files[1], "b");
	assert_true(p->options.dry_run && p->options.quiet && p->options.verbose);
	assert_int_equal(p->options.n_variables, 1);
	assert_string_equal(p->options.variables[0].name, "x");
	assert_string_equal(p->options.variables[0].value, "1=2");
	assert_int_equal(p->options.lock_timeout_ms, 500);
	forget(p);
}

static void test_a_file_alone_means_apply(void **state)
{
	struct parsed *p = parse("-f a -n");

	(void)state;
	assert_int_equal(p->status, 0);
	assert_string_equal(p->options.command->name, "apply");
	forget(p);
}

static void test_words_of_another_program_are_left_alone(void **state)
{
	struct parsed *p = parse("exec red ip -n blue --help");

	(void)state;
	assert_int_equal(p->status, 0);
	assert_int_equal(p->options.n_arguments, 5);
	assert_string_equal(p->options.arguments[2], "-n");
	assert_false(p->options.help);
	forget(p);
}

static void test_a_command_may_be_two_words(void **state)
{
	struct parsed *p = parse("sim up -f a");

	(void)state;
	assert_int_equal(p->status, 0);
	assert_string_equal(p->options.command->name, "sim up");
	assert_int_equal(p->options.n_files, 1);
	forget(p);
}

static void test_the_first_of_two_words_has_help(void **state)
{
	static const char *const lines[] = { "sim --help", "sim -h", "--help sim" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		struct parsed *p = parse(lines[i]);
		AUTO_FILE FILE *file = tmpfile();
		char text[512] = "";

		assert_int_equal(p->status, 0);
		assert_true(p->options.help);
		help_print(file, &p->options);
		rewind(file);
		assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
		assert_non_null(strstr(text, "usage: vnetapply sim COMMAND"));
		assert_non_null(strstr(text, "sim up"));
		assert_non_null(strstr(text, "sim down"));
		assert_null(strstr(text, "tunnel"));
		forget(p);
	}
}

static void test_usage_errors_say_what_is_meant(void **state)
{
	static const struct {
		const char *line, *said;
	} vectors[] = {
		{ "aply -f a", "unknown command aply; did you mean apply?" },
		{ "frobnicate", "unknown command frobnicate" },
		{ "sim", "sim: expected one of sim up, sim down" },
		{ "tunnel", "tunnel: expected tunnel status" },
		{ "sim -f a --help", "sim: expected one of sim up, sim down" },
		{ "sim upp", "unknown command sim upp; did you mean sim up?" },
		{ "apply --dryrun", "unknown option --dryrun; did you mean --dry-run?" },
		{ "apply --flie=a", "unknown option --flie; did you mean --file?" },
		{ "apply -z", "unknown option -z" },
		{ "apply --zzzzzz", "unknown option --zzzzzz" },
		{ "apply -f", "--file needs FILE" },
		{ "apply t.yaml", "unexpected t.yaml; did you mean -f t.yaml?" },
		{ "version extra", "unexpected extra" },
		{ "version -f a", "version does not take --file" },
		{ "exec red", "exec needs NS COMMAND [ARGUMENT]..." },
		{ "apply -f a --color blue", "--color blue: expected one of auto, always, never" },
		{ "apply -f a --lock-timeout 5", "--lock-timeout 5: expected a time such as 10s" },
		{ "apply -f a --var x", "--var x: expected NAME=VALUE" },
		{ "apply -f a -o yaml", "apply prints text or json" },
		{ "apply -f a -o prometheus", "apply prints text or json" },
		{ "render -f a -o text", "render prints yaml or json" },
		{ "tunnel status -f a -o yaml", "tunnel status prints text, json or prometheus" },
		{ "version -o json", "version does not take --output" },
		{ "apply -f a -o xml", "--output xml: expected one of text, json, yaml" },
		{ "", "no command and no file; try: vnetapply -f topology.yaml" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct parsed *p = parse(vectors[i].line);

		assert_int_equal(p->status, STATUS_USAGE);
		*strchr(p->said, '\n') = '\0';
		assert_string_equal(p->said + strlen("vnetapply: "), vectors[i].said);
		forget(p);
	}
}

static void test_environment_gives_a_file_and_variables(void **state)
{
	struct parsed *p;

	(void)state;
	setenv("VNETAPPLY_FILE", "from-environment", 1);
	setenv("VNETAPPLY_VAR_site", "7", 1);
	setenv("VNETAPPLY_OTHER", "1", 1);
	p = parse("apply --var site=8");
	assert_int_equal(p->status, 0);
	assert_string_equal(p->options.files[0], "from-environment");
	assert_int_equal(p->options.n_variables, 2);
	assert_string_equal(p->options.variables[0].value, "7");
	assert_string_equal(p->options.variables[0].origin, "VNETAPPLY_VAR_site");
	assert_string_equal(p->options.variables[1].value, "8"); /* the later wins */
	forget(p);
	p = parse("apply -f mine");
	assert_int_equal(p->options.n_files, 1);
	assert_string_equal(p->options.files[0], "mine");
	forget(p);
	unsetenv("VNETAPPLY_FILE");
	unsetenv("VNETAPPLY_VAR_site");
	unsetenv("VNETAPPLY_OTHER");
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		bool is_valid;
		unsigned ms;
	} vectors[] = {
		{ "10s", true, 10000 }, { "500ms", true, 500 },	   { "2m", true, 120000 },
		{ "0", true, 0 },	{ "0s", true, 0 },	   { "5", false, 0 },
		{ "s", false, 0 },	{ "", false, 0 },	   { "-1s", false, 0 },
		{ "1h", false, 0 },	{ "99999999m", false, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		unsigned ms = 0;

		assert_int_equal(duration_parse(&ms, vectors[i].text), vectors[i].is_valid);
		assert_int_equal(ms, vectors[i].ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_stand_before_and_after_the_command),
		cmocka_unit_test(test_a_file_alone_means_apply),
		cmocka_unit_test(test_words_of_another_program_are_left_alone),
		cmocka_unit_test(test_a_command_may_be_two_words),
		cmocka_unit_test(test_the_first_of_two_words_has_help),
		cmocka_unit_test(test_usage_errors_say_what_is_meant),
		cmocka_unit_test(test_environment_gives_a_file_and_variables),
		cmocka_unit_test(test_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
