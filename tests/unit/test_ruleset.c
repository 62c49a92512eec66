/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks of packets through rules made by hand. */
#include "model/ruleset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/socket.h>

struct fixture {
	struct arena *arena;
	struct rule_table table;
};

static struct rule_chain *add_chain(struct fixture *f, const char *name, bool is_base,
				    enum rule_verdict policy)
{
	struct rule_chain *chain = list_append(&f->table.chains, &record_rule_chain, f->arena);

	chain->name = name;
	chain->is_base = is_base;
	chain->policy = policy;
	return chain;
}

static struct rule *add_rule(struct fixture *f, struct rule_chain *chain, enum rule_verdict verdict,
			     const char *to)
{
	struct rule *rule = list_append(&chain->rules, &record_rule, f->arena);

	rule->outcome = (struct rule_outcome){ verdict, to };
	return rule;
}

static struct rule_condition *add_condition(struct fixture *f, struct rule *rule,
					    enum rule_subject subject, const void *data,
					    uint8_t length)
{
	struct rule_condition *condition =
		list_append(&rule->conditions, &record_rule_condition, f->arena);

	condition->subject = subject;
	condition->length = length;
	memcpy(condition->data, data, length);
	return condition;
}

static void add_state(struct fixture *f, struct rule *rule, enum rule_subject subject,
		      uint32_t bits)
{
	struct rule_condition *condition = add_condition(f, rule, subject, "\0\0\0", 4);

	memcpy(condition->mask, &bits, sizeof(bits));
	condition->is_masked = condition->is_negated = true;
}

static const struct packet leaving = {
	.in = "br0", .out = "eth0", .family = AF_INET, .state = RULE_STATE_NEW
};

static bool drops(const struct fixture *f, const struct packet *packet)
{
	struct packet_end end;

	return rule_table_drops(&f->table, packet, &end);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->arena = arena_new();
	f->table.family = "ip";
	f->table.name = "filter";
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	free(f);
	return 0;
}

static void test_policy_decides_at_the_end(void **state)
{
	struct fixture *f = *state;
	struct packet_end end;

	add_chain(f, "FORWARD", true, VERDICT_DROP);
	assert_true(rule_table_drops(&f->table, &leaving, &end));
	assert_true(end.is_policy);
	assert_string_equal(end.base->name, "FORWARD");
	f->table.family = "ip6";
	assert_false(drops(f, &leaving)); /* not its packets */
	f->table.family = "inet";
	assert_true(drops(f, &leaving));
}

static void test_interface_name_matches_whole_or_by_its_beginning(void **state)
{
	struct fixture *f = *state;
	struct rule_chain *chain = add_chain(f, "FORWARD", true, VERDICT_DROP);
	struct rule *rule = add_rule(f, chain, VERDICT_ACCEPT, NULL);
	struct rule_condition *condition = add_condition(f, rule, SUBJECT_IN, "br\0", 3);

	assert_true(drops(f, &leaving)); /* "br" is not br0 */
	condition->length = 2;		 /* br+ of iptables */
	assert_false(drops(f, &leaving));
	condition->is_negated = true;
	assert_true(drops(f, &leaving));
}

static void test_jump_returns_and_goto_does_not(void **state)
{
	struct fixture *f = *state;
	struct rule_chain *chain = add_chain(f, "FORWARD", true, VERDICT_DROP);
	struct rule *first;

	add_rule(f, chain, VERDICT_JUMP, "USER");
	add_rule(f, chain, VERDICT_ACCEPT, NULL);
	first = list_item(&chain->rules, &record_rule, 0);
	add_chain(f, "USER", false, VERDICT_NONE);
	assert_false(drops(f, &leaving));
	first->outcome.verdict = VERDICT_GOTO;
	assert_true(drops(f, &leaving)); /* the end of USER is the end of all */
}

static void test_rejection_names_the_chain_it_stands_in(void **state)
{
	struct fixture *f = *state;
	struct rule_chain *chain = add_chain(f, "FORWARD", true, VERDICT_ACCEPT);
	struct packet_end end;

	add_rule(f, chain, VERDICT_JUMP, "POLICIES");
	chain = add_chain(f, "POLICIES", false, VERDICT_NONE);
	add_rule(f, chain, VERDICT_REJECT, NULL);
	assert_true(rule_table_drops(&f->table, &leaving, &end));
	assert_true(end.is_reject);
	assert_false(end.is_policy);
	assert_string_equal(end.chain->name, "POLICIES");
	assert_string_equal(end.base->name, "FORWARD");
}

static void test_loop_of_jumps_ends(void **state)
{
	struct fixture *f = *state;
	struct rule_chain *chain = add_chain(f, "FORWARD", true, VERDICT_ACCEPT);

	add_rule(f, chain, VERDICT_JUMP, "FORWARD");
	assert_false(drops(f, &leaving));
}

