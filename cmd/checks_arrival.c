/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a connection comes out: a check says which place it must reach, and a port map on that place's host may
 * have changed the port on the way.
 */
#include "cmd/checks.h"

#include "model/address.h"
#include "model/classes.h"
#include "model/nft_table.h"

#include <string.h>

static bool place_has_address(const struct model *want, const char *place, const struct addr *addr)
{
	const struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, want, i) {
		const struct address *address = object->data;

		if (object->class == &class_address && !strcmp(object->place, place) &&
		    addr_same_host(&address->address, addr))
			return true;
	}
	return false;
}

/* The underlay is made elsewhere, so it is not in the wanted model. */
static bool is_own_address(const struct topology_check *check, const struct topology *at)
{
	const struct addr_item *items;

	if (place_has_address(at->want, check->at_place, &check->address))
		return true;
	for (size_t i = 0; i < at->n_hosts && !*check->at_place; i++) {
		items = at->hosts[i].addresses.items;
		for (size_t j = 0; j < at->hosts[i].addresses.n; j++)
			if (text_equal(at->hosts[i].name, check->at_host) &&
			    addr_same_host(&items[j].addr, &check->address))
				return true;
	}
	return false;
}

static bool has_protocol(uint8_t protocol, enum check_kind kind)
{
	return protocol == NAT_TCP_UDP || protocol == (kind == CHECK_UDP ? NAT_UDP : NAT_TCP);
}

/* The port it leads to; 0: it is about something else. */
static uint16_t mapped_port(const struct dnat *dnat, const struct topology_check *check,
			    const struct topology *at)
{
	struct port_range from, to;
	struct addr first, last;

	if (!has_protocol(dnat->protocol, check->kind) || !dnat->port || !dnat->to)
		return 0;
	if (!port_range_parse(&from, dnat->port) || check->port < from.first ||
	    check->port > from.last || !nat_target_parse(&first, &last, &to, dnat->to))
		return 0;
	if (addr_is_set(&dnat->listen) && !addr_same_host(&dnat->listen, &check->address))
		return 0;
	if (!place_has_address(at->want, check->at_place, &first))
		return 0;
	if (!to.first)
		return check->port;
	if (to.last - to.first != from.last - from.first)
		return to.first;
	return (uint16_t)(to.first + (check->port - from.first));
}

uint16_t check_arrival_port(const struct topology_check *check, const struct topology *at)
{
	const bool is_own = is_own_address(check, at);
	const struct object *object;
	uint16_t port;
	size_t i;

	MODEL_FOR_EACH (object, at->want, i) {
		const struct nft_table *table = object->data;
		const struct dnat *dnat;

		if (object->class != &class_nft_table)
			continue;
		/* What is sent to the place itself passes no other's port maps. */
		if (is_own && strcmp(object->place, check->at_place) != 0)
			continue;
		dnat = table->dnat.items;
		for (size_t j = 0; j < table->dnat.n; j++) {
			port = mapped_port(&dnat[j], check, at);
			if (port)
				return port;
		}
	}
	return check->port;
}
