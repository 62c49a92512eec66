/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A model: one object per key, found at once, sorted, removed, copied. */
#include "model/model.h"

#include "model/address.h"
#include "model/classes.h"
#include "model/kinds.h"
#include "model/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void test_model_add_refuses_a_second_of_one_key(void **state)
{
	struct model *model = model_new();
	char name[] = "eth0";
	struct object *object = model_add(model, &class_link, "red", name);

	(void)state;
	assert_non_null(object);
	name[0] = 'X'; /* it is copied */
	assert_null(model_add(model, &class_link, "red", "eth0"));
	assert_non_null(model_add(model, &class_link, "", "eth0"));
	assert_non_null(model_add(model, &class_netns, "red", "eth0"));
	assert_ptr_equal(model_find(model, &class_link, "red", "eth0"), object);
	assert_null(model_find(model, &class_link, "blue", "eth0"));
	assert_int_equal(model_count(model), 3);
	assert_true(object_link(object)->up); /* defaults of the class */
	assert_int_equal(object->sequence, 1);
	model_free(model);
	model_free(NULL);
}

static void test_model_at_is_sorted_by_class_place_and_name(void **state)
{
	static const struct {
		const struct class *class;
		const char *place, *name;
	} sorted[] = {
		{ &class_netns, "", "ns2" },
		{ &class_netns, "", "ns10" },
		{ &class_link, "", "eth2" },
		{ &class_link, "", "eth10" },
		{ &class_link, "ns2", "eth1" },
		{ &class_link, "ns10", "eth0" },
		{ &class_address, "", "eth0 10.0.0.1/24" },
	};
	struct model *model = model_new();
	struct object *object;
	size_t n = sizeof(sorted) / sizeof(sorted[0]), i;

	(void)state;
	for (i = 0; i < n; i++) {
		size_t j = (i * 3 + 5) % n; /* 7 is prime: each once */

		assert_non_null(model_add(model, sorted[j].class, sorted[j].place, sorted[j].name));
	}
	MODEL_FOR_EACH (object, model, i) {
		assert_ptr_equal(object->class, sorted[i].class);
		assert_string_equal(object->place, sorted[i].place);
		assert_string_equal(object->name, sorted[i].name);
		assert_int_equal(object_compare(object, object), 0);
		if (i)
			assert_true(object_compare(model_at(model, i - 1), object) < 0);
	}
	assert_non_null(model_add(model, &class_netns, "", "ns1")); /* after it was sorted */
	assert_string_equal(model_at(model, 0)->name, "ns1");
	model_free(model);
}

static void test_model_find_holds_through_growth_and_removal(void **state)
{
	struct model *model = model_new();
	struct object *objects[3000];
	char name[16];
	int i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		objects[i] = model_add(model, &class_netns, "", name);
	}
	for (i = 0; i < 3000; i += 2)
		model_remove(model, objects[i]);
	assert_int_equal(model_count(model), 1500);
	for (i = 0; i < 3000; i++) {
		struct object *found;

		snprintf(name, sizeof(name), "n%d", i);
		found = model_find(model, &class_netns, "", name);
		if (i % 2)
			assert_ptr_equal(found, objects[i]);
		else
			assert_null(found);
	}
	model_free(model);
}

/* What is removed leaves its place in the hash behind: places must not run out. */
static void test_model_add_takes_a_removed_key_any_number_of_times(void **state)
{
	struct model *model = model_new();
	int i;

	(void)state;
	for (i = 0; i < 500; i++) {
		struct object *object = model_add(model, &class_netns, "", "n0");

		assert_non_null(object);
		assert_null(model_add(model, &class_netns, "", "n0"));
		model_remove(model, object);
	}
	assert_int_equal(model_count(model), 0);
	assert_null(model_find(model, &class_netns, "", "n0"));
	model_free(model);
}

static void test_model_find_ref_resolves_places(void **state)
{
	struct model *model = model_new();
	struct object *host = model_add(model, &class_link, "", "eth0");
	struct object *red = model_add(model, &class_link, "red", "eth0");
	const struct ref here = { NULL, "eth0" }, there = { "", "eth0" }, unset = { "", NULL };

	(void)state;
	assert_ptr_equal(model_find_ref(model, red, &here), red);
	assert_ptr_equal(model_find_ref(model, red, &there), host);
	assert_ptr_equal(model_find_ref(model, host, &here), host);
	assert_null(model_find_ref(model, red, &unset));
	model_free(model);
}

static struct object *add_macvlan(struct model *model)
{
	struct object *object = model_add(model, &class_link, "red", "m0");
	struct link *link = object_link(object);
	const struct field *mode;

	link_set_kind(link, kind_find("macvlan"), model_arena(model));
	mode = record_field(&link->kind->record, "mode");
	field_set_number(mode, link->info, 1);
	link->link = (struct ref){ "", arena_strdup(model_arena(model), "eth0") };
	link->mtu = 1400;
	link->port.hairpin = true;
	object->external = object->protect = true;
	object->owner = OWNER_FOREIGN;
	object->written = 5;
	object->position = (struct position){ arena_strdup(model_arena(model), "f"), 1, 2, 3 };
	return object;
}

static void test_model_copy_object_outlives_the_original(void **state)
{
	struct model *from = model_new(), *to = model_new(), *again = model_new();
	struct object *copy = model_copy_object(to, add_macvlan(from)), *expected;

	(void)state;
	assert_null(model_copy_object(to, model_find(from, &class_link, "red", "m0")));
	model_free(from);
	expected = add_macvlan(again);
	expected->external = false; /* compare all rows */
	assert_true(object_same_shape(expected, copy));
	assert_true(object_diff(expected, copy) == 0);
	assert_true(copy->external && copy->protect);
	assert_int_equal(copy->owner, OWNER_FOREIGN);
	assert_int_equal(copy->written, 5);
	assert_string_equal(copy->position.file, "f");
	assert_ptr_not_equal(object_link(copy)->info, object_link(expected)->info);
	model_free(to);
	model_free(again);
}

static void test_model_copy_object_keeps_a_type_that_is_no_kind(void **state)
{
	struct model *from = model_new(), *to = model_new();
	struct object *object = model_add(from, &class_link, "", "wg0");

	(void)state;
	object_link(object)->type = "wireguard";
	assert_string_equal(object_link(model_copy_object(to, object))->type, "wireguard");
	model_free(from);
	model_free(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model_add_refuses_a_second_of_one_key),
		cmocka_unit_test(test_model_at_is_sorted_by_class_place_and_name),
		cmocka_unit_test(test_model_find_holds_through_growth_and_removal),
		cmocka_unit_test(test_model_add_takes_a_removed_key_any_number_of_times),
		cmocka_unit_test(test_model_find_ref_resolves_places),
		cmocka_unit_test(test_model_copy_object_outlives_the_original),
		cmocka_unit_test(test_model_copy_object_keeps_a_type_that_is_no_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
