/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chains first; rules and sets only of tables that have one hooked into forwarding. A table that goes while it is read
 * has no rules. Those of iptables-legacy are elsewhere in the kernel, and read by backends/xtables.
 */
#include "backends/ruleset.h"

#include "backends/nft/query.h"
#include "backends/nft/rule.h"
#include "model/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

/* A table while it is read. */
struct reading {
	struct nl_sock *socket;
	struct arena *arena;
	struct rule_table *table;
	uint8_t family;
};

static const char *family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_INET:
		return "inet";
	}
	return NULL; /* none that forwarded packets run through */
}

/* ---- sets ---- */

/* All of a table's, or all elements of a set. */
static int dump_of(const struct reading *reading, uint16_t type, uint16_t attr, const char *set,
		   struct answer *ret, struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = query_new(type, reading->family);

	nla_put_string(message, attr, reading->table->name);
	if (set)
		nla_put_string(message, NFTA_SET_ELEM_LIST_SET, set);
	return query_dump(reading->socket, message, ret, err);
}

/* Whether its elements are single values, which can be compared. */
static bool is_plain_set(const struct reading *reading, const char *name)
{
	const uint32_t others = NFT_SET_INTERVAL | NFT_SET_CONCAT | NFT_SET_TIMEOUT | NFT_SET_EVAL;
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *set[NFTA_SET_MAX + 1];
	const struct nlmsghdr *message;
	struct error ignored;

	if (dump_of(reading, NFT_MSG_GETSET, NFTA_SET_TABLE, NULL, &answer, &ignored) < 0)
		return false;
	ANSWER_FOR_EACH(message, &answer)
	{
		if (message_parse(message, sizeof(struct nfgenmsg), set, NFTA_SET_MAX) &&
		    text_equal(attr_text(set[NFTA_SET_NAME]), name))
			return !(ntohl(attr_u32(set[NFTA_SET_FLAGS])) & others);
	}
	return false;
}

static void add_element(struct list *ret, const struct nlattr *nest, struct arena *arena)
{
	const struct nlattr *table[NFTA_SET_ELEM_MAX + 1], *key[NFTA_DATA_MAX + 1];
	struct rule_element *element;

	attr_parse_nested(nest, table, NFTA_SET_ELEM_MAX);
	attr_parse_nested(table[NFTA_SET_ELEM_KEY], key, NFTA_DATA_MAX);
	if (!key[NFTA_DATA_VALUE] || nla_len(key[NFTA_DATA_VALUE]) > RULE_DATA_MAX)
		return;
	element = list_append(ret, &record_rule_element, arena);
	memcpy(element->data, nla_data(key[NFTA_DATA_VALUE]),
	       (size_t)nla_len(key[NFTA_DATA_VALUE]));
	element->outcome = rule_read_verdict(table[NFTA_SET_ELEM_DATA], arena);
}

static bool read_elements(void *data, const char *set, struct list *ret)
{
	const struct reading *reading = data;
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *table[NFTA_SET_ELEM_LIST_MAX + 1], *attr;
	const struct nlmsghdr *message;
	struct error ignored;
	int left;

	if (!is_plain_set(reading, set) ||
	    dump_of(reading, NFT_MSG_GETSETELEM, NFTA_SET_ELEM_LIST_TABLE, set, &answer, &ignored) <
		    0)
		return false;
	ANSWER_FOR_EACH(message, &answer)
	{
		if (!message_parse(message, sizeof(struct nfgenmsg), table,
				   NFTA_SET_ELEM_LIST_MAX) ||
		    !table[NFTA_SET_ELEM_LIST_ELEMENTS])
			continue;
		attr = nla_data(table[NFTA_SET_ELEM_LIST_ELEMENTS]);
		left = nla_len(table[NFTA_SET_ELEM_LIST_ELEMENTS]);
		for (; nla_ok(attr, left); attr = nla_next(attr, &left))
			add_element(ret, attr, reading->arena);
	}
	return true;
}

/* ---- rules ---- */

