/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The backend of tables against the kernel, in a network namespace of the test's own. */
#include "backends/backends.h"
#include "backends/nft/scope.h"
#include "backends/place.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/nft_table.h"
#include "tests/unit/nft_random.h"
#include "tests/unit/own_namespaces.h"

#include <errno.h>
#include <nftables/libnftables.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct scope scope = { .topology = "two-hosts", .protocol = 101 };
static struct places *places;
static struct backend_ctx *backend;
static struct nft_ctx *nft; /* the test's own eyes and hands */

#define TABLE "vnet_two_hosts"

/* Fails the test with the error's text. */
static void succeeds(int r, const struct error *err)
{
	if (r < 0)
		fail_msg("%s", err->text);
}

static int setup(void **state)
{
	const struct backend_options options = { .scope = &scope };
	struct backend_options with_places = options;
	struct error err;

	(void)state;
	if (own_namespaces(NULL) < 0)
		return -1;
	succeeds(places_open(&places, &err), &err);
	with_places.places = places;
	succeeds(backend_nft.open(&backend, &with_places, &err), &err);
	nft = nft_ctx_new(NFT_CTX_DEFAULT);
	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_HANDLE);
	nft_ctx_buffer_output(nft);
	nft_ctx_buffer_error(nft);
	return 0;
}

static int flush(void **state)
{
	(void)state;
	return nft_run_cmd_from_buffer(nft, "flush ruleset") ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	nft_ctx_free(nft);
	backend_nft.close(backend);
	places_close(places);
	return 0;
}

static void run(const char *commands)
{
	if (nft_run_cmd_from_buffer(nft, commands))
		fail_msg("%s", nft_ctx_get_error_buffer(nft));
	nft_ctx_get_output_buffer(nft);
}

/* To be freed. With handles, so that what was replaced looks different. */
static char *listing(const char *command)
{
	if (nft_run_cmd_from_buffer(nft, command))
		fail_msg("%s", nft_ctx_get_error_buffer(nft));
	return strdup(nft_ctx_get_output_buffer(nft));
}

static struct object *table_new(struct model *model)
{
	struct object *object = model_add(model, &class_nft_table, "", TABLE);

	((struct nft_table *)object->data)->protocol = scope.protocol;
	return object;
}

static struct dnat *add_dnat(struct object *object, struct model *model, const char *port,
			     const char *to)
{
	struct nft_table *table = object->data;
	struct dnat *dnat = list_append(&table->dnat, &record_dnat, model_arena(model));

	dnat->port = port;
	dnat->to = to;
	return dnat;
}

static int change(enum change_op op, const struct object *want, const struct object *have,
		  struct error *err)
{
	const struct change one = { .op = op, .want = want, .have = have };
	const struct change *const changes[] = { &one };
	size_t done;

	return backend_nft.apply(backend, changes, 1, &done, err);
}

static void apply(enum change_op op, const struct object *want, const struct object *have)
{
	struct error err;

	succeeds(change(op, want, have, &err), &err);
}

/* The table as it is; NULL: there is none. */
static struct object *observe(struct model *have)
{
	struct model *want = model_new();
	struct error err;

	succeeds(backend_nft.observe(backend, want, have, &err), &err);
	model_free(want);
	return model_find(have, &class_nft_table, "", TABLE);
}

static void test_random_tables_are_read_back(void **state)
{
	uint64_t seed = 1;
	unsigned i;

	(void)state;
	for (i = 0; i < 60; i++) {
		struct model *want = model_new(), *have = model_new();
		struct object *wanted = table_new(want);
		const struct object *found;
		uint64_t at = seed;

		random_table(&seed, wanted->data, model_arena(want));
		((struct nft_table *)wanted->data)->protocol = scope.protocol;
		apply(CHANGE_CREATE, wanted, NULL);
		found = observe(have);
		assert_non_null(found);
		assert_int_equal(found->owner, OWNER_OURS);
		if (object_diff(wanted, found)) {
			print_message("%s", listing("list ruleset"));
			fail_msg("seed %llu: differs in rows %llx", (unsigned long long)at,
				 (unsigned long long)object_diff(wanted, found));
		}
		model_free(want);
		model_free(have);
	}
}

/* Whichever way it changes, by elements or as a whole, the result is the wanted table. */
static void test_random_changes_arrive(void **state)
{
	uint64_t seed = 77;
	struct model *live = model_new();
	struct object *before = table_new(live);
	unsigned i;

	(void)state;
	apply(CHANGE_CREATE, before, NULL);
	for (i = 0; i < 60; i++) {
		struct model *want = model_new(), *have = model_new();
		struct object *wanted = table_new(want), *found;
		struct nft_table *table = wanted->data;

		if (random_one_in(&seed, 3)) {
			random_table(&seed, table, model_arena(want));
		} else { /* beside what is there */
			record_copy(&class_nft_table.record, table, before->data,
				    model_arena(want));
			if (table->dnat.n > 1 && random_one_in(&seed, 2))
				table->dnat.n--;
			else
				random_dnat(&seed, &table->dnat, 1000 + 10 * i, model_arena(want));
		}
		table->protocol = scope.protocol;
		apply(CHANGE_UPDATE, wanted, before);
		found = observe(have);
		assert_non_null(found);
		assert_int_equal(object_diff(wanted, found), 0);
		model_free(live);
		model_free(want);
		live = have;
		before = found;
	}
	model_free(live);
}

