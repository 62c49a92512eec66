/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links as people write them: a bridge lists its ports, a veth pair is a wire, a tunnel's tap is part of the tunnel,
 * all others are interfaces.
 */
#include "model/explicit_place.h"

#include "model/address.h"
#include "model/classes.h"
#include "model/fdb.h"
#include "model/link.h"
#include "model/route.h"
#include "model/text.h"
#include "model/tunnel.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What a link is, before what is set on it. */
static const char *const first_keys[] = { "external",  "type",	    "mode", "link",
					  "interface", "addresses", "fdb",  NULL };

static bool is_veth(const struct object *object)
{
	const struct link_kind *kind = object_link(object)->kind;

	return kind && !strcmp(kind->name, "veth");
}

static bool is_bridge(const struct object *object)
{
	const struct link_kind *kind = object_link(object)->kind;

	return kind && !strcmp(kind->name, "bridge");
}

static struct explicit_link *find_ref(const struct explicit_writer *writer,
				      const struct object *object, const struct ref *ref)
{
	struct ref full = object_ref(object, ref);

	return full.name ? explicit_find_link(writer, full.place, full.name) : NULL;
}

/* The link that an object of ours is a port of, if it can stand in that link's list. */
static struct explicit_link *find_master(const struct explicit_writer *writer,
					 const struct object *port)
{
	struct explicit_link *master = find_ref(writer, port, &object_link(port)->master);

	if (!master || strcmp(master->link->place, port->place) != 0)
		return NULL;
	return is_bridge(master->link) || !object_link(master->link)->kind ? master : NULL;
}

/* ---- which links are printed, and where ---- */

static void collect_links(struct explicit_writer *writer)
{
	struct object *object;
	size_t i;

	writer->links = arena_alloc(writer->arena,
				    (model_count(writer->model) + 1) * sizeof(*writer->links));
	MODEL_FOR_EACH (object, writer->model, i) {
		if (object->class == &class_link)
			writer->links[writer->n_links++] =
				(struct explicit_link){ .link = object,
							.is_bridge = is_bridge(object) };
	}
}

/* An address or a route of IPv6 on a link brings it a link-local address. */
static void mark_route(const struct explicit_writer *writer, const struct object *object)
{
	const struct route *route = object->data;
	struct explicit_link *link = find_ref(writer, object, &route->interface);
	size_t i;

	if (route->to.family != AF_INET6)
		return;
	if (link)
		link->has_ipv6 = true;
	for (i = 0; i < route->nexthops.n; i++) {
		const struct nexthop *hop = list_item(&route->nexthops, &record_nexthop, i);

		link = find_ref(writer, object, &hop->interface);
		if (link)
			link->has_ipv6 = true;
	}
}

static void mark_address(const struct explicit_writer *writer, const struct object *object)
{
	const struct address *address = object->data;
	struct explicit_link *link = find_ref(writer, object, &address->interface);

	if (!link)
		return;
	link->is_named = true;
	link->has_ipv6 |= address->address.family == AF_INET6;
}

static void mark_tap(const struct explicit_writer *writer, const struct object *object)
{
	const struct tunnel *tunnel = object->data;
	struct explicit_link *link = find_ref(writer, object, &tunnel->interface);

	if (link)
		link->tunnel = object;
}

static void mark_master(const struct explicit_writer *writer, const struct object *object)
{
	struct explicit_link *master = find_master(writer, object);

	if (master)
		master->is_bridge = master->is_named = true;
}

static void mark_links(const struct explicit_writer *writer)
{
	struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, writer->model, i) {
		if (!explicit_is_shown(writer, object))
			continue;
		if (object->class == &class_link)
			mark_master(writer, object);
		else if (object->class == &class_address)
			mark_address(writer, object);
		else if (object->class == &class_route)
			mark_route(writer, object);
		else if (object->class == &class_tunnel)
			mark_tap(writer, object);
	}
}

static void make_maps(struct explicit_writer *writer)
{
	size_t i;

	for (i = 0; i < writer->n_links; i++) {
		struct explicit_link *link = &writer->links[i];
		struct node *place = explicit_place_map(writer, link->link->place), *maps;

		if (!place || link->tunnel ||
		    (!link->is_named && !explicit_is_shown(writer, link->link)))
			continue;
		maps = node_child(writer->arena, place, link->is_bridge ? "bridges" : "interfaces",
				  NODE_MAP);
		link->map = node_add(writer->arena, maps, link->link->name,
				     node_new(writer->arena, NODE_MAP));
	}
}

/* ---- one link ---- */

/* Every namespace's lo is up without being told. */
static bool is_implied_lo(const struct object *object)
{
	return object->place[0] && !strcmp(object->name, "lo");
}

/*
 * port_cost() of net/bridge/br_if.c goes by the speed that a driver tells: a veth's is 10 Gbit/s, a tap's 10 Mbit/s or,
 * later, 10 Gbit/s too, others tell none.
 */
