/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records out of trees: every shape a row can have, and the exact messages. */
#include "model/read.h"

#include "model/document.h"
#include "model/error.h"
#include "model/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/tree_text.h"

/* ---- a format of our own ---- */

struct leaf {
	struct item item;
	uint32_t weight;
};
static const struct field leaf_fields[] = { F_U32(struct leaf, weight, "weight", .max = 100) };
static const struct record record_leaf = {
	.name = "leaf",
	.size = sizeof(struct leaf),
	FIELDS(leaf_fields),
	.has_item = true,
	.defaults = &(const struct leaf){ .weight = 7 },
};

struct branch {
	struct item item;
	struct list addresses;
	const char *word;
	void *extra;
};
static const struct field branch_fields[] = {
	F_LIST(struct branch, addresses, "addresses", &record_addr_item),
	F_STRING(struct branch, word, "word", .flags = FIELD_REQUIRED),
};

static bool branch_from_scalar(void *item, const struct node *node, struct reader *reader)
{
	struct branch *branch = item;

	if (strcmp(node->text, "bad") != 0) {
		branch->word = node->text;
		return true;
	}
	read_error(reader, node, "no %s", node->text);
	return false;
}

/* `word: leaf` brings the rows of a leaf. */
static const struct record *branch_variant(void *item, const struct node *map,
					   struct reader *reader, void **data)
{
	const struct node *word = node_find(map, "word");
	struct branch *branch = item;

	if (!word || word->kind != NODE_SCALAR || strcmp(word->text, "leaf") != 0)
		return NULL;
	branch->extra = *data = record_new(&record_leaf, reader->arena);
	return &record_leaf;
}

static const struct record record_branch = {
	.name = "branch",
	.size = sizeof(struct branch),
	FIELDS(branch_fields),
	.has_item = true,
	.list_key = "addresses",
	.from_scalar = branch_from_scalar,
	.scalar_help = "a word",
	.variant = branch_variant,
};

struct tree {
	struct item item;
	bool flag;
	uint16_t port;
	struct mac mac;
	struct addr network, address;
	struct addr to;
	struct leaf leaf;
	struct list leaves, branches, free, named;
	uint32_t size;
};
static const struct field tree_fields[] = {
	F_BOOL(struct tree, flag, "flag"),
	F_U16(struct tree, port, "port", .min = 1),
	F_MAC(struct tree, mac, "macaddress", .flags = FIELD_AUTO),
	F_PREFIX(struct tree, network, "network"),
	F_PREFIX(struct tree, address, "address", .flags = FIELD_HOST_BITS),
	F_PREFIX(struct tree, to, "to", .flags = FIELD_DEFAULT_WORD),
	F_RECORD(struct tree, leaf, struct leaf, "leaf", &record_leaf),
	F_MAP(struct tree, leaves, "leaves", &record_leaf, .flags = FIELD_KEY_LIST),
	F_MAP(struct tree, branches, "branches", &record_branch),
	F_MAP(struct tree, free, "free", &record_leaf, .flags = FIELD_FREE_KEYS),
	F_MAP(struct tree, named, "named", &record_leaf, .flags = FIELD_NAME),
	F_U32(struct tree, size, "size", .flags = FIELD_HIDDEN),
};
static const struct record record_tree = {
	.name = "tree",
	.size = sizeof(struct tree),
	FIELDS(tree_fields),
	.has_item = true,
};

struct fixture {
	struct document *document;
	struct diag *diag;
	struct arena *arena;
	struct tree tree;
	bool ok;
};

static void read_text(struct fixture *f, const char *yaml)
{
	struct reader reader;
	struct error err = { 0 };

	*f = (struct fixture){ .diag = diag_new(), .arena = arena_new() };
	assert_int_equal(document_load_text(&f->document, "f", yaml, strlen(yaml), f->diag, &err),
			 0);
	reader = (struct reader){ .arena = f->arena, .diag = f->diag };
	f->ok = record_read(&record_tree, document_root(f->document), &f->tree, &reader);
	assert_int_equal(f->ok, diag_errors(f->diag) == 0);
}

static void free_fixture(struct fixture *f)
{
	document_free(f->document);
	diag_free(f->diag);
	arena_free(f->arena);
}

/* ---- what is right ---- */