static void test_a_second_port_map_leaves_the_rest_alone(void **state)
{
	struct model *want = model_new(), *more = model_new();
	struct object *wanted = table_new(want), *wanted_more = table_new(more);
	char *before, *after;

	(void)state;
	add_dnat(wanted, want, "8080", "10.0.0.2:80");
	add_dnat(wanted_more, more, "8080", "10.0.0.2:80");
	add_dnat(wanted_more, more, "8081", "10.0.0.3:80");
	apply(CHANGE_CREATE, wanted, NULL);
	before = listing("list ruleset");
	apply(CHANGE_UPDATE, wanted_more, wanted);
	after = listing("list ruleset");
	assert_string_not_equal(before, after);
	assert_non_null(strstr(after, "8081"));
	free(after);
	apply(CHANGE_UPDATE, wanted, wanted_more);
	after = listing("list ruleset");
	assert_string_equal(before, after); /* with handles: no rule was made anew */
	free(before);
	free(after);
	model_free(want);
	model_free(more);
}

static void test_a_new_target_changes_its_element_only(void **state)
{
	struct model *want = model_new(), *other = model_new();
	struct object *wanted = table_new(want), *wanted_other = table_new(other);
	char *chain, *after;

	(void)state;
	add_dnat(wanted, want, "8080", "10.0.0.2:80");
	add_dnat(wanted, want, "5000-5009", "10.0.0.2");
	add_dnat(wanted_other, other, "8080", "10.0.0.9:81");
	add_dnat(wanted_other, other, "5000-5010", "10.0.0.2");
	apply(CHANGE_CREATE, wanted, NULL);
	chain = listing("list chain inet " TABLE " port_maps");
	apply(CHANGE_UPDATE, wanted_other, wanted);
	after = listing("list chain inet " TABLE " port_maps");
	assert_string_equal(chain, after);
	free(after);
	after = listing("list ruleset");
	assert_non_null(strstr(after, "10.0.0.9 . 81"));
	assert_non_null(strstr(after, "5000-5010"));
	assert_null(strstr(after, "10.0.0.2 . 80"));
	free(chain);
	free(after);
	model_free(want);
	model_free(other);
}

static void test_any_edit_is_noticed(void **state)
{
	static const char *const edits[] = {
		"add rule inet " TABLE " forward drop",
		"add rule inet " TABLE " port_maps accept",
		"insert rule inet " TABLE " postrouting accept",
		"add chain inet " TABLE " mine",
		"add set inet " TABLE " mine { type ipv4_addr; }",
		"add rule inet " TABLE " prerouting counter",
		"flush chain inet " TABLE " postrouting",
		"flush chain inet " TABLE " hairpin",
		"flush chain inet " TABLE " output",
		"flush map inet " TABLE " ports4",
		"add element inet " TABLE " ports4 { tcp . 99 : 10.0.0.2 . 80 }",
		"add element inet " TABLE
		" ports4 { tcp . 99 comment \"99 to 10.0.0.2:81\" : 10.0.0.2 . 80 }",
		"add element inet " TABLE
		" ports4 { tcp . 99 comment \"99 to 10.0.0.2:80\" : 10.0.0.2 . 80 }",
		"delete element inet " TABLE " hairpin4 { 10.0.0.2 }",
		"add element inet " TABLE " hairpin4 { 10.0.0.8 }",
		"add chain inet " TABLE " forward { policy drop; }",
		"delete table inet " TABLE "; add table inet " TABLE,
	};
	struct model *want = model_new();
	struct object *wanted = table_new(want);
	struct nft_table *table = wanted->data;
	struct masquerade *masquerade =
		list_append(&table->masquerade, &record_masquerade, model_arena(want));
	struct policy *policy = list_append(&table->policy, &record_policy, model_arena(want));
	size_t i;

	(void)state;
	masquerade->out_not = "br0";
	policy->in = policy->out = "br0";
	policy->action = POLICY_ACCEPT;
	add_dnat(wanted, want, "8080", "10.0.0.2:80")->hairpin = true;
	add_dnat(wanted, want, "8081", "10.0.0.3:80")->loopback = true;
	for (i = 0; i < ARRAY_SIZE(edits); i++) {
		struct model *have = model_new(), *again = model_new();
		struct object *found;

		apply(CHANGE_CREATE, wanted, NULL);
		found = observe(have);
		assert_int_equal(object_diff(wanted, found), 0);
		run(edits[i]);
		model_free(have);
		have = model_new();
		found = observe(have);
		assert_non_null(found);
		if (object_diff(wanted, found) == 0)
			fail_msg("not noticed: %s", edits[i]);
		apply(CHANGE_UPDATE, wanted, found);
		found = observe(again);
		if (object_diff(wanted, found) != 0)
			fail_msg("not put right: %s", edits[i]);
		model_free(have);
		model_free(again);
	}
	model_free(want);
}

