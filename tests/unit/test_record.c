/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records as wholes: lists that grow and are copied, equality as lists and as sets, output, defaults. */
#include "model/field.h"

#include "model/cleanup.h"
#include "tests/unit/tree_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct inner {
	uint16_t number;
	bool flag;
};
struct entry {
	struct item item;
	const char *text;
};
struct outer {
	const char *name;
	struct inner inner;
	struct list list, set, map; /* string_item, string_item, entry */
	struct ref ref;
	uint32_t hidden;
};

static const struct field inner_fields[] = {
	F_U16(struct inner, number, "number"),
	F_BOOL(struct inner, flag, "flag"),
};
static const struct record record_inner = {
	.name = "inner",
	.size = sizeof(struct inner),
	FIELDS(inner_fields),
};
static const struct field entry_fields[] = { F_STRING(struct entry, text, "text") };
static const struct record record_entry = {
	.name = "entry",
	.size = sizeof(struct entry),
	FIELDS(entry_fields),
	.has_item = true,
	.defaults = &(const struct entry){ .text = "default" },
};
static const struct field fields[] = {
	F_STRING(struct outer, name, "name"),
	F_RECORD(struct outer, inner, struct inner, "inner", &record_inner),
	F_LIST(struct outer, list, "list", &record_string_item),
	F_LIST(struct outer, set, "set", &record_string_item, .flags = FIELD_UNORDERED),
	F_MAP(struct outer, map, "map", &record_entry),
	F_REF(struct outer, ref, "ref"),
	F_U32(struct outer, hidden, "hidden", .flags = FIELD_HIDDEN),
};
static const struct record record = {
	.name = "outer",
	.size = sizeof(struct outer),
	FIELDS(fields),
};

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

static void add(struct list *list, const char *text)
{
	struct string_item *item = list_append(list, &record_string_item, arena);

	item->text = text;
}

/* Every list from empty over each power of two: growth must neither lose nor share anything. */
static void test_list_append_grows_after_any_copy(void **state)
{
	struct outer outer = { 0 };
	size_t n, i;

	(void)state;
	for (n = 0; n < 70; n++) {
		struct outer copy = { 0 };

		field_copy(&fields[2], &copy, &outer, arena);
		assert_int_equal(copy.list.n, n);
		add(&copy.list, "only in the copy");
		add(&copy.list, "and one more");
		add(&outer.list, arena_printf(arena, "%zu", n));
		for (i = 0; i <= n; i++) {
			char expected[16];
			const struct string_item *item =
				list_item(&outer.list, &record_string_item, i);

			snprintf(expected, sizeof(expected), "%zu", i);
			assert_string_equal(item->text, expected);
			item = list_item(&copy.list, &record_string_item, i);
			assert_string_equal(item->text, i < n ? expected : "only in the copy");
		}
	}
}

static void test_list_append_gives_defaults(void **state)
{
	struct list list = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 9; i++) {
		struct entry *entry = list_append(&list, &record_entry, arena);

		assert_string_equal(entry->text, "default");
		assert_null(entry->item.name);
		entry->text = entry->item.name = "changed";
	}
	assert_int_equal(list.n, 9);
}

static struct outer sample(void)
{
	struct outer outer = { .name = "n", .inner = { 5, true }, .ref = { "", "eth0" } };
	struct entry *entry;

	add(&outer.list, "a");
	add(&outer.list, "b");
	add(&outer.set, "x");
	add(&outer.set, "y");
	entry = list_append(&outer.map, &record_entry, arena);
	entry->item.name = "key";
	entry->item.position.file = "f";
	outer.hidden = 1;
	return outer;
}