static void test_record_read_fills_rows_and_marks_them(void **state)
{
	struct fixture f;

	(void)state;
	read_text(&f,
		  "flag: true\nport: \"80\"\nto: default\nmacaddress: auto\nleaf: {weight: 9}\n");
	assert_true(f.ok);
	assert_true(f.tree.flag);
	assert_int_equal(f.tree.port, 80);
	assert_false(addr_is_set(&f.tree.to));
	assert_false(mac_is_set(&f.tree.mac));
	assert_int_equal(f.tree.leaf.weight, 9);
	assert_int_equal(f.tree.item.written, 1 << 0 | 1 << 1 | 1 << 2 | 1 << 5 | 1 << 6);
	free_fixture(&f);
}

static void test_record_read_takes_null_as_absent(void **state)
{
	struct fixture f;
	const struct leaf *leaf;

	(void)state;
	read_text(&f, "flag:\nport: ~\nleaf:\nbranches: null\nleaves: {a: }\n");
	assert_true(f.ok);
	assert_int_equal(f.tree.item.written, 1 << 7);
	assert_int_equal(f.tree.leaves.n, 1);
	leaf = list_item(&f.tree.leaves, &record_leaf, 0);
	assert_string_equal(leaf->item.name, "a");
	assert_int_equal(leaf->weight, 7);
	assert_int_equal(leaf->item.position.line, 5);
	assert_int_equal(leaf->item.position.column, 10);
	free_fixture(&f);
}

static void test_record_read_takes_short_forms(void **state)
{
	struct fixture f;
	const struct branch *branch;

	(void)state;
	read_text(&f,
		  "branches: {a: word, b: {word: w, addresses: 192.0.2.1}, c: {word: leaf, weight: "
		  "3}}\nleaves: [x, y]\n");
	assert_true(f.ok);
	branch = list_item(&f.tree.branches, &record_branch, 0);
	assert_string_equal(branch->word, "word");
	branch = list_item(&f.tree.branches, &record_branch, 1);
	assert_int_equal(branch->addresses.n, 1);
	branch = list_item(&f.tree.branches, &record_branch, 2);
	assert_int_equal(((struct leaf *)branch->extra)->weight, 3);
	assert_int_equal(branch->item.written, 1 << 1 | 1 << 2);
	assert_int_equal(f.tree.leaves.n, 2);
	free_fixture(&f);
}

static void test_record_read_fills_a_list_key(void **state)
{
	struct fixture f;
	AUTO_TEXT struct text text = { 0 };

	(void)state;
	/* The row's key is missing in the short form, so `word` cannot be required there. */
	read_text(&f, "branches: {a: [192.0.2.1, x]}\n");
	diag_text(f.diag, &text);
	assert_string_equal(text_get(&text), "f:1:27+1: error: branches.a[1]: expected an IPv4 or "
					     "IPv6 address, not \"x\"");
	free_fixture(&f);
}

/* ---- what is wrong ---- */

static void check_message(const char *yaml, const char *expected)
{
	AUTO_TEXT struct text text = { 0 };
	struct fixture f;

	read_text(&f, yaml);
	diag_text(f.diag, &text);
	assert_string_equal(text_get(&text), expected);
	assert_false(f.ok);
	free_fixture(&f);
}

