/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One YAML text in, a tree or the exact messages out. Files, directories and include: test_document_files.c. */
#include "model/document.h"

#include "model/document_files.h"
#include "tests/unit/tree_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

struct vector {
	const char *yaml, *expected; /* the tree, or the messages */
};

/* Tree or messages of a text, into ret. */
static void load(const char *yaml, size_t length, struct text *ret)
{
	struct document *document = NULL;
	struct diag *diag = diag_new();
	struct error err = { 0 };
	int result = document_load_text(&document, "f", yaml, length, diag, &err);

	if (result)
		assert_null(document);
	if (!result)
		tree_text(document_root(document), ret);
	else if (result == -EBADMSG)
		diag_text(diag, ret);
	else
		text_add(ret, "%s", err.text);
	document_free(document);
	diag_free(diag);
}

static void check_text(const char *yaml, size_t length, const char *expected)
{
	AUTO_TEXT struct text actual = { 0 };

	load(yaml, length, &actual);
	assert_string_equal(text_get(&actual), expected);
}

static void check_all(const struct vector *vectors, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		check_text(vectors[i].yaml, strlen(vectors[i].yaml), vectors[i].expected);
}
#define CHECK_ALL(vectors) check_all(vectors, sizeof(vectors) / sizeof((vectors)[0]))

static void test_document_load_text_keeps_texts_as_written(void **state)
{
	static const struct vector vectors[] = {
		{ "a: 22:22\nb: 010\nc: no\nd: 1.10\ne: 52:54:00:12:34:56\n",
		  "{a: 22:22, b: 010, c: no, d: 1.10, e: 52:54:00:12:34:56}" },
		{ "a: null\nb: ~\nc:\nd: 'null'\ne: \"\"\nf: !!str null\ng: Null\n",
		  "{a: ~, b: ~, c: ~, d: null, e: , f: null, g: Null}" },
		{ "a: [x, {y: z}, [1]]\nb: {}\nc: []\n", "{a: [x, {y: z}, [1]], b: {}, c: []}" },
		{ "a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{a: x\ny\n, b: x y}" },
		{ "\xef\xbb\xbf"
		  "a: 1\n",
		  "{a: 1}" },
		{ "---\na: 1\n...\n# the end\n", "{a: 1}" },
		{ "a: 1\n...", "{a: 1}" },
		{ "a: 1\r\nb: 2\r\n", "{a: 1, b: 2}" },
		{ "? a\n: 1\n", "{a: 1}" },
		{ "a: fe80::1/64\nb: ::/0\n", "{a: fe80::1/64, b: ::/0}" },
	};

	(void)state;
	CHECK_ALL(vectors);
}

static void test_document_load_text_resolves_aliases_and_merge_keys(void **state)
{
	static const struct vector vectors[] = {
		{ "a: &x [1, 2]\nb: *x\nc: {d: *x}\n", "{a: [1, 2], b: [1, 2], c: {d: [1, 2]}}" },
		{ "a: &x 1\nb: &x 2\nc: *x\n", "{a: 1, b: 2, c: 2}" },
		{ "&k a: 1\nb: *k\n", "{a: 1, b: a}" },
		{ "a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3, r: 4}\n",
		  "{a: {p: 1, q: 2}, b: {p: 1, q: 3, r: 4}}" },
		{ "a: &x {p: 1, q: 2}\nb: {q: 3, r: 4, <<: *x}\n",
		  "{a: {p: 1, q: 2}, b: {q: 3, r: 4, p: 1}}" },
		{ "a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc: {<<: [*x, *y, {p: 3, r: 3}]}\n",
		  "{a: {p: 1}, b: {p: 2, q: 2}, c: {p: 1, q: 2, r: 3}}" },
		{ "a: {<<: {p: 1}}\nb: {<<: {}}\nc: {'<<': 1}\n",
		  "{a: {p: 1}, b: {}, c: {<<: 1}}" },
		/* merging is not deep, and what was merged can be merged on */
		{ "a: &x {p: {q: 1}}\nb: &y {<<: *x, p: {r: 2}}\nc: {<<: *y, s: 1}\n",
		  "{a: {p: {q: 1}}, b: {p: {r: 2}}, c: {p: {r: 2}, s: 1}}" },
	};

	(void)state;
	CHECK_ALL(vectors);
}

