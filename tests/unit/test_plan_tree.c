/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans for machines: the documented keys and words. */
#include "cmd/plan_tree.h"

#include "cmd/output_json.h"

#include "model/address.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/kinds.h"
#include "model/link.h"
#include "model/netns.h"
#include "model/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct both {
	struct arena *arena;
	struct model *want, *have;
	struct plan *plan;
};

static int set_up(void **state)
{
	struct both *both = calloc(1, sizeof(*both));

	both->arena = arena_new();
	both->want = model_new();
	both->have = model_new();
	*state = both;
	return 0;
}

static int tear_down(void **state)
{
	struct both *both = *state;

	plan_free(both->plan);
	model_free(both->want);
	model_free(both->have);
	arena_free(both->arena);
	free(both);
	return 0;
}

static struct link *add_link(struct model *model, const char *kind, const char *place,
			     const char *name)
{
	struct object *object = model_add(model, &class_link, place, name);

	object->position = (struct position){ .file = "t.yaml", .line = 7, .column = 3 };
	link_set_kind(object_link(object), kind_find(kind), model_arena(model));
	return object_link(object);
}

static const struct node *plan(struct both *both, bool inputs_changed)
{
	const struct document_input input = { .path = "t.yaml", .sha256 = "9f2c" };
	const struct plan_context context = {
		.name = "net",
		.host = "alpha",
		.created = "2026-11-22T10:00:00Z",
		.inputs = &input,
		.n_inputs = 1,
		.live_digest = "sha256:51ab",
		.inputs_changed = inputs_changed,
	};
	struct error err;

	assert_int_equal(plan_build(&both->plan, both->want, both->have, &err), 0);
	return plan_tree(both->plan, &context, both->arena);
}

/* noinline: gcc 12 thinks that the stream still writes to `data`. */
static __attribute__((noinline)) char *json(const struct node *tree)
{
	char *data = NULL;
	size_t size;
	FILE *file = open_memstream(&data, &size);

	output_json(file, tree, JSON_LINE);
	fclose(file);
	return data;
}

static void expect_json(const struct node *tree, const char *expected)
{
	AUTO_FREE char *text = json(tree);

	assert_string_equal(text, expected);
}

static void test_empty_plan_has_every_documented_key(void **state)
{
	expect_json(
		plan(*state, false),
		"{\"format_version\":\"1.0\",\"kind\":\"plan\",\"tool_version\":"
		"\"" VNETAPPLY_VERSION "\",\"name\":\"net\",\"host\":\"alpha\",\"created\":"
		"\"2026-11-22T10:00:00Z\",\"inputs\":[{\"path\":\"t.yaml\",\"sha256\":\"9f2c\"}],"
		"\"live_digest\":\"sha256:51ab\",\"has_changes\":false,\"summary\":{\"create\":0,"
		"\"update\":0,\"replace\":0,\"delete\":0,\"unchanged\":0},\"changes\":[],"
		"\"refusals\":[],\"warnings\":[]}\n");
}

static void test_update_shows_only_what_differs(void **state)
{
	struct both *both = *state;

	add_link(both->want, "bridge", "", "br0")->mtu = 1450;
	add_link(both->have, "bridge", "", "br0")->mtu = 1500;
	expect_json(node_find(plan(both, false), "changes")->first,
		    "{\"address\":\"bridges/br0\",\"type\":\"bridge\",\"actions\":[\"update\"],"
		    "\"before\":{\"mtu\":1500},\"after\":{\"mtu\":1450},\"reason\":\"drift\","
		    "\"disruption\":\"none\",\"source\":{\"file\":\"t.yaml\",\"line\":7,"
		    "\"column\":3}}\n");
}

static void test_change_of_the_file_is_told_from_drift(void **state)
{
	struct both *both = *state;
	const struct node *change;

	add_link(both->want, "bridge", "", "br0")->mtu = 1450;
	add_link(both->have, "bridge", "", "br0")->mtu = 1500;
	change = node_find(plan(both, true), "changes")->first;
	assert_string_equal(node_find(change, "reason")->text, "changed");
}

