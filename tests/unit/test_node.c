/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree that documents are read into and output is printed from. */
#include "model/node.h"

#include "tests/unit/tree_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct arena *arena;

static int open_arena(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int close_arena(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* {name: red, mtu: 1500, up: true, list: [a, b]} */
static struct node *sample(void)
{
	struct node *map = node_new(arena, NODE_MAP), *list;

	node_set_text(arena, map, "name", "red");
	node_set_text(arena, map, "nothing", NULL);
	node_set_number(arena, map, "mtu", 1500);
	node_set_bool(arena, map, "up", true);
	list = node_child(arena, map, "list", NODE_LIST);
	node_append(list, node_new_text(arena, NODE_TEXT, "a"));
	node_append(list, node_new_text(arena, NODE_TEXT, "b"));
	return map;
}

static void check(const struct node *node, const char *expected)
{
	AUTO_TEXT struct text actual = { 0 };

	tree_text(node, &actual);
	assert_string_equal(text_get(&actual), expected);
}

static void test_node_add_keeps_order_and_count(void **state)
{
	struct node *map = sample();

	(void)state;
	check(map, "{name: red, mtu: 1500, up: true, list: [a, b]}");
	assert_int_equal(map->count, 4);
	assert_int_equal(node_find(map, "mtu")->type, NODE_NUMBER);
	assert_int_equal(node_find(map, "up")->type, NODE_BOOL);
	assert_ptr_equal(node_child(arena, map, "list", NODE_LIST), map->last);
	assert_int_equal(map->count, 4);
}

static void test_node_find_asks_maps_only(void **state)
{
	struct node *map = sample();

	(void)state;
	assert_null(node_find(NULL, "a"));
	assert_null(node_find(map, "nothing"));
	assert_null(node_find(node_find(map, "list"), "a"));
	assert_null(node_find(node_find(map, "name"), "red"));
	assert_true(node_is_null(NULL));
	assert_true(node_is_null(node_new_text(arena, NODE_NULL, NULL)));
	assert_false(node_is_null(node_new_text(arena, NODE_TEXT, "")));
	assert_false(node_is_null(map));
}

static void test_node_copy_is_deep(void **state)
{
	struct node *map = sample(), *copy = node_copy(arena, map);

	(void)state;
	assert_true(node_equal(map, copy));
	node_append(node_find(copy, "list"), node_new_text(arena, NODE_TEXT, "c"));
	assert_false(node_equal(map, copy));
	check(map, "{name: red, mtu: 1500, up: true, list: [a, b]}");
	assert_string_equal(node_copy(arena, map->first)->key, "name");
	assert_null(node_copy(arena, map->first)->next);
}

static void test_node_equal_ignores_looks(void **state)
{
	struct node *a = node_new(arena, NODE_MAP), *b = node_new(arena, NODE_MAP);

	(void)state;
	node_set_text(arena, a, "x", "1");
	node_set_text(arena, a, "y", "2");
	node_set_number(arena, b, "y", 2);
	node_set_number(arena, b, "x", 1);
	b->first->quoted = true;
	b->position.line = 7;
	assert_true(node_equal(a, b));
	node_set_text(arena, b, "z", "");
	assert_false(node_equal(a, b));
	assert_false(node_equal(a, node_new(arena, NODE_LIST)));
	assert_false(node_equal(node_new_text(arena, NODE_TEXT, ""),
				node_new_text(arena, NODE_NULL, "")));
}

static void test_node_sort_is_natural(void **state)
{
	struct node *map = node_new(arena, NODE_MAP);

	(void)state;
	node_sort(map);
	node_set_text(arena, map, "eth10", "c");
	node_set_text(arena, map, "br0", "a");
	node_set_text(arena, map, "eth2", "b");
	node_sort(map);
	check(map, "{br0: a, eth2: b, eth10: c}");
	assert_string_equal(map->last->key, "eth10");
	assert_int_equal(map->count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_node_add_keeps_order_and_count),
		cmocka_unit_test(test_node_find_asks_maps_only),
		cmocka_unit_test(test_node_copy_is_deep),
		cmocka_unit_test(test_node_equal_ignores_looks),
		cmocka_unit_test(test_node_sort_is_natural),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
