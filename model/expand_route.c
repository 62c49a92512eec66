/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes as written, and default routes that follow from gateways. */
#include "model/expand.h"

#include "model/address.h"
#include "model/text.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* An interface that IPv6 is routed by needs a link-local address to find neighbours. */
static void use_ipv6(struct expansion *x, const struct expand_place *place, const struct ref *ref)
{
	struct object *link;

	if (!ref_is_set(ref))
		return;
	link = model_find(x->want, &class_link, ref->place ? ref->place : place->name, ref->name);
	if (link && !link->external && !expand_wrote(link, "link-local"))
		object_link(link)->autoconf = true;
}

/* "default" takes its family from the gateway. */
static bool find_family(struct expansion *x, struct route *route, const struct position *position)
{
	const struct nexthop *first =
		route->nexthops.n ? list_item(&route->nexthops, &record_nexthop, 0) : NULL;
	const struct addr *via = first ? &first->via : &route->via;

	if (addr_is_set(&route->to))
		return true;
	if (!addr_is_set(via)) {
		diag_error(
			x->diag, position,
			"default without a gateway has no family: expected 0.0.0.0/0 or \"::/0\"");
		return false;
	}
	route->to.family = via->family;
	return true;
}

/* One next hop: its interface is the one in whose network the gateway is. */
static void complete_hop(struct expansion *x, const struct expand_place *place,
			 const struct route *route, const struct addr *via, struct ref *interface,
			 const struct position *position)
{
	const struct expand_address *covering = NULL;

	if (addr_is_set(via) && !addr_is_link_local(via))
		covering = expand_covering(place, via);
	if (ref_is_set(interface))
		expand_resolve(x, place, interface, position);
	else if (covering)
		interface->name = covering->link->name;
	if (route->to.family == AF_INET6)
		use_ipv6(x, place, interface);
}

static void complete_hops(struct expansion *x, const struct expand_place *place,
			  struct route *route, const struct position *position)
{
	size_t i;

	complete_hop(x, place, route, &route->via, &route->interface, position);
	for (i = 0; i < route->nexthops.n; i++) {
		struct nexthop *hop = list_item(&route->nexthops, &record_nexthop, i);

		complete_hop(x, place, route, &hop->via, &hop->interface, position);
	}
}

static void add_route(struct expansion *x, struct expand_place *place, struct route route,
		      const struct position *position)
{
	struct object *object;

	if (!find_family(x, &route, position))
		return;
	complete_hops(x, place, &route, position);
	object = expand_add(x, &class_route, place->name, route_name(x->arena, &route), position);
	if (object)
		*(struct route *)object->data = route;
}

static bool has_default(const struct expansion *x, const struct expand_place *place, uint8_t family)
{
	struct route route = *(const struct route *)class_route.record.defaults;

	route.to.family = family;
	return model_find(x->want, &class_route, place->name, route_name(x->arena, &route));
}

/* ---- gateways ---- */

struct gateway {
	const struct addr *via;
	const struct position *position;
	const char *interface; /* NULL: by its network */
	bool is_none;
};

/* What a written list says about a family; false: nothing. */
static bool from_list(const struct list *list, uint8_t family, struct gateway *ret)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct gateway_syntax *gateway = list_item(list, &record_gateway, i);

		if (addr_is_set(&gateway->addr) && gateway->addr.family != family)
			continue;
		ret->via = addr_is_set(&gateway->addr) ? &gateway->addr : NULL;
		ret->is_none = !ret->via;
		ret->position = &gateway->item.position;
		return true;
	}
	return false;
}

static const struct addr *first_address(const struct list *addresses, uint8_t family)
{
	size_t i;

	for (i = 0; i < addresses->n; i++) {
		const struct address_syntax *address = list_item(addresses, &record_address, i);

		if (address->address.family == family)
			return &address->address;
	}
	return NULL;
}

/* What an attachment offers: its own word, else its bridge where it forwards, else the bridge's router. */
static bool from_attach(struct expansion *x, const struct attach_syntax *attach, uint8_t family,
			struct gateway *ret)
{
	const struct expand_bridge *bridge = expand_find_bridge(&x->places[0], attach->item.name);
	uint8_t mode = bridge ? bridge->syntax->forward.mode : FORWARD_UNSET;

	if (from_list(&attach->gateway, family, ret))
		return !ret->is_none;
	if (!bridge || !first_address(&attach->addresses, family))
		return false;
	ret->position = &attach->item.position;
	if (mode == FORWARD_NAT || mode == FORWARD_ROUTE || mode == FORWARD_OPEN)
		ret->via = first_address(&bridge->syntax->addresses, family);
	if (ret->via)
		return true;
	return from_list(&bridge->syntax->gateway, family, ret) && !ret->is_none;
}

static bool find_gateway(struct expansion *x, const struct namespace_syntax *namespace,
			 uint8_t family, struct gateway *ret)
{
	size_t i;

	if (from_list(&namespace->gateway, family, ret))
		return !ret->is_none;
	for (i = 0; i < namespace->attach.n; i++) {
		*ret = (struct gateway){ 0 };
		if (from_attach(x, list_item(&namespace->attach, &record_attach, i), family, ret)) {
			ret->interface = attach_interface(&x->file->host, namespace, i, x->arena);
			return true;
		}
	}
	return false;
}

static void add_gateways(struct expansion *x, struct expand_place *place)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	size_t i;

	for (i = 0; i < 2; i++) {
		struct route route = *(const struct route *)class_route.record.defaults;
		struct gateway gateway = { 0 };

		if (!find_gateway(x, place->namespace, families[i], &gateway) ||
		    has_default(x, place, families[i]))
			continue;
		route.via = addr_host(gateway.via);
		route.interface.name = gateway.interface;
		add_route(x, place, route, gateway.position);
	}
}

void expand_routes(struct expansion *x, struct expand_place *place)
{
	const struct list *routes = &place->syntax->routes;
	size_t i;

	for (i = 0; i < routes->n; i++) {
		const struct route_syntax *syntax = list_item(routes, &record_route, i);

		add_route(x, place, syntax->route, &syntax->item.position);
	}
	if (place->namespace)
		add_gateways(x, place);
}
