/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes: what the kernel answers with no more than "Nexthop has invalid gateway". A gateway must stand in a network
 * of the interface it is reached by; that is known only where all interfaces are, so not for the host's own.
 */
#include "model/address.h"
#include "model/classes.h"
#include "model/route.h"
#include "model/text.h"
#include "model/validate_rules.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

struct hop {
	const struct object *route;
	const struct addr *via;
	const struct ref *interface;
	bool on_link;
};

static bool is_on(const struct ref *interface, const char *place, const struct ref *wanted)
{
	if (!ref_is_set(wanted))
		return true;
	return text_equal(interface->name, wanted->name) &&
	       (!wanted->place || !strcmp(wanted->place, place));
}

/* Whether an address of the hop's place has the gateway in its network; *own: whether it is that address itself. */
static bool is_covered_by_address(const struct validation *v, const struct hop *hop, bool *own)
{
	const char *place = hop->route->place;
	size_t count, first = validation_range(v, &class_address, place, &count), i;
	bool covered = false;

	for (i = first; i < first + count; i++) {
		const struct object *object = model_at(v->model, i);
		const struct address *address = object->data;

		if (addr_same_host(&address->address, hop->via))
			*own = true;
		if (is_on(&address->interface, place, hop->interface) &&
		    addr_contains(&address->address, hop->via))
			covered = true;
	}
	return covered;
}

/* A route straight to an interface makes what it covers reachable, too. */
static bool is_covered_by_route(const struct validation *v, const struct hop *hop)
{
	size_t count, first = validation_range(v, &class_route, hop->route->place, &count), i;

	for (i = first; i < first + count; i++) {
		const struct object *object = model_at(v->model, i);
		const struct route *route = object->data;

		if (object != hop->route && route->type == RTN_UNICAST &&
		    !addr_is_set(&route->via) && ref_is_set(&route->interface) &&
		    is_on(&route->interface, hop->route->place, hop->interface) &&
		    addr_contains(&route->to, hop->via))
			return true;
	}
	return false;
}

/* The host's own interfaces may have addresses that the file does not tell; ours have not. */
static bool is_known_interface(const struct validation *v, const struct hop *hop)
{
	const struct object *link = model_find_ref(v->model, hop->route, hop->interface);

	return link && !link->external;
}

static void suggest_networks(const struct validation *v, const struct hop *hop)
{
	const char *place = hop->route->place;
	size_t count, first = validation_range(v, &class_address, place, &count), i;
	const char *text = NULL;
	char buffer[ADDR_TEXT_MAX];

	for (i = first; i < first + count && !validation_is_full(v); i++) {
		const struct address *address = model_at(v->model, i)->data;
		struct addr network = addr_network(&address->address);

		if (network.family != hop->via->family ||
		    !is_on(&address->interface, place, hop->interface))
			continue;
		addr_format_prefix(&network, buffer);
		text = text ? arena_printf(v->arena, "%s, %s", text, buffer)
			    : arena_strdup(v->arena, buffer);
	}
	if (text)
		diag_hint(v->diag, "expected an address in %s", text);
	else
		diag_hint(v->diag, "no interface there has an address of that family; "
				   "\"on-link: true\" says that it is reachable without");
}

static void check_gateway(const struct validation *v, const struct hop *hop)
{
	const struct position *position = &hop->route->position;
	bool own = false, covered;
	char text[ADDR_TEXT_MAX];

	addr_format(hop->via, text);
	covered = is_covered_by_address(v, hop, &own);
	if (own) {
		diag_error(v->diag, position, "gateway %s is an address of %s itself", text,
			   validation_place(v, hop->route->place));
		return;
	}
	if (addr_is_link_local(hop->via) && hop->via->family == AF_INET6) {
		if (!ref_is_set(hop->interface)) {
			diag_error(v->diag, position,
				   "gateway %s is link-local: expected \"interface\" beside it",
				   text);
		}
		return;
	}
	if (covered || hop->on_link || (!hop->route->place[0] && !is_known_interface(v, hop)) ||
	    is_covered_by_route(v, hop))
		return;
	diag_error(v->diag, position, "gateway %s is in no network of %s", text,
		   ref_is_set(hop->interface)
			   ? arena_printf(v->arena, "%s of %s", hop->interface->name,
					  validation_place(v, hop->route->place))
			   : validation_place(v, hop->route->place));
	suggest_networks(v, hop);
}

