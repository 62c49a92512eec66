/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces, and the links that places and wires name themselves; then ports of bridges. */
#include "model/expand.h"

#include "model/kind/tun_rows.h"
#include "model/kind/vxlan.h"
#include "model/read.h"
#include "model/resolver.h"
#include "model/text.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

/* ---- namespaces ---- */

static void add_resolver(struct expansion *x, const struct namespace_syntax *namespace)
{
	struct resolver *resolver;
	struct object *object;
	size_t i;

	if (!namespace->nameservers.n && !namespace->extra_hosts.n)
		return;
	for (i = 0; i < namespace->extra_hosts.n; i++) {
		const struct extra_host *host =
			list_item(&namespace->extra_hosts, &record_extra_host, i);

		if (!name_is_valid(host->item.name))
			diag_error(x->diag, &host->item.position,
				   "extra-hosts: expected a host name, not \"%.80s\"",
				   host->item.name);
	}
	object =
		expand_add(x, &class_resolver, "", namespace->item.name, &namespace->item.position);
	if (!object)
		return;
	resolver = object->data;
	resolver->nameservers = namespace->nameservers;
	resolver->extra_hosts = namespace->extra_hosts;
}

void expand_namespaces(struct expansion *x)
{
	size_t i;

	for (i = 1; i < x->n_places; i++) {
		const struct namespace_syntax *namespace = x->places[i].namespace;
		const char *name = namespace->item.name;
		struct object *object;

		if (!strcmp(name, "host"))
			diag_error(x->diag, &namespace->item.position,
				   "\"host\" is the name of the host's own place: a namespace "
				   "needs another one");
		object = expand_add(x, &class_netns, "", name, &namespace->item.position);
		if (!object)
			continue;
		object->protect = namespace->protect;
		expand_set_up(expand_external(x, name, "lo", &namespace->item.position), true);
		add_resolver(x, namespace);
	}
}

/* ---- links of a place ---- */

static void add_bridge(struct expansion *x, struct expand_place *place,
		       struct expand_bridge *bridge)
{
	const struct bridge_syntax *syntax = bridge->syntax;
	const struct position *position = &syntax->item.position;

	if (syntax->external)
		bridge->link = expand_external(x, place->name, syntax->item.name, position);
	else
		bridge->link =
			expand_add_link(x, place->name, syntax->item.name, "bridge", position);
	if (!bridge->link)
		return;
	if (!syntax->external && syntax->parameters.info)
		object_link(bridge->link)->info = syntax->parameters.info;
	bridge->link->protect = syntax->protect;
	expand_set_mac(bridge->link, &syntax->macaddress);
	expand_set_mtu(bridge->link, syntax->mtu);
	if (written_has(&record_bridge, syntax, "up"))
		expand_set_up(bridge->link, syntax->up);
	if (written_has(&record_bridge, syntax, "link-local"))
		expand_set_autoconf(bridge->link, syntax->autoconf);
	expand_addresses(x, place, bridge->link, &syntax->addresses);
}

/* Numbers stand for themselves; names are looked up where the file is applied. */
static uint32_t user_id(struct expansion *x, const struct tap_syntax *tap, const char *name,
			bool is_group)
{
	const struct passwd *user;
	const struct group *group;
	uint64_t number;

	if (!name)
		return TUN_NOBODY;
	if (text_parse_number(&number, name) && number < TUN_NOBODY)
		return (uint32_t)number;
	if (is_group && (group = getgrnam(name)))
		return group->gr_gid;
	if (!is_group && (user = getpwnam(name)))
		return user->pw_uid;
	if (x->facts->offline)
		diag_warning(x->diag, &tap->item.position, "there is no %s \"%s\" on this machine",
			     is_group ? "group" : "user", name);
	else
		diag_error(x->diag, &tap->item.position, "there is no %s \"%s\" on this machine",
			   is_group ? "group" : "user", name);
	return TUN_NOBODY;
}

static void add_tap(struct expansion *x, struct expand_place *place, const struct tap_syntax *tap)
{
	struct object *object =
		expand_add_link(x, place->name, tap->item.name, "tap", &tap->item.position);
	struct tun *info;

	if (!object)
		return;
	info = object_link(object)->info;
	info->user = user_id(x, tap, tap->user, false);
	info->group = user_id(x, tap, tap->group, true);
	info->vnet_header = tap->vnet_header;
	info->multi_queue = tap->queues > 1;
	object->protect = tap->protect;
	expand_set_mac(object, &tap->macaddress);
	expand_set_mtu(object, tap->mtu);
	if (written_has(&record_tap, tap, "up"))
		expand_set_up(object, tap->up);
	if (written_has(&record_tap, tap, "link-local"))
		expand_set_autoconf(object, tap->autoconf);
	expand_addresses(x, place, object, &tap->addresses);
}

