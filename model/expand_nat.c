/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nat and ports: the rules the file writes itself, and port maps into namespaces. */
#include "model/expand.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* ---- nat as written ---- */

/* The port of a bridge behind which a place has the address; NULL: none of ours. */
static struct object *port_towards(struct expansion *x, const struct expand_place *place,
				   const struct addr *addr)
{
	size_t i;

	for (i = 0; i < place->addresses.n; i++) {
		const struct expand_address *address =
			list_item(&place->addresses, &record_expand_address, i);
		struct object *port;

		if (!addr_same_host(&address->address, addr))
			continue;
		port = model_find_ref(x->want, address->link, &object_link(address->link)->peer);
		if (port && ref_is_set(&object_link(port)->master))
			return port;
	}
	return NULL;
}

/*
 * Where bridge netfilter is on, what a member sends to itself through the port map comes back by the port
 * it came in by: only a hairpin port lets it through. `place` has the address most likely.
 */
static void set_hairpin(struct expansion *x, const struct expand_place *place,
			const struct addr *target)
{
	struct object *port = port_towards(x, place, target);
	size_t i;

	for (i = 1; !port && i < x->n_places; i++)
		port = port_towards(x, &x->places[i], target);
	if (port)
		object_link(port)->port.hairpin = true;
}

/* 127.0.0.0/8 is never routed but where the bridge towards the target says so. */
static void allow_loopback(struct expansion *x, const struct expand_place *place,
			   const struct addr *target, const struct position *position)
{
	const struct expand_address *covering = expand_covering(place, target);

	if (target->family != AF_INET || !covering)
		return;
	expand_sysctl(x, place->name,
		      strchr(covering->link->name, '.')
			      ? arena_printf(x->arena, "net/ipv4/conf/%s/route_localnet",
					     covering->link->name)
			      : arena_printf(x->arena, "net.ipv4.conf.%s.route_localnet",
					     covering->link->name),
		      "1", position, true);
}

static void add_dnats(struct expansion *x, struct expand_place *place, const struct list *dnats)
{
	struct port_range ports;
	struct addr first, last;
	size_t i;

	for (i = 0; i < dnats->n; i++) {
		const struct dnat *dnat = list_item(dnats, &record_dnat, i);

		*(struct dnat *)list_append(&expand_table(x, place)->dnat, &record_dnat, x->arena) =
			*dnat;
		if (!dnat->to || !nat_target_parse(&first, &last, &ports, dnat->to))
			continue;
		if (dnat->hairpin)
			set_hairpin(x, place, &first);
		if (dnat->loopback)
			allow_loopback(x, place, &first, &dnat->item.position);
	}
}

void expand_nat(struct expansion *x, struct expand_place *place)
{
	const struct place_syntax *syntax = place->syntax;

	if (syntax->nat.masquerade.n)
		expand_table(x, place)->masquerade = syntax->nat.masquerade;
	if (syntax->nat.snat.n)
		expand_table(x, place)->snat = syntax->nat.snat;
	if (syntax->policy.n)
		expand_table(x, place)->policy = syntax->policy;
	if (syntax->mss_clamp.n)
		expand_table(x, place)->mss_clamp = syntax->mss_clamp;
	add_dnats(x, place, &syntax->nat.dnat);
}

/* ---- ports of namespaces ---- */

static bool lets_in(const struct expand_bridge *bridge)
{
	uint8_t mode = bridge ? bridge->syntax->forward.mode : FORWARD_UNSET;

	return mode == FORWARD_NAT || mode == FORWARD_ROUTE || mode == FORWARD_OPEN;
}

/* The namespace's first address of a family on a bridge that forwards. */
static const struct addr *find_target(struct expansion *x, const struct expand_place *place,
				      uint8_t family)
{
	const struct list *attaches = &place->namespace->attach;
	size_t i, j;

	for (i = 0; i < attaches->n; i++) {
		const struct attach_syntax *attach = list_item(attaches, &record_attach, i);

		if (!lets_in(expand_find_bridge(&x->places[0], attach->item.name)))
			continue;
		for (j = 0; j < attach->addresses.n; j++) {
			const struct address_syntax *address =
				list_item(&attach->addresses, &record_address, j);

			if (address->address.family == family &&
			    !addr_is_link_local(&address->address))
				return &address->address;
		}
	}
	return NULL;
}

