/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects seen through their rows: what counts as a difference, and for whom. */
#include "model/object.h"

#include "model/address.h"
#include "model/classes.h"
#include "model/kinds.h"
#include "model/model.h"
#include "model/route.h"
#include "model/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct model *want, *have;

static int open_models(void **state)
{
	(void)state;
	want = model_new();
	have = model_new();
	return 0;
}

static int close_models(void **state)
{
	(void)state;
	model_free(want);
	model_free(have);
	return 0;
}

/* Which rows differ, by name. */
static void check_diff(const struct object *a, const struct object *b, const char *expected)
{
	uint64_t mask = object_diff(a, b);
	AUTO_TEXT struct text names = { 0 };
	const struct field *field;
	void *data;
	size_t i;

	for (i = 0; i < FIELD_MASK_BITS; i++)
		if (mask & 1ULL << i) {
			assert_true(object_field(a, i, &field, &data));
			text_add(&names, "%s%s", names.length ? " " : "", field->name);
		}
	assert_string_equal(text_get(&names), expected);
}

static struct object *add_link(struct model *model, const char *place, const char *kind)
{
	struct object *object = model_add(model, &class_link, place, "l0");

	link_set_kind(object_link(object), kind ? kind_find(kind) : NULL, model_arena(model));
	return object;
}

static void set(const struct object *object, const char *row, uint64_t value)
{
	const struct field *field;
	void *data;
	size_t i;

	for (i = 0; object_field(object, i, &field, &data); i++)
		if (!strcmp(field->name, row)) {
			field_set_number(field, data, value);
			return;
		}
	fail_msg("no row %s", row);
}

static void test_object_diff_names_rows_of_every_section(void **state)
{
	struct object *a = add_link(want, "red", "macvlan"), *b = add_link(have, "red", "macvlan");

	(void)state;
	check_diff(a, b, "");
	set(a, "up", false);
	set(a, "hairpin", true);
	set(a, "mode", 1);
	check_diff(a, b, "up hairpin mode");
}

static void test_object_diff_skips_loose_rows_that_are_unset(void **state)
{
	struct object *a = add_link(want, "red", "macvlan"), *b = add_link(have, "red", "macvlan");

	(void)state;
	object_link(b)->mtu = 1400;
	object_link(b)->macaddress.bytes[0] = 2;
	check_diff(a, b, "");
	object_link(a)->mtu = 1500;
	check_diff(a, b, "mtu");
	object_link(a)->mtu = 1400;
	object_link(b)->mtu = 0; /* only what want leaves unset is loose */
	check_diff(a, b, "mtu");
}

static void test_object_diff_of_an_external_counts_written_rows(void **state)
{
	struct object *a = add_link(want, "", NULL), *b = add_link(have, "", "vxlan");
	const struct field *master = record_field(&class_link.record, "master");
	uint64_t bit = 1ULL << (master - class_link.record.fields);

	(void)state;
	a->external = true;
	object_link(a)->mtu = 9000;
	object_link(a)->master = (struct ref){ NULL, "br0" };
	set(a, "up", false);
	assert_true(object_same_shape(a, b));
	check_diff(a, b, "");
	a->written = bit;
	check_diff(a, b, "master");
	/* what was ours and is not wanted any more is put back */
	a->written = 0;
	b->written = bit;
	check_diff(a, b, "master");
}

static void test_object_diff_resolves_refs_first(void **state)
{
	struct object *a = add_link(want, "red", "macvlan"), *b = add_link(have, "red", "macvlan");

	(void)state;
	object_link(a)->link = (struct ref){ NULL, "eth0" };
	object_link(b)->link = (struct ref){ "red", "eth0" };
	check_diff(a, b, "");
	object_link(b)->link.place = "";
	check_diff(a, b, "link");
}

static void test_object_same_shape_is_the_same_kind(void **state)
{
	struct object *a = add_link(want, "red", "macvlan"), *b = add_link(have, "red", "vxlan");

	(void)state;
	assert_false(object_same_shape(a, b));
	assert_true(object_same_shape(a, a));
	assert_true(object_same_shape(model_add(want, &class_netns, "", "n"),
				      model_add(have, &class_netns, "", "n")));
}

static void test_object_field_walks_all_sections(void **state)
{
	struct object *object = add_link(want, "red", "macvlan");
	struct section sections[SECTION_MAX];
	const struct field *field;
	size_t n = object_sections(object, sections), total = 0, i;
	void *data;

	(void)state;
	assert_int_equal(n, 3);
	for (i = 0; i < n; i++)
		total += sections[i].record->n_fields;
	assert_true(object_field(object, 0, &field, &data));
	assert_string_equal(field->name, "type");
	assert_ptr_equal(data, object->data);
	assert_true(object_field(object, total - 1, &field, &data));
	assert_string_equal(field->name, "mode");
	assert_ptr_equal(data, object_link(object)->info);
	assert_false(object_field(object, total, &field, &data));
}

static void test_object_path_names_things_without_the_host(void **state)
{
	AUTO_TEXT struct text text = { 0 };

	(void)state;
	object_path(model_add(want, &class_link, "", "br0"), &text);
	text_add(&text, ", ");
	object_path(model_add(want, &class_link, "red", "eth0"), &text);
	text_add(&text, ", ");
	object_path(model_add(want, &class_netns, "", "red"), &text);
	text_add(&text, ", ");
	object_path(model_add(want, &class_resolver, "", "red"), &text);
	assert_string_equal(text_get(&text), "host/br0, red/eth0, namespace red, resolver of red");
}

static void test_names_hold_what_the_kernel_tells_apart(void **state)
{
	struct arena *arena = model_arena(want);
	struct route route = { .table = 254, .metric = 0 };
	struct addr addr;

	(void)state;
	assert_true(addr_parse_prefix(&addr, "10.0.0.1/24"));
	assert_string_equal(address_name(arena, "eth0", &addr), "eth0 10.0.0.1/24");
	assert_true(addr_parse_prefix(&addr, "2001:db8::1/64"));
	assert_string_equal(address_name(arena, "eth0", &addr), "eth0 2001:db8::1");
	assert_true(addr_parse_prefix(&route.to, "10.0.0.0/8"));
	assert_string_equal(route_name(arena, &route), "10.0.0.0/8");
	route.metric = 50;
	route.table = 100;
	assert_string_equal(route_name(arena, &route), "10.0.0.0/8 metric 50 table 100");
	assert_true(addr_parse_prefix(&route.to, "::/0"));
	route.metric = 1024; /* what IPv6 takes for none */
	route.table = 254;
	assert_string_equal(route_name(arena, &route), "default ipv6");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_models, close_models)
	const struct CMUnitTest tests[] = {
		TEST(test_object_diff_names_rows_of_every_section),
		TEST(test_object_diff_skips_loose_rows_that_are_unset),
		TEST(test_object_diff_of_an_external_counts_written_rows),
		TEST(test_object_diff_resolves_refs_first),
		TEST(test_object_same_shape_is_the_same_kind),
		TEST(test_object_field_walks_all_sections),
		TEST(test_object_path_names_things_without_the_host),
		TEST(test_names_hold_what_the_kernel_tells_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
