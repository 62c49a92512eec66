/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Overlays: the peers of a host's end are the other hosts of the file. With mode: tap that end is a tunnel; what takes its
 * place with mode: vxlan is in expand_vxlan.c.
 */
#include "model/expand.h"
#include "model/read.h"

#include "model/text.h"

#include <string.h>
#include <sys/socket.h>

/* ---- members ---- */

const struct member_syntax *overlay_member(const struct overlay_syntax *overlay, const char *host)
{
	size_t i;

	for (i = 0; i < overlay->members.n; i++) {
		const struct member_syntax *member =
			list_item(&overlay->members, &record_member, i);

		if (text_equal(member->item.name, host))
			return member;
	}
	return NULL;
}

bool overlay_has_member(const struct overlay_syntax *overlay, const char *host)
{
	return overlay->members.n == 0 || overlay_member(overlay, host);
}

static bool check_members(struct expansion *x, const struct overlay_syntax *overlay)
{
	bool ok = true;
	size_t i, j;

	for (i = 0; i < overlay->members.n; i++) {
		const struct member_syntax *member =
			list_item(&overlay->members, &record_member, i);
		const char *near = NULL;

		for (j = 0; j < x->n_views && !text_equal(x->views[j].name, member->item.name); j++)
			if (x->views[j].name && text_is_near(member->item.name, x->views[j].name))
				near = x->views[j].name;
		if (j < x->n_views)
			continue;
		diag_error(x->diag, &member->item.position, "members: there is no host \"%s\"",
			   member->item.name);
		if (near)
			diag_hint(x->diag, "did you mean \"%s\"?", near);
		ok = false;
	}
	return ok;
}

const struct addr *overlay_address(const struct list *addresses, uint8_t family)
{
	size_t i;

	for (i = 0; i < addresses->n; i++) {
		const struct addr_item *item = list_item(addresses, &record_addr_item, i);

		if (!family || item->addr.family == family)
			return &item->addr;
	}
	return NULL;
}

void overlay_each_end(struct expansion *x, const struct expand_view *view, const char *bridge_name,
		      overlay_visit *visit, void *data)
{
	const struct host_syntax *host = &view->file->host;
	size_t i, j;

	for (i = 0; i < host->place.bridges.n; i++) {
		const struct bridge_syntax *bridge =
			list_item(&host->place.bridges, &record_bridge, i);

		if (!strcmp(bridge->item.name, bridge_name))
			visit(data, &(const struct overlay_end){ .view = view,
								 .place = "",
								 .interface = bridge_name,
								 .is_foreign = bridge->external,
								 .macaddress = &bridge->macaddress,
								 .addresses = &bridge->addresses });
	}
	for (i = 0; i < host->namespaces.n; i++) {
		const struct namespace_syntax *namespace =
			list_item(&host->namespaces, &record_namespace, i);

		for (j = 0; j < namespace->attach.n; j++) {
			const struct attach_syntax *attach =
				list_item(&namespace->attach, &record_attach, j);

			if (strcmp(attach->item.name, bridge_name) != 0)
				continue;
			visit(data,
			      &(const struct overlay_end){
				      .view = view,
				      .place = namespace->item.name,
				      .interface = attach_interface(host, namespace, j, x->arena),
				      .macaddress = &attach->macaddress,
				      .addresses = &attach->addresses });
		}
	}
}

struct collecting {
	struct expansion *x;
	struct list *macs;
};

/* Of a bridge that is made elsewhere only a MAC that the file writes is known. */
static void collect_mac(void *data, const struct overlay_end *end)
{
	const struct collecting *collecting = data;
	struct mac_item *item;

	if (end->is_foreign && !mac_is_set(end->macaddress))
		return;
	item = list_append(collecting->macs, &record_mac_item, collecting->x->arena);
	item->mac = mac_is_set(end->macaddress)
			    ? *end->macaddress
			    : derived_mac(collecting->x->topology->name, end->view->name,
					  end->place, end->interface);
}

void overlay_macs(struct expansion *x, struct list *ret, const struct expand_view *view,
		  const char *bridge_name)
{
	struct collecting collecting = { .x = x, .macs = ret };

	overlay_each_end(x, view, bridge_name, collect_mac, &collecting);
}

