/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts and tunnels: a worker tells its peers apart by where their datagrams come from, and has a UDP port to itself.
 */
#include "model/classes.h"
#include "model/text.h"
#include "model/tunnel.h"
#include "model/validate_rules.h"

#include <stdlib.h>

/* ---- peers ---- */

struct station {
	const char *text; /* what must be one peer's alone */
	const struct tunnel_peer *peer;
};

static int compare_station(const void *a, const void *b)
{
	const struct station *x = a, *y = b;

	return text_compare(x->text, y->text);
}

/* Reports what two peers have in common. */
static void check_unique(const struct validation *v, const struct object *object,
			 struct station *stations, size_t n, const char *what)
{
	const char *const names = "name";
	size_t i;

	qsort(stations, n, sizeof(*stations), compare_station);
	for (i = 1; i < n; i++) {
		const struct tunnel_peer *one = stations[i - 1].peer, *other = stations[i].peer;
		const struct position *position =
			other->item.position.file ? &other->item.position : &object->position;

		if (one == other || !text_equal(stations[i].text, stations[i - 1].text))
			continue;
		if (!strcmp(what, names))
			diag_error(v->diag, position, "tunnel %s has two peers named %s",
				   object->name, one->name);
		else
			diag_error(v->diag, position, "%s %s is already that of peer %s", what,
				   stations[i].text, one->name);
	}
}

/* The text before ":PORT": the port that a datagram comes from tells nothing. */
static const char *endpoint_address(const struct validation *v, const char *endpoint)
{
	const char *colon = strrchr(endpoint, ':');

	return arena_strndup(v->arena, endpoint,
			     colon ? (size_t)(colon - endpoint) : strlen(endpoint));
}

static void check_peers(const struct validation *v, const struct object *object)
{
	const struct tunnel *tunnel = object->data;
	size_t n = tunnel->peers.n, n_macs = 0, n_endpoints = 0, i, j;
	struct station *names = arena_alloc(v->arena, (n + 1) * sizeof(*names));
	struct station *endpoints =
		arena_alloc(v->arena, (n + 1) * TUNNEL_ENDPOINTS_MAX * sizeof(*endpoints));
	struct station *macs;
	char text[MAC_TEXT_MAX];

	for (i = 0; i < n; i++) {
		const struct tunnel_peer *peer = list_item(&tunnel->peers, &record_tunnel_peer, i);

		names[i] = (struct station){ peer->name, peer };
		for (j = 0; j < TUNNEL_ENDPOINTS_MAX && tunnel_peer_endpoint(peer, j); j++)
			endpoints[n_endpoints++] = (struct station){
				endpoint_address(v, tunnel_peer_endpoint(peer, j)), peer
			};
		n_macs += peer->macaddresses.n;
	}
	macs = arena_alloc(v->arena, (n_macs + 1) * sizeof(*macs));
	for (i = 0, n_macs = 0; i < n; i++) {
		const struct tunnel_peer *peer = names[i].peer;

		for (j = 0; j < peer->macaddresses.n; j++) {
			const struct mac_item *item =
				list_item(&peer->macaddresses, &record_mac_item, j);

			macs[n_macs++] = (struct station){
				arena_strdup(v->arena, mac_format(&item->mac, text)), peer
			};
		}
	}
	check_unique(v, object, names, n, "name");
	/* With encryption their keys tell them apart, and several may stand behind one address. */
	if (tunnel->encryption == TUNNEL_NONE)
		check_unique(v, object, endpoints, n_endpoints, "address");
	check_unique(v, object, macs, n_macs, "MAC address");
}

/* ---- hosts ---- */

struct underlay {
	struct addr addr;
	const struct topology_host *host;
};

static int compare_underlay(const void *a, const void *b)
{
	const struct underlay *x = a, *y = b;
	int order = addr_compare(&x->addr, &y->addr);

	return order ? order : x->host < y->host ? -1 : x->host > y->host;
}

