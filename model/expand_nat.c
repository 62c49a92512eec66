/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nat and ports: the rules the file writes itself, and port maps into namespaces. */
#include "model/expand.h"

#include "model/text.h"

#include <string.h>
#include <sys/socket.h>

static unsigned range_size(const struct port_range *range)
{
	return (unsigned)(range->last - range->first) + 1;
}

/* ---- nat as written ---- */

static void check_dnat(struct expansion *x, const struct dnat *dnat)
{
	const struct position *position = &dnat->item.position;
	struct port_range port, target = { 0 };
	struct addr first, last;

	if (!dnat->port || !dnat->to) /* reported as missing */
		return;
	if (!port_range_parse(&port, dnat->port)) {
		diag_error(x->diag, position, "port: expected a port or a range, not \"%.40s\"",
			   dnat->port);
		return;
	}
	if (!nat_target_parse(&first, &last, &target, dnat->to) || !addr_equal(&first, &last)) {
		diag_error(x->diag, position,
			   "to: expected ADDRESS[:PORT[-PORT]], IPv6 with ports in brackets, not "
			   "\"%.60s\"",
			   dnat->to);
		return;
	}
	if (addr_is_set(&dnat->listen) && dnat->listen.family != first.family)
		diag_error(x->diag, position, "listen and to are of different families");
	if (target.first && range_size(&target) != range_size(&port))
		diag_error(x->diag, position, "port %s and target %s are not as many ports",
			   dnat->port, dnat->to);
}

static void check_snat(struct expansion *x, const struct snat *snat)
{
	struct port_range ports;
	struct addr first, last;

	if (!snat->to)
		return;
	if (!nat_target_parse(&first, &last, &ports, snat->to))
		diag_error(x->diag, &snat->item.position,
			   "to: expected ADDRESS[-ADDRESS][:PORT[-PORT]], not \"%.60s\"", snat->to);
	else if (addr_is_set(&snat->source) && snat->source.family != first.family)
		diag_error(x->diag, &snat->item.position,
			   "source and to are of different families");
}

static void check_policy(struct expansion *x, const struct policy *policy)
{
	static const char *const states[] = { "new", "established", "related", "invalid", "dnat" };
	const size_t n = sizeof(states) / sizeof(states[0]);
	size_t i, j;

	for (i = 0; i < policy->state.n; i++) {
		const struct string_item *state = list_item(&policy->state, &record_string_item, i);

		for (j = 0; j < n && strcmp(states[j], state->text) != 0; j++)
			;
		if (j < n)
			continue;
		diag_error(x->diag, &policy->item.position,
			   "state: expected new, established, related, invalid or dnat, not "
			   "\"%.40s\"",
			   state->text);
		for (j = 0; j < n; j++)
			if (text_is_near(state->text, states[j])) {
				diag_hint(x->diag, "did you mean \"%s\"?", states[j]);
				break;
			}
	}
}

/* The port of a bridge behind which an address is; NULL: none of ours. */
static struct object *port_towards(struct expansion *x, const struct addr *addr)
{
	size_t i, j;

	for (i = 1; i < x->n_places; i++) {
		for (j = 0; j < x->places[i].addresses.n; j++) {
			const struct expand_address *address =
				list_item(&x->places[i].addresses, &record_expand_address, j);
			struct object *port;

			if (!addr_same_host(&address->address, addr))
				continue;
			port = model_find_ref(x->want, address->link,
					      &object_link(address->link)->peer);
			if (port && ref_is_set(&object_link(port)->master))
				return port;
		}
	}
	return NULL;
}

/*
 * Where bridge netfilter is on, what a member sends to itself through the port map comes back by the port
 * it came in by: only a hairpin port lets it through.
 */
static void set_hairpin(struct expansion *x, const struct addr *target)
{
	struct object *port = port_towards(x, target);

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

		check_dnat(x, dnat);
		*(struct dnat *)list_append(&expand_table(x, place)->dnat, &record_dnat, x->arena) =
			*dnat;
		if (!dnat->to || !nat_target_parse(&first, &last, &ports, dnat->to))
			continue;
		if (dnat->hairpin)
			set_hairpin(x, &first);
		if (dnat->loopback)
			allow_loopback(x, place, &first, &dnat->item.position);
	}
}

void expand_nat(struct expansion *x, struct expand_place *place)
{
	const struct place_syntax *syntax = place->syntax;
	size_t i;

	for (i = 0; i < syntax->nat.snat.n; i++)
		check_snat(x, list_item(&syntax->nat.snat, &record_snat, i));
	for (i = 0; i < syntax->policy.n; i++)
		check_policy(x, list_item(&syntax->policy, &record_policy, i));
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

static void add_port_map(struct expansion *x, const struct port_syntax *port,
			 const struct addr *target)
{
	const char *ports = port->target ? port->target : port->port;
	struct dnat *dnat =
		list_append(&expand_table(x, &x->places[0])->dnat, &record_dnat, x->arena);
	char text[ADDR_TEXT_MAX];

	dnat->item.position = port->item.position;
	dnat->listen = port->listen;
	dnat->protocol = port->protocol;
	dnat->port = port->port;
	dnat->to = arena_printf(x->arena, target->family == AF_INET6 ? "[%s]:%s" : "%s:%s",
				addr_format(target, text), ports);
	dnat->source = port->source;
	dnat->hairpin = port->hairpin;
	dnat->loopback = port->loopback && target->family == AF_INET;
	check_dnat(x, dnat);
	if (dnat->hairpin)
		set_hairpin(x, target);
	if (dnat->loopback)
		allow_loopback(x, &x->places[0], target, &port->item.position);
}

/* Sources of another family can never come to this target. */
static bool sources_match(const struct port_syntax *port, uint8_t family)
{
	size_t i;

	for (i = 0; i < port->source.n; i++) {
		const struct prefix_item *source = list_item(&port->source, &record_prefix_item, i);

		if (source->prefix.family == family)
			return true;
	}
	return port->source.n == 0;
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

		if (!target || target->family != families[i] ||
		    (addr_is_set(&port->listen) && port->listen.family != families[i]) ||
		    !sources_match(port, families[i]))
			continue;
		add_port_map(x, port, target);
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
	diag_hint(x->diag, "write \"forward: nat\" at its bridge, or \"to\" in the port map");
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