static void test_document_load_text_reports_alias_mistakes(void **state)
{
	static const struct vector vectors[] = {
		{ "a: *x\n", "f:1:4+2: error: alias *x has no anchor &x before it" },
		{ "a: &lan 1\nb: *lna\n", "f:2:4+4: error: alias *lna has no anchor &lna before it "
					  "(did you mean *lan?)" },
		{ "a: &x [1, *x]\n", "f:1:11+2: error: alias *x contains itself" },
		{ "a: &x {b: {c: *x}}\n", "f:1:15+2: error: alias *x contains itself" },
		{ "a: {<<: 1}\n", "f:1:9+1: error: expected a map or a list of maps after \"<<\"" },
		{ "a: {<<: [{b: 1}, 2]}\n", "f:1:18+1: error: expected a map to merge" },
		{ "a: {<<: {b: 1}, <<: {c: 1}}\n",
		  "f:1:17+2: error: key \"<<\" is set twice in one map, first in line 1" },
		{ "a: &x b\n*x : 1\n", "f:2:1+2: error: expected a key, found an alias" },
	};

	(void)state;
	CHECK_ALL(vectors);
}

static void test_document_load_text_reports_duplicate_keys(void **state)
{
	static const struct vector vectors[] = {
		{ "a: 1\nb: 2\n\"a\": 3\n",
		  "f:3:1+3: error: key \"a\" is set twice in one map, first in line 1" },
		{ "a: {é: 1, é: 2}\n",
		  "f:1:12+2: error: key \"é\" is set twice in one map, first in line 1" },
	};

	(void)state;
	CHECK_ALL(vectors);
}

#define EXPECTED "expected a map with keys such as version and name, found "

static void test_document_load_text_wants_one_map(void **state)
{
	static const struct vector vectors[] = {
		{ "", "f:1:1: error: " EXPECTED "an empty file" },
		{ "\n# x\n  \n", "f:1:1: error: " EXPECTED "only comments and blanks" },
		{ "---\n", "f:2:1: error: " EXPECTED "nothing" },
		{ "~\n", "f:1:1+1: error: " EXPECTED "nothing" },
		{ "- a\n- b\n", "f:1:1: error: " EXPECTED "a list" },
		{ "hello world\n", "f:1:1+11: error: " EXPECTED "a text (is this a YAML file?)" },
		{ "name:x\n", "f:1:1+6: error: " EXPECTED "a text (a key ends in \":\" and a "
			      "blank)" },
		{ "a: 1\n---\nb: 1\n",
		  "f:2:1+3: error: a second document; a file holds one (put it into a file of its "
		  "own and give both, or a directory, to -f)" },
		{ "{a: 1}\nb: 1\n",
		  "f:2:1: error: nothing can stand after the end of the top-level map" },
		{ "a: 1\n...\n%TAG ! x\n",
		  "f:3:1+1: error: directives such as %YAML and %TAG are not supported" },
		{ "# x\n%YAML 1.1\n---\na: 1\n",
		  "f:2:1+1: error: directives such as %YAML and %TAG are not supported" },
	};

	(void)state;
	CHECK_ALL(vectors);
}

static void test_document_load_text_refuses_tags_and_complex_keys(void **state)
{
	static const struct vector vectors[] = {
		{ "a: !!int 1\n", "f:1:4+7: error: tag tag:yaml.org,2002:int is not supported "
				  "(leave it out: each key knows its type)" },
		{ "a: !x {b: 1}\n", "f:1:4: error: tag !x is not supported (leave it out: each key "
				    "knows its type)" },
		{ "[a]: b\nc: d\nc: e\n", "f:1:1: error: expected a key, found a map\n"
					  "f:1:1: error: expected a key, found a list" },
		{ "{a: 1}: b\n", "f:1:1: error: expected a key, found a map" },
		{ "? {a: 1}\n: b\n", "f:1:3: error: expected a key, found a map" },
		{ "a: {? : 1}\n", "f:1:7: error: expected a key before \":\"" },
	};

	(void)state;
	check_all(vectors, 2);
	check_all(vectors + 4, 2);
}