/* Two hosts of one address could not be told apart: neither by one another, nor by themselves. */
static void check_hosts(const struct validation *v)
{
	const struct topology *topology = v->topology;
	struct underlay *all;
	char text[ADDR_TEXT_MAX];
	size_t n = 0, i, j;

	for (i = 0; i < topology->n_hosts; i++)
		n += topology->hosts[i].addresses.n;
	all = arena_alloc(v->arena, (n + 1) * sizeof(*all));
	for (i = 0, n = 0; i < topology->n_hosts; i++) {
		const struct topology_host *host = &topology->hosts[i];

		for (j = 0; j < host->addresses.n; j++) {
			const struct addr_item *item =
				list_item(&host->addresses, &record_addr_item, j);

			all[n++] = (struct underlay){ item->addr, host };
			if (addr_is_unspecified(&item->addr) || addr_is_multicast(&item->addr))
				diag_error(v->diag, &host->position,
					   "%s is no address of one host, expected one that the "
					   "others reach %s by",
					   addr_format(&item->addr, text), host->name);
		}
	}
	qsort(all, n, sizeof(*all), compare_underlay);
	for (i = 1; i < n; i++) {
		const struct topology_host *one = all[i - 1].host, *other = all[i].host;

		if (addr_equal(&all[i].addr, &all[i - 1].addr))
			diag_error(v->diag, &other->position, "%s is already an address of %s%s",
				   addr_format(&all[i].addr, text), one->name,
				   validation_at(v, &other->position, &one->position));
	}
}

/* ---- ports ---- */

struct listener {
	const struct object *object;
	struct addr local; /* unset: any */
	uint64_t port;
};

static int compare_listener(const void *a, const void *b)
{
	const struct listener *x = a, *y = b;
	int order = strcmp(x->object->place, y->object->place);

	if (!order)
		order = x->port < y->port ? -1 : x->port > y->port;
	if (!order)
		order = addr_compare(&x->local, &y->local); /* "any" first */
	if (!order)
		order = x->object->sequence < y->object->sequence ? -1 : 1;
	return order;
}

static bool listeners_overlap(const struct listener *a, const struct listener *b)
{
	return !addr_is_set(&a->local) || !addr_is_set(&b->local) ||
	       addr_same_host(&a->local, &b->local);
}

/* A kernel VXLAN takes the port on every address; several share it, so they are not compared to one another. */
static bool is_vxlan(const struct object *object)
{
	return object->class == &class_link && link_is_kind(object, "vxlan");
}

/* It has room for two of each object. */
static size_t collect_listeners(const struct validation *v, struct listener *listeners)
{
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < v->n_sequences; i++) {
		const struct object *object = v->objects[i];
		struct listener listener = { .object = object };

		if (!object)
			continue;
		if (object->class == &class_tunnel) {
			const struct tunnel *tunnel = object->data;

			listener.port = tunnel->port;
			if (addr_is_set(&tunnel->other_local)) {
				listener.local = tunnel->other_local;
				listeners[n++] = listener;
			}
			listener.local = tunnel->local;
		} else if (is_vxlan(object)) {
			const struct link *link = object_link(object);

			listener.port = field_get_number(record_field(&link->kind->record, "port"),
							 link->info);
		} else {
			continue;
		}
		listeners[n++] = listener;
	}
	return n;
}

static void report_listeners(const struct validation *v, const struct object *one,
			     const struct object *other, uint64_t port)
{
	if (one == other || (is_vxlan(one) && is_vxlan(other)))
		return;
	if (one->sequence > other->sequence) {
		const struct object *swap = one;

		one = other;
		other = swap;
	}
	diag_error(v->diag, &other->position, "UDP port %u is already used by %s%s", (unsigned)port,
		   one->name, validation_at(v, &other->position, &one->position));
	diag_hint(v->diag, "give one of them another \"port\", on all of its hosts");
}

static void check_ports(const struct validation *v)
{
	struct listener *listeners = arena_alloc(v->arena, 2 * v->n_sequences * sizeof(*listeners));
	size_t n = collect_listeners(v, listeners), i, any = 0;

	qsort(listeners, n, sizeof(*listeners), compare_listener);
	for (i = 1; i < n; i++) {
		const struct listener *it = &listeners[i];

		if (listeners[any].port != it->port ||
		    strcmp(listeners[any].object->place, it->object->place) != 0) {
			any = i; /* the first of a new place and port: "any" if one listens so */
			continue;
		}
		if (listeners_overlap(&listeners[i - 1], it))
			report_listeners(v, listeners[i - 1].object, it->object, it->port);
		else if (listeners_overlap(&listeners[any], it))
			report_listeners(v, listeners[any].object, it->object, it->port);
	}
}

void validate_tunnels(struct validation *v)
{
	struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, v->model, i) {
		if (object->class == &class_tunnel)
			check_peers(v, object);
	}
	check_hosts(v);
	check_ports(v);
}