static const char *endpoint_text(struct expansion *x, const struct tunnel_endpoint *endpoint)
{
	char text[ADDR_TEXT_MAX];

	if (endpoint->host[0])
		return arena_printf(x->arena, "%s:%u", endpoint->host, endpoint->port);
	return arena_printf(x->arena, endpoint->addr.family == AF_INET6 ? "[%s]:%u" : "%s:%u",
			    addr_format(&endpoint->addr, text), endpoint->port);
}

void overlay_no_address(struct expansion *x, const struct expand_view *view)
{
	diag_error(x->diag, &view->position,
		   "missing key \"address\" in hosts.%s: the others of its overlay reach it there",
		   view->name);
}

void overlay_no_peers(struct expansion *x, const struct overlay_syntax *overlay)
{
	diag_error(x->diag, &overlay->item.position,
		   "overlay %s has no peers: it needs a second host", overlay->item.name);
}

/* The first address of each family that both have, in the order the other wrote; how many. */
static size_t common_addresses(const struct list *own, const struct list *theirs,
			       const struct addr *ret[2])
{
	size_t n = 0, i;

	for (i = 0; n < 2 && i < theirs->n; i++) {
		const struct addr_item *item = list_item(theirs, &record_addr_item, i);

		if (overlay_address(own, item->addr.family) &&
		    (n == 0 || ret[0]->family != item->addr.family))
			ret[n++] = &item->addr;
	}
	return n;
}

static const char *address_endpoint(struct expansion *x, const struct addr *addr, uint16_t port)
{
	const struct tunnel_endpoint endpoint = { .addr = *addr, .port = port };

	return endpoint_text(x, &endpoint);
}

/* How this host dials the other, and over which families. False: reported. */
static bool find_endpoints(struct expansion *x, const struct overlay_syntax *overlay,
			   const struct expand_view *view, uint16_t port, struct tunnel_peer *peer,
			   bool has[2])
{
	const struct list *own = &x->file->host.address, *theirs = &view->file->host.address;
	struct tunnel_endpoint endpoint;
	const struct addr *common[2];
	struct string_item *other;
	size_t n;

	if (overlay_endpoint_text(overlay, view)) {
		if (!overlay_endpoint(x, overlay, view, overlay->encryption, port, &endpoint))
			return false;
		peer->endpoint = endpoint_text(x, &endpoint);
		/* A name may mean either. */
		has[0] |= endpoint.host[0] || endpoint.addr.family == AF_INET;
		has[1] |= endpoint.host[0] || endpoint.addr.family == AF_INET6;
		return true;
	}
	if (!theirs->n || !own->n) {
		overlay_no_address(x, theirs->n ? x->self : view);
		return false;
	}
	n = common_addresses(own, theirs, common);
	if (n == 0) {
		diag_error(x->diag, &view->position,
			   "hosts %s and %s have no address family in common", x->self->name,
			   view->name);
		return false;
	}
	peer->endpoint = address_endpoint(x, common[0], port);
	if (n > 1) {
		other = list_append(&peer->others, &record_string_item, x->arena);
		other->text = address_endpoint(x, common[1], port);
	}
	has[0] |= common[0]->family == AF_INET || n > 1;
	has[1] |= common[0]->family == AF_INET6 || n > 1;
	return true;
}

/*
 * The peers know this end by its addresses, so these are what it sends from: one of each family that is used. Any, where
 * it has none of such a family: then its peers have names or another way to dial it.
 */
static void set_local(struct expansion *x, struct tunnel *tunnel, const bool has[2])
{
	const struct list *own = &x->file->host.address;
	const struct addr *v4 = has[0] ? overlay_address(own, AF_INET) : NULL;
	const struct addr *v6 = has[1] ? overlay_address(own, AF_INET6) : NULL;
	const struct addr *first;

	if ((has[0] && !v4) || (has[1] && !v6))
		return;
	first = v4 && v6 ? overlay_address(own, 0) : v4 ? v4 : v6;
	if (!first)
		return;
	tunnel->local = *first;
	if (v4 && v6)
		tunnel->other_local = first->family == AF_INET ? *v6 : *v4;
}

static void add_overlay_peers(struct expansion *x, const struct overlay_syntax *overlay,
			      struct tunnel *tunnel)
{
	bool has[2] = { false, false };
	size_t i;