static bool is_let_in(const struct expansion *x, const struct expand_place *place)
{
	const struct list *attaches = &place->namespace->attach;
	size_t i;

	for (i = 0; i < attaches->n; i++) {
		const struct attach_syntax *attach = list_item(attaches, &record_attach, i);

		if (lets_in(expand_find_bridge(&x->places[0], attach->item.name)))
			return true;
	}
	return false;
}

static void add_port_map(struct expansion *x, const struct expand_place *place,
			 const struct port_syntax *port, const struct addr *target,
			 struct list sources)
{
	const char *ports = port->target ? port->target : port->port;
	struct dnat *dnat =
		list_append(&expand_table(x, &x->places[0])->dnat, &record_dnat, x->arena);
	char text[ADDR_TEXT_MAX];

	dnat->item.position = port->item.position;
	if (!addr_is_unspecified(&port->listen)) /* 0.0.0.0: any, but of that family */
		dnat->listen = port->listen;
	dnat->protocol = port->protocol;
	dnat->port = port->port;
	dnat->to = arena_printf(x->arena, target->family == AF_INET6 ? "[%s]:%s" : "%s:%s",
				addr_format(target, text), ports);
	dnat->source = sources;
	dnat->hairpin = port->hairpin;
	dnat->loopback = target->family == AF_INET &&
			 (port->loopback || (port->listen.family == AF_INET &&
					     port->listen.bytes[0] == IN_LOOPBACKNET));
	if (dnat->hairpin)
		set_hairpin(x, place, target);
	if (dnat->loopback)
		allow_loopback(x, &x->places[0], target, &port->item.position);
}

/* Sources of another family can never come to this target. False: there were only such. */
static bool sources_of(struct expansion *x, const struct port_syntax *port, uint8_t family,
		       struct list *ret)
{
	size_t i;

	for (i = 0; i < port->source.n; i++) {
		const struct prefix_item *source = list_item(&port->source, &record_prefix_item, i);

		if (source->prefix.family == family)
			*(struct prefix_item *)list_append(ret, &record_prefix_item, x->arena) =
				*source;
	}
	return ret->n || !port->source.n;
}

static void expand_port(struct expansion *x, const struct expand_place *place,
			const struct port_syntax *port)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	bool found = false;
	size_t i;

	if (!port->port) /* reported */
		return;
	for (i = 0; i < 2; i++) {
		const struct addr *target =
			addr_is_set(&port->to) ? &port->to : find_target(x, place, families[i]);
		struct list sources = { 0 };

		if (!target || target->family != families[i] ||
		    (addr_is_set(&port->listen) && port->listen.family != families[i]) ||
		    !sources_of(x, port, families[i], &sources))
			continue;
		add_port_map(x, place, port, target, sources);
		found = true;
	}
	if (found)
		return;
	diag_error(x->diag, &port->item.position,
		   "port map of %s has no target: the namespace has no%s address on a bridge that "
		   "forwards",
		   place->name,
		   !addr_is_set(&port->listen)	    ? ""
		   : port->listen.family == AF_INET ? " IPv4"
						    : " IPv6");
	diag_hint(x->diag, "%s, or \"to\" in the port map",
		  is_let_in(x, place) ? "give it one there"
				      : "write \"forward: nat\" at its bridge");
}

void expand_port_maps(struct expansion *x)
{
	size_t i, j;

	for (i = 1; i < x->n_places; i++) {
		const struct list *ports = &x->places[i].namespace->ports;

		for (j = 0; j < ports->n; j++)
			expand_port(x, &x->places[i], list_item(ports, &record_port, j));
	}
}