static void test_record_copy_is_deep_and_equal(void **state)
{
	struct arena *other = arena_new();
	struct outer *copy = record_new(&record, other), outer;

	(void)state;
	{
		struct arena *mine = arena;

		arena = arena_new(); /* what is copied from goes before the copy is looked at */
		outer = sample();
		record_copy(&record, copy, &outer, other);
		assert_true(record_equal(&record, copy, &outer));
		arena_free(arena);
		arena = mine;
	}
	outer = sample();
	assert_true(record_equal(&record, copy, &outer));
	assert_string_equal(((struct entry *)copy->map.items)->item.name, "key");
	assert_string_equal(((struct entry *)copy->map.items)->item.position.file, "f");
	assert_string_equal(copy->ref.place, "");
	((struct string_item *)copy->list.items)->text = "changed";
	assert_false(record_equal(&record, copy, &outer));
	assert_string_equal(((struct string_item *)outer.list.items)->text, "a");
	arena_free(other);
}

static void test_record_equal_compares_lists_in_order_and_sets_without(void **state)
{
	struct outer a = sample(), b = sample();

	(void)state;
	b.set = (struct list){ 0 };
	add(&b.set, "y");
	add(&b.set, "x");
	assert_true(record_equal(&record, &a, &b));
	b.list = (struct list){ 0 };
	add(&b.list, "b");
	add(&b.list, "a");
	assert_false(field_equal(&fields[2], &a, &b));
	b = sample();
	b.set = (struct list){ 0 };
	add(&b.set, "x");
	add(&b.set, "x");
	assert_false(field_equal(&fields[3], &a, &b));
	assert_false(field_equal(&fields[3], &b, &a));
	add(&b.set, "y");
	assert_false(field_equal(&fields[3], &a, &b)); /* as many as there are */
	b = sample();
	((struct entry *)b.map.items)->item.name = "other";
	assert_false(field_equal(&fields[4], &a, &b));
}

static void test_record_to_node_leaves_out_defaults_and_hidden_rows(void **state)
{
	struct outer outer = sample();
	AUTO_TEXT struct text text = { 0 };

	(void)state;
	tree_text(record_to_node(&record, &outer, arena), &text);
	assert_string_equal(text_get(&text),
			    "{name: n, inner: {number: 5, flag: true}, list: [a, b], set: [x, y], "
			    "map: {key: {}}, ref: host:eth0}");
	text_free(&text);
	outer = (struct outer){ .inner = { 0, true } };
	tree_text(record_to_node(&record, &outer, arena), &text);
	assert_string_equal(text_get(&text), "{inner: {flag: true}}");
	text_free(&text);
	outer = (struct outer){ 0 };
	tree_text(record_to_node(&record, &outer, arena), &text);
	assert_string_equal(text_get(&text), "{}");
}

static void test_usual_items_read_one_value(void **state)
{
	static const struct {
		const struct record *record;
		const char *text, *bad;
	} vectors[] = {
		{ &record_string_item, "any text", NULL },
		{ &record_ifname_item, "eth0", "a b" },
		{ &record_prefix_item, "10.0.0.0/8", "10.0.0.1/8" },
		{ &record_address_item, "10.0.0.1/8", "10.0.0.1" },
		{ &record_addr_item, "10.0.0.1", "10.0.0.1/8" },
		{ &record_mac_item, "02:00:00:00:00:01", "1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct record *item = vectors[i].record;
		AUTO_TEXT struct text why = { 0 };
		AUTO_TEXT struct text text = { 0 };
		void *data = record_new(item, arena);

		assert_true(item->scalar);
		assert_true(field_parse(item->fields, data, vectors[i].text, arena, &why));
		tree_text(record_to_node(item, data, arena), &text);
		assert_string_equal(text_get(&text), vectors[i].text);
		if (vectors[i].bad)
			assert_false(field_parse(item->fields, data, vectors[i].bad, arena, &why));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_append_grows_after_any_copy),
		cmocka_unit_test(test_list_append_gives_defaults),
		cmocka_unit_test(test_record_copy_is_deep_and_equal),
		cmocka_unit_test(test_record_equal_compares_lists_in_order_and_sets_without),
		cmocka_unit_test(test_record_to_node_leaves_out_defaults_and_hidden_rows),
		cmocka_unit_test(test_usual_items_read_one_value),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