	for (i = 0; i < x->n_views; i++) {
		const struct expand_view *view = &x->views[i];
		struct tunnel_peer *peer, found = { 0 };

		if (view == x->self || !overlay_has_member(overlay, view->name))
			continue;
		if (overlay_has_endpoint(overlay, view)
			    ? !find_endpoints(x, overlay, view, tunnel->port, &found, has)
			    : !overlay_check_reach(x, overlay, view, overlay->encryption))
			continue;
		peer = list_append(&tunnel->peers, &record_tunnel_peer, x->arena);
		peer->item.position = view->position;
		peer->name = view->name;
		peer->endpoint = found.endpoint;
		peer->others = found.others;
		if (overlay->encryption == TUNNEL_NOISE)
			peer->public_key = view->file->host.public_key;
		if (overlay->bridge)
			overlay_macs(x, &peer->macaddresses, view, overlay->bridge);
	}
	set_local(x, tunnel, has);
	tunnel_sort_peers(tunnel);
}

/* This end's keys, and a public key of every member, which is asked for on each of them. */
static void add_overlay_keys(struct expansion *x, const struct overlay_syntax *overlay,
			     struct tunnel *tunnel)
{
	const struct host_syntax *host = &x->file->host;
	size_t i;

	for (i = 0; i < x->n_views; i++) {
		const struct expand_view *view = &x->views[i];

		if (overlay_has_member(overlay, view->name))
			tunnel_check_key(x, view->file->host.public_key, "public-key",
					 arena_printf(x->arena, "hosts.%s", view->name),
					 item_value_position(&view->item, "public-key", 0));
	}
	tunnel_check_key(x, host->key_file, "key-file",
			 arena_printf(x->arena, "hosts.%s", x->self->name), &x->self->position);
	tunnel->public_key = host->public_key;
	tunnel->key_file = host->key_file;
	tunnel->psk_file = host->psk_file;
	tunnel->keepalive = !overlay_has_endpoint(overlay, x->self) ? TUNNEL_KEEPALIVE : 0;
}

/* NULL: reported. */
static struct object *add_overlay_tap(struct expansion *x, const struct overlay_syntax *overlay,
				      const char *name)
{
	const struct position *position = &overlay->item.position;
	size_t errors = diag_met(x->diag);
	struct object *tap, *object;
	struct tunnel *tunnel;

	if (overlay->id) {
		diag_error(x->diag, position, "overlay %s: \"id\" is for mode: vxlan",
			   overlay->item.name);
		diag_hint(x->diag,
			  "leave it out: with mode: tap the UDP port tells overlays apart");
	}
	tap = tunnel_add_tap(x, &x->places[0], name, overlay->mtu, position);
	object = tap ? tunnel_add_worker(x, &x->places[0], overlay->item.name, tap,
					 overlay->encryption, position)
		     : NULL;
	if (!object)
		return NULL;
	object->protect = overlay->protect;
	tunnel = object->data;
	if (overlay->port)
		tunnel->port = overlay->port;
	tunnel->settings = overlay->settings;
	if (overlay->encryption == TUNNEL_NOISE && x->self->name)
		add_overlay_keys(x, overlay, tunnel);
	add_overlay_peers(x, overlay, tunnel);
	if (!tunnel->peers.n && errors == diag_met(x->diag))
		overlay_no_peers(x, overlay);
	return tap;
}

static void add_overlay(struct expansion *x, const struct overlay_syntax *overlay)
{
	struct expand_place *place = &x->places[0];
	const char *name = overlay->interface ? overlay->interface : overlay->item.name;
	struct expand_bridge *bridge = NULL;
	struct object *link;

	if (overlay->bridge && !(bridge = expand_find_bridge(place, overlay->bridge)))
		expand_no_bridge(x, place, overlay->bridge, &overlay->item.position);
	link = overlay->mode == TUNNEL_VXLAN ? expand_vxlan(x, overlay, name)
					     : add_overlay_tap(x, overlay, name);
	if (!link)
		return;
	link->protect = overlay->protect;
	if (bridge)
		object_link(link)->master.name = bridge->link->name;
	object_link(link)->port = *(const struct bridge_port *)record_bridge_port.defaults;
}

void expand_overlays(struct expansion *x)
{
	size_t i;

	expand_check_endpoints(x);
	for (i = 0; i < x->file->overlays.n; i++) {
		const struct overlay_syntax *overlay =
			list_item(&x->file->overlays, &record_overlay, i);

		if (!check_members(x, overlay) || !overlay_has_member(overlay, x->self->name))
			continue;
		add_overlay(x, overlay);
		expand_check_segment(x, overlay);
	}
}
