/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports that somebody has already. A port map wins over a local program, which then hears nothing from outside; the worker
 * of a tunnel cannot start.
 */
#include "cmd/doctor/find.h"

#include "model/text.h"
#include "model/tunnel.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static const char *protocol_name(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? "tcp" : "udp";
}

static bool is_loopback(const struct addr *addr)
{
	static const uint8_t one[16] = { [15] = 1 };

	return addr->family == AF_INET ? addr->bytes[0] == 127
				       : addr->family == AF_INET6 && !memcmp(addr->bytes, one, 16);
}

/* "0.0.0.0:80" as people know it. */
static const char *socket_words(struct arena *arena, const struct near_socket *socket)
{
	char text[ADDR_TEXT_MAX];

	if (!addr_is_set(&socket->local))
		return arena_printf(arena, "*:%u", socket->port);
	return arena_printf(arena, socket->local.family == AF_INET6 ? "[%s]:%u" : "%s:%u",
			    addr_format(&socket->local, text), socket->port);
}

static const char *owner_words(const struct near_socket *socket)
{
	return socket->owner ? socket->owner : "a program";
}

/* ---- port maps ---- */

static bool is_taken_by(const struct dnat *dnat, const struct near_socket *socket)
{
	const char *dash = dnat->port ? strchr(dnat->port, '-') : NULL;
	unsigned long first = dnat->port ? strtoul(dnat->port, NULL, 10) : 0;
	unsigned long last = dash ? strtoul(dash + 1, NULL, 10) : first;
	uint8_t wanted = socket->protocol == IPPROTO_TCP ? NAT_TCP : NAT_UDP;

	if (socket->port < first || socket->port > last ||
	    (dnat->protocol != wanted && dnat->protocol != NAT_TCP_UDP))
		return false;
	if (is_loopback(&socket->local))
		return dnat->loopback;
	return !addr_is_set(&dnat->listen) || !addr_is_set(&socket->local) ||
	       addr_same_host(&dnat->listen, &socket->local);
}

static void look_at_map(const struct finding_row *row, const struct object *object,
			const struct dnat *dnat, const struct near_place *place,
			struct findings *ret)
{
	struct object at = *object;
	size_t i;

	at.position = dnat->item.position;
	for (i = 0; i < place->sockets.n; i++) {
		const struct near_socket *socket =
			list_item(&place->sockets, &record_near_socket, i);

		if (!is_taken_by(dnat, socket))
			continue;
		finding_add(ret, row, &at,
			    arena_printf(ret->arena,
					 "another port in the place of \"%s\" in ports "
					 "(or nat: dnat), or stop %s",
					 dnat->port, owner_words(socket)),
			    "%s port %s%s is mapped to %s, and %s listens on %s: what comes from "
			    "outside never gets there",
			    protocol_name(socket->protocol), dnat->port,
			    where_words(ret->arena, object->place), dnat->to, owner_words(socket),
			    socket_words(ret->arena, socket));
	}
}

/* ---- tunnels ---- */

/* A worker of ours holds the port; one tunnel may hand it on to another in this very run. */
static bool is_ours(const struct outlook *outlook, const struct object *object)
{
	uint16_t port = ((const struct tunnel *)object->data)->port;
	const struct object *live;
	size_t i;

	if (!outlook->have)
		return false;
	MODEL_FOR_EACH (live, outlook->have, i)
		if (live->class == &class_tunnel && live->owner == OWNER_OURS &&
		    !strcmp(live->place, object->place) &&
		    ((const struct tunnel *)live->data)->port == port)
			return true;
	return false;
}

static bool is_in_the_way(const struct tunnel *tunnel, const struct near_socket *socket)
{
	const struct addr *local;

	if (!addr_is_set(&tunnel->local) || !addr_is_set(&socket->local))
		return true;
	local = tunnel_local(tunnel, socket->local.family);
	return local && addr_same_host(local, &socket->local);
}

static void look_at_tunnel(const struct finding_row *row, const struct outlook *outlook,
			   const struct object *object, const struct near_place *place,
			   struct findings *ret)
{
	const struct tunnel *tunnel = object->data;
	size_t i;

	for (i = 0; !is_ours(outlook, object) && i < place->sockets.n; i++) {
		const struct near_socket *socket =
			list_item(&place->sockets, &record_near_socket, i);

		if (socket->protocol != IPPROTO_UDP || socket->port != tunnel->port ||
		    !is_in_the_way(tunnel, socket))
			continue;
		finding_add(ret, row, object,
			    arena_printf(ret->arena,
					 "another port of overlay (or tunnel) %s, or stop %s",
					 object->name, owner_words(socket)),
			    "udp port %u%s of tunnel %s is taken: %s has %s, and the worker cannot "
			    "start",
			    socket->port, where_words(ret->arena, object->place), object->name,
			    owner_words(socket), socket_words(ret->arena, socket));
	}
}

LOOK(look_port)
{
	const struct near_place *place;
	const struct object *object;
	size_t i, j;

	MODEL_FOR_EACH (object, outlook->want, i) {
		place = surroundings_place(&outlook->near, object->place);
		if (!place || object->owner != OWNER_OURS)
			continue;
		if (object->class == &class_tunnel)
			look_at_tunnel(row, outlook, object, place, ret);
		if (object->class != &class_nft_table)
			continue;
		for (j = 0; j < ((const struct nft_table *)object->data)->dnat.n; j++)
			look_at_map(row, object,
				    list_item(&((const struct nft_table *)object->data)->dnat,
					      &record_dnat, j),
				    place, ret);
	}
}
