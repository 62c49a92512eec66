/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several -f, directories, include, variables from outside, and one host's view. In a directory of its own. */
#include "model/document.h"

#include "model/cleanup.h"
#include "tests/unit/tree_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

static void write_file(const char *name, const char *text)
{
	AUTO_FILE FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
}

static int enter_directory(void **state)
{
	char *directory = strdup("/tmp/test_document.XXXXXX");

	*state = directory;
	return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int leave_directory(void **state)
{
	AUTO_FREE char *command = NULL;
	int result = chdir("/");

	if (asprintf(&command, "rm -r '%s'", (const char *)*state) < 0)
		return -1;
	result |= system(command);
	free(*state);
	return result;
}

/* The tree, or the messages, or the error. The document is kept in *keep if not NULL. */
static int load(const struct document_options *options, struct document **keep, struct text *ret)
{
	struct document *document = NULL;
	struct diag *diag = diag_new();
	struct error err = { 0 };
	int result = document_load(&document, options, diag, &err);

	if (!result) {
		tree_text(document_root(document), ret);
		if (diag_count(diag))
			text_add(ret, "\n");
	} else if (result != -EBADMSG) {
		text_add(ret, "%s", err.text);
	}
	diag_text(diag, ret);
	if (keep)
		*keep = document;
	else
		document_free(document);
	diag_free(diag);
	return result;
}

/* -f of each word of `files`. */
static void check(const char *files, int result, const char *expected)
{
	AUTO_TEXT struct text actual = { 0 };
	AUTO_FREE char *copy = strdup(files);
	const char *paths[8];
	struct document_options options = { .files = paths };
	char *word, *rest = copy;

	while ((word = strsep(&rest, " ")))
		paths[options.n_files++] = word;
	assert_int_equal(load(&options, NULL, &actual), result);
	assert_string_equal(text_get(&actual), expected);
}

static void test_document_load_lays_a_later_file_over_an_earlier(void **state)
{
	(void)state;
	write_file("a.yaml", "v: 1\nl: [1, 2]\nm: {x: 1, y: {z: 1}, gone: {q: 1}}\nk: {a: 1}\n");
	write_file("b.yaml", "v: 2\nl: [3]\nm: {y: {w: 2}, gone: , new: }\nk: text\n");
	check("a.yaml b.yaml", 0, "{v: 2, l: [3], m: {x: 1, y: {z: 1, w: 2}, new: ~}, k: text}");
	check("a.yaml a.yaml", 0,
	      "{v: 1, l: [1, 2], m: {x: 1, y: {z: 1}, gone: {q: 1}}, k: {a: 1}}");
}

static void test_document_load_joins_a_directory(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(mkdir("d/sub.yaml", 0700), 0);
	write_file("d/20.yml", "m: {b: 2}\nz: 1\n");
	write_file("d/10.yaml", "m: {a: 1}\n");
	write_file("d/.hidden.yaml", "m: [\n");
	write_file("d/notes.txt", "m: [\n");
	check("d", 0, "{m: {a: 1, b: 2}, z: 1}");
	check("d/", 0, "{m: {a: 1, b: 2}, z: 1}");
	write_file("d/30.yaml", "z: 1\nm: {a: {}, b: 3}\nl: [1]\n");
	write_file("d/40.yaml", "l: [2]\n");
	check("d", -EBADMSG,
	      "d/30.yaml:2:5+1: error: \"a\" is set twice, first in d/10.yaml:1 (to override, give "
	      "the file to a later -f)\n"
	      "d/30.yaml:2:12+1: error: \"b\" is set twice, first in d/20.yml:1 (to override, give "
	      "the file to a later -f)\n"
	      "d/30.yaml:1:1+1: error: \"z\" is set twice, first in d/20.yml:2 (to override, give "
	      "the file to a later -f)\n"
	      "d/40.yaml:1:1+1: error: \"l\" is set twice, first in d/30.yaml:3 (to override, give "
	      "the file to a later -f)");
	assert_int_equal(mkdir("none", 0700), 0);
	check("none", -ENOENT, "none: no *.yaml or *.yml file in this directory");
}

static void test_document_load_refuses_what_is_no_file(void **state)
{
	AUTO_FILE FILE *large = NULL;

	(void)state;
	check("missing.yaml", -ENOENT, "missing.yaml: No such file or directory");
	assert_int_equal(mkfifo("fifo", 0600), 0);
	check("fifo", -EINVAL, "fifo: not a regular file; for a pipe write \"-\", standard input");
	large = fopen("large.yaml", "w");
	assert_non_null(large);
	assert_int_equal(ftruncate(fileno(large), 10000000), 0);
	check("large.yaml", -EFBIG, "large.yaml: larger than 4 MiB");
}

static void test_document_load_follows_include(void **state)
{
	(void)state;
	assert_int_equal(mkdir("i[1]", 0700), 0); /* a directory's name is no pattern */
	assert_int_equal(mkdir("i[1]/more", 0700), 0);
	write_file("i[1]/main.yaml", "include: [more/*.yaml, one.yaml]\nm: {a: 1}\n");
	write_file("i[1]/one.yaml", "m: {one: 1}\n");
	write_file("i[1]/more/b.yaml", "m: {b: 1}\n");
	write_file("i[1]/more/a.yaml", "include: ../one.yaml\nm: {c: 1}\n");
	check("i[1]/main.yaml", 0, "{m: {a: 1, c: 1, one: 1, b: 1}}");
	write_file("i[1]/main.yaml", "include: none/*.yaml\na: 1\n");
	check("i[1]/main.yaml", 0,
	      "{a: 1}\ni[1]/main.yaml:1:10+11: warning: no file matches none/*.yaml");
	write_file("i[1]/main.yaml", "include:\n  - none.yaml\n  - more\n  - {a: 1}\na: 1\n");
	check("i[1]/main.yaml", -EBADMSG,
	      "i[1]/main.yaml:2:5+9: error: there is no file none.yaml\n"
	      "i[1]/main.yaml:3:5+4: error: i[1]/more: is a directory\n"
	      "i[1]/main.yaml:4:5: error: expected a file name or pattern");
	write_file("i[1]/main.yaml", "include: '${x}.yaml'\na: 1\n");
	check("i[1]/main.yaml", -EBADMSG,
	      "i[1]/main.yaml:1:10+11: error: include takes no variables: they are known only "
	      "after it");
}

static void test_document_load_refuses_circles_of_include(void **state)
{
	(void)state;
	write_file("c1.yaml", "include: c2.yaml\na: 1\n");
	write_file("c2.yaml", "include: ./c1.yaml\nb: 1\n");
	check("c1.yaml", -EBADMSG,
	      "c2.yaml:1:10+9: error: ./c1.yaml is included by a file that it includes");
	write_file("c3.yaml", "include: c3.yaml\na: 1\n");
	check("c3.yaml", -EBADMSG,
	      "c3.yaml:1:10+7: error: c3.yaml is included by a file that it includes");
}

static void test_document_load_takes_variables_from_outside(void **state)
{
	static const char *const files[] = { "v.yaml" };
	static const char *const variable_files[] = { "f1.yaml", "f2.yaml" };
	static const struct document_variable variables[] = {
		{ "d", "env", "VNETAPPLY_VAR_d" },
		{ "d", "option", "--var" },
		{ "extra", "x", "VNETAPPLY_VAR_extra" },
		{ "unsed", "x", "--var" },
	};
	const struct document_options options = {
		.files = files,
		.n_files = 1,
		.variables = variables,
		.n_variables = 4,
		.variable_files = variable_files,
		.n_variable_files = 2,
	};
	AUTO_TEXT struct text actual = { 0 };

	(void)state;
	write_file("v.yaml",
		   "vars: {a: vars, b: vars, c: vars, d: vars, unused: ''}\nx: ${a} ${b} ${c} "
		   "${d}\n");
	write_file("f1.yaml", "b: file1\nc: file1\nd: file1\n");
	write_file("f2.yaml", "c: file2\nd: file2\n");
	assert_int_equal(load(&options, NULL, &actual), 0);
	assert_string_equal(text_get(&actual),
			    "{x: vars file1 file2 option}\n"
			    "warning: --var unsed: nothing uses this variable (did you mean "
			    "\"unused\"?)");
}

static void test_document_load_overrides_vars_by_a_later_file(void **state)
{
	(void)state;
	write_file("o1.yaml", "vars: {uplink: eth0, n: 1}\na: ${uplink} ${n}\n");
	write_file("o2.yaml", "vars: {uplink: enp3s0}\n");
	check("o1.yaml o2.yaml", 0, "{a: enp3s0 1}");
}

static void test_document_inputs_have_digests(void **state)
{
	static const char *const files[] = { "in.yaml" };
	const struct document_options options = { .files = files, .n_files = 1 };
	const struct document_input *inputs;
	AUTO_TEXT struct text actual = { 0 };
	struct document *document;

	(void)state;
	write_file("in.yaml", "include: in2.yaml\na: 1\n");
	write_file("in2.yaml", "b: 1\n");
	assert_int_equal(load(&options, &document, &actual), 0);
	assert_int_equal(document_inputs(document, &inputs), 2);
	assert_string_equal(inputs[0].path, "in.yaml");
	assert_string_equal(inputs[1].path, "in2.yaml");
	/* printf 'b: 1\n' | sha256sum */
	assert_string_equal(inputs[1].sha256,
			    "08e60701d32af867a9df2a88cc0a72b634187039d243c4dd3afe1b87b957c97d");
	document_free(document);
}

static void check_host(const char *yaml, const char *host, const char *expected)
{
	struct document *document = NULL;
	struct diag *diag = diag_new();
	struct arena *arena = arena_new();
	AUTO_TEXT struct text actual = { 0 };
	struct error err;

	assert_int_equal(document_load_text(&document, "f", yaml, strlen(yaml), diag, &err), 0);
	tree_text(document_for_host(document, host, arena, diag), &actual);
	assert_string_equal(text_get(&actual), expected);
	document_free(document);
	arena_free(arena);
	diag_free(diag);
}

static void test_document_for_host_merges_the_host_over_the_top(void **state)
{
	static const char yaml[] =
		"hosts:\n"
		"  a: {m: {x: 2, z: 3}, l: [3], s: h, gone: , new: 1, hosts: 1}\n"
		"  b:\n"
		"m: {x: 1, y: 1}\n"
		"l: [1, 2]\n"
		"s: t\n"
		"gone: {q: 1}\n";

	(void)state;
	check_host(yaml, "a",
		   "{m: {x: 2, y: 1, z: 3}, l: [1, 2, 3], s: h, new: 1, hosts: {a: {m: {x: 2, z: "
		   "3}, l: [3], s: h, gone: ~, new: 1, hosts: 1}, b: ~}}");
	check_host("hosts: {b: }\na: 1\n", "b", "{a: 1, hosts: {b: ~}}");
	check_host("hosts: {b: {a: 2}}\na: 1\n", NULL, "{a: 1, hosts: {b: {a: 2}}}");
	check_host("a: 1\n", NULL, "{a: 1}");
	check_host("a: 1\nhosts: [b]\n", "b", "{a: 1, hosts: [b]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document_load_lays_a_later_file_over_an_earlier),
		cmocka_unit_test(test_document_load_joins_a_directory),
		cmocka_unit_test(test_document_load_refuses_what_is_no_file),
		cmocka_unit_test(test_document_load_follows_include),
		cmocka_unit_test(test_document_load_refuses_circles_of_include),
		cmocka_unit_test(test_document_load_takes_variables_from_outside),
		cmocka_unit_test(test_document_load_overrides_vars_by_a_later_file),
		cmocka_unit_test(test_document_inputs_have_digests),
		cmocka_unit_test(test_document_for_host_merges_the_host_over_the_top),
	};

	return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
