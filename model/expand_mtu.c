/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MTUs: a tunnel carries what its narrowest path does less its own headers, and then its bridge and every end that
 * is plugged into it. What the file writes wins, and must fit.
 */
#include "model/expand.h"

#include "model/text.h"

#include <string.h>
#include <sys/socket.h>

#define MTU_MIN 68 /* RFC 791 */

#define TOO_LARGE "mtu %u of %s does not fit: the tunnels of bridge %s carry %u"

struct limit {
	uint32_t mtu; /* UINT32_MAX: no peer tells */
	bool is_known;
	const char *to; /* the narrowest path's end */
	uint8_t family;
};

/* Of a name it is only known where the own end has an address. */
static uint8_t path_family(const struct tunnel *tunnel, const struct tunnel_endpoint *endpoint)
{
	if (!endpoint->host[0])
		return endpoint->addr.family;
	return addr_is_set(&tunnel->local) ? tunnel->local.family : AF_INET;
}

static const char *endpoint_name(const struct expansion *x, const struct tunnel_endpoint *endpoint)
{
	char text[ADDR_TEXT_MAX];

	return arena_strdup(x->arena, endpoint->host[0] ? endpoint->host
							: addr_format(&endpoint->addr, text));
}

/* The facts are about the host's own routes: a namespace's paths are assumed. */
static struct limit tunnel_limit(const struct expansion *x, const struct object *object)
{
	struct limit limit = { .mtu = UINT32_MAX, .is_known = true };
	const struct tunnel *tunnel = object->data;
	size_t i;

	for (i = 0; i < tunnel->peers.n; i++) {
		const struct tunnel_peer *peer = list_item(&tunnel->peers, &record_tunnel_peer, i);
		struct tunnel_endpoint endpoint;
		uint8_t family;
		uint32_t path;
		bool known;

		if (!peer->endpoint || !tunnel_endpoint_read(peer->endpoint, &endpoint))
			continue;
		known = !object->place[0] && !endpoint.host[0] &&
			facts_mtu_is_known(x->facts, &endpoint.addr);
		path = known ? facts_mtu(x->facts, &endpoint.addr) : MTU_DEFAULT;
		family = path_family(tunnel, &endpoint);
		limit.is_known &= known;
		path = path > tunnel_overhead(tunnel, family)
			       ? path - tunnel_overhead(tunnel, family)
			       : 0;
		if (path < limit.mtu) {
			limit.mtu = path;
			limit.family = family;
			limit.to = endpoint_name(x, &endpoint);
		}
	}
	return limit;
}

/* Where the path's MTU is only assumed, a larger one is doubtful, not wrong. */
static void check_written(struct expansion *x, const struct object *tap, const struct limit *limit,
			  const struct tunnel *tunnel)
{
	uint32_t mtu = object_link(tap)->mtu, headers = tunnel_overhead(tunnel, limit->family);

	if (mtu <= limit->mtu)
		return;
	if (limit->is_known)
		diag_error(x->diag, &tap->position,
			   "mtu %u of %s does not fit: the path to %s carries %u bytes, less %u of "
			   "headers",
			   mtu, tap->name, limit->to, limit->mtu + headers, headers);
	else
		diag_warning(x->diag, &tap->position,
			     "mtu %u of %s fits only where the path to %s carries %u bytes", mtu,
			     tap->name, limit->to, mtu + headers);
}

static void set_tunnel_mtu(struct expansion *x, const struct object *object)
{
	const struct tunnel *tunnel = object->data;
	struct object *tap = model_find_ref(x->want, object, &tunnel->interface);
	struct limit limit = tunnel_limit(x, object);
	struct expand_bridge *bridge;
	struct link *link;

	if (!tap)
		return;
	link = object_link(tap);
	if (expand_wrote(tap, "mtu")) {
		check_written(x, tap, &limit, tunnel);
		limit.is_known = true;
	} else if (limit.mtu == UINT32_MAX) {
		link->mtu = MTU_DEFAULT - tunnel_overhead(tunnel, AF_INET);
	} else if (limit.mtu < MTU_MIN) {
		diag_error(x->diag, &object->position,
			   "the path to %s is too narrow for tunnel %s: %u bytes are left",
			   limit.to, object->name, limit.mtu);
		return;
	} else {
		link->mtu = limit.mtu;
	}
	bridge = link->master.name && !link->master.place
			 ? expand_find_bridge(expand_find_place(x, tap->place), link->master.name)
			 : NULL;
	if (!bridge)
		return;
	bridge->has_tunnel = true;
	if (!bridge->limit || link->mtu < bridge->limit) {
		bridge->limit = link->mtu;
		bridge->limit_is_known = limit.is_known;
	}
}