static void test_record_read_reports_mistakes(void **state)
{
	static const struct {
		const char *yaml, *expected;
	} vectors[] = {
		{ "prot: 1", "f:1:1+4: error: unknown key \"prot\" (did you mean \"port\"?)" },
		{ "size: 1", "f:1:1+4: error: unknown key \"size\"" },
		{ "leaves: {a: {wieght: 1}}",
		  "f:1:14+6: error: unknown key \"wieght\" in leaves.a (did you mean \"weight\"?)" },
		{ "branches: {a: {word: leaf, weigth: 1}}",
		  "f:1:28+6: error: unknown key \"weigth\" in branches.a (did you mean \"weight\"?)" },
		{ "port: 22:22",
		  "f:1:7+5: error: port: expected a number from 1 to 65535, not \"22:22\"" },
		{ "port: 010", "f:1:7+3: error: port: expected a number from 1 to 65535, without "
			       "leading zeros, not \"010\"" },
		{ "port: 0x10",
		  "f:1:7+4: error: port: expected a number from 1 to 65535, not \"0x10\"" },
		{ "port: 0", "f:1:7+1: error: port: expected a number from 1 to 65535, not \"0\"" },
		{ "port: -1",
		  "f:1:7+2: error: port: expected a number from 1 to 65535, not \"-1\"" },
		{ "port: 65536",
		  "f:1:7+5: error: port: expected a number from 1 to 65535, not \"65536\"" },
		{ "flag: no",
		  "f:1:7+2: error: flag: expected true or false, not \"no\" (did you mean "
		  "\"false\"?)" },
		{ "flag: True",
		  "f:1:7+4: error: flag: expected true or false, not \"True\" (did you "
		  "mean \"true\"?)" },
		{ "macaddress: 41135085296",
		  "f:1:13+11: error: macaddress: expected a MAC address such as "
		  "\"02:00:5e:10:00:20\", in quotes, not \"41135085296\"" },
		{ "network: 10.0.0.1/24",
		  "f:1:10+11: error: network: expected a network, but host bits "
		  "are set, not \"10.0.0.1/24\" (did you mean \"10.0.0.0/24\"?)" },
		{ "address: 10.0.0.1",
		  "f:1:10+8: error: address: expected an address with a prefix "
		  "length, such as 10.0.0.2/24, not \"10.0.0.1\" (did you mean "
		  "\"10.0.0.1/24\"?)" },
		{ "address: default", "f:1:10+7: error: address: expected an address with a prefix "
				      "length, such as 10.0.0.2/24, not \"default\"" },
		{ "port: [1]", "f:1:7: error: port: expected a single value, not a list" },
		{ "port: {a: 1}", "f:1:7: error: port: expected a single value, not a map" },
		{ "leaf: 3", "f:1:7+1: error: leaf: expected a map, not a single value" },
		{ "leaves: 3",
		  "f:1:9+1: error: leaves: expected a map or a list of names, not a single "
		  "value" },
		{ "leaves: [a, b, a]", "f:1:16+1: error: leaves: \"a\" stands here twice" },
		{ "leaves: [[a]]", "f:1:10: error: leaves: expected a name, not a list" },
		{ "leaves: {-a: {}}",
		  "f:1:10+2: error: leaves: expected a name of letters, digits, '.', "
		  "'_' and '-', at most 63 of them, not \"-a\"" },
		{ "named: {abcdefghijklmnop: {}}",
		  "f:1:9+16: error: named: expected an interface name of at most 15 characters, not "
		  "\"abcdefghijklmnop\"" },
		{ "branches: [1]", "f:1:11: error: branches: expected a map, not a list" },
		{ "branches: {a: bad}", "f:1:15+3: error: branches.a: no bad" },
		{ "branches: {a: {}}", "f:1:15: error: missing key \"word\" in branches.a" },
		{ "branches: {a: {word: }}", "f:1:15: error: missing key \"word\" in branches.a" },
		{ "branches: {a: {word: w, addresses: {b: 1}}}",
		  "f:1:36: error: branches.a.addresses: expected a list, not a map" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		check_message(vectors[i].yaml, vectors[i].expected);
}

static void test_record_read_goes_on_after_a_mistake(void **state)
{
	(void)state;
	check_message(
		"prot: 1\nflag: maybe\nleaves: {a: {weight: 101}}\n",
		"f:1:1+4: error: unknown key \"prot\" (did you mean \"port\"?)\n"
		"f:2:7+5: error: flag: expected true or false, not \"maybe\"\n"
		"f:3:22+3: error: leaves.a.weight: expected a number from 0 to 100, not \"101\"");
}

static void test_record_read_takes_free_keys(void **state)
{
	struct fixture f;
	const struct leaf *leaf;

	(void)state;
	read_text(&f, "free: {net/ipv4/conf/eth0.5/x: {weight: 1}}\n");
	assert_true(f.ok);
	leaf = list_item(&f.tree.free, &record_leaf, 0);
	assert_string_equal(leaf->item.name, "net/ipv4/conf/eth0.5/x");
	free_fixture(&f);
}

static void test_name_is_valid_by_the_format(void **state)
{
	char longest[64];

	(void)state;
	memset(longest, 'a', 63);
	longest[63] = '\0';
	assert_true(name_is_valid("a"));
	assert_true(name_is_valid("0.b-c_D"));
	assert_true(name_is_valid(longest));
	assert_false(name_is_valid(""));
	assert_false(name_is_valid(".a"));
	assert_false(name_is_valid("a/b"));
	assert_false(name_is_valid("a b"));
	assert_false(name_is_valid("\xc3\xa4"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record_read_fills_rows_and_marks_them),
		cmocka_unit_test(test_record_read_takes_null_as_absent),
		cmocka_unit_test(test_record_read_takes_short_forms),
		cmocka_unit_test(test_record_read_fills_a_list_key),
		cmocka_unit_test(test_record_read_reports_mistakes),
		cmocka_unit_test(test_record_read_goes_on_after_a_mistake),
		cmocka_unit_test(test_record_read_takes_free_keys),
		cmocka_unit_test(test_name_is_valid_by_the_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