static void set_interface(struct expansion *x, struct expand_place *place, struct object *object,
			  const struct interface_syntax *interface)
{
	object->protect |= interface->protect;
	expand_set_mac(object, &interface->macaddress);
	expand_set_mtu(object, interface->mtu);
	if (written_has(&record_interface, interface, "up"))
		expand_set_up(object, interface->up);
	if (written_has(&record_interface, interface, "link-local"))
		expand_set_autoconf(object, interface->autoconf);
	expand_addresses(x, place, object, &interface->addresses);
	expand_fdb(x, object, &interface->fdb);
}

static void add_interface(struct expansion *x, struct expand_place *place,
			  const struct interface_syntax *interface)
{
	struct object *object = expand_add_link(x, place->name, interface->item.name,
						interface->kind->name, &interface->item.position);

	if (!object)
		return;
	if (interface->info)
		object_link(object)->info = interface->info;
	set_interface(x, place, object, interface);
}

void expand_place_links(struct expansion *x, struct expand_place *place)
{
	const struct place_syntax *syntax = place->syntax;
	size_t i;

	place->n_bridges = syntax->bridges.n;
	place->bridges = arena_alloc(x->arena, syntax->bridges.n * sizeof(*place->bridges));
	for (i = 0; i < syntax->bridges.n; i++) {
		place->bridges[i].syntax = list_item(&syntax->bridges, &record_bridge, i);
		add_bridge(x, place, &place->bridges[i]);
	}
	for (i = 0; i < syntax->taps.n; i++)
		add_tap(x, place, list_item(&syntax->taps, &record_tap, i));
	for (i = 0; i < syntax->interfaces.n; i++) {
		const struct interface_syntax *interface =
			list_item(&syntax->interfaces, &record_interface, i);

		if (interface->kind)
			add_interface(x, place, interface);
	}
}

/* ---- wires ---- */

static struct object *add_endpoint(struct expansion *x, const struct wire_syntax *wire,
				   const struct endpoint_syntax *endpoint)
{
	const char *node = strcmp(endpoint->node, "host") != 0 ? endpoint->node : "";
	struct expand_place *place = expand_find_place(x, node);
	struct object *object;
	size_t i;

	if (!place) {
		diag_error(x->diag, &endpoint->item.position, "there is no namespace \"%s\"",
			   endpoint->node);
		for (i = 1; i < x->n_places; i++)
			if (text_is_near(node, x->places[i].name)) {
				diag_hint(x->diag, "did you mean \"%s\"?", x->places[i].name);
				break;
			}
		return NULL;
	}
	object = expand_add_link(x, node, endpoint->interface, "veth", &endpoint->item.position);
	if (!object)
		return NULL;
	object->protect = wire->protect;
	expand_set_mac(object, &endpoint->macaddress);
	expand_set_mtu(object, wire->mtu);
	if (written_has(&record_endpoint, endpoint, "link-local"))
		expand_set_autoconf(object, endpoint->autoconf);
	expand_addresses(x, place, object, &endpoint->addresses);
	return object;
}

void expand_wires(struct expansion *x)
{
	const struct list *wires = &x->file->host.links;
	size_t i;

	for (i = 0; i < wires->n; i++) {
		const struct wire_syntax *wire = list_item(wires, &record_wire, i);
		struct object *a, *b;

		if (wire->endpoints.n != 2) {
			diag_error(x->diag, &wire->item.position,
				   "a link has two endpoints, not %zu", wire->endpoints.n);
			continue;
		}
		a = add_endpoint(x, wire, list_item(&wire->endpoints, &record_endpoint, 0));
		b = add_endpoint(x, wire, list_item(&wire->endpoints, &record_endpoint, 1));
		if (!a || !b)
			continue;
		object_link(a)->peer = (struct ref){ .place = b->place, .name = b->name };
		object_link(b)->peer = (struct ref){ .place = a->place, .name = a->name };
	}
}

/* ---- interfaces without type, and what those with one refer to ---- */

static void resolve_parent(struct expansion *x, struct expand_place *place,
			   const struct interface_syntax *interface)
{
	struct object *object = model_find(x->want, &class_link, place->name, interface->item.name);
	const struct position *position = &interface->item.position;

	if (!object || object_link(object)->kind != interface->kind)
		return;
	object_link(object)->link = interface->link;
	if (ref_is_set(&interface->link))
		expand_resolve(x, place, &interface->link, position);
}

