/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Models as topologies: what is printed means the same when it is read again. On random models, and on live ones, where
 * what is not ours must stay out. Files: tests/golden.
 */
#include "model/explicit.h"

#include "cmd/output_yaml.h"
#include "model/address.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/kinds.h"
#include "model/sysctl.h"
#include "model/text.h"
#include "reconcile/plan.h"
#include "tests/fake/load.h"
#include "tests/fake/random_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

struct reading {
	struct document *document;
	struct topology *topology;
};

static struct reading read_again(const char *text)
{
	struct diag *diag = diag_new();
	struct error err = { 0 };
	struct reading reading;
	size_t i;

	reading.topology = load_text(text, NULL, &reading.document, diag, &err);
	if (!reading.topology) {
		for (i = 0; i < diag_count(diag); i++)
			print_error("%u: %s\n", diag_get(diag, i)->position.line,
				    diag_get(diag, i)->text);
		print_error("%s\n%s", err.text, text);
	}
	assert_non_null(reading.topology);
	diag_free(diag);
	return reading;
}

static void forget(struct reading *reading)
{
	topology_free(reading->topology);
	document_free(reading->document);
}

/* To be freed. */
static char *print(const struct model *model, const struct explicit_options *options)
{
	struct arena *arena = arena_new();
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	output_yaml(file, explicit_tree(model, options, arena));
	fclose(file);
	arena_free(arena);
	return text;
}

static const struct explicit_options plain = { .name = RANDOM_MODEL_NAME };

/* Reading completes some values that a model may leave open, such as a route's interface; not more. */
static void assert_nothing_lost(const struct model *model, const struct model *again)
{
	struct object *object, *other;
	size_t i;

	MODEL_FOR_EACH (object, model, i) {
		other = model_find(again, object->class, object->place, object->name);
		if (!other)
			print_error("%s %s/%s is lost\n", object->class->name, object->place,
				    object->name);
		if (!other)
			fail();
		assert_int_equal(object->external, other->external);
		assert_true(object_same_shape(object, other));
		if (object_diff(object, other))
			print_error("%s %s/%s differs\n", object->class->name, object->place,
				    object->name);
		assert_int_equal(object_diff(object, other), 0);
	}
	assert_int_equal(model_count(model), model_count(again));
}

static void test_random_models_are_read_back(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 60; seed++) {
		struct model *model = random_model(seed, 6);
		AUTO_FREE char *text = print(model, &plain);
		struct reading once = read_again(text);
		AUTO_FREE char *text_again = print(once.topology->want, &plain);
		struct reading twice = read_again(text_again);

		assert_nothing_lost(model, once.topology->want);
		assert_true(load_models_equal(once.topology->want, twice.topology->want));
		forget(&twice);
		forget(&once);
		model_free(model);
	}
}

/* What `state -o yaml` prints of a live system is that system: nothing is to be done. */
static void test_live_state_has_no_difference_to_itself(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 100; seed < 130; seed++) {
		struct model *random = random_model(seed, 6);
		AUTO_FREE char *wanted = print(random, &plain);
		struct reading want = read_again(wanted);
		struct model *live = load_live(want.topology->want, false);
		AUTO_FREE char *text = print(live, &plain);
		struct reading reading = read_again(text);
		struct error err = { 0 };
		struct plan *plan;

		assert_int_equal(plan_build(&plan, reading.topology->want, live, &err), 0);
		if (!plan_is_empty(plan) || plan->n_refusals)
			print_error("seed %d: %s %s\n%s", (int)seed,
				    plan->n_changes ? plan->changes[0]->because : "",
				    plan->n_refusals ? plan->refusals[0].text : "", text);
		assert_true(plan_is_empty(plan));
		assert_int_equal(plan->n_refusals, 0);
		plan_free(plan);
		forget(&reading);
		model_free(live);
		forget(&want);
		model_free(random);
	}
}

/* ---- live models ---- */

static struct object *add_link(struct model *model, const char *place, const char *name,
			       const char *kind, enum owner owner)
{
	struct object *object = model_add(model, &class_link, place, name);

	link_set_kind(object->data, kind ? kind_find(kind) : NULL, model_arena(model));
	object->owner = owner;
	object_link(object)->autoconf = owner != OWNER_OURS;
	return object;
}

static void add_address(struct model *model, const char *place, const char *interface,
			const char *text, enum owner owner)
{
	struct address *address;
	struct object *object;
	struct addr addr;

	assert_true(addr_parse_prefix(&addr, text));
	object = model_add(model, &class_address, place,
			   address_name(model_arena(model), interface, &addr));
	object->owner = owner;
	address = object->data;
	address->interface.name = interface;
	address->address = addr;
}

/* br0 is ours; docker0, eth1 and its address are not, but eth1 is a port of br0. */
static struct model *make_live(void)
{
	struct model *model = model_new();
	struct object *lo;

	add_link(model, "", "br0", "bridge", OWNER_OURS);
	add_address(model, "", "br0", "10.0.0.1/24", OWNER_OURS);
	add_address(model, "", "br0", "fe80::1/64", OWNER_KERNEL);
	add_link(model, "", "docker0", "bridge", OWNER_FOREIGN);
	object_link(add_link(model, "", "eth1", NULL, OWNER_FOREIGN))->master.name = "br0";
	object_link(add_link(model, "", "vm0", "tap", OWNER_OURS))->master.name = "docker0";
	add_link(model, "", "eth0", NULL, OWNER_FOREIGN);
	add_address(model, "", "eth0", "192.0.2.1/24", OWNER_FOREIGN);
	add_address(model, "", "eth0", "192.0.2.2/24", OWNER_OURS);
	model_add(model, &class_netns, "", "red");
	model_add(model, &class_netns, "", "docker")->owner = OWNER_FOREIGN;
	lo = add_link(model, "red", "lo", NULL, OWNER_KERNEL);
	assert_non_null(lo);
	add_link(model, "docker", "eth0", "veth", OWNER_FOREIGN);
	return model;
}

