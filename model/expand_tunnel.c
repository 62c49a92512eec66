/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tunnels and overlays: a tap with a worker each; an overlay's peers are the other hosts of the file. */
#include "model/expand.h"

#include "model/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- what both have ---- */

/* What this version does not do has a name and a way out. */
static bool check_mode(struct expansion *x, uint8_t mode, const char *what,
		       const struct position *position)
{
	if (mode != TUNNEL_TAP) {
		diag_error(x->diag, position, "%s: mode: vxlan is not available", what);
		diag_hint(x->diag, "write \"mode: tap\", or an interface with \"type: vxlan\"");
		return false;
	}
	return true;
}

static struct object *add_tap(struct expansion *x, struct expand_place *place, const char *name,
			      uint32_t mtu, const struct position *position)
{
	struct object *tap = expand_add_link(x, place->name, name, "tap", position);

	if (tap)
		expand_set_mtu(tap, mtu);
	return tap;
}

static struct object *add_worker(struct expansion *x, struct expand_place *place, const char *name,
				 const struct object *tap, uint8_t encryption,
				 const struct position *position)
{
	struct object *object = expand_add(x, &class_tunnel, place->name, name, position);
	struct tunnel *tunnel;

	if (!object)
		return NULL;
	tunnel = object->data;
	tunnel->mode = TUNNEL_TAP;
	tunnel->encryption = encryption;
	tunnel->interface.name = tap->name;
	return object;
}

static int compare_peers(const void *a, const void *b)
{
	const struct tunnel_peer *x = a, *y = b;

	return text_compare_natural(x->name, y->name);
}

static int compare_macs(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct mac_item));
}

static void sort_peers(struct tunnel *tunnel)
{
	size_t i;

	for (i = 0; i < tunnel->peers.n; i++) {
		struct list *macs =
			&((struct tunnel_peer *)list_item(&tunnel->peers, &record_tunnel_peer, i))
				 ->macaddresses;

		if (macs->n)
			qsort(macs->items, macs->n, sizeof(struct mac_item), compare_macs);
	}
	if (tunnel->peers.n)
		qsort(tunnel->peers.items, tunnel->peers.n, sizeof(struct tunnel_peer),
		      compare_peers);
}

/* A key that is missing or no key; WHAT says whose. */
static void check_key(struct expansion *x, const char *key, const char *name, const char *what,
		      const struct position *position)
{
	if (!key) {
		diag_error(x->diag, position,
			   "missing key \"%s\" in %s: encryption: noise needs it", name, what);
		diag_hint(x->diag,
			  "`vnetapply key new` makes a key file and prints its public key; "
			  "\"encryption: none\" needs neither");
	} else if (strcmp(name, "public-key") == 0 && !tunnel_key_is_valid(key)) {
		diag_error(x->diag, position,
			   "public-key in %s: expected a key as `vnetapply key new` prints it, not "
			   "\"%.60s\"",
			   what, key);
	}
}

/* ---- tunnels ---- */

static void check_peer_key(struct expansion *x, const struct tunnel_syntax *syntax,
			   const struct tunnel_peer *peer)
{
	if (syntax->encryption == TUNNEL_NOISE)
		check_key(x, peer->public_key, "public-key",
			  arena_printf(x->arena, "peer %s", peer->name), &peer->item.position);
	else if (!peer->endpoint)
		diag_error(x->diag, &peer->item.position,
			   "missing key \"endpoint\": encryption: none knows peers by address");
}

static void check_keys(struct expansion *x, const struct tunnel_syntax *syntax)
{
	const char *what = arena_printf(x->arena, "tunnel %s", syntax->item.name);

	if (syntax->encryption != TUNNEL_NOISE)
		return;
	check_key(x, syntax->key_file, "key-file", what, &syntax->item.position);
	if (syntax->public_key)
		check_key(x, syntax->public_key, "public-key", what, &syntax->item.position);
}

static void check_peers(struct expansion *x, const struct tunnel_syntax *syntax)
{
	struct tunnel_endpoint endpoint;
	size_t i;

	if (!syntax->peers.n)
		diag_error(x->diag, &syntax->item.position, "tunnel %s has no peers",
			   syntax->item.name);
	for (i = 0; i < syntax->peers.n; i++) {
		const struct tunnel_peer *peer = list_item(&syntax->peers, &record_tunnel_peer, i);

		if (!peer->name) /* reported as missing */
			continue;
		check_peer_key(x, syntax, peer);
		if (!peer->endpoint)
			continue;
		if (!tunnel_endpoint_read(peer->endpoint, &endpoint) || !endpoint.port)
			diag_error(x->diag, &peer->item.position,
				   "endpoint: expected ADDRESS:PORT, IPv6 in brackets, or "
				   "NAME:PORT, not \"%.60s\"",
				   peer->endpoint);
	}
}