static void test_remade_object_is_one_change_with_two_actions(void **state)
{
	struct both *both = *state;
	const struct node *root, *changes;

	add_link(both->want, "tap", "", "x0");
	add_link(both->have, "bridge", "", "x0");
	root = plan(both, true);
	changes = node_find(root, "changes");
	assert_int_equal(changes->count, 1);
	expect_json(node_find(changes->first, "actions"), "[\"delete\",\"create\"]\n");
	assert_int_equal(node_find(changes->first, "replace_because")->count, 1);
	assert_string_equal(node_find(changes->first, "disruption")->text, "traffic-loss");
	assert_string_equal(node_find(root, "has_changes")->text, "true");
	assert_string_equal(node_find(node_find(root, "summary"), "replace")->text, "1");
}

static void test_removed_object_has_no_after(void **state)
{
	struct both *both = *state;
	const struct node *change;

	add_link(both->have, "tap", "red", "x0");
	change = node_find(plan(both, true), "changes")->first;
	assert_string_equal(node_find(change, "address")->text, "namespaces/red/interfaces/x0");
	assert_string_equal(node_find(change, "reason")->text, "removed");
	assert_true(node_is_null(node_find(change, "after")));
	assert_false(node_is_null(node_find(change, "before")));
	assert_null(node_find(change, "source"));
}

static void test_every_class_has_an_address(void **state)
{
	static const struct {
		const struct class *class;
		const char *place, *name, *address;
	} vectors[] = {
		{ &class_netns, "", "red", "namespaces/red" },
		{ &class_resolver, "", "red", "namespaces/red/resolver" },
		{ &class_nft_table, "", "vnet_net", "rules" },
		{ &class_nft_table, "red", "vnet_net", "namespaces/red/rules" },
		{ &class_sysctl, "red", "net.a", "namespaces/red/sysctls/net.a" },
		{ &class_route, "", "10.0.0.0/8", "routes/10.0.0.0/8" },
		{ &class_tunnel, "", "lan", "tunnels/lan" },
		{ &class_link, "red", "lo", "namespaces/red/interfaces/lo" },
	};
	struct both *both = *state;
	struct object *object;
	struct address *address;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		object = model_add(both->want, vectors[i].class, vectors[i].place, vectors[i].name);
		assert_string_equal(change_address(object, both->arena), vectors[i].address);
	}
	object = model_add(both->want, &class_address, "red", "eth0 10.0.0.2/24");
	address = object->data;
	address->interface.name = "eth0";
	assert_true(addr_parse_prefix(&address->address, "10.0.0.2/24"));
	assert_string_equal(change_address(object, both->arena),
			    "namespaces/red/interfaces/eth0/addresses/10.0.0.2/24");
}

static void test_patterns_that_no_address_can_match(void **state)
{
	static const struct {
		const char *pattern;
		bool possible;
	} vectors[] = {
		{ "*", true },
		{ "bridges/br0", true },
		{ "bridges/br*", true },
		{ "[bi]*/x", true },
		{ "br*", true },
		{ "rules", true },
		{ "namespaces/red", true },
		{ "namespaces/red/resolver", true },
		{ "namespaces/red/rules", true },
		{ "namespaces/*/taps/x",
		  true }, /* the name of a namespace has no '/', but '*' does */
		{ "namespaces/red/interfaces/eth0/addresses/*", true },
		{ "interfaces/*", true },
		{ "", false },
		{ "bridges", false },
		{ "taps/vm*", false },
		{ "links/*", false },
		{ "br0", false },
		{ "host/br0", false },
		{ "namespaces/red/taps/*", false },
		{ "namespace/red", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		if (change_pattern_is_possible(vectors[i].pattern) != vectors[i].possible)
			fail_msg("%s", vectors[i].pattern);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty_plan_has_every_documented_key),
		TEST(test_update_shows_only_what_differs),
		TEST(test_change_of_the_file_is_told_from_drift),
		TEST(test_remade_object_is_one_change_with_two_actions),
		TEST(test_removed_object_has_no_after),
		TEST(test_every_class_has_an_address),
		TEST(test_patterns_that_no_address_can_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