static bool is_cost_of_kernel(const struct object *port)
{
	uint32_t cost = object_link(port)->port.path_cost;
	const struct link_kind *kind = object_link(port)->kind;
	bool is_tap = kind && !strcmp(kind->name, "tap");

	return (cost == 2 && (is_veth(port) || is_tap)) || (cost == 100 && !is_veth(port));
}

/* On a link made elsewhere what the file wrote, else what differs from the default. */
static bool is_written(const struct explicit_link *link, const struct section *section,
		       const struct field *field, size_t index)
{
	const struct object *object = link->link;
	bool is_default = field_is_default(field, section->record, section->data);

	if (field->flags & FIELD_HIDDEN || index >= FIELD_MASK_BITS)
		return false;
	if (object->external)
		return object->written & 1ULL << index && !(is_default && is_implied_lo(object));
	/* The row's default is the kernel's; ours is to be silent where IPv6 is not used. */
	if (object->owner == OWNER_OURS && field->offset == offsetof(struct link, autoconf) &&
	    section->record == &class_link.record)
		return object_link(object)->autoconf != link->has_ipv6;
	if (section->record == &record_bridge_port &&
	    field->offset == offsetof(struct bridge_port, path_cost) && is_cost_of_kernel(object))
		return false;
	return !is_default;
}

/* Adds the rows of one of a link's sections, but for those in `skip`. */
static void add_rows(const struct explicit_writer *writer, const struct explicit_link *link,
		     size_t section_index, struct node *map, const char *const skip[])
{
	const struct object *object = link->link;
	struct section sections[SECTION_MAX];
	const struct record *record;
	const void *data;
	size_t i, j, first = 0;

	if (section_index >= object_sections(object, sections))
		return;
	for (i = 0; i < section_index; i++)
		first += sections[i].record->n_fields;
	record = sections[section_index].record;
	data = explicit_localize(record, sections[section_index].data, object->place,
				 writer->arena);
	for (i = 0; i < record->n_fields; i++) {
		const struct field *field = &record->fields[i];

		for (j = 0; skip && skip[j] && strcmp(skip[j], field->name) != 0; j++)
			;
		if ((!skip || !skip[j]) &&
		    is_written(link, &sections[section_index], field, first + i))
			node_add(writer->arena, map, field->name,
				 field_to_node(field, data, writer->arena));
	}
}

static void write_link(const struct explicit_writer *writer, const struct explicit_link *link)
{
	static const char *const master[] = { "master", NULL }; /* stands with the bridge */
	static const char *const type_and_master[] = { "type", "master", NULL };
	const struct object *object = link->link;
	const struct link_kind *kind = object_link(object)->kind;
	bool has_type = kind && !kind->reserved && !link->tunnel;
	struct node *map = link->map, *parameters;

	if (link->is_bridge && (!kind || (object->owner != OWNER_OURS && !object->external)))
		node_set_bool(writer->arena, map, "external", true);
	if (!explicit_is_shown(writer, object))
		return;
	add_rows(writer, link, 0, map,
		 !has_type		       ? type_and_master
		 : find_master(writer, object) ? master
					       : NULL);
	if (link->is_bridge) {
		parameters = node_new(writer->arena, NODE_MAP);
		add_rows(writer, link, 2, parameters, NULL);
		if (parameters->count)
			node_add(writer->arena, map, "parameters", parameters);
	} else if (!link->tunnel) {
		add_rows(writer, link, 2, map, NULL);
	}
	if (object->protect && !link->tunnel)
		node_set_bool(writer->arena, map, "protect", true);
	if (!link->tunnel)
		explicit_add_owner(writer, object, map);
}

/* The list of a bridge's ports, with what is set on each. */
static void write_port(const struct explicit_writer *writer, const struct explicit_link *link)
{
	const struct explicit_link *master = find_master(writer, link->link);
	struct node *ports, *port;

	if (!master || !master->map)
		return;
	ports = node_child(writer->arena, master->map, "interfaces", NODE_MAP);
	port = node_add(writer->arena, ports, link->link->name, node_new(writer->arena, NODE_MAP));
	if (explicit_is_shown(writer, link->link))
		add_rows(writer, link, 1, port, NULL);
}

static const char *endpoint(const struct explicit_writer *writer, const struct object *object)
{
	return arena_printf(writer->arena, "%s:%s", object->place[0] ? object->place : "host",
			    object->name);
}

/* A pair is printed once, by the end that sorts first. */
static void write_wire(const struct explicit_writer *writer, const struct explicit_link *link)
{
	const struct object *one = link->link;
	const struct explicit_link *peer = find_ref(writer, one, &object_link(one)->peer);
	struct node *host = explicit_place_map(writer, ""), *wire, *ends;

	if (!is_veth(one) || !link->map || !peer || !peer->map || !is_veth(peer->link) ||
	    object_compare(one, peer->link) >= 0)
		return;
	wire = node_append(node_child(writer->arena, host, "links", NODE_LIST),
			   node_new(writer->arena, NODE_MAP));
	ends = node_child(writer->arena, wire, "endpoints", NODE_LIST);
	node_append(ends, node_new_text(writer->arena, NODE_TEXT, endpoint(writer, one)));
	node_append(ends, node_new_text(writer->arena, NODE_TEXT, endpoint(writer, peer->link)));
}