static void add_tunnel(struct expansion *x, struct expand_place *place,
		       const struct tunnel_syntax *syntax)
{
	const struct position *position = &syntax->item.position;
	const char *name = syntax->interface ? syntax->interface : syntax->item.name;
	struct object *tap, *object;
	struct tunnel *tunnel;

	check_peers(x, syntax);
	check_keys(x, syntax);
	if (!check_mode(x, syntax->mode, syntax->item.name, position))
		return;
	tap = add_tap(x, place, name, syntax->mtu, position);
	object = tap ? add_worker(x, place, syntax->item.name, tap, syntax->encryption, position)
		     : NULL;
	if (!object)
		return;
	expand_set_mac(tap, &syntax->macaddress);
	if (written_has(&record_tunnel, syntax, "up"))
		expand_set_up(tap, syntax->up);
	if (written_has(&record_tunnel, syntax, "link-local"))
		expand_set_autoconf(tap, syntax->autoconf);
	expand_addresses(x, place, tap, &syntax->addresses);
	tap->protect = object->protect = syntax->protect;
	tunnel = object->data;
	tunnel->local = syntax->local;
	tunnel->port = syntax->port;
	tunnel->keepalive = syntax->keepalive;
	if (syntax->encryption == TUNNEL_NOISE) {
		tunnel->public_key = syntax->public_key;
		tunnel->key_file = syntax->key_file;
		tunnel->psk_file = syntax->psk_file;
	}
	tunnel->mac_learning = syntax->mac_learning;
	tunnel->mac_limit = syntax->mac_limit;
	tunnel->mac_ageing = syntax->mac_ageing;
	tunnel->flood = syntax->flood;
	tunnel->offload = syntax->offload;
	tunnel->peers = syntax->peers;
	sort_peers(tunnel);
}

/* ---- overlays ---- */

static bool is_member(const struct overlay_syntax *overlay, const char *host)
{
	size_t i;

	for (i = 0; i < overlay->members.n; i++) {
		const struct string_item *member =
			list_item(&overlay->members, &record_string_item, i);

		if (text_equal(member->text, host))
			return true;
	}
	return overlay->members.n == 0;
}

static bool check_members(struct expansion *x, const struct overlay_syntax *overlay)
{
	bool ok = true;
	size_t i, j;

	for (i = 0; i < overlay->members.n; i++) {
		const struct string_item *member =
			list_item(&overlay->members, &record_string_item, i);
		const char *near = NULL;

		for (j = 0; j < x->n_views && !text_equal(x->views[j].name, member->text); j++)
			if (x->views[j].name && text_is_near(member->text, x->views[j].name))
				near = x->views[j].name;
		if (j < x->n_views)
			continue;
		diag_error(x->diag, &overlay->item.position, "members: there is no host \"%s\"",
			   member->text);
		if (near)
			diag_hint(x->diag, "did you mean \"%s\"?", near);
		ok = false;
	}
	return ok;
}

static const struct addr *address_of_family(const struct list *addresses, uint8_t family)
{
	size_t i;

	for (i = 0; i < addresses->n; i++) {
		const struct addr_item *item = list_item(addresses, &record_addr_item, i);

		if (!family || item->addr.family == family)
			return &item->addr;
	}
	return NULL;
}

static void collect_mac(struct expansion *x, struct list *ret, const struct expand_view *view,
			const char *place, const char *interface, const struct mac *written)
{
	struct mac_item *item = list_append(ret, &record_mac_item, x->arena);

	item->mac = mac_is_set(written)
			    ? *written
			    : derived_mac(x->topology->name, view->name, place, interface);
}

