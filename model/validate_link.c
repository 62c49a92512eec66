/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What links ask of one another: ports, parents, ends, sizes. Each rule is one that the kernel has, or packets. */
#include "model/classes.h"
#include "model/kind/vxlan.h"
#include "model/text.h"
#include "model/tunnel.h"
#include "model/validate_rules.h"

#include <stdlib.h>

/* find_portno() of net/bridge/br_if.c: 1024 numbers, and 0 is reserved. */
#define BRIDGE_PORTS_MAX 1023

static void error_with(const struct validation *v, const struct object *object,
		       const struct object *other, const char *text)
{
	diag_error(v->diag, &object->position, "%s%s", text,
		   validation_at(v, &object->position, &other->position));
}

static const char *kind_name(const struct object *link)
{
	const struct link_kind *kind = object_link(link)->kind;

	return kind ? kind->name : "interface";
}

/* ---- ports ---- */

static bool is_tap_of_tunnel(const struct validation *v, const struct object *port)
{
	size_t count, first = validation_range(v, &class_tunnel, port->place, &count), i;

	for (i = first; i < first + count; i++) {
		const struct object *object = model_at(v->model, i);
		const struct tunnel *tunnel = object->data;

		if (model_find_ref(v->model, object, &tunnel->interface) == port)
			return true;
	}
	return false;
}

/* What a tunnel leaves to its bridge is told where the MTU of the tunnel is computed. */
static void check_port_mtu(const struct validation *v, const struct object *port,
			   const struct object *bridge)
{
	uint32_t mtu = object_link(port)->mtu, above = object_link(bridge)->mtu;

	if (!mtu || !above || mtu >= above || is_tap_of_tunnel(v, port))
		return;
	diag_warning(v->diag, &bridge->position,
		     "mtu %u of %s is above the %u of its port %s: longer packets are lost there",
		     above, bridge->name, mtu, port->name);
	diag_hint(v->diag, "a bridge's mtu is the smallest of its ports'");
}

static bool check_port_kind(const struct validation *v, const struct object *port,
			    const struct object *bridge)
{
	const struct link_kind *kind = object_link(port)->kind;
	const char *why = NULL;

	if (link_is_kind(port, "bridge"))
		why = "a bridge cannot be a port of a bridge; join them by a wire under \"links\"";
	else if (kind && kind->no_mac)
		why = "it carries no Ethernet frames; use a tap";
	else if (!strcmp(port->name, "lo"))
		why = "a loopback interface cannot be a port";
	if (!why)
		return true;
	diag_error(v->diag, &port->position, "%s cannot be a port of %s%s", port->name,
		   bridge->name, validation_at(v, &port->position, &bridge->position));
	diag_hint(v->diag, "%s", why);
	return false;
}

static void check_port(const struct validation *v, const struct object *port)
{
	const struct link *link = object_link(port);
	const struct object *master = model_find_ref(v->model, port, &link->master);

	if (!master)
		return;
	if (master == port) {
		diag_error(v->diag, &port->position, "%s is a port of itself", port->name);
		return;
	}
	if (strcmp(master->place, port->place) != 0) {
		diag_error(v->diag, &port->position,
			   "%s is in %s, but its bridge %s is in %s: expected one place",
			   port->name, validation_place(v, port->place), master->name,
			   validation_place(v, master->place));
		return;
	}
	if (object_link(master)->kind && !link_is_kind(master, "bridge")) {
		diag_error(v->diag, &port->position, "%s is no bridge but a %s%s", master->name,
			   kind_name(master), validation_at(v, &port->position, &master->position));
		return;
	}
	if (check_port_kind(v, port, master))
		check_port_mtu(v, port, master);
}

static void check_port_counts(const struct validation *v)
{
	uint32_t *ports = arena_alloc(v->arena, v->n_sequences * sizeof(*ports));
	const struct object *master;
	uint32_t i;

	for (i = 0; i < v->n_sequences; i++) {
		if (!v->objects[i] || v->objects[i]->class != &class_link)
			continue;
		master = model_find_ref(v->model, v->objects[i],
					&object_link(v->objects[i])->master);
		if (master)
			ports[master->sequence]++;
	}
	for (i = 0; i < v->n_sequences; i++) {
		if (!v->objects[i] || ports[i] <= BRIDGE_PORTS_MAX)
			continue;
		diag_error(v->diag, &v->objects[i]->position,
			   "%s has %u ports, but a bridge has at most %d", v->objects[i]->name,
			   ports[i], BRIDGE_PORTS_MAX);
		diag_hint(v->diag, "use several bridges, joined by wires");
	}
}

/* ---- parents ---- */

/* Outer headers take room from the parent's MTU (vxlan_change_mtu() of drivers/net/vxlan). */
static uint32_t parent_room(const struct object *link, uint32_t parent_mtu)
{
	const struct vxlan *vxlan = object_link(link)->info;
	uint32_t overhead = link_is_vxlan(link) ? vxlan_overhead(vxlan->remote.family) : 0;

	return parent_mtu > overhead ? parent_mtu - overhead : 0;
}