/* ---- tunnels ---- */

static void write_tunnel(struct explicit_writer *writer, const struct object *object)
{
	const struct record *record = &object->class->record;
	struct node *place = explicit_place_map(writer, object->place), *map;
	const struct tunnel *tunnel = object->data;
	struct explicit_link *tap = find_ref(writer, object, &tunnel->interface);
	size_t i;

	if (!place)
		return;
	map = node_add(writer->arena, node_child(writer->arena, place, "tunnels", NODE_MAP),
		       object->name, node_new(writer->arena, NODE_MAP));
	tunnel = explicit_localize(record, tunnel, object->place, writer->arena);
	for (i = 0; i < record->n_fields; i++) {
		const struct field *field = &record->fields[i];
		bool is_own_name = field->type == FIELD_REF && !tunnel->interface.place &&
				   text_equal(tunnel->interface.name, object->name);
		bool is_mode = !strcmp(field->name, "mode"); /* what the others mean hangs on it */

		if (is_mode || (!(field->flags & FIELD_HIDDEN) && !is_own_name &&
				!field_is_default(field, record, tunnel)))
			node_add(writer->arena, map, field->name,
				 field_to_node(field, tunnel, writer->arena));
	}
	if (tap) {
		tap->map = map;
		write_link(writer, tap);
	}
	if (object->protect)
		node_set_bool(writer->arena, map, "protect", true);
	explicit_add_owner(writer, object, map);
}

/* ---- addresses ---- */

static int compare_sequence(const void *a, const void *b)
{
	const struct object *const *x = a, *const *y = b;

	return (*x)->sequence < (*y)->sequence ? -1 : (*x)->sequence > (*y)->sequence;
}

static void write_address(const struct explicit_writer *writer, const struct object *object)
{
	const struct address *address = object->data;
	const struct explicit_link *link = find_ref(writer, object, &address->interface);
	char text[ADDR_TEXT_MAX];
	struct node *list, *node;

	if (!link || !link->map)
		return;
	list = node_child(writer->arena, link->map, "addresses", NODE_LIST);
	node = node_new_text(writer->arena, NODE_TEXT, addr_format_prefix(&address->address, text));
	if (object->owner != OWNER_OURS && writer->options->owners) {
		struct node *map = node_new(writer->arena, NODE_MAP);

		node_add(writer->arena, map, "address", node);
		explicit_add_owner(writer, object, map);
		node = map;
	}
	node_append(list, node);
}

static void write_addresses(const struct explicit_writer *writer)
{
	const struct object **addresses =
		arena_alloc(writer->arena, (model_count(writer->model) + 1) * sizeof(*addresses));
	struct object *object;
	size_t n = 0, i;

	MODEL_FOR_EACH (object, writer->model, i) {
		if (object->class == &class_address && explicit_is_shown(writer, object))
			addresses[n++] = object;
	}
	qsort(addresses, n, sizeof(*addresses), compare_sequence);
	for (i = 0; i < n; i++)
		write_address(writer, addresses[i]);
}

/* ---- forwarding databases ---- */

static void write_fdb(const struct explicit_writer *writer, const struct object *object)
{
	const struct fdb *fdb = object->data;
	const struct explicit_link *link = find_ref(writer, object, &fdb->interface);
	struct node *map;

	if (!link || !link->map)
		return;
	map = node_append(node_child(writer->arena, link->map, "fdb", NODE_LIST),
			  record_to_node(&record_fdb, fdb, writer->arena));
	explicit_add_owner(writer, object, map);
}

void explicit_write_links(struct explicit_writer *writer)
{
	struct object *object;
	size_t i;

	collect_links(writer);
	mark_links(writer);
	make_maps(writer);
	for (i = 0; i < writer->n_links; i++) {
		if (writer->links[i].map)
			write_link(writer, &writer->links[i]);
	}
	MODEL_FOR_EACH (object, writer->model, i) {
		if (object->class == &class_tunnel && explicit_is_shown(writer, object))
			write_tunnel(writer, object);
	}
	for (i = 0; i < writer->n_links; i++) {
		write_port(writer, &writer->links[i]);
		write_wire(writer, &writer->links[i]);
	}
	write_addresses(writer);
	MODEL_FOR_EACH (object, writer->model, i) {
		if (object->class == &class_fdb && explicit_is_shown(writer, object))
			write_fdb(writer, object);
	}
	for (i = 0; i < writer->n_links; i++)
		if (writer->links[i].map)
			explicit_order_keys(writer->links[i].map, first_keys, false);
}