/* Every interface of another host that speaks on the overlay's bridge there: the bridge and its members. */
static void collect_macs(struct expansion *x, struct list *ret, const struct expand_view *view,
			 const char *bridge_name)
{
	const struct host_syntax *host = &view->file->host;
	size_t i, j;

	for (i = 0; i < host->place.bridges.n; i++) {
		const struct bridge_syntax *bridge =
			list_item(&host->place.bridges, &record_bridge, i);

		if (!strcmp(bridge->item.name, bridge_name) &&
		    (!bridge->external || mac_is_set(&bridge->macaddress)))
			collect_mac(x, ret, view, "", bridge_name, &bridge->macaddress);
	}
	for (i = 0; i < host->namespaces.n; i++) {
		const struct namespace_syntax *namespace =
			list_item(&host->namespaces, &record_namespace, i);

		for (j = 0; j < namespace->attach.n; j++) {
			const struct attach_syntax *attach =
				list_item(&namespace->attach, &record_attach, j);

			if (!strcmp(attach->item.name, bridge_name))
				collect_mac(x, ret, view, namespace->item.name,
					    attach_interface(host, namespace, j, x->arena),
					    &attach->macaddress);
		}
	}
}

static const char *endpoint_text(struct expansion *x, const struct tunnel_endpoint *endpoint)
{
	char text[ADDR_TEXT_MAX];

	if (endpoint->host[0])
		return arena_printf(x->arena, "%s:%u", endpoint->host, endpoint->port);
	return arena_printf(x->arena, endpoint->addr.family == AF_INET6 ? "[%s]:%u" : "%s:%u",
			    addr_format(&endpoint->addr, text), endpoint->port);
}

static bool has_no_endpoint(const struct expand_view *view)
{
	return text_equal(view->file->host.endpoint, "none");
}

/* With encryption one side may be where nobody can dial it; not both. */
static bool check_reach(struct expansion *x, const struct expand_view *view, uint8_t encryption)
{
	if (encryption == TUNNEL_NONE)
		diag_error(x->diag, &view->position,
			   "host %s has no endpoint, but with encryption: none the others know it "
			   "by its address",
			   view->name);
	else if (has_no_endpoint(x->self))
		diag_error(x->diag, &view->position,
			   "hosts %s and %s have no endpoint: neither can dial the other",
			   x->self->name, view->name);
	return encryption != TUNNEL_NONE;
}

/* The host's `endpoint`, which replaces its address: ADDRESS[:PORT] or NAME[:PORT]. */
static bool written_endpoint(struct expansion *x, const struct expand_view *view,
			     uint8_t encryption, uint16_t port, struct tunnel_endpoint *ret)
{
	if (!tunnel_endpoint_read(view->file->host.endpoint, ret)) {
		diag_error(x->diag, &view->position,
			   "endpoint of host %s: expected ADDRESS[:PORT]%s, not \"%.60s\"",
			   view->name,
			   encryption == TUNNEL_NONE ? " or NAME[:PORT]" : ", NAME[:PORT] or none",
			   view->file->host.endpoint);
		return false;
	}
	if (!ret->port)
		ret->port = port;
	return true;
}

/* How this host dials the other: over a family that both have, in the order the other wrote. */
static bool find_endpoint(struct expansion *x, const struct expand_view *view, uint8_t encryption,
			  uint16_t port, struct tunnel_endpoint *ret)
{
	const struct list *own = &x->file->host.address, *theirs = &view->file->host.address;
	size_t i;

	if (view->file->host.endpoint)
		return written_endpoint(x, view, encryption, port, ret);
	if (!theirs->n || !own->n) {
		diag_error(
			x->diag, theirs->n ? &x->self->position : &view->position,
			"missing key \"address\" in hosts.%s: the others of its overlay reach it "
			"there",
			theirs->n ? x->self->name : view->name);
		return false;
	}
	for (i = 0; i < theirs->n; i++) {
		const struct addr_item *item = list_item(theirs, &record_addr_item, i);

		*ret = (struct tunnel_endpoint){ .addr = item->addr, .port = port };
		if (address_of_family(own, item->addr.family))
			return true;
	}
	diag_error(x->diag, &view->position, "hosts %s and %s have no address family in common",
		   x->self->name, view->name);
	return false;
}

/* Local is one address where all peers are of its family, else any. */
static void add_overlay_peers(struct expansion *x, const struct overlay_syntax *overlay,
			      struct tunnel *tunnel)
{
	bool has[2] = { false, false };
	const struct addr *local;
	size_t i;

