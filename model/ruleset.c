/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet's walk through chains. One that came to its end does so again, whoever jumps there: each is walked once, and so
 * neither a loop of jumps (which the kernel never loads) nor chains that jump to one another by the dozen take long.
 */
#include "model/ruleset.h"

#include "model/arena.h"
#include "model/cleanup.h"
#include "model/text.h"

#include <linux/netfilter.h>
#include <string.h>
#include <sys/socket.h>

#define DEPTH_MAX 256 /* nftables has 16, the older tables as many as they have chains */

const struct record record_rule_element = { .name = "element",
					    .size = sizeof(struct rule_element) };
const struct record record_rule_condition = { .name = "condition",
					      .size = sizeof(struct rule_condition) };
const struct record record_rule = { .name = "rule", .size = sizeof(struct rule) };
const struct record record_rule_chain = { .name = "chain", .size = sizeof(struct rule_chain) };
const struct record record_rule_table = { .name = "table", .size = sizeof(struct rule_table) };

/* ---- conditions ---- */

static bool take_number(uint8_t ret[RULE_DATA_MAX], uint32_t number)
{
	memcpy(ret, &number, sizeof(number));
	return number != 0;
}

static bool take_address(uint8_t ret[RULE_DATA_MAX], const struct addr *addr,
			 const struct rule_condition *condition)
{
	if (!addr_is_set(addr) || condition->offset + condition->length > addr_bytes(addr->family))
		return false;
	memcpy(ret, addr->bytes + condition->offset, condition->length);
	return true;
}

/* What the packet has where the condition looks. False: that is not known. */
static bool take_value(uint8_t ret[RULE_DATA_MAX], const struct rule_condition *condition,
		       const struct packet *packet)
{
	const char *name;
	size_t length;

	memset(ret, 0, RULE_DATA_MAX);
	switch (condition->subject) {
	case SUBJECT_UNKNOWN:
		return false;
	case SUBJECT_IN:
	case SUBJECT_OUT:
		name = condition->subject == SUBJECT_IN ? packet->in : packet->out;
		length = strlen(name);
		memcpy(ret, name, length < RULE_DATA_MAX ? length : RULE_DATA_MAX - 1);
		return true;
	case SUBJECT_IN_INDEX:
		return take_number(ret, packet->in_index);
	case SUBJECT_OUT_INDEX:
		return take_number(ret, packet->out_index);
	case SUBJECT_FAMILY:
		ret[0] = packet->family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
		return true;
	case SUBJECT_SOURCE:
		return take_address(ret, &packet->source, condition);
	case SUBJECT_DESTINATION:
		return take_address(ret, &packet->destination, condition);
	case SUBJECT_STATE:
		return take_number(ret, packet->state);
	case SUBJECT_STATUS:
		(void)take_number(ret, packet->status);
		return true;
	case SUBJECT_TRACKED:
		return take_number(
			ret, packet->state |
				     (packet->status & RULE_STATUS_DNAT ? RULE_TRACKED_DNAT : 0));
	}
	return false;
}

static const struct rule_element *find_element(const struct rule_condition *condition,
					       const uint8_t value[RULE_DATA_MAX])
{
	size_t i;

	for (i = 0; i < condition->elements.n; i++) {
		const struct rule_element *element =
			list_item(&condition->elements, &record_rule_element, i);

		if (memcmp(element->data, value, condition->length) == 0)
			return element;
	}
	return NULL;
}

/* The packet's value under the condition's mask. False: not known. */
static bool masked_value(uint8_t ret[RULE_DATA_MAX], const struct rule_condition *condition,
			 const struct packet *packet)
{
	size_t i;

	if (condition->length > RULE_DATA_MAX || !take_value(ret, condition, packet))
		return false;
	for (i = 0; condition->is_masked && i < RULE_DATA_MAX; i++)
		ret[i] &= condition->mask[i];
	return true;
}

static bool holds(const struct rule_condition *condition, const struct packet *packet)
{
	uint8_t value[RULE_DATA_MAX];
	bool equal;

	if (!masked_value(value, condition, packet))
		return false;
	equal = condition->is_lookup ? find_element(condition, value) != NULL
				     : memcmp(value, condition->data, condition->length) == 0;
	return equal != condition->is_negated;
}