static void check_hop(const struct validation *v, const struct hop *hop)
{
	const struct route *route = hop->route->data;
	char text[ADDR_TEXT_MAX];

	if (!addr_is_set(hop->via))
		return;
	if (hop->via->family != route->to.family) {
		diag_error(v->diag, &hop->route->position, "gateway %s is not of the family of %s",
			   addr_format(hop->via, text), hop->route->name);
		return;
	}
	if (addr_is_unspecified(hop->via) || addr_is_multicast(hop->via)) {
		diag_error(v->diag, &hop->route->position, "%s is no address of a gateway",
			   addr_format(hop->via, text));
		return;
	}
	check_gateway(v, hop);
}

static void check_nexthops(const struct validation *v, const struct object *object)
{
	const struct route *route = object->data;
	size_t i, j;

	for (i = 0; i < route->nexthops.n; i++) {
		const struct nexthop *one = list_item(&route->nexthops, &record_nexthop, i);
		struct hop hop = { object, &one->via, &one->interface, one->on_link };

		if (!addr_is_set(&one->via) && !ref_is_set(&one->interface))
			diag_error(v->diag, &object->position,
				   "next hop %zu of %s: expected \"via\" or \"interface\"", i + 1,
				   object->name);
		for (j = 0; j < i; j++) {
			const struct nexthop *other =
				list_item(&route->nexthops, &record_nexthop, j);

			if (addr_equal(&one->via, &other->via) &&
			    ref_equal(&one->interface, &other->interface)) {
				diag_error(v->diag, &object->position,
					   "next hop %zu of %s is the same as next hop %zu", i + 1,
					   object->name, j + 1);
				diag_hint(v->diag, "use \"weight\" for a larger share");
			}
		}
		check_hop(v, &hop);
	}
}

/* What kind of route goes with what. */
static bool check_shape(const struct validation *v, const struct object *object)
{
	const struct route *route = object->data;
	bool has_hop = addr_is_set(&route->via) || ref_is_set(&route->interface);
	const struct position *position = &object->position;
	bool is_refusal = route->type == RTN_BLACKHOLE || route->type == RTN_UNREACHABLE ||
			  route->type == RTN_PROHIBIT || route->type == RTN_THROW;

	if (is_refusal && (has_hop || route->nexthops.n)) {
		diag_error(v->diag, position,
			   "a route that discards takes no \"via\", \"interface\" or \"nexthops\"");
		return false;
	}
	if (!is_refusal && !has_hop && !route->nexthops.n) {
		diag_error(v->diag, position,
			   "expected \"via\", \"interface\" or \"nexthops\" for %s", object->name);
		return false;
	}
	if (has_hop && route->nexthops.n) {
		diag_error(v->diag, position,
			   "expected either \"nexthops\" or \"via\" and \"interface\"");
		return false;
	}
	return true;
}

static void check_source(const struct validation *v, const struct object *object)
{
	const struct route *route = object->data;
	size_t count, first, i;
	char text[ADDR_TEXT_MAX];

	if (!addr_is_set(&route->from))
		return;
	if (route->from.family != route->to.family) {
		diag_error(v->diag, &object->position, "from: %s is not of the family of %s",
			   addr_format(&route->from, text), object->name);
		return;
	}
	first = validation_range(v, &class_address, object->place, &count);
	for (i = first; i < first + count; i++) {
		const struct address *address = model_at(v->model, i)->data;

		if (addr_same_host(&address->address, &route->from))
			return;
	}
	if (object->place[0])
		diag_error(v->diag, &object->position, "from: %s is no address of %s",
			   addr_format(&route->from, text), validation_place(v, object->place));
}

static void check_route(const struct validation *v, const struct object *object)
{
	const struct route *route = object->data;
	struct hop hop = { object, &route->via, &route->interface, route->on_link };

	if (!check_shape(v, object))
		return;
	check_hop(v, &hop);
	check_nexthops(v, object);
	check_source(v, object);
	if (route->to.family == AF_INET6 && route->mtu && route->mtu < 1280)
		diag_error(v->diag, &object->position,
			   "mtu %u is too small for IPv6: expected at least 1280", route->mtu);
}

void validate_routes(struct validation *v)
{
	struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, v->model, i) {
		if (object->class == &class_route)
			check_route(v, object);
	}
}