static void test_document_load_text_explains_syntax(void **state)
{
	static const struct vector vectors[] = {
		{ "a: [::/0]\n", "f:1:5+4: error: ::/0 needs quotes between { } or [ ] "
				 "(write \"::/0\")" },
		{ "a: {b: fe80::, c: 1}\n", "f:1:8+6: error: fe80:: needs quotes between { } or [ "
					    "] (write \"fe80::\")" },
		{ "a: [:443:443]\n", "f:1:5+8: error: :443:443 needs quotes between { } or [ ] "
				     "(write \":443:443\")" },
		{ "a: {b: ${x}}\n", "f:1:8+2: error: a variable needs quotes between { } or [ ] "
				    "(write \"${name}\", with the quotes)" },
		{ "a: {b:1}\n", "f:1:5+3: error: \"b:1\" is a key without a value (write \"b: 1\", "
				"with a blank after the colon)" },
		{ "a: {b:, c: 1}\n", "f:1:5+2: error: expected a blank after \":\"" },
		{ "a:\n\tb: 1\n",
		  "f:2:1+1: error: a tab is not possible here (indent with spaces)" },
		{ "a: 1\n\tb: 2\n",
		  "f:2:1+1: error: a tab is not possible here (indent with spaces)" },
		{ "a: \"b\" c\n", "f:1:8+1: error: nothing can stand after the value here" },
		{ "a: - b\n", "f:1:4+1: error: a list cannot start here (start it on a line of "
			      "its own, or write [a, b])" },
		{ "a: \"C:\\dir\"\n", "f:1:7+1: error: unknown escape in double quotes (a text "
				      "with backslashes goes into single quotes)" },
		{ "a: @x\n", "f:1:4+1: error: a text cannot start with \"@\" without quotes" },
		{ "a: b: c\n", "f:1:5+1: error: \":\" is not possible here (quote a text that has "
			       "\": \" in it, or check the indentation)" },
		{ "a:\n  - b\n c: 1\n", "f:3:2+1: error: expected a key at this indentation (lines "
					"of one map start in the same column)" },
		{ "a:\n- b\nc\n", "f:3:1+1: error: expected \":\" after the key" },
		{ "a: [1, 2\nb: 1\n",
		  "f:2:2+1: error: expected \",\" or \"]\" (\"[\" was opened in line 1)" },
		{ "a: [1, 2\n", "f:1:4+1: error: \"[\" is opened here and never closed" },
		{ "a: \"x\n", "f:1:4+1: error: quotes are opened here and never closed" },
		{ "a: *\n", "f:1:5+1: error: expected a name after \"&\" or \"*\" (quote a text "
			    "that starts with \"&\" or \"*\")" },
		{ "a: \"\\0\"\n", "f:1:4+4: error: a text cannot contain a NUL character" },
		{ "\"a\\0b\": 1\n", "f:1:1+6: error: a text cannot contain a NUL character" },
		{ "a: 1\nb: \xff\n", "f:2:4+1: error: this is not UTF-8: invalid leading UTF-8 "
				     "octet (save the file as UTF-8)" },
		{ "a: é\x80\n", "f:1:6+1: error: this is not UTF-8: invalid leading UTF-8 octet "
				"(save the file as UTF-8)" },
		{ "a: \x01\n", "f:1:4+1: error: control character U+0001 is not possible in YAML "
			       "(is this a YAML file?)" },
		{ "é: \"é\": b\n", "f:1:9+1: error: \":\" is not possible here (quote a text that "
				   "has \": \" in it, or check the indentation)" },
	};

	(void)state;
	CHECK_ALL(vectors);
	check_text("a: \0b", 5,
		   "f:1:4+1: error: a NUL character is not possible in YAML (is this a "
		   "YAML file?)");
}

static void test_document_load_text_replaces_variables(void **state)
{
	static const struct vector vectors[] = {
		{ "vars: {x: 1, y: '${x}2'}\na: ${y}\nb: p${x}q${x}\n", "{a: 12, b: p1q1}" },
		{ "vars: {x: 1, e: ''}\na: ${q:-d} ${x:-d} ${e:-d} ${q:-} ${e}.\n",
		  "{a: d 1 d  .}" },
		{ "a: $${x} $x $ $$ a$\n", "{a: ${x} $x $ $$ a$}" },
		{ "vars: {x: eth0}\n\"${x}\": {a: 1}\n", "{eth0: {a: 1}}" },
		{ "vars: {x: 'null'}\na: ${x}\n", "{a: null}" },
		{ "vars: {x: , y: 1}\na: ${x:-d}\n", "{a: d}" },
		{ "vars:\na: 1\n", "{a: 1}" },
	};

	(void)state;
	CHECK_ALL(vectors);
}

