/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MTUs: a tunnel carries what its narrowest path does less its own headers, and then its bridge and every end that
 * is plugged into it. What the file writes wins, and must fit.
 */
#include "model/expand.h"

#include "model/fdb.h"
#include "model/kind/vxlan.h"
#include "model/text.h"

#include <string.h>
#include <sys/socket.h>

#define MTU_MIN 68 /* RFC 791 */

#define TOO_LARGE "mtu %u of %s does not fit: the tunnels of bridge %s carry %u"

/* The narrowest path of a tunnel, or of a vxlan interface. */
struct limit {
	uint32_t mtu; /* UINT32_MAX: no peer tells */
	bool is_known;
	const char *to;	  /* its end */
	uint32_t headers; /* what frames lose on the way there */
};

/* One path more; `known` is its MTU, 0: assumed. */
static void narrow(struct limit *limit, const char *to, uint32_t known, uint32_t headers)
{
	uint32_t path = known ? known : MTU_DEFAULT;

	limit->is_known &= known != 0;
	path = path > headers ? path - headers : 0;
	if (path >= limit->mtu)
		return;
	limit->mtu = path;
	limit->to = to;
	limit->headers = headers;
}

/*
 * 0: unknown. The facts are about the host's own routes: a namespace's paths are assumed. Of a device's MTU what the file
 * makes of it counts, not what it is.
 */
static uint32_t known_mtu(const struct expansion *x, const struct object *object,
			  const struct addr *to)
{
	const struct facts_path *path = object->place[0] ? NULL : facts_path(x->facts, to);
	const struct object *device =
		path && path->device ? model_find(x->want, &class_link, "", path->device) : NULL;
	uint32_t mtu = device ? object_link(device)->mtu : 0;

	if (!path || !mtu)
		return path ? path->mtu : 0;
	return path->route_mtu && path->route_mtu < mtu ? path->route_mtu : mtu;
}

static const char *address_text(const struct expansion *x, const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];

	return arena_strdup(x->arena, addr_format(addr, text));
}

/* Of a name it is only known where the own end has addresses: the one with the larger headers counts. */
static uint8_t path_family(const struct tunnel *tunnel, const struct tunnel_endpoint *endpoint)
{
	if (!endpoint->host[0])
		return endpoint->addr.family;
	return tunnel_local(tunnel, AF_INET6) ? AF_INET6 : AF_INET;
}

static void narrow_by_endpoint(const struct expansion *x, const struct object *object,
			       const char *text, struct limit *limit)
{
	const struct tunnel *tunnel = object->data;
	struct tunnel_endpoint endpoint;
	bool is_name;

	if (!tunnel_endpoint_read(text, &endpoint))
		return;
	is_name = endpoint.host[0];
	narrow(limit,
	       is_name ? arena_strdup(x->arena, endpoint.host) : address_text(x, &endpoint.addr),
	       is_name ? 0 : known_mtu(x, object, &endpoint.addr),
	       tunnel_overhead(tunnel, path_family(tunnel, &endpoint)));
}

/* Whichever of a peer's addresses is in use, what is sent shall fit. */
static struct limit tunnel_limit(const struct expansion *x, const struct object *object)
{
	const struct tunnel *tunnel = object->data;
	struct limit limit = { .mtu = UINT32_MAX,
			       .is_known = true,
			       .headers = tunnel_overhead(tunnel, AF_INET) };
	const char *text;
	size_t i, j;

	for (i = 0; i < tunnel->peers.n; i++) {
		const struct tunnel_peer *peer = list_item(&tunnel->peers, &record_tunnel_peer, i);

		for (j = 0; (text = tunnel_peer_endpoint(peer, j)); j++)
			narrow_by_endpoint(x, object, text, &limit);
	}
	return limit;
}

static struct limit vxlan_limit(const struct expansion *x, const struct object *link)
{
	struct limit limit = { .mtu = UINT32_MAX, .is_known = true };
	struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, x->want, i) {
		const struct fdb *fdb = object->data;

		if (object->class == &class_fdb && !strcmp(object->place, link->place) &&
		    text_equal(fdb->interface.name, link->name))
			narrow(&limit, address_text(x, &fdb->to), known_mtu(x, link, &fdb->to),
			       vxlan_overhead(fdb->to.family));
	}
	return limit;
}

/* Where the path's MTU is only assumed, a larger one is doubtful, not wrong. */
static void check_written(struct expansion *x, const struct object *object,
			  const struct limit *limit)
{
	uint32_t mtu = object_link(object)->mtu;

	if (mtu <= limit->mtu)
		return;
	if (limit->is_known)
		diag_error(x->diag, &object->position,
			   "mtu %u of %s does not fit: the path to %s carries %u bytes, less %u of "
			   "headers",
			   mtu, object->name, limit->to, limit->mtu + limit->headers,
			   limit->headers);
	else
		diag_warning(x->diag, &object->position,
			     "mtu %u of %s fits only where the path to %s carries %u bytes", mtu,
			     object->name, limit->to, mtu + limit->headers);
}

/* NAME is what the file calls the tunnel. */
static void set_limited_mtu(struct expansion *x, struct object *object, struct limit *limit,
			    const char *name)
{
	struct link *link = object_link(object);
	struct expand_bridge *bridge;

	if (expand_wrote(object, "mtu")) {
		check_written(x, object, limit);
		limit->is_known = true;
	} else if (limit->mtu == UINT32_MAX) {
		link->mtu = MTU_DEFAULT - limit->headers;
	} else if (limit->mtu < MTU_MIN) {
		diag_error(x->diag, &object->position,
			   "the path to %s is too narrow for tunnel %s: %u bytes are left",
			   limit->to, name, limit->mtu);
		return;
	} else {
		link->mtu = limit->mtu;
	}
	bridge =
		link->master.name && !link->master.place
			? expand_find_bridge(expand_find_place(x, object->place), link->master.name)
			: NULL;
	if (!bridge)
		return;
	bridge->has_tunnel = true;
	if (!bridge->limit || link->mtu < bridge->limit) {
		bridge->limit = link->mtu;
		bridge->limit_is_known = limit->is_known;
	}
}

/* Of a vxlan without entries nothing tells how far it goes. */
static void set_tunnel_mtu(struct expansion *x, struct object *object)
{
	const struct tunnel *tunnel = object->data;
	struct limit limit;

	if (object->class == &class_tunnel) {
		struct object *tap = model_find_ref(x->want, object, &tunnel->interface);

		limit = tunnel_limit(x, object);
		if (tap)
			set_limited_mtu(x, tap, &limit, object->name);
	} else if (object->class == &class_link && link_is_vxlan(object)) {
		limit = vxlan_limit(x, object);
		if (limit.mtu != UINT32_MAX)
			set_limited_mtu(x, object, &limit, object->name);
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

	return kind && !kind->needs_link && !link_is_vxlan(object) &&
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
