/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attach: a veth from a namespace into a bridge of the host, and the names of its two ends. */
#include "model/expand.h"

#include "model/digest.h"
#include "model/text.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

static bool has_name(const struct list *items, const struct record *record, const char *name)
{
	size_t i;

	for (i = 0; i < items->n; i++)
		if (!strcmp(((const struct item *)list_item(items, record, i))->name, name))
			return true;
	return false;
}

static bool is_wire_end(const struct host_syntax *host, const char *node, const char *name)
{
	size_t i, j;

	for (i = 0; i < host->links.n; i++) {
		const struct wire_syntax *wire = list_item(&host->links, &record_wire, i);

		for (j = 0; j < wire->endpoints.n; j++) {
			const struct endpoint_syntax *end =
				list_item(&wire->endpoints, &record_endpoint, j);

			if (text_equal(end->node, node) && text_equal(end->interface, name))
				return true;
		}
	}
	return false;
}

static bool is_taken(const struct host_syntax *host, const struct namespace_syntax *namespace,
		     const char *name)
{
	const struct place_syntax *place = &namespace->place;
	size_t i;

	for (i = 0; i < namespace->attach.n; i++) {
		const struct attach_syntax *attach =
			list_item(&namespace->attach, &record_attach, i);

		if (text_equal(attach->interface, name))
			return true;
	}
	for (i = 0; i < place->interfaces.n; i++) {
		const struct interface_syntax *interface =
			list_item(&place->interfaces, &record_interface, i);

		if (interface->type && !strcmp(interface->item.name, name))
			return true;
	}
	return has_name(&place->bridges, &record_bridge, name) ||
	       has_name(&place->taps, &record_tap, name) ||
	       has_name(&place->tunnels, &record_tunnel, name) ||
	       is_wire_end(host, namespace->item.name, name);
}

/* The unnamed ones are eth0, eth1, … in the order written, past names that are used otherwise. */
const char *attach_interface(const struct host_syntax *host,
			     const struct namespace_syntax *namespace, size_t index,
			     struct arena *arena)
{
	const struct attach_syntax *attach = list_item(&namespace->attach, &record_attach, index);
	char name[IFNAMSIZ];
	size_t unnamed = 0, i;
	unsigned number = 0;

	if (attach->interface)
		return attach->interface;
	for (i = 0; i < index; i++) {
		attach = list_item(&namespace->attach, &record_attach, i);
		unnamed += !attach->interface;
	}
	for (;; number++) {
		snprintf(name, sizeof(name), "eth%u", number);
		if (is_taken(host, namespace, name))
			continue;
		if (!unnamed--)
			return arena_strdup(arena, name);
	}
}

/* ---- the end in the host ---- */

/* Names of host ends: those written, and those that two attachments would both derive. */
struct port_names {
	struct model *written, *derived;
};

static const char *short_name(struct arena *arena, const char *namespace, const char *interface)
{
	return arena_printf(arena, "%s-%s", namespace, interface);
}

static void collect_names(struct expansion *x, struct port_names *names)
{
	size_t i, j;

	for (i = 1; i < x->n_places; i++) {
		const struct namespace_syntax *namespace = x->places[i].namespace;

		for (j = 0; j < namespace->attach.n; j++) {
			const struct attach_syntax *attach =
				list_item(&namespace->attach, &record_attach, j);
			const char *name = attach->host_interface;
			struct object *other;

			if (name) {
				model_add(names->written, &class_link, "", name);
				continue;
			}
			name = short_name(x->arena, namespace->item.name,
					  attach_interface(&x->file->host, namespace, j, x->arena));
			other = model_find(names->derived, &class_link, "", name);
			if (other)
				other->protect = true; /* wanted twice: neither gets it */
			else
				model_add(names->derived, &class_link, "", name);
		}
	}
}

static const char *port_name(struct expansion *x, const struct port_names *names,
			     const char *namespace, const char *interface)
{
	const char *name = short_name(x->arena, namespace, interface), *path;
	const struct object *derived = model_find(names->derived, &class_link, "", name);
	uint8_t digest[DIGEST_SIZE];
	char hex[2 * 6 + 1];

	if (strlen(name) < IFNAMSIZ && !(derived && derived->protect) &&
	    !model_find(names->written, &class_link, "", name) &&
	    !model_find(x->want, &class_link, "", name))
		return name;
	path = derived_path(x->arena, x->topology->name, x->topology->host_label, namespace,
			    interface);
	digest_sha256(path, strlen(path), digest);
	return arena_printf(x->arena, "v%s", digest_hex(digest, 6, hex));
}

/* ---- the pair ---- */

/* The end in the namespace. */
static void set_inner(struct expansion *x, struct expand_place *place,
		      const struct attach_syntax *attach, struct object *inner)
{
	expand_set_mac(inner, &attach->macaddress);
	expand_set_mtu(inner, attach->mtu);
	if (written_has(&record_attach, attach, "link-local"))
		expand_set_autoconf(inner, attach->autoconf);
	expand_addresses(x, place, inner, &attach->addresses);
}

/* The end in the host; bridge NULL: there is none. */
static void set_outer(const struct expand_bridge *bridge, const struct attach_syntax *attach,
		      struct object *inner, struct object *outer)
{
	struct link *link = object_link(outer);

	object_link(inner)->peer = (struct ref){ .place = "", .name = outer->name };
	link->peer = (struct ref){ .place = inner->place, .name = inner->name };
	if (bridge)
		link->master.name = bridge->link->name;
	link->port = *(const struct bridge_port *)record_bridge_port.defaults;
	if (written_has(&record_attach, attach, "port"))
		link->port = attach->port;
	expand_set_mtu(outer, attach->mtu);
}

/* Each end is made without the other or the bridge too, so that what needs it is not wrong as well. */
static void attach_one(struct expansion *x, struct expand_place *place, size_t index,
		       const struct port_names *names)
{
	const struct namespace_syntax *namespace = place->namespace;
	const struct attach_syntax *attach = list_item(&namespace->attach, &record_attach, index);
	const struct position *position = &attach->item.position;
	const char *interface = attach_interface(&x->file->host, namespace, index, x->arena);
	struct expand_bridge *bridge = expand_find_bridge(&x->places[0], attach->item.name);
	struct object *inner, *outer;
	const char *outer_name;

	if (!bridge)
		expand_no_bridge(x, &x->places[0], attach->item.name, position);
	outer_name = attach->host_interface ? attach->host_interface
					    : port_name(x, names, place->name, interface);
	inner = expand_add_link(x, place->name, interface, "veth", position);
	outer = expand_add_link(x, "", outer_name, "veth", position);
	if (inner)
		set_inner(x, place, attach, inner);
	if (inner && outer)
		set_outer(bridge, attach, inner, outer);
}

void expand_attach(struct expansion *x)
{
	struct port_names names = { .written = model_new(), .derived = model_new() };
	size_t i, j;

	collect_names(x, &names);
	for (i = 1; i < x->n_places; i++)
		for (j = 0; j < x->places[i].namespace->attach.n; j++)
			attach_one(x, &x->places[i], j, &names);
	model_free(names.written);
	model_free(names.derived);
}