/* Walked once for each way there, the last chain of these would be walked for ever. */
static void test_many_ways_to_one_chain_end(void **state)
{
	static const char *const names[] = { "FORWARD", "a", "b", "c", "d", "e", "f", "g", "h",
					     "i",	"j", "k", "l", "m", "n", "o", "p", "q" };
	const size_t n = sizeof(names) / sizeof(names[0]);
	struct fixture *f = *state;
	size_t i, j;

	for (i = 0; i < n; i++) {
		struct rule_chain *chain = add_chain(f, names[i], i == 0, VERDICT_ACCEPT);

		for (j = 0; i + 1 < n && j < 100; j++)
			add_rule(f, chain, VERDICT_JUMP, names[i + 1]);
		if (i + 1 == n)
			add_rule(f, chain, VERDICT_NONE, NULL);
	}
	assert_false(drops(f, &leaving));
	add_rule(f, list_item(&f->table.chains, &record_rule_chain, n - 1), VERDICT_DROP, NULL);
	assert_true(drops(f, &leaving));
}

static void test_unknown_condition_never_matches(void **state)
{
	struct fixture *f = *state;
	struct rule_chain *chain = add_chain(f, "FORWARD", true, VERDICT_ACCEPT);
	struct rule *rule = add_rule(f, chain, VERDICT_DROP, NULL);
	struct rule_condition *condition = add_condition(f, rule, SUBJECT_UNKNOWN, "", 0);

	assert_false(drops(f, &leaving));
	condition->is_negated = true;
	assert_false(drops(f, &leaving));
}

static void test_state_and_translation(void **state)
{
	struct fixture *f = *state;
	struct rule_chain *chain = add_chain(f, "FORWARD", true, VERDICT_DROP);
	struct packet packet = leaving;

	add_state(f, add_rule(f, chain, VERDICT_ACCEPT, NULL), SUBJECT_STATE,
		  RULE_STATE_ESTABLISHED | RULE_STATE_RELATED);
	assert_true(drops(f, &packet));
	packet.state = RULE_STATE_ESTABLISHED;
	assert_false(drops(f, &packet));
	packet.state = RULE_STATE_NEW;
	packet.status = RULE_STATUS_DNAT;
	assert_true(drops(f, &packet));
	/* iptables has one word for both. */
	add_state(f, add_rule(f, chain, VERDICT_ACCEPT, NULL), SUBJECT_TRACKED, RULE_TRACKED_DNAT);
	assert_false(drops(f, &packet));
	packet.status = 0;
	assert_true(drops(f, &packet));
	add_state(f, add_rule(f, chain, VERDICT_ACCEPT, NULL), SUBJECT_STATUS, RULE_STATUS_DNAT);
	assert_true(drops(f, &packet));
}

static void test_addresses_compare_under_their_mask(void **state)
{
	struct fixture *f = *state;
	struct rule_chain *chain = add_chain(f, "FORWARD", true, VERDICT_DROP);
	struct rule *rule = add_rule(f, chain, VERDICT_ACCEPT, NULL);
	struct rule_condition *condition =
		add_condition(f, rule, SUBJECT_SOURCE, "\x0a\x00\x00\x00", 4);
	struct packet packet = leaving;

	memcpy(condition->mask, "\xff\xff\xff\x00", 4);
	condition->is_masked = true;
	assert_true(drops(f, &packet)); /* of an unknown source */
	assert_true(addr_parse(&packet.source, "10.0.0.7"));
	assert_false(drops(f, &packet));
	assert_true(addr_parse(&packet.source, "10.0.1.7"));
	assert_true(drops(f, &packet));
	/* nft loads only the bytes that a short prefix needs. */
	condition->is_masked = false;
	condition->length = 2;
	assert_false(drops(f, &packet));
	condition->offset = 3; /* beyond the address */
	assert_true(drops(f, &packet));
}

static void test_set_and_verdict_map(void **state)
{
	struct fixture *f = *state;
	struct rule_chain *chain = add_chain(f, "FORWARD", true, VERDICT_ACCEPT);
	struct rule *rule = add_rule(f, chain, VERDICT_NONE, NULL);
	struct rule_condition map = { .subject = SUBJECT_STATE, .length = 4, .is_lookup = true };
	struct rule_element *element = list_append(&map.elements, &record_rule_element, f->arena);
	const uint32_t new = RULE_STATE_NEW;
	struct packet packet = leaving;

	memcpy(element->data, &new, sizeof(new));
	element->outcome.verdict = VERDICT_DROP;
	rule->map = &map;
	assert_true(drops(f, &packet));
	packet.state = RULE_STATE_ESTABLISHED;
	assert_false(drops(f, &packet));
	/* The same as a set that is looked up in. */
	rule->map = NULL;
	rule->outcome.verdict = VERDICT_DROP;
	*(struct rule_condition *)list_append(&rule->conditions, &record_rule_condition, f->arena) =
		map;
	assert_false(drops(f, &packet));
	packet.state = RULE_STATE_NEW;
	assert_true(drops(f, &packet));
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(test_policy_decides_at_the_end),
		WITH_FIXTURE(test_interface_name_matches_whole_or_by_its_beginning),
		WITH_FIXTURE(test_jump_returns_and_goto_does_not),
		WITH_FIXTURE(test_rejection_names_the_chain_it_stands_in),
		WITH_FIXTURE(test_loop_of_jumps_ends),
		WITH_FIXTURE(test_many_ways_to_one_chain_end),
		WITH_FIXTURE(test_unknown_condition_never_matches),
		WITH_FIXTURE(test_state_and_translation),
		WITH_FIXTURE(test_addresses_compare_under_their_mask),
		WITH_FIXTURE(test_set_and_verdict_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