static uint32_t default_mtu(const struct expansion *x)
{
	return x->file->defaults.mtu ? x->file->defaults.mtu : MTU_DEFAULT;
}

static void report_member(struct expansion *x, const struct object *object,
			  const struct expand_bridge *bridge)
{
	if (bridge->limit_is_known)
		diag_error(x->diag, &object->position, TOO_LARGE, object_link(object)->mtu,
			   object->name, bridge->link->name, bridge->limit);
	else
		diag_warning(x->diag, &object->position, TOO_LARGE, object_link(object)->mtu,
			     object->name, bridge->link->name, bridge->limit);
}

/* A bridge with a foreign port takes what its ports have, as the kernel does by itself. */
static void set_bridge_mtu(struct expansion *x, struct expand_bridge *bridge)
{
	struct link *link = object_link(bridge->link);
	uint32_t wanted = default_mtu(x);

	if (bridge->link->external)
		return;
	if (expand_wrote(bridge->link, "mtu")) {
		if (bridge->limit && link->mtu > bridge->limit)
			report_member(x, bridge->link, bridge);
		return;
	}
	if (!bridge->limit)
		link->mtu = bridge->has_foreign_port ? 0 : wanted;
	else if (x->file->defaults.mtu && wanted < bridge->limit)
		link->mtu = wanted;
	else
		link->mtu = bridge->limit;
}

static struct expand_bridge *bridge_of(struct expansion *x, const struct object *object)
{
	const struct ref master = object_ref(object, &object_link(object)->master);
	struct expand_place *place = master.name ? expand_find_place(x, master.place) : NULL;

	return place ? expand_find_bridge(place, master.name) : NULL;
}

static bool derives_mtu(const struct object *object)
{
	const struct link_kind *kind = object_link(object)->kind;

	return kind && !kind->needs_link && strcmp(kind->name, "vxlan") != 0 &&
	       strcmp(kind->name, "bridge") != 0;
}

/* A port of a bridge has the bridge's, and so has the other end of its wire. */
static void set_port_mtu(struct expansion *x, struct object *object)
{
	struct object *peer = model_find_ref(x->want, object, &object_link(object)->peer);
	struct expand_bridge *bridge = bridge_of(x, object);
	struct link *link = object_link(object);

	if (!bridge || bridge->link->external || !derives_mtu(object))
		return;
	if (!link->mtu)
		link->mtu = peer && object_link(peer)->mtu   ? object_link(peer)->mtu
			    : object_link(bridge->link)->mtu ? object_link(bridge->link)->mtu
							     : default_mtu(x);
	else if (bridge->limit && expand_wrote(object, "mtu") && link->mtu > bridge->limit)
		report_member(x, object, bridge);
	if (!peer)
		return;
	if (!object_link(peer)->mtu)
		object_link(peer)->mtu = link->mtu;
	else if (bridge->limit && object_link(peer)->mtu > bridge->limit &&
		 !expand_wrote(object, "mtu")) /* else it was told of this end */
		report_member(x, peer, bridge);
}

void expand_mtus(struct expansion *x)
{
	struct object *object;
	size_t i, j;

	MODEL_FOR_EACH (object, x->want, i) {
		if (object->class == &class_tunnel)
			set_tunnel_mtu(x, object);
	}
	for (i = 0; i < x->n_places; i++)
		for (j = 0; j < x->places[i].n_bridges; j++)
			if (x->places[i].bridges[j].link)
				set_bridge_mtu(x, &x->places[i].bridges[j]);
	MODEL_FOR_EACH (object, x->want, i) {
		if (object->class == &class_link)
			set_port_mtu(x, object);
	}
	MODEL_FOR_EACH (object, x->want, i) {
		if (object->class == &class_link && !object_link(object)->mtu &&
		    derives_mtu(object))
			object_link(object)->mtu = default_mtu(x);
	}
}
