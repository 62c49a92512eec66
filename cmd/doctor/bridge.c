/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * br_netfilter runs frames that a bridge only switches through the rules for packets that a host forwards. The kernel asks
 * the switch of the namespace or that of the bridge, so nothing at a bridge of ours can undo the former.
 */
#include "cmd/doctor/find.h"

#include "model/text.h"

#include <string.h>
#include <sys/socket.h>

/* Between two ports: in and out are the bridge itself, as br_nf_forward_ip() of the kernel has it. */
static struct packet switched(const struct object *bridge, uint8_t family)
{
	return (struct packet){
		.in = bridge->name, .out = bridge->name, .family = family, .state = RULE_STATE_NEW
	};
}

/* A chain of others that frames of the family run through; NULL: none. */
static const char *any_chain(struct arena *arena, const struct near_place *place, uint8_t family)
{
	size_t i, j;

	for (i = 0; i < place->tables.n; i++) {
		const struct rule_table *table = list_item(&place->tables, &record_rule_table, i);

		for (j = 0; rule_table_sees(table, family) && j < table->chains.n; j++) {
			const struct rule_chain *chain =
				list_item(&table->chains, &record_rule_chain, j);

			if (chain->is_base)
				return chain_words(arena, table, chain);
		}
	}
	return NULL;
}

/* In a plan it is told where frames are lost; doctor tells of it wherever somebody's rules might do that one day. */
static void look_at_bridge(const struct finding_row *row, const struct outlook *outlook,
			   const struct object *bridge, const struct near_place *place,
			   uint8_t family, struct findings *ret)
{
	const char *key = family == AF_INET ? "net/bridge/bridge-nf-call-iptables"
					    : "net/bridge/bridge-nf-call-ip6tables";
	const struct packet packet = switched(bridge, family);
	const char *where = where_words(ret->arena, bridge->place);
	const char *fix = sysctl_key(ret->arena, bridge->place, key, "0");
	const char *chain = any_chain(ret->arena, place, family);
	struct packet_end end;

	if (ruleset_drops(&place->tables, &packet, &end))
		finding_add(ret, row, bridge, fix,
			    "%s%s is 1: frames between the ports of %s run through %s, which drops "
			    "them",
			    strrchr(key, '/') + 1, where, bridge->name,
			    chain_words(ret->arena, end.table, end.base));
	else if (chain && outlook->use == FINDING_DOCTOR_ONLY)
		finding_add(ret, row, bridge, fix,
			    "%s%s is 1: frames between the ports of %s run through %s, which lets "
			    "them pass for now",
			    strrchr(key, '/') + 1, where, bridge->name, chain);
}

LOOK(look_bridge_netfilter)
{
	const struct object *link;
	size_t i;

	OURS_FOR_EACH(link, outlook->want, &class_link, i)
	{
		const struct near_place *place = surroundings_place(&outlook->near, link->place);

		if (!is_bridge(link) || !place)
			continue;
		if (place->bridge_ip)
			look_at_bridge(row, outlook, link, place, AF_INET, ret);
		if (place->bridge_ip6)
			look_at_bridge(row, outlook, link, place, AF_INET6, ret);
	}
}
