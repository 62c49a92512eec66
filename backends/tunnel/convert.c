/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tunnels and configurations: the same facts, once as the file has them and once as numbers.
 */
#include "backends/tunnel/convert.h"
#include "model/text.h"
#include "model/tunnel.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

const char *tunnel_label(const struct object *object, char ret[WORKER_LABEL_SIZE])
{
	snprintf(ret, WORKER_LABEL_SIZE, "%s/%s", object->place[0] ? object->place : "host",
		 object->name);
	return ret;
}

bool tunnel_label_split(char *label, const char **place, const char **name)
{
	char *slash = strchr(label, '/');

	if (!slash || slash == label || !slash[1])
		return false;
	*slash = '\0';
	*place = strcmp(label, "host") == 0 ? "" : label;
	*name = slash + 1;
	return true;
}

static struct worker_endpoint endpoint_of_addr(const struct addr *addr, uint16_t port)
{
	struct worker_endpoint endpoint = { .family = addr->family, .port = port };

	memcpy(endpoint.address, addr->bytes, addr_bytes(addr->family));
	return endpoint;
}

static bool endpoint_equal(const struct worker_endpoint *a, const struct worker_endpoint *b)
{
	return a->family == b->family && a->port == b->port &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

/* Cuts "address:port" or "[address]:port" in place; *port is NULL where there is none. */
static char *endpoint_split(char *text, const char **port)
{
	char *end;

	*port = NULL;
	if (text[0] == '[') {
		end = strchr(++text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return NULL;
		*port = end[1] ? end + 2 : NULL;
		*end = '\0';
		return text;
	}
	end = strchr(text, ':');
	if (!end || strchr(end + 1, ':')) /* none, or an IPv6 address */
		return text;
	*port = end + 1;
	*end = '\0';
	return text;
}

bool tunnel_endpoint_parse(const char *text, uint16_t default_port, struct worker_endpoint *ret)
{
	char copy[TUNNEL_ENDPOINT_MAX], *address;
	uint64_t port = default_port;
	const char *port_text;
	struct addr addr;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return false;
	address = endpoint_split(copy, &port_text);
	if (!address || !addr_parse(&addr, address))
		return false;
	if (port_text && (!text_parse_number(&port, port_text) || port == 0 || port > UINT16_MAX))
		return false;
	*ret = endpoint_of_addr(&addr, (uint16_t)port);
	return true;
}

const char *tunnel_endpoint_format(const struct worker_endpoint *endpoint,
				   char ret[TUNNEL_ENDPOINT_MAX])
{
	char address[INET6_ADDRSTRLEN] = "";

	inet_ntop(endpoint->family, endpoint->address, address, sizeof(address));
	snprintf(ret, TUNNEL_ENDPOINT_MAX, endpoint->family == AF_INET6 ? "[%s]:%u" : "%s:%u",
		 address, endpoint->port);
	return ret;
}

static int peer_to_config(const struct tunnel_peer *peer, uint16_t port, struct worker_config *ret,
			  struct error *err)
{
	const struct mac_item *macs = peer->macaddresses.items;
	struct worker_endpoint endpoint;
	int r;

	if (!tunnel_endpoint_parse(peer->endpoint, port, &endpoint))
		return error_set(err, EINVAL, "peer %s: endpoint %s: expected ADDRESS:PORT",
				 peer->name, peer->endpoint);
	r = worker_config_add_peer(ret, peer->name, &endpoint);
	for (size_t i = 0; r == 0 && i < peer->macaddresses.n; i++)
		r = worker_config_add_mac(ret, macs[i].mac.bytes);
	if (r < 0)
		return error_set(err, -r, "peer %s: %s", peer->name,
				 r == -E2BIG	? "too many peers or addresses"
				 : r == -EINVAL ? "its name is longer than 63 characters"
						: strerror(-r));
	return 0;
}

/* The bits of the worker beside the members of the model. */
static const struct {
	uint32_t bit;
	size_t member;
} offloads[] = {
	{ WORKER_OFFLOAD_TSO, offsetof(struct tunnel_offload, tso) },
	{ WORKER_OFFLOAD_USO, offsetof(struct tunnel_offload, uso) },
	{ WORKER_OFFLOAD_GSO, offsetof(struct tunnel_offload, gso) },
	{ WORKER_OFFLOAD_GRO, offsetof(struct tunnel_offload, gro) },
	{ WORKER_OFFLOAD_COALESCE, offsetof(struct tunnel_offload, coalesce) },
	{ WORKER_OFFLOAD_BATCH, offsetof(struct tunnel_offload, batch) },
};
#define N_OFFLOADS (sizeof(offloads) / sizeof(offloads[0]))

static uint32_t offload_to_bits(const struct tunnel_offload *offload)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < N_OFFLOADS; i++)
		if (*(const bool *)((const char *)offload + offloads[i].member))
			bits |= offloads[i].bit;
	return bits;
}

