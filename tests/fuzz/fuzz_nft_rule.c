/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes as the expressions of a rule of others, and packets walked through what comes of them. */
#include "backends/nft/rule.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HEADER sizeof(struct nlattr)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool one_element(void *data, const char *set, struct list *ret)
{
	struct rule_element *element = list_append(ret, &record_rule_element, data);

	memcpy(element->data, "br0", 4);
	element->outcome = (struct rule_outcome){ VERDICT_JUMP, set };
	return true;
}

static void walk(struct rule_table *table)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct packet_end end;
	size_t i;

	for (i = 0; i < sizeof(families); i++) {
		struct packet packet = { .in = "br0",
					 .out = "an-interface-with-a-long-name",
					 .family = families[i],
					 .state = RULE_STATE_NEW,
					 .source = { .family = families[i],
						     .length = addr_bits(families[i]) } };

		if (rule_table_drops(table, &packet, &end) && !end.base)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const families[] = { "ip", "ip6", "inet" };
	struct arena *arena = arena_new();
	struct rule_table table = { .name = "filter" };
	struct rule_reader reader = { .arena = arena, .elements = one_element, .data = arena };
	struct nlattr *attr;
	size_t i;

	if (size > UINT16_MAX - HEADER)
		size = UINT16_MAX - HEADER;
	attr = malloc(HEADER + size);
	if (!attr)
		abort();
	attr->nla_type = 0;
	attr->nla_len = (uint16_t)(HEADER + size);
	if (size)
		memcpy((char *)attr + HEADER, data, size);
	for (i = 0; i < 3; i++) {
		struct rule_chain *chain;

		table.family = reader.family = families[i];
		table.chains = (struct list){ 0 };
		chain = list_append(&table.chains, &record_rule_chain, arena);
		*chain = (struct rule_chain){ .name = "FORWARD",
					      .is_base = true,
					      .policy = VERDICT_DROP };
		rule_read(list_append(&chain->rules, &record_rule, arena), attr, &reader);
		walk(&table);
	}
	free(attr);
	arena_free(arena);
	return 0;
}