static void test_foreign_objects_stay_out(void **state)
{
	struct model *model = make_live();
	AUTO_FREE char *text = print(model, &(struct explicit_options){ .name = "t" });

	(void)state;
	assert_string_equal(text, "version: 1\n"
				  "name: t\n"
				  "interfaces:\n"
				  "  eth0: {addresses: [192.0.2.2/24]}\n"
				  "  vm0: {type: tap}\n"
				  "bridges:\n"
				  "  br0:\n"
				  "    addresses: [10.0.0.1/24]\n"
				  "    interfaces: {eth1: {}}\n"
				  "  docker0:\n"
				  "    external: true\n"
				  "    interfaces: {vm0: {}}\n"
				  "namespaces: {red: {}}\n");
	model_free(model);
}

static void test_owners_are_told(void **state)
{
	struct model *model = make_live();
	AUTO_FREE char *text = print(
		model, &(struct explicit_options){ .name = "t", .owners = true, .foreign = true });

	(void)state;
	assert_non_null(strstr(text, "  vm0: {type: tap, link-local: false, owner: t}\n")
				?: strstr(text, "  vm0: {type: tap, owner: t}\n"));
	assert_non_null(strstr(text, "{address: 192.0.2.1/24, owner: null}"));
	assert_non_null(strstr(text, "  docker:\n    owner: null\n"));
	model_free(model);
}

static void test_host_takes_labels_and_addresses(void **state)
{
	struct model *model = model_new();
	struct list addresses = { 0 };
	struct node *labels = node_new(model_arena(model), NODE_MAP);
	struct addr_item *item = list_append(&addresses, &record_addr_item, model_arena(model));
	AUTO_FREE char *text = NULL;

	(void)state;
	addr_parse(&item->addr, "192.0.2.1");
	node_set_text(model_arena(model), labels, "site", "north");
	text = print(model, &(struct explicit_options){ .name = "t",
							.host = "alpha",
							.labels = labels,
							.addresses = &addresses });
	assert_string_equal(text, "version: 1\n"
				  "name: t\n"
				  "labels: {site: north}\n"
				  "hosts:\n"
				  "  alpha: {address: [192.0.2.1]}\n");
	model_free(model);
}

/* Live refs are told with their place; people write it only where it is another one. */
static void test_places_of_refs_are_told_where_they_differ(void **state)
{
	struct model *model = model_new();
	AUTO_FREE char *text = NULL;
	struct object *object;

	(void)state;
	add_link(model, "", "br0", "bridge", OWNER_OURS);
	object = add_link(model, "", "mv0", "macvlan", OWNER_OURS);
	object_link(object)->link = (struct ref){ "", "br0" };
	model_add(model, &class_netns, "", "red");
	object = add_link(model, "red", "mv1", "macvlan", OWNER_OURS);
	object_link(object)->link = (struct ref){ "", "br0" };
	text = print(model, &plain);
	assert_non_null(strstr(text, "  mv0: {type: macvlan, link: br0}\n"));
	assert_non_null(strstr(text, "mv1: {type: macvlan, link: \"host:br0\"}"));
	model_free(model);
}

/* What the kernel gives a port for its speed is not what anybody asked for. */
static void test_path_costs_of_the_kernel_stay_out(void **state)
{
	struct model *model = model_new();
	AUTO_FREE char *text = NULL;
	uint32_t costs[] = { 2, 100, 7 };
	char name[8];
	size_t i;

	(void)state;
	add_link(model, "", "br0", "bridge", OWNER_OURS);
	for (i = 0; i < 3; i++) {
		struct link *link;

		snprintf(name, sizeof(name), "t%zu", i);
		link = object_link(add_link(model, "", name, "tap", OWNER_OURS));
		link->master.name = "br0";
		link->port.path_cost = costs[i];
	}
	text = print(model, &plain);
	assert_non_null(strstr(text, "      t0: {}\n      t1: {}\n      t2: {path-cost: 7}\n"));
	model_free(model);
}

/* The first address is the one that packets are sent from. */
static void test_addresses_keep_their_order(void **state)
{
	struct model *model = model_new();
	AUTO_FREE char *text = NULL;

	(void)state;
	add_link(model, "", "br0", "bridge", OWNER_OURS);
	add_address(model, "", "br0", "10.0.0.9/24", OWNER_OURS);
	add_address(model, "", "br0", "10.0.0.1/24", OWNER_OURS);
	text = print(model, &plain);
	assert_non_null(strstr(text, "addresses: [10.0.0.9/24, 10.0.0.1/24]"));
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_models_are_read_back),
		cmocka_unit_test(test_live_state_has_no_difference_to_itself),
		cmocka_unit_test(test_foreign_objects_stay_out),
		cmocka_unit_test(test_owners_are_told),
		cmocka_unit_test(test_host_takes_labels_and_addresses),
		cmocka_unit_test(test_places_of_refs_are_told_where_they_differ),
		cmocka_unit_test(test_path_costs_of_the_kernel_stay_out),
		cmocka_unit_test(test_addresses_keep_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
