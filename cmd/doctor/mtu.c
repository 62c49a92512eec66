/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is longer than something on its way carries. The file's own values are checked where it is read. */
#include "cmd/doctor/find.h"

#include "model/text.h"
#include "model/tunnel.h"

#include <string.h>

/* ---- ports of others ---- */

static uint32_t mtu_of(const struct object *link, const struct near_place *place)
{
	const struct near_link *near = near_link_find(place, link->name);

	return object_link(link)->mtu ? object_link(link)->mtu : near ? near->mtu : 0;
}

/* Whether the file makes it a port of the bridge, or it is one. */
static bool is_port(const struct outlook *outlook, const struct near_link *port,
		    const struct object *bridge)
{
	const struct object *link =
		model_find(outlook->want, &class_link, bridge->place, port->name);
	const struct ref master =
		link ? object_ref(link, &object_link(link)->master) : (struct ref){ NULL, NULL };

	if (link && link->owner == OWNER_OURS && !link->external)
		return false; /* a narrower one is told where the file is read */
	if (link && object_link(link)->mtu)
		return false;
	return text_equal(port->master, bridge->name) || text_equal(master.name, bridge->name);
}

static void look_at_ports(const struct finding_row *row, const struct outlook *outlook,
			  const struct object *bridge, struct findings *ret)
{
	const struct near_place *place = surroundings_place(&outlook->near, bridge->place);
	uint32_t mtu = place ? mtu_of(bridge, place) : 0;
	size_t i;

	for (i = 0; place && i < place->links.n; i++) {
		const struct near_link *port = list_item(&place->links, &record_near_link, i);

		if (port->is_ours || port->mtu >= mtu || !is_port(outlook, port, bridge))
			continue;
		finding_add(ret, row, bridge,
			    arena_printf(ret->arena, "bridges: {%s: {mtu: %u}}", bridge->name,
					 port->mtu),
			    "mtu %u of port %s%s is below the %u of its bridge %s: longer packets "
			    "are lost there",
			    port->mtu, port->name, where_words(ret->arena, bridge->place), mtu,
			    bridge->name);
	}
}

/* ---- tunnels ---- */

static uint32_t learned_mtu(const struct outlook *outlook, const struct addr *to)
{
	size_t i;

	for (i = 0; i < outlook->near.paths.n; i++) {
		const struct near_path *path =
			list_item(&outlook->near.paths, &record_near_path, i);

		if (addr_same_host(&path->to, to))
			return path->mtu;
	}
	return 0;
}

static void look_at_path(const struct finding_row *row, const struct outlook *outlook,
			 const struct object *object, const struct object *tap, uint32_t mtu,
			 const struct addr *to, struct findings *ret)
{
	uint32_t path = learned_mtu(outlook, to);
	uint32_t headers = tunnel_overhead(object->data, to->family);
	char text[ADDR_TEXT_MAX];

	if (!path || mtu + headers <= path || path <= headers)
		return;
	finding_add(ret, row, object,
		    arena_printf(ret->arena, "mtu: %u of overlay (or tunnel) %s", path - headers,
				 object->name),
		    "the way to %s carries %u bytes, and a full packet of %s (mtu %u) in "
		    "tunnel %s has %u: it is sent in pieces, or lost",
		    addr_format(to, text), path, tap->name, mtu, object->name, mtu + headers);
}

static void look_at_tunnel(const struct finding_row *row, const struct outlook *outlook,
			   const struct object *object, struct findings *ret)
{
	const struct tunnel *tunnel = object->data;
	const struct near_place *place = surroundings_place(&outlook->near, object->place);
	const struct object *tap = model_find_ref(outlook->want, object, &tunnel->interface);
	uint32_t mtu = tap && place ? mtu_of(tap, place) : 0;
	struct tunnel_endpoint endpoint;
	size_t i, j;

	for (i = 0; mtu && !object->place[0] && i < tunnel->peers.n; i++) {
		const struct tunnel_peer *peer = list_item(&tunnel->peers, &record_tunnel_peer, i);

		for (j = 0; tunnel_peer_address(peer, &j, &endpoint);)
			look_at_path(row, outlook, object, tap, mtu, &endpoint.addr, ret);
	}
}

LOOK(look_mtu)
{
	const struct object *object;
	size_t i;

	OURS_FOR_EACH(object, outlook->want, &class_link, i)
	{
		if (is_bridge(object))
			look_at_ports(row, outlook, object, ret);
	}
	OURS_FOR_EACH(object, outlook->want, &class_tunnel, i)
	look_at_tunnel(row, outlook, object, ret);
}
