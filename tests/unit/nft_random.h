/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random tables that are valid: no two port maps overlap, families agree. By a seed, so that a failure repeats. */
#ifndef TESTS_UNIT_NFT_RANDOM_H
#define TESTS_UNIT_NFT_RANDOM_H

#include "model/nft_table.h"

#include <netinet/in.h>
#include <stdio.h>

static inline unsigned random_below(uint64_t *seed, unsigned n)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(*seed >> 33) % n;
}

static inline bool random_one_in(uint64_t *seed, unsigned n)
{
	return random_below(seed, n) == 0;
}

static inline struct addr random_network(uint64_t *seed, uint8_t family)
{
	unsigned n = random_below(seed, 200), kind = random_below(seed, 3);
	char text[ADDR_TEXT_MAX];
	struct addr addr;

	if (kind == 0)
		snprintf(text, sizeof(text), "%s", family == AF_INET ? "0.0.0.0/0" : "::/0");
	else if (family == AF_INET)
		snprintf(text, sizeof(text), "10.%u.0.%u/%u", kind == 1 ? n : 9, kind == 1 ? 0 : n,
			 kind == 1 ? 16U : 32U);
	else
		snprintf(text, sizeof(text), "fd00:%x::%x/%u", kind == 1 ? n : 9, kind == 1 ? 0 : n,
			 kind == 1 ? 32U : 128U);
	if (!addr_parse_prefix(&addr, text))
		addr = (struct addr){ 0 };
	return addr;
}

static inline const char *random_name(uint64_t *seed)
{
	static const char *const names[] = {
		"eth0", "virbr0", "accept", "ct",    "snat",	"a.b-c", "comment",	   "saddr",
		"to",	"drop",	  "e@:1",   "dport", "oifname", "0",	 "abcdefghijklmno"
	};

	return names[random_below(seed, sizeof(names) / sizeof(names[0]))];
}

static inline const char *random_optional_name(uint64_t *seed)
{
	return random_one_in(seed, 2) ? random_name(seed) : NULL;
}

/* Target text: an address, or a range of them; then ports, if any. */
static inline const char *random_target(uint64_t *seed, uint8_t family, bool spread,
					const char *ports, struct arena *arena)
{
	const char *network = family == AF_INET ? "10.0.0." : "fd00::";
	char first[ADDR_TEXT_MAX], last[ADDR_TEXT_MAX] = "";
	unsigned low = 1 + random_below(seed, 9);

	snprintf(first, sizeof(first), "%s%u", network, low);
	if (spread)
		snprintf(last, sizeof(last), "-%s%u", network, low + 10);
	if (!ports)
		return arena_printf(arena, "%s%s", first, last);
	if (family == AF_INET)
		return arena_printf(arena, "%s%s:%s", first, last, ports);
	return arena_printf(arena, "[%s%s]:%s", first, last, ports);
}

static inline void random_ports(uint64_t *seed, struct dnat *dnat, uint8_t family, unsigned port,
				struct arena *arena)
{
	unsigned length = random_one_in(seed, 3) ? 1 + random_below(seed, 5) : 0;
	bool spread = random_one_in(seed, 8);
	unsigned to = 1000 + random_below(seed, 1000);
	const char *target = NULL;

	dnat->port = length ? arena_printf(arena, "%u-%u", port, port + length)
			    : arena_printf(arena, "%u", port);
	switch (random_below(seed, 4)) {
	case 0:
		break;
	case 1:
		target = dnat->port;
		break;
	case 2:
		target = arena_printf(arena, "%u", to);
		break;
	default:
		if (!spread)
			target = length ? arena_printf(arena, "%u-%u", to, to + length)
					: arena_printf(arena, "%u", to);
	}
	dnat->to = random_target(seed, family, spread, target, arena);
}

static inline void random_dnat(uint64_t *seed, struct list *list, unsigned port,
			       struct arena *arena)
{
	struct dnat *dnat = list_append(list, &record_dnat, arena);
	uint8_t family = random_one_in(seed, 2) ? AF_INET : AF_INET6;
	unsigned sources = random_one_in(seed, 4) ? 1 + random_below(seed, 3) : 0;

	random_ports(seed, dnat, family, port, arena);
	dnat->protocol = (uint8_t)(NAT_TCP + random_below(seed, 3));
	dnat->hairpin = random_one_in(seed, 2);
	dnat->loopback = random_one_in(seed, 3);
	if (random_one_in(seed, 3))
		addr_parse(&dnat->listen, family == AF_INET ? "192.0.2.1" : "2001:db8::1");
	else if (random_one_in(seed, 6))
		addr_parse(&dnat->listen, family == AF_INET ? "0.0.0.0" : "::");
	if (random_one_in(seed, 4))
		dnat->in = random_name(seed);
	while (sources--) {
		struct prefix_item *item = list_append(&dnat->source, &record_prefix_item, arena);

		item->prefix = random_network(seed, family);
	}
}

static inline void random_policy(uint64_t *seed, struct list *list, struct arena *arena)
{
	static const char *const states[] = { "new", "established", "related", "invalid", "dnat" };
	struct policy *policy = list_append(list, &record_policy, arena);
	unsigned i, n = random_below(seed, 4);

	policy->in = random_optional_name(seed);
	policy->out = random_optional_name(seed);
	policy->action = (uint8_t)(POLICY_ACCEPT + random_below(seed, 3));
	for (i = 0; i < n; i++) {
		struct string_item *item = list_append(&policy->state, &record_string_item, arena);

		item->text = states[random_below(seed, 5)];
	}
}

static inline void random_snat(uint64_t *seed, struct nft_table *table, struct arena *arena)
{
	struct masquerade *masquerade = list_append(&table->masquerade, &record_masquerade, arena);
	struct snat *snat = list_append(&table->snat, &record_snat, arena);
	uint8_t family = random_one_in(seed, 2) ? AF_INET : AF_INET6;

	if (random_one_in(seed, 2))
		masquerade->source = random_network(seed, family);
	masquerade->out = random_optional_name(seed);
	masquerade->out_not = random_optional_name(seed);
	if (random_one_in(seed, 2))
		snat->source = random_network(seed, family);
	snat->out = random_optional_name(seed);
	snat->out_not = random_optional_name(seed);
	snat->to = random_target(seed, family, random_one_in(seed, 2),
				 random_one_in(seed, 2) ? NULL : "1024-2047", arena);
}

static inline void random_table(uint64_t *seed, struct nft_table *table, struct arena *arena)
{
	unsigned i, n;

	*table = (struct nft_table){ .protocol = (uint8_t)random_below(seed, 3) };
	for (i = 0, n = random_below(seed, 8); i < n; i++)
		random_dnat(seed, &table->dnat, 100 + 10 * i, arena);
	for (i = 0, n = random_below(seed, 4); i < n; i++)
		random_policy(seed, &table->policy, arena);
	for (i = 0, n = random_below(seed, 3); i < n; i++)
		random_snat(seed, table, arena);
	for (i = 0, n = random_below(seed, 3); i < n; i++) {
		struct string_item *item =
			list_append(&table->mss_clamp, &record_ifname_item, arena);

		item->text = random_name(seed);
	}
}

#endif