void expand_plain_interfaces(struct expansion *x, struct expand_place *place)
{
	const struct list *interfaces = &place->syntax->interfaces;
	size_t i;

	for (i = 0; i < interfaces->n; i++) {
		const struct interface_syntax *interface =
			list_item(interfaces, &record_interface, i);
		const struct position *position = &interface->item.position;

		if (interface->kind)
			resolve_parent(x, place, interface);
		else if (ref_is_set(&interface->link))
			diag_error(x->diag, position,
				   "missing key \"type\": \"link\" is the parent of an interface "
				   "of ours");
		else
			set_interface(
				x, place,
				expand_external(x, place->name, interface->item.name, position),
				interface);
	}
}

/* ---- ports of bridges ---- */

static bool set_master(struct expansion *x, struct object *port, const struct object *master,
		       const struct position *position)
{
	struct link *link = object_link(port);
	struct ref now = object_ref(port, &link->master);

	if (now.name && (strcmp(now.name, master->name) || strcmp(now.place, master->place))) {
		diag_error(x->diag, position, "%s is a port of %s already", port->name, now.name);
		return false;
	}
	link->master = (struct ref){ .name = master->name };
	if (strcmp(port->place, master->place) != 0)
		link->master.place = master->place;
	if (port->external)
		port->written |= 1ULL << (record_field(&class_link.record, "master") -
					  class_link.record.fields);
	return true;
}

static void set_port(struct expansion *x, struct expand_place *place, struct expand_bridge *bridge,
		     const struct port_parameters *port)
{
	struct object *object =
		expand_external(x, place->name, port->item.name, &port->item.position);
	struct link *link;
	size_t i;

	if (!set_master(x, object, bridge->link, &port->item.position))
		return;
	link = object_link(object);
	if (!ref_is_set(&link->peer) && !object->external)
		link->port = *(const struct bridge_port *)record_bridge_port.defaults;
	for (i = 0; i < record_bridge_port.n_fields; i++) {
		if (!(port->item.written & 1ULL << i))
			continue;
		field_copy(&record_bridge_port.fields[i], &link->port, &port->port, x->arena);
		object->written |= 1ULL << (class_link.record.n_fields + i);
	}
	bridge->has_foreign_port |= object->external;
}

static bool is_tunnel(const struct expansion *x, const struct object *link)
{
	struct object *object;
	size_t i;

	if (link_is_vxlan(link))
		return true;
	MODEL_FOR_EACH (object, x->want, i) {
		const struct tunnel *tunnel = object->data;

		if (object->class == &class_tunnel && !strcmp(object->place, link->place) &&
		    text_equal(tunnel->interface.name, link->name))
			return true;
	}
	return false;
}

/* The way to other hosts stays open; only the members of this one are kept apart. */
static void isolate_ports(struct expansion *x, const struct expand_place *place,
			  const struct expand_bridge *bridge)
{
	struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, x->want, i) {
		struct link *link = object->class == &class_link ? object_link(object) : NULL;

		if (link && !strcmp(object->place, place->name) && !object->external &&
		    text_equal(link->master.name, bridge->link->name) && !is_tunnel(x, object))
			link->port.isolated = true;
	}
}

static void join_bridge(struct expansion *x, struct expand_place *place, const char *name,
			const char *bridge_name, const struct position *position)
{
	struct object *object = model_find(x->want, &class_link, place->name, name);
	struct expand_bridge *bridge = expand_find_bridge(place, bridge_name);

	if (!bridge)
		expand_no_bridge(x, place, bridge_name, position);
	else if (object)
		set_master(x, object, bridge->link, position);
}

static void set_masters(struct expansion *x, struct expand_place *place)
{
	const struct list *taps = &place->syntax->taps, *interfaces = &place->syntax->interfaces;
	size_t i;

	for (i = 0; i < taps->n; i++) {
		const struct tap_syntax *tap = list_item(taps, &record_tap, i);

		if (tap->bridge)
			join_bridge(x, place, tap->item.name, tap->bridge, &tap->item.position);
	}
	for (i = 0; i < interfaces->n; i++) {
		const struct interface_syntax *interface =
			list_item(interfaces, &record_interface, i);
		struct object *object =
			model_find(x->want, &class_link, place->name, interface->item.name);
		struct object *master;

		if (!object || !ref_is_set(&interface->master))
			continue;
		master = expand_resolve(x, place, &interface->master, &interface->item.position);
		if (master)
			set_master(x, object, master, &interface->item.position);
		else
			object_link(object)->master = interface->master;
	}
}

void expand_ports(struct expansion *x, struct expand_place *place)
{
	size_t i, j;

	set_masters(x, place);
	for (i = 0; i < place->n_bridges; i++) {
		struct expand_bridge *bridge = &place->bridges[i];
		const struct list *ports = &bridge->syntax->interfaces;

		if (!bridge->link)
			continue;
		for (j = 0; j < ports->n; j++)
			set_port(x, place, bridge, list_item(ports, &record_port_parameters, j));
		if (bridge->syntax->isolate_ports)
			isolate_ports(x, place, bridge);
	}
}