static void test_document_load_text_reports_variable_mistakes(void **state)
{
	static const struct vector vectors[] = {
		{ "vars: {site: 1}\na: \"p ${sit}\"\n", "f:2:7+6: error: variable \"sit\" is not "
							"defined (did you mean \"site\"?)" },
		{ "a: ${x}\n",
		  "f:1:4+4: error: variable \"x\" is not defined (define it under vars, "
		  "or with --var x=VALUE)" },
		{ "a: ${x\n", "f:1:4+2: error: expected \"}\" after \"${\"" },
		{ "a: ${}\n", "f:1:4+3: error: expected ${name} or ${name:-default} (write \"$${\" "
			      "for a literal \"${\")" },
		{ "a: ${x-y}\n", "f:1:4+6: error: expected ${name} or ${name:-default} (write "
				 "\"$${\" for a literal \"${\")" },
		{ "vars: {a: '${b}', b: '${a}'}\nx: ${a}\n",
		  "f:1:11+6: error: variable \"a\" contains itself" },
		{ "vars: {a-b: 1, c: [1]}\nx: 1\n",
		  "f:1:8+3: error: expected a variable's name: letters, digits and \"_\"\n"
		  "f:1:19: error: expected one value for variable \"c\"" },
		{ "vars: 1\na: 1\n", "f:1:7+1: error: expected a map of variables" },
		{ "vars: {x: a}\n\"${x}\": 1\na: 2\n",
		  "f:3:1+1: error: key \"a\" is set twice in one map, first in line 2" },
		{ "include: x\na: 1\n", "f:1:1+7: error: include is not possible here" },
	};

	(void)state;
	CHECK_ALL(vectors);
}

static void test_document_load_text_goes_on_after_a_mistake(void **state)
{
	(void)state;
	check_text(
		"a: *x\nb: !t 1\nb: 2\n", 19,
		"f:1:4+2: error: alias *x has no anchor &x before it\n"
		"f:2:4+4: error: tag !t is not supported (leave it out: each key knows its type)\n"
		"f:3:1+1: error: key \"b\" is set twice in one map, first in line 2");
}

static void test_document_root_knows_positions(void **state)
{
	static const char yaml[] = "# \xc3\xa9\nä: {b: \"ö\", c: [1, 'x']}\nd: |\n  x\n  y\n";
	struct document *document = NULL;
	struct diag *diag = diag_new();
	const struct node *a, *b, *c, *d;
	struct error err;

	(void)state;
	assert_int_equal(document_load_text(&document, "f", yaml, strlen(yaml), diag, &err), 0);
	a = document_root(document)->first;
	b = a->first;
	c = b->next;
	d = a->next;
	assert_int_equal(a->key_position.line, 2);
	assert_int_equal(a->key_position.length, 2);
	assert_int_equal(a->position.column, 5);
	assert_int_equal(b->position.column, 9);
	assert_int_equal(b->position.length, 4);
	assert_true(b->quoted);
	assert_int_equal(c->key_position.column, 15);
	assert_int_equal(c->first->position.column, 19);
	assert_false(c->first->quoted);
	assert_int_equal(c->last->position.column, 22);
	assert_int_equal(d->position.line, 3);
	assert_int_equal(d->position.length, 1); /* no further than its first line */
	assert_string_equal(d->position.file, "f");
	document_free(document);
	diag_free(diag);
}

/* ---- limits ---- */

/* Of this process alone: a busy machine must not fail a test. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A limit is worth nothing if reaching it takes long; 5 s is far above what any takes, with sanitizers too. */
static void check_fast(const struct text *yaml, const char *expected)
{
	double start = seconds();

	check_text(text_get(yaml), yaml->length, expected);
	assert_true(seconds() - start < 5);
}

