/* SPDX-License-Identifier: GPL-2.0-or-later */
/* YAML and JSON text, and that YAML reads back as the same tree. */
#include "cmd/output_json.h"
#include "cmd/output_yaml.h"

#include "model/cleanup.h"
#include "model/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* noinline: gcc 12 thinks that the stream still writes to `data`. */
static __attribute__((noinline)) char *printed(const struct node *tree, bool json)
{
	char *data = NULL;
	size_t size;
	FILE *file = open_memstream(&data, &size);

	if (json)
		output_json(file, tree, JSON_LINE);
	else
		output_yaml(file, tree);
	fclose(file);
	return data;
}

static void expect_round_trip(const struct node *tree)
{
	AUTO_FREE char *text = printed(tree, false);
	struct diag *diag = diag_new();
	struct document *document = NULL;
	struct error err;

	if (document_load_text(&document, "t", text, strlen(text), diag, &err) < 0)
		fail_msg("%s in:\n%s", diag_count(diag) ? diag_get(diag, 0)->text : err.text, text);
	if (!node_equal(tree, document_root(document)))
		fail_msg("read differently:\n%s", text);
	document_free(document);
	diag_free(diag);
}

static void test_ambiguous_text_is_quoted(void **state)
{
	static const struct {
		const char *text, *yaml;
	} vectors[] = {
		{ "red", "red" },
		{ "10.0.0.2/24", "10.0.0.2/24" },
		{ "/etc/hosts", "/etc/hosts" },
		{ "net.ipv4.ip_forward", "net.ipv4.ip_forward" },
		{ "blue-eth0", "blue-eth0" },
		{ "", "\"\"" },
		{ "no", "\"no\"" },
		{ "Off", "\"Off\"" },
		{ "y", "\"y\"" },
		{ "NULL", "\"NULL\"" },
		{ "~", "\"~\"" },
		{ "010", "\"010\"" },
		{ "1_000", "\"1_000\"" },
		{ "0x1F", "\"0x1F\"" },
		{ "1.5", "\"1.5\"" },
		{ "1e3", "\"1e3\"" },
		{ ".inf", "\".inf\"" },
		{ "-5", "\"-5\"" },
		{ "2026-11-22", "\"2026-11-22\"" },
		{ "22:22", "\"22:22\"" },
		{ "52:54:00:12:34:56", "\"52:54:00:12:34:56\"" },
		{ "fe80::", "\"fe80::\"" },
		{ "a b", "\"a b\"" },
		{ "a: b", "\"a: b\"" },
		{ "a #b", "\"a #b\"" },
		{ "*a", "\"*a\"" },
		{ "<<", "\"<<\"" },
		{ "tcp+udp", "tcp+udp" },
		{ "a\"b\\c\n\t\x01", "\"a\\\"b\\\\c\\n\\t\\u0001\"" },
		{ "\u7f51\u7edc", "\"\u7f51\u7edc\"" },
		{ "\ufeff\u2028", "\"\\uFEFF\\u2028\"" },
		{ "a\xff", "\"a\\uFFFD\"" },
	};
	struct arena *arena = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct node *map = node_new(arena, NODE_MAP);
		AUTO_FREE char *text = NULL;

		node_set_text(arena, map, "k", vectors[i].text);
		text = printed(map, false);
		assert_string_equal(text, arena_printf(arena, "k: %s\n", vectors[i].yaml));
		if (!strchr(vectors[i].text, '\xff') && !strchr(vectors[i].text, '\x01'))
			expect_round_trip(map);
	}
	arena_free(arena);
}

static struct node *sample(struct arena *arena)
{
	struct node *root = node_new(arena, NODE_MAP), *map, *list, *element;

	node_set_number(arena, root, "version", 1);
	map = node_child(arena, root, "namespaces", NODE_MAP);
	map = node_child(arena, map, "no", NODE_MAP);
	node_set_bool(arena, map, "forwarding", true);
	list = node_child(arena, map, "routes", NODE_LIST);
	element = node_append(list, node_new(arena, NODE_MAP));
	node_set_text(arena, element, "to", "default");
	node_set_text(arena, element, "via", "2001:db8::1");
	element = node_append(list, node_new(arena, NODE_MAP));
	node_set_text(arena, element, "to", "10.0.0.0/8");
	list = node_child(arena, element, "nexthops", NODE_LIST);
	element = node_append(list, node_new(arena, NODE_MAP));
	node_set_text(arena, element, "via", "10.0.0.1");
	node_set_number(arena, element, "weight", 2);
	map = node_child(arena, root, "interfaces", NODE_MAP);
	node_child(arena, map, "lo", NODE_MAP);
	list = node_child(arena, root, "lists", NODE_LIST);
	list = node_append(list, node_new(arena, NODE_LIST));
	node_append(list, node_new_text(arena, NODE_TEXT, "a"));
	node_append(list, node_new(arena, NODE_LIST));
	return root;
}

static void test_short_maps_stand_in_one_line(void **state)
{
	struct arena *arena = arena_new();
	struct node *tree = sample(arena);
	AUTO_FREE char *text = printed(tree, false);

	(void)state;
	assert_string_equal(text, "version: 1\n"
				  "namespaces:\n"
				  "  \"no\":\n"
				  "    forwarding: true\n"
				  "    routes:\n"
				  "      - {to: default, via: \"2001:db8::1\"}\n"
				  "      - to: 10.0.0.0/8\n"
				  "        nexthops:\n"
				  "          - {via: 10.0.0.1, weight: 2}\n"
				  "interfaces: {lo: {}}\n"
				  "lists:\n"
				  "  -\n"
				  "    - a\n"
				  "    - []\n");
	expect_round_trip(tree);
	arena_free(arena);
}

static void test_long_values_are_broken(void **state)
{
	struct arena *arena = arena_new();
	struct node *root = node_new(arena, NODE_MAP), *list;
	AUTO_FREE char *text = NULL;
	const char *line, *end;
	int i;

	(void)state;
	list = node_child(arena, root, "addresses", NODE_LIST);
	for (i = 0; i < 40; i++)
		node_append(list, node_new_text(arena, NODE_TEXT,
						arena_printf(arena, "10.0.%d.1/24", i)));
	text = printed(root, false);
	for (line = text; (end = strchr(line, '\n')) != NULL; line = end + 1)
		assert_true(end - line <= 100);
	expect_round_trip(root);
	arena_free(arena);
}

static void test_json_has_types_and_order(void **state)
{
	struct arena *arena = arena_new();
	struct node *tree = sample(arena);
	AUTO_FREE char *text = NULL;

	(void)state;
	node_set_text(arena, tree, "odd", "a\"\xff\n");
	node_add(arena, tree, "none", node_new_text(arena, NODE_NULL, NULL));
	text = printed(tree, true);
	assert_string_equal(
		text,
		"{\"version\":1,\"namespaces\":{\"no\":{\"forwarding\":true,\"routes\":"
		"[{\"to\":\"default\",\"via\":\"2001:db8::1\"},{\"to\":\"10.0.0.0/8\","
		"\"nexthops\":[{\"via\":\"10.0.0.1\",\"weight\":2}]}]}},\"interfaces\":"
		"{\"lo\":{}},\"lists\":[[\"a\",[]]],\"odd\":\"a\\\"\ufffd\\n\",\"none\":null}\n");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ambiguous_text_is_quoted),
		cmocka_unit_test(test_short_maps_stand_in_one_line),
		cmocka_unit_test(test_long_values_are_broken),
		cmocka_unit_test(test_json_has_types_and_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