static int read_rules(struct reading *reading, struct error *err)
{
	const struct rule_reader reader = { .arena = reading->arena,
					    .family = reading->table->family,
					    .elements = read_elements,
					    .data = reading };
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *table[NFTA_RULE_MAX + 1];
	const struct nlmsghdr *message;
	int r = dump_of(reading, NFT_MSG_GETRULE, NFTA_RULE_TABLE, NULL, &answer, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	ANSWER_FOR_EACH(message, &answer)
	{
		struct list *chains = &reading->table->chains;
		const char *name;
		size_t i;

		if (!message_parse(message, sizeof(struct nfgenmsg), table, NFTA_RULE_MAX) ||
		    !attr_text(table[NFTA_RULE_CHAIN]))
			continue;
		name = attr_text(table[NFTA_RULE_CHAIN]);
		for (i = 0; i < chains->n; i++) {
			struct rule_chain *chain = list_item(chains, &record_rule_chain, i);

			if (!strcmp(chain->name, name))
				rule_read(list_append(&chain->rules, &record_rule, reading->arena),
					  table[NFTA_RULE_EXPRESSIONS], &reader);
		}
	}
	return 0;
}

/* ---- chains ---- */

/* Of translation there is no drop by policy, and what is hooked elsewhere does not forward. */
static void read_hook(struct rule_chain *chain, const struct nlattr *const *table)
{
	const struct nlattr *hook[NFTA_HOOK_MAX + 1];

	attr_parse_nested(table[NFTA_CHAIN_HOOK], hook, NFTA_HOOK_MAX);
	if (!hook[NFTA_HOOK_HOOKNUM] || ntohl(attr_u32(hook[NFTA_HOOK_HOOKNUM])) != NF_INET_FORWARD)
		return;
	chain->is_base = true;
	chain->priority = (int)ntohl(attr_u32(hook[NFTA_HOOK_PRIORITY]));
	chain->policy =
		table[NFTA_CHAIN_POLICY] && ntohl(attr_u32(table[NFTA_CHAIN_POLICY])) == NF_DROP
			? VERDICT_DROP
			: VERDICT_ACCEPT;
}

static struct rule_table *table_of(struct list *tables, const char *family, const char *name,
				   struct arena *arena)
{
	struct rule_table *table;
	size_t i;

	for (i = 0; i < tables->n; i++) {
		table = list_item(tables, &record_rule_table, i);
		if (!strcmp(table->name, name) && !strcmp(table->family, family))
			return table;
	}
	table = list_append(tables, &record_rule_table, arena);
	table->family = family;
	table->name = arena_strdup(arena, name);
	return table;
}

static int read_chains(struct nl_sock *socket, struct list *tables, struct arena *arena,
		       struct error *err)
{
	AUTO_MESSAGE struct nl_msg *question = query_new(NFT_MSG_GETCHAIN, NFPROTO_UNSPEC);
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *table[NFTA_CHAIN_MAX + 1];
	const struct nlmsghdr *message;
	int r = query_dump(socket, question, &answer, err);

	if (r < 0)
		return r;
	ANSWER_FOR_EACH(message, &answer)
	{
		const struct nfgenmsg *header = message_header(message);
		struct rule_chain *chain;
		const char *family;

		if (!message_parse(message, sizeof(*header), table, NFTA_CHAIN_MAX) ||
		    !attr_text(table[NFTA_CHAIN_TABLE]) || !attr_text(table[NFTA_CHAIN_NAME]) ||
		    text_starts_with(attr_text(table[NFTA_CHAIN_TABLE]), "vnet_"))
			continue;
		family = family_name(header->nfgen_family);
		if (!family)
			continue;
		chain = list_append(
			&table_of(tables, family, attr_text(table[NFTA_CHAIN_TABLE]), arena)
				 ->chains,
			&record_rule_chain, arena);
		chain->name = arena_strdup(arena, attr_text(table[NFTA_CHAIN_NAME]));
		read_hook(chain, table);
	}
	return 0;
}

static bool forwards(const struct rule_table *table)
{
	size_t i;

	for (i = 0; i < table->chains.n; i++)
		if (((struct rule_chain *)list_item(&table->chains, &record_rule_chain, i))
			    ->is_base)
			return true;
	return false;
}

static uint8_t family_number(const char *name)
{
	return !strcmp(name, "ip")    ? NFPROTO_IPV4
	       : !strcmp(name, "ip6") ? NFPROTO_IPV6
				      : NFPROTO_INET;
}

int ruleset_read(struct list *ret, struct arena *arena, struct error *err)
{
	struct nl_sock *socket = NULL;
	struct list tables = { 0 };
	size_t i;
	int r = query_open(&socket, err);

	if (r == 0)
		r = read_chains(socket, &tables, arena, err);
	for (i = 0; r == 0 && i < tables.n; i++) {
		struct rule_table *table = list_item(&tables, &record_rule_table, i);
		struct reading reading = { socket, arena, table, family_number(table->family) };

		if (!forwards(table))
			continue;
		r = read_rules(&reading, err);
		*(struct rule_table *)list_append(ret, &record_rule_table, arena) = *table;
	}
	request_close(socket);
	return r == -EOPNOTSUPP ? 0 : r;
}