static void offload_from_bits(struct tunnel_offload *ret, uint32_t bits)
{
	for (size_t i = 0; i < N_OFFLOADS; i++)
		*(bool *)((char *)ret + offloads[i].member) = bits & offloads[i].bit;
}

int tunnel_to_config(const struct object *object, struct worker_config *ret, struct error *err)
{
	const struct tunnel *tunnel = object->data;
	const struct tunnel_peer *peers = tunnel->peers.items;
	struct ref interface = object_ref(object, &tunnel->interface);
	int r = 0;

	worker_config_init(ret);
	if (tunnel->encryption != TUNNEL_NONE)
		return error_set(err, EOPNOTSUPP, "encryption: not available yet, write none");
	if (!interface.name || strcmp(interface.place, object->place) != 0)
		return error_set(err, EOPNOTSUPP, "the interface must be in the tunnel's place");
	tunnel_label(object, ret->label);
	snprintf(ret->interface, sizeof(ret->interface), "%s", interface.name);
	ret->local = endpoint_of_addr(&tunnel->local, tunnel->port);
	ret->mac_learning = tunnel->mac_learning;
	ret->offloads = offload_to_bits(&tunnel->offload);
	for (size_t i = 0; r == 0 && i < tunnel->peers.n; i++)
		r = peer_to_config(&peers[i], tunnel->port, ret, err);
	return r;
}

static int mac_compare(const void *a, const void *b)
{
	const struct mac_item *first = a, *second = b;

	return memcmp(first->mac.bytes, second->mac.bytes, sizeof(first->mac.bytes));
}

static int peer_compare(const void *a, const void *b)
{
	const struct tunnel_peer *first = a, *second = b;

	return strcmp(first->name, second->name);
}

static const struct tunnel_peer *peer_find(const struct object *tunnel_object, const char *name)
{
	const struct tunnel *tunnel = tunnel_object ? tunnel_object->data : NULL;
	const struct tunnel_peer *peers = tunnel ? tunnel->peers.items : NULL;

	for (size_t i = 0; tunnel && i < tunnel->peers.n; i++)
		if (strcmp(peers[i].name, name) == 0)
			return &peers[i];
	return NULL;
}

static const char *endpoint_text(const struct worker_peer *peer, const struct object *want,
				 struct arena *arena)
{
	const struct tunnel_peer *wanted = peer_find(want, peer->name);
	char text[TUNNEL_ENDPOINT_MAX];
	const struct tunnel *tunnel;
	struct worker_endpoint meant;

	if (wanted) {
		tunnel = want->data;
		if (tunnel_endpoint_parse(wanted->endpoint, tunnel->port, &meant) &&
		    endpoint_equal(&meant, &peer->endpoint))
			return arena_strdup(arena, wanted->endpoint);
	}
	return arena_strdup(arena, tunnel_endpoint_format(&peer->endpoint, text));
}

static void peer_from_config(struct tunnel_peer *ret, const struct worker_config *config,
			     const struct worker_peer *peer, const struct object *want,
			     struct arena *arena)
{
	struct mac_item *item;

	ret->name = arena_strdup(arena, peer->name);
	ret->endpoint = endpoint_text(peer, want, arena);
	for (uint32_t i = 0; i < peer->mac_count; i++) {
		item = list_append(&ret->macaddresses, &record_mac_item, arena);
		memcpy(item->mac.bytes, config->macs[peer->first_mac + i], 6);
	}
	if (ret->macaddresses.n)
		qsort(ret->macaddresses.items, ret->macaddresses.n, sizeof(*item), mac_compare);
}

void tunnel_from_config(struct object *object, const struct worker_config *config,
			const struct object *want, struct arena *arena)
{
	const struct tunnel *wanted = want ? want->data : NULL;
	struct tunnel *tunnel = object->data;

	tunnel->mode = TUNNEL_TAP;
	tunnel->encryption = TUNNEL_NONE;
	tunnel->interface = (struct ref){
		.place = wanted && wanted->interface.place ? arena_strdup(arena, object->place)
							   : NULL,
		.name = arena_strdup(arena, config->interface),
	};
	tunnel->port = config->local.port;
	tunnel->mac_learning = config->mac_learning;
	offload_from_bits(&tunnel->offload, config->offloads);
	if (config->local.family != AF_UNSPEC) {
		tunnel->local.family = (uint8_t)config->local.family;
		tunnel->local.length = addr_bits(tunnel->local.family);
		memcpy(tunnel->local.bytes, config->local.address, sizeof(tunnel->local.bytes));
	}
	for (uint32_t i = 0; i < config->peer_count; i++)
		peer_from_config(list_append(&tunnel->peers, &record_tunnel_peer, arena), config,
				 &config->peers[i], want, arena);
	if (tunnel->peers.n)
		qsort(tunnel->peers.items, tunnel->peers.n, sizeof(struct tunnel_peer),
		      peer_compare);
}