static bool matches(const struct rule *rule, const struct packet *packet)
{
	size_t i;

	for (i = 0; i < rule->conditions.n; i++)
		if (!holds(list_item(&rule->conditions, &record_rule_condition, i), packet))
			return false;
	return true;
}

/* ---- the walk ---- */

static struct rule_outcome outcome_of(const struct rule *rule, const struct packet *packet)
{
	const struct rule_element *element;
	uint8_t value[RULE_DATA_MAX];

	if (!matches(rule, packet))
		return (struct rule_outcome){ VERDICT_NONE, NULL };
	if (!rule->map)
		return rule->outcome;
	element = masked_value(value, rule->map, packet) ? find_element(rule->map, value) : NULL;
	return element ? element->outcome : (struct rule_outcome){ VERDICT_NONE, NULL };
}

const struct rule_chain *rule_table_chain(const struct rule_table *table, const char *name)
{
	size_t i;

	for (i = 0; i < table->chains.n; i++) {
		const struct rule_chain *chain = list_item(&table->chains, &record_rule_chain, i);

		if (text_equal(chain->name, name))
			return chain;
	}
	return NULL;
}

struct walk {
	const struct rule_table *table;
	const struct packet *packet;
	bool *is_walked; /* by the table's chains */
	struct packet_end *end;
};

static bool is_first_time(const struct walk *walk, const struct rule_chain *chain)
{
	const struct rule_chain *first = walk->table->chains.items;
	bool *is_walked = &walk->is_walked[chain - first];
	bool was_walked = *is_walked;

	*is_walked = true;
	return !was_walked;
}

/* ACCEPT, DROP, REJECT, or NONE where the chain comes to its end. Of a chain gone to, the end is the end of all. */
static enum rule_verdict walk_chain(const struct walk *walk, const struct rule_chain *chain,
				    unsigned depth)
{
	size_t i;

	if (!chain || depth >= DEPTH_MAX || !is_first_time(walk, chain))
		return VERDICT_NONE;
	for (i = 0; i < chain->rules.n; i++) {
		const struct rule *rule = list_item(&chain->rules, &record_rule, i);
		const struct rule_outcome outcome = outcome_of(rule, walk->packet);
		enum rule_verdict verdict;

		switch (outcome.verdict) {
		case VERDICT_NONE:
			continue;
		case VERDICT_RETURN:
			return VERDICT_NONE;
		case VERDICT_ACCEPT:
		case VERDICT_DROP:
		case VERDICT_REJECT:
			walk->end->chain = chain;
			return outcome.verdict;
		case VERDICT_JUMP:
		case VERDICT_GOTO:
			verdict = walk_chain(walk, rule_table_chain(walk->table, outcome.chain),
					     depth + 1);
			if (verdict != VERDICT_NONE || outcome.verdict == VERDICT_GOTO)
				return verdict;
			continue;
		}
	}
	return VERDICT_NONE;
}

bool rule_table_sees(const struct rule_table *table, uint8_t family)
{
	return !strcmp(table->family, "inet") ||
	       !strcmp(table->family, family == AF_INET6 ? "ip6" : "ip");
}

bool rule_table_drops(const struct rule_table *table, const struct packet *packet,
		      struct packet_end *ret)
{
	size_t i;

	for (i = 0; rule_table_sees(table, packet->family) && i < table->chains.n; i++) {
		const struct rule_chain *chain = list_item(&table->chains, &record_rule_chain, i);
		struct packet_end end = { .table = table, .base = chain, .chain = chain };
		struct walk walk = { .table = table, .packet = packet, .end = &end };
		AUTO_FREE bool *is_walked = NULL;
		enum rule_verdict verdict;

		if (!chain->is_base)
			continue;
		is_walked = arena_check(calloc(table->chains.n, sizeof(*is_walked)));
		walk.is_walked = is_walked;
		verdict = walk_chain(&walk, chain, 0);
		end.is_policy = verdict == VERDICT_NONE;
		if (end.is_policy)
			verdict = chain->policy;
		end.is_reject = verdict == VERDICT_REJECT;
		if (verdict != VERDICT_DROP && verdict != VERDICT_REJECT)
			continue;
		*ret = end;
		return true;
	}
	return false;
}

bool ruleset_drops(const struct list *tables, const struct packet *packet, struct packet_end *ret)
{
	size_t i;

	for (i = 0; i < tables->n; i++)
		if (rule_table_drops(list_item(tables, &record_rule_table, i), packet, ret))
			return true;
	return false;
}