	for (i = 0; i < x->n_views; i++) {
		const struct expand_view *view = &x->views[i];
		struct tunnel_endpoint endpoint;
		struct tunnel_peer *peer;
		bool is_reachable;

		if (view == x->self || !is_member(overlay, view->name))
			continue;
		is_reachable = !has_no_endpoint(view);
		if (is_reachable
			    ? !find_endpoint(x, view, overlay->encryption, overlay->port, &endpoint)
			    : !check_reach(x, view, overlay->encryption))
			continue;
		peer = list_append(&tunnel->peers, &record_tunnel_peer, x->arena);
		peer->item.position = view->position;
		peer->name = view->name;
		if (is_reachable) {
			peer->endpoint = endpoint_text(x, &endpoint);
			/* A name may mean either. */
			has[0] |= endpoint.host[0] || endpoint.addr.family == AF_INET;
			has[1] |= endpoint.host[0] || endpoint.addr.family == AF_INET6;
		}
		if (overlay->encryption == TUNNEL_NOISE)
			peer->public_key = view->file->host.public_key;
		if (overlay->bridge)
			collect_macs(x, &peer->macaddresses, view, overlay->bridge);
	}
	local = has[0] == has[1]
			? NULL
			: address_of_family(&x->file->host.address, has[1] ? AF_INET6 : AF_INET);
	if (local)
		tunnel->local = *local;
	sort_peers(tunnel);
}

/* This end's keys, and a public key of every member, which is asked for on each of them. */
static void add_overlay_keys(struct expansion *x, const struct overlay_syntax *overlay,
			     struct tunnel *tunnel)
{
	const struct host_syntax *host = &x->file->host;
	size_t i;

	for (i = 0; i < x->n_views; i++) {
		const struct expand_view *view = &x->views[i];

		if (is_member(overlay, view->name))
			check_key(x, view->file->host.public_key, "public-key",
				  arena_printf(x->arena, "hosts.%s", view->name), &view->position);
	}
	check_key(x, host->key_file, "key-file", arena_printf(x->arena, "hosts.%s", x->self->name),
		  &x->self->position);
	tunnel->public_key = host->public_key;
	tunnel->key_file = host->key_file;
	tunnel->psk_file = host->psk_file;
	tunnel->keepalive = has_no_endpoint(x->self) ? TUNNEL_KEEPALIVE : 0;
}

static void add_overlay(struct expansion *x, const struct overlay_syntax *overlay)
{
	struct expand_place *place = &x->places[0];
	const struct position *position = &overlay->item.position;
	const char *name = overlay->interface ? overlay->interface : overlay->item.name;
	struct expand_bridge *bridge = NULL;
	size_t errors = diag_met(x->diag);
	struct object *tap, *object;
	struct tunnel *tunnel;

	if (overlay->bridge && !(bridge = expand_find_bridge(place, overlay->bridge)))
		expand_no_bridge(x, place, overlay->bridge, position);
	if (!check_mode(x, overlay->mode, overlay->item.name, position))
		return;
	tap = add_tap(x, place, name, overlay->mtu, position);
	object = tap ? add_worker(x, place, overlay->item.name, tap, overlay->encryption, position)
		     : NULL;
	if (!object)
		return;
	tap->protect = object->protect = overlay->protect;
	if (bridge)
		object_link(tap)->master.name = bridge->link->name;
	object_link(tap)->port = *(const struct bridge_port *)record_bridge_port.defaults;
	tunnel = object->data;
	tunnel->port = overlay->port;
	tunnel->mac_learning = overlay->mac_learning;
	tunnel->mac_limit = overlay->mac_limit;
	tunnel->mac_ageing = overlay->mac_ageing;
	tunnel->flood = overlay->flood;
	tunnel->offload = overlay->offload;
	if (overlay->encryption == TUNNEL_NOISE && x->self->name)
		add_overlay_keys(x, overlay, tunnel);
	add_overlay_peers(x, overlay, tunnel);
	if (!tunnel->peers.n && errors == diag_met(x->diag))
		diag_error(x->diag, position, "overlay %s has no peers: it needs a second host",
			   overlay->item.name);
}

void expand_overlays(struct expansion *x)
{
	size_t i, j;

	for (i = 0; i < x->n_places; i++) {
		const struct list *tunnels = &x->places[i].syntax->tunnels;

		for (j = 0; j < tunnels->n; j++)
			add_tunnel(x, &x->places[i], list_item(tunnels, &record_tunnel, j));
	}
	for (i = 0; i < x->file->overlays.n; i++) {
		const struct overlay_syntax *overlay =
			list_item(&x->file->overlays, &record_overlay, i);

		if (check_members(x, overlay) && is_member(overlay, x->self->name))
			add_overlay(x, overlay);
	}
}