static void test_document_load_text_stops_alias_bombs(void **state)
{
	AUTO_TEXT struct text yaml = { 0 };
	int i;

	(void)state;
	text_add(&yaml, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (i = 1; i < 10; i++)
		text_add(&yaml, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n",
			 i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1,
			 i - 1);
	check_fast(&yaml, "f:6:10+3: error: aliases expand to more than 200000 values");
}

static void test_document_load_text_stops_merge_bombs(void **state)
{
	AUTO_TEXT struct text yaml = { 0 };
	int i;

	(void)state;
	text_add(&yaml, "a: &a\n");
	for (i = 0; i < 1000; i++)
		text_add(&yaml, "  k%d: 1\n", i);
	for (i = 0; i < 300; i++)
		text_add(&yaml, "b%d: {<<: *a}\n", i);
	check_fast(&yaml, "f:1201:12+2: error: aliases expand to more than 200000 values");
}

static void test_document_load_text_stops_variable_bombs(void **state)
{
	AUTO_TEXT struct text yaml = { 0 };
	int i;

	(void)state;
	text_add(&yaml, "vars:\n  v0: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n");
	for (i = 1; i < 30; i++)
		text_add(&yaml, "  v%d: ${v%d}${v%d}\n", i, i - 1, i - 1);
	text_add(&yaml, "a: ${v29}\n");
	check_fast(&yaml, "f:20:8+6: error: variables expand to more than 8 MiB");
}

/* A chain is walked by recursion, so it must end before the stack does. */
static void test_document_load_text_limits_chains_of_variables(void **state)
{
	AUTO_TEXT struct text yaml = { 0 };
	int i;

	(void)state;
	text_add(&yaml, "a: ${v0}\nvars:\n");
	for (i = 0; i < 100000; i++)
		text_add(&yaml, "  v%d: ${v%d}\n", i, i + 1);
	check_fast(&yaml, "f:35:8+6: error: variable \"v32\" is too far down in others");
}

static void test_document_load_text_limits_depth(void **state)
{
	AUTO_TEXT struct text yaml = { 0 };
	int i;

	(void)state;
	check_text("a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n", 65,
		   "{a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}");
	text_add(&yaml, "a: ");
	for (i = 0; i < 100000; i++)
		text_add(&yaml, "[");
	check_fast(&yaml, "f:1:35: error: nested more than 32 deep");
	text_free(&yaml);
	text_add(&yaml,
		 "a: &a [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]\nb: &b [[[[[[[[[[[[[[[[*a]]]]]]]]]]]]"
		 "]]]]\n");
	check_fast(&yaml, "f:2:23+2: error: nested more than 32 deep by alias *a");
}

static void test_document_load_text_limits_size(void **state)
{
	size_t length = DOCUMENT_FILE_MAX + 1;
	char *yaml = malloc(length);

	(void)state;
	assert_non_null(yaml);
	memset(yaml, '\n', length);
	check_text(yaml, length, "f: larger than 4 MiB");
	check_text(yaml, length - 1, "f:1:1: error: " EXPECTED "only comments and blanks");
	free(yaml);
}

static void test_document_load_text_is_linear_in_keys(void **state)
{
	AUTO_TEXT struct text yaml = { 0 };
	struct document *document = NULL;
	struct diag *diag = diag_new();
	double start = seconds();
	struct error err;
	int i;

	(void)state;
	text_add(&yaml, "namespaces:\n");
	for (i = 0; i < 50000; i++)
		text_add(&yaml, "  n%d: {attach: {br0: 10.0.%d.%d/16}}\n", i, i / 250, i % 250);
	assert_int_equal(document_load_text(&document, "f", yaml.data, yaml.length, diag, &err), 0);
	assert_true(seconds() - start < 5);
	assert_int_equal(document_root(document)->first->count, 50000);
	document_free(document);
	diag_free(diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document_load_text_keeps_texts_as_written),
		cmocka_unit_test(test_document_load_text_resolves_aliases_and_merge_keys),
		cmocka_unit_test(test_document_load_text_reports_alias_mistakes),
		cmocka_unit_test(test_document_load_text_reports_duplicate_keys),
		cmocka_unit_test(test_document_load_text_wants_one_map),
		cmocka_unit_test(test_document_load_text_refuses_tags_and_complex_keys),
		cmocka_unit_test(test_document_load_text_explains_syntax),
		cmocka_unit_test(test_document_load_text_replaces_variables),
		cmocka_unit_test(test_document_load_text_reports_variable_mistakes),
		cmocka_unit_test(test_document_load_text_goes_on_after_a_mistake),
		cmocka_unit_test(test_document_root_knows_positions),
		cmocka_unit_test(test_document_load_text_stops_alias_bombs),
		cmocka_unit_test(test_document_load_text_stops_merge_bombs),
		cmocka_unit_test(test_document_load_text_stops_variable_bombs),
		cmocka_unit_test(test_document_load_text_limits_chains_of_variables),
		cmocka_unit_test(test_document_load_text_limits_depth),
		cmocka_unit_test(test_document_load_text_limits_size),
		cmocka_unit_test(test_document_load_text_is_linear_in_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
