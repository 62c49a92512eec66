/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON Schema that the rows of the file format make. */
#include "model/schema.h"

#include "model/syntax.h"
#include "model/text.h"
#include "tests/unit/tree_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct arena *arena;
static struct node *schema;

static int build(void **state)
{
	(void)state;
	arena = arena_new();
	schema = schema_build(&record_file, arena);
	return 0;
}

static int release(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* What is at "a|b|c", numbers being places in a list; fails if it is not there. */
static const struct node *at(const char *path)
{
	char *rest = arena_strdup(arena, path), *part;
	const struct node *node = schema;

	while ((part = strsep(&rest, "|"))) {
		size_t index;

		if (node->kind == NODE_LIST) {
			index = (size_t)(part[0] - '0');
			for (node = node->first; node && index; index--)
				node = node->next;
		} else {
			node = node_find(node, part);
		}
		if (!node)
			fail_msg("nothing at %s of %s", part, path);
	}
	return node;
}

static void check(const char *path, const char *expected)
{
	AUTO_TEXT struct text actual = { 0 };

	tree_text(at(path), &actual);
	assert_string_equal(text_get(&actual), expected);
}

static void test_schema_build_types_scalars(void **state)
{
	(void)state;
	check("$schema", "https://json-schema.org/draft/2020-12/schema");
	check("properties|forwarding|anyOf", "[{type: boolean}, {$ref: #/$defs/variable}]");
	check("properties|version|anyOf|0", "{type: integer, minimum: 1, maximum: 1}");
	check("$defs|bridge|properties|mtu|anyOf",
	      "[{type: integer, minimum: 68, maximum: 65535}, {const: auto}, {$ref: "
	      "#/$defs/variable}]");
	check("$defs|overlay|properties|port|anyOf|0",
	      "{type: integer, minimum: 1, maximum: 65535}");
	check("$defs|check|properties|expect|anyOf|0", "{enum: [reachable, unreachable]}");
	check("$defs|bridge|properties|macaddress|anyOf|0", "{$ref: #/$defs/mac-address}");
	check("$defs|route|properties|to|anyOf",
	      "[{$ref: #/$defs/ip-prefix}, {const: default}, {$ref: #/$defs/variable}]");
	check("$defs|route|properties|via|anyOf|0", "{$ref: #/$defs/ip-address}");
	check("$defs|match|properties|machine-id|anyOf|0", "{type: [string, number]}");
}

static void test_schema_build_refuses_other_keys(void **state)
{
	(void)state;
	check("additionalProperties", "false");
	check("required", "[version, name]");
	check("$defs|bridge|additionalProperties", "false");
	check("$defs|bridge|type", "[object, null]");
	check("$defs|peer|required", "[name]");
	check("$defs|peer|type", "object");
	assert_non_null(at("properties|include"));
	assert_non_null(at("properties|vars"));
	assert_null(node_find(at("properties"), "address")); /* a host's, not the top level's */
	check("properties|bridges|additionalProperties", "{$ref: #/$defs/bridge}");
	assert_null(node_find(at("properties|sysctls"), "propertyNames"));
}

static void test_schema_build_offers_short_forms(void **state)
{
	(void)state;
	check("$defs|bridge|properties|interfaces|anyOf|1", "{type: array, items: {type: string}}");
	check("$defs|forward|anyOf|1",
	      "{type: [string, number], description: one of nat, route, isolated, open}");
	check("$defs|attach|anyOf|1|anyOf|0|type", "[array, null]");
	assert_int_equal(at("$defs|attach|anyOf")->count, 2);
	check("$defs|gateway|type", "[string, number]");
	check("$defs|bridge|properties|addresses|anyOf|0|items|anyOf|0",
	      "{$ref: #/$defs/ip-prefix}");
}

static void test_schema_build_ties_rows_to_the_kind(void **state)
{
	(void)state;
	check("$defs|interface|properties|type|enum", "[macvlan, tap, tun, vxlan, ~]");
	check("$defs|interface|unevaluatedProperties", "false");
	check("$defs|interface|allOf|0|if",
	      "{properties: {type: {const: macvlan}}, required: [type]}");
	assert_non_null(at("$defs|interface|allOf|0|then|properties|mode"));
	check("$defs|interface|allOf|3|then|required", "[id]");
	/* rows that always come with the record stand beside its own */
	assert_non_null(at("$defs|port|properties|hairpin"));
	assert_non_null(at("$defs|bridge-parameters|properties|stp"));
}

/* Every "$ref" leads somewhere, and every key of a file says what it is for. */
static void check_tree(const struct node *node)
{
	const struct node *child, *property;

	NODE_FOR_EACH (child, node) {
		if (node->kind == NODE_MAP && !strcmp(child->key, "$ref")) {
			assert_true(text_starts_with(child->text, "#/$defs/"));
			assert_non_null(node_find(at("$defs"), child->text + strlen("#/$defs/")));
		}
		if (node->kind == NODE_MAP && !strcmp(child->key, "if"))
			continue;
		if (node->kind == NODE_MAP && !strcmp(child->key, "properties"))
			NODE_FOR_EACH (property, child) {
				if (!node_find(property, "description"))
					fail_msg("%s has no help", property->key);
			}
		check_tree(child);
	}
}

static void test_schema_build_describes_every_key(void **state)
{
	(void)state;
	check_tree(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema_build_types_scalars),
		cmocka_unit_test(test_schema_build_refuses_other_keys),
		cmocka_unit_test(test_schema_build_offers_short_forms),
		cmocka_unit_test(test_schema_build_ties_rows_to_the_kind),
		cmocka_unit_test(test_schema_build_describes_every_key),
	};

	return cmocka_run_group_tests(tests, build, release);
}