static void test_undoing_brings_an_edited_table_back(void **state)
{
	struct model *want = model_new(), *have = model_new();
	struct object *wanted = table_new(want), *found;
	char *after;

	(void)state;
	add_dnat(wanted, want, "8080", "10.0.0.2:80");
	apply(CHANGE_CREATE, wanted, NULL);
	run("add rule inet " TABLE " port_maps ip saddr 10.0.0.0/8 counter accept");
	found = observe(have);
	assert_true(((struct nft_table *)found->data)->altered);
	apply(CHANGE_UPDATE, wanted, found);
	after = listing("list table inet " TABLE);
	assert_null(strstr(after, "counter"));
	free(after);
	apply(CHANGE_UPDATE, found, wanted);
	after = listing("list table inet " TABLE);
	assert_non_null(strstr(after, "ip saddr 10.0.0.0/8 counter"));
	free(after);
	model_free(want);
	model_free(have);
}

static void test_other_tables_are_untouched(void **state)
{
	struct model *want = model_new(), *have = model_new();
	struct object *wanted = table_new(want);
	char *before, *after;

	(void)state;
	run("table inet vnet_other { comment \"vnetapply 105\"; chain a { counter accept; }; }");
	run("table ip nat { chain PREROUTING { type nat hook prerouting priority -100; }; }");
	before = listing("list ruleset");
	add_dnat(wanted, want, "8080", "10.0.0.2:80");
	apply(CHANGE_CREATE, wanted, NULL);
	observe(have);
	assert_int_equal(model_count(have), 1);
	apply(CHANGE_DELETE, NULL, wanted);
	apply(CHANGE_DELETE, NULL, wanted); /* gone already */
	after = listing("list ruleset");
	assert_string_equal(before, after);
	free(before);
	free(after);
	model_free(want);
	model_free(have);
}

static void test_protocol_numbers_are_read_from_comments(void **state)
{
	struct scope found = { .topology = "two-hosts" };
	struct model *want = model_new();
	struct arena *arena = arena_new();
	struct error err;

	(void)state;
	succeeds(nft_scope_protocols(places, &found, arena, &err), &err);
	assert_int_equal(found.protocol, 0);
	run("table inet vnet_an_other { comment \"vnetapply 105\"; }");
	run("table inet other { comment \"vnetapply 106\"; }");
	run("table inet vnet_foreign { comment \"107\"; }");
	apply(CHANGE_CREATE, table_new(want), NULL);
	succeeds(nft_scope_protocols(places, &found, arena, &err), &err);
	assert_int_equal(found.protocol, 101);
	assert_string_equal(scope_holder(&found, 105), "an-other");
	assert_null(scope_holder(&found, 101));
	assert_null(scope_holder(&found, 106));
	assert_null(scope_holder(&found, 107));
	arena_free(arena);
	model_free(want);
}

static void test_a_refused_table_leaves_nothing(void **state)
{
	struct model *want = model_new(), *bad = model_new();
	struct object *wanted = table_new(want), *wanted_bad = table_new(bad);
	struct dnat *dnat;
	struct error err;
	char *before, *after;

	(void)state;
	add_dnat(wanted, want, "8080", "10.0.0.2:80");
	apply(CHANGE_CREATE, wanted, NULL);
	before = listing("list ruleset");
	dnat = add_dnat(wanted_bad, bad, "80", "10.0.0.2:80");
	dnat->in = "a\"b";
	assert_int_equal(change(CHANGE_UPDATE, wanted_bad, wanted, &err), -EINVAL);
	assert_string_equal(err.text,
			    "host/" TABLE ": interface name 'a\"b' cannot stand in a rule");
	dnat->in = NULL;
	add_dnat(wanted_bad, bad, "80", "10.0.0.3:80");
	assert_int_equal(change(CHANGE_UPDATE, wanted_bad, wanted, &err), -EINVAL);
	assert_string_equal(err.text, "host/" TABLE ": two port maps for one port: "
				      "80 to 10.0.0.2:80, and 80 to 10.0.0.3:80");
	after = listing("list ruleset");
	assert_string_equal(before, after);
	free(before);
	free(after);
	model_free(want);
	model_free(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_random_tables_are_read_back, flush),
		cmocka_unit_test_teardown(test_random_changes_arrive, flush),
		cmocka_unit_test_teardown(test_a_second_port_map_leaves_the_rest_alone, flush),
		cmocka_unit_test_teardown(test_a_new_target_changes_its_element_only, flush),
		cmocka_unit_test_teardown(test_any_edit_is_noticed, flush),
		cmocka_unit_test_teardown(test_undoing_brings_an_edited_table_back, flush),
		cmocka_unit_test_teardown(test_other_tables_are_untouched, flush),
		cmocka_unit_test_teardown(test_protocol_numbers_are_read_from_comments, flush),
		cmocka_unit_test_teardown(test_a_refused_table_leaves_nothing, flush),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