static void check_parent(const struct validation *v, const struct object *link)
{
	const struct link *data = object_link(link);
	const struct object *parent = model_find_ref(v->model, link, &data->link);
	uint32_t room;

	if (!parent)
		return;
	if (parent == link) {
		diag_error(v->diag, &link->position, "%s sits on itself", link->name);
		return;
	}
	room = parent_room(link, object_link(parent)->mtu);
	if (data->mtu && object_link(parent)->mtu && data->mtu > room) {
		diag_error(v->diag, &link->position, "mtu %u is above the %u that %s leaves it%s",
			   data->mtu, room, parent->name,
			   validation_at(v, &link->position, &parent->position));
		diag_hint(v->diag, "write at most %u, or raise the mtu of %s", room, parent->name);
	}
	/* One receive handler per device: netdev_rx_handler_register() says EBUSY. */
	if (link_is_kind(link, "macvlan") && ref_is_set(&object_link(parent)->master)) {
		diag_error(v->diag, &link->position,
			   "%s is a port of %s%s, so no macvlan can sit on it", parent->name,
			   object_link(parent)->master.name,
			   validation_at(v, &link->position, &parent->position));
		diag_hint(v->diag, "did you mean \"link: %s\"?", object_link(parent)->master.name);
	}
}

static void check_needed(const struct validation *v, const struct object *link)
{
	const struct link *data = object_link(link);

	if (data->kind->needs_link && !ref_is_set(&data->link)) {
		diag_error(v->diag, &link->position, "a %s needs \"link\"", data->kind->name);
		diag_hint(v->diag, "the interface that it sits on, such as \"link: host:eth0\"");
	}
	if (data->kind->no_mac && mac_is_set(&data->macaddress))
		diag_error(v->diag, &link->position,
			   "a %s has no Ethernet address: expected no \"macaddress\"",
			   data->kind->name);
}

/* ---- ends of a wire ---- */

static void check_pair(const struct validation *v, const struct object *link)
{
	const struct link *data = object_link(link);
	const struct object *peer = model_find_ref(v->model, link, &data->peer);

	if (!peer || object_compare(link, peer) > 0)
		return;
	if (peer == link) {
		diag_error(v->diag, &link->position,
			   "both ends of the wire are %s in %s: expected two names", link->name,
			   validation_place(v, link->place));
		return;
	}
	if (data->mtu && object_link(peer)->mtu && data->mtu != object_link(peer)->mtu) {
		diag_warning(
			v->diag, &link->position,
			"mtu %u of %s differs from the %u of its other end: longer packets are lost",
			data->mtu, link->name, object_link(peer)->mtu);
		diag_hint(v->diag, "write one mtu for both ends");
	}
}

/* ---- places ---- */

/* All that is in a namespace of ours is in the file: nobody else would make it. */
static void check_external(const struct validation *v, const struct object *link)
{
	if (!link->place[0] || !strcmp(link->name, "lo"))
		return;
	diag_error(v->diag, &link->position, "nothing makes the interface \"%s\" of %s", link->name,
		   validation_place(v, link->place));
	diag_hint(v->diag, "write its \"type\", attach the namespace to a bridge, or make it the "
			   "end of a wire under \"links\"");
}

static void check_mac(const struct validation *v, const struct object *link)
{
	const struct mac *mac = &object_link(link)->macaddress;
	struct mac unicast = *mac;
	char text[MAC_TEXT_MAX];

	if (!mac_is_multicast(mac))
		return;
	unicast.bytes[0] = (uint8_t)((mac->bytes[0] & ~1U) | 2U);
	diag_error(v->diag, &link->position, "%s is a multicast address, no interface can have it",
		   mac_format(mac, text));
	diag_hint(v->diag, "did you mean \"%s\"?", mac_format(&unicast, text));
}

static void check_link(const struct validation *v, const struct object *link)
{
	if (link->external)
		check_external(v, link);
	if (object_link(link)->kind)
		check_needed(v, link);
	check_mac(v, link);
	check_port(v, link);
	check_parent(v, link);
	if (link_is_kind(link, "veth"))
		check_pair(v, link);
}

/* ---- VXLAN ---- */

struct vxlan_key {
	const struct object *link;
	uint64_t id, port;
};

static int compare_vxlan(const void *a, const void *b)
{
	const struct vxlan_key *x = a, *y = b;
	int order = strcmp(x->link->place, y->link->place);

	if (!order)
		order = x->port < y->port ? -1 : x->port > y->port;
	if (!order)
		order = x->id < y->id ? -1 : x->id > y->id;
	return order ? order : object_compare(x->link, y->link);
}

/* vxlan_vni_in_use() of drivers/net/vxlan: one device per id and port in a namespace. */
static void check_vxlan_ids(const struct validation *v)
{
	struct vxlan_key *keys = arena_alloc(v->arena, v->n_sequences * sizeof(*keys));
	size_t n = 0, i;

	for (i = 0; i < v->n_sequences; i++) {
		const struct object *link = v->objects[i];
		const struct record *record;

		if (!link || link->class != &class_link || !link_is_kind(link, "vxlan"))
			continue;
		record = &object_link(link)->kind->record;
		keys[n++] = (struct vxlan_key){
			.link = link,
			.id = field_get_number(record_field(record, "id"), object_link(link)->info),
			.port = field_get_number(record_field(record, "port"),
						 object_link(link)->info),
		};
	}
	qsort(keys, n, sizeof(*keys), compare_vxlan);
	for (i = 1; i < n; i++) {
		if (strcmp(keys[i].link->place, keys[i - 1].link->place) != 0 ||
		    keys[i].id != keys[i - 1].id || keys[i].port != keys[i - 1].port)
			continue;
		error_with(v, keys[i].link, keys[i - 1].link,
			   arena_printf(v->arena, "id %u on port %u is already used by %s",
					(unsigned)keys[i].id, (unsigned)keys[i].port,
					keys[i - 1].link->name));
	}
}

void validate_links(struct validation *v)
{
	struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, v->model, i) {
		if (object->class == &class_link)
			check_link(v, object);
	}
	check_port_counts(v);
	check_vxlan_ids(v);
}
