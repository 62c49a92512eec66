/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tunnels: a tap with a worker each. What of that overlays have as well is at the beginning. */
#include "model/expand.h"
#include "model/read.h"

#include "model/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- what both have ---- */

struct object *tunnel_add_tap(struct expansion *x, struct expand_place *place, const char *name,
			      uint32_t mtu, const struct position *position)
{
	struct object *tap = expand_add_link(x, place->name, name, "tap", position);

	if (tap)
		expand_set_mtu(tap, mtu);
	return tap;
}

struct object *tunnel_add_worker(struct expansion *x, struct expand_place *place, const char *name,
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

void tunnel_sort_peers(struct tunnel *tunnel)
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

void tunnel_check_key(struct expansion *x, const char *key, const char *name, const char *what,
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
		tunnel_check_key(x, peer->public_key, "public-key",
				 arena_printf(x->arena, "peer %s", peer->name),
				 item_value_position(&peer->item, "public-key", 0));
	else if (!peer->endpoint)
		diag_error(x->diag, &peer->item.position,
			   "missing key \"endpoint\": encryption: none knows peers by address");
}

static void check_keys(struct expansion *x, const struct tunnel_syntax *syntax)
{
	const char *what = arena_printf(x->arena, "tunnel %s", syntax->item.name);

	if (syntax->encryption != TUNNEL_NOISE)
		return;
	tunnel_check_key(x, syntax->key_file, "key-file", what, &syntax->item.position);
	if (syntax->public_key)
		tunnel_check_key(x, syntax->public_key, "public-key", what,
				 item_value_position(&syntax->item, "public-key", 0));
}

/* A name stands for all addresses that it has, so there are no others beside it. */
static void check_peer_endpoints(struct expansion *x, const struct tunnel_peer *peer)
{
	const struct position *position = &peer->item.position;
	struct tunnel_endpoint endpoint = { 0 };
	size_t i;

	if (peer->endpoint && (!tunnel_endpoint_read(peer->endpoint, &endpoint) || !endpoint.port))
		diag_error(x->diag, item_value_position(&peer->item, "endpoint", 0),
			   "endpoint: expected ADDRESS:PORT, IPv6 in brackets, or NAME:PORT, not "
			   "\"%.60s\"",
			   peer->endpoint);
	else if (peer->others.n && (!peer->endpoint || endpoint.host[0]))
		diag_error(x->diag, position,
			   "other-endpoints of peer %s: expected an address in \"endpoint\" before "
			   "them",
			   peer->name);
	if (peer->others.n >= TUNNEL_ENDPOINTS_MAX)
		diag_error(x->diag, position, "other-endpoints of peer %s: expected %d at most",
			   peer->name, TUNNEL_ENDPOINTS_MAX - 1);
	for (i = 1; i <= peer->others.n; i++) {
		const char *text = tunnel_peer_endpoint(peer, i);

		if (!tunnel_endpoint_read(text, &endpoint) || !endpoint.port || endpoint.host[0])
			diag_error(x->diag,
				   item_value_position(&peer->item, "other-endpoints", i - 1),
				   "other-endpoints: expected ADDRESS:PORT, IPv6 in brackets, not "
				   "\"%.60s\"",
				   text);
	}
}

static void check_peers(struct expansion *x, const struct tunnel_syntax *syntax)
{
	size_t i;

	if (!syntax->peers.n)
		diag_error(x->diag, &syntax->item.position, "tunnel %s has no peers",
			   syntax->item.name);
	for (i = 0; i < syntax->peers.n; i++) {
		const struct tunnel_peer *peer = list_item(&syntax->peers, &record_tunnel_peer, i);

		if (!peer->name) /* reported as missing */
			continue;
		check_peer_key(x, syntax, peer);
		check_peer_endpoints(x, peer);
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
	if (syntax->mode != TUNNEL_TAP) {
		diag_error(x->diag, position, "%s: a tunnel with mode: vxlan is not available",
			   syntax->item.name);
		diag_hint(x->diag, "write an interface with \"type: vxlan\" and \"fdb\"");
		return;
	}
	tap = tunnel_add_tap(x, place, name, syntax->mtu, position);
	object = tap ? tunnel_add_worker(x, place, syntax->item.name, tap, syntax->encryption,
					 position)
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
	tunnel->other_local = syntax->other_local;
	tunnel->port = syntax->port;
	tunnel->keepalive = syntax->keepalive;
	if (syntax->encryption == TUNNEL_NOISE) {
		tunnel->public_key = syntax->public_key;
		tunnel->key_file = syntax->key_file;
		tunnel->psk_file = syntax->psk_file;
	}
	tunnel->settings = syntax->settings;
	tunnel->peers = syntax->peers;
	tunnel_sort_peers(tunnel);
}

void expand_tunnels(struct expansion *x, struct expand_place *place)
{
	const struct list *tunnels = &place->syntax->tunnels;
	size_t i;

	for (i = 0; i < tunnels->n; i++)
		add_tunnel(x, place, list_item(tunnels, &record_tunnel, i));
}
