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
#include <unistd.h>
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

	if (addr_is_set(addr))
		memcpy(endpoint.address, addr->bytes, addr_bytes(addr->family));
	return endpoint;
}

static struct addr addr_of_endpoint(const struct worker_endpoint *endpoint)
{
	struct addr addr = { .family = (uint8_t)endpoint->family };

	if (endpoint->family == AF_UNSPEC)
		return addr;
	addr.length = addr_bits(addr.family);
	memcpy(addr.bytes, endpoint->address, sizeof(addr.bytes));
	return addr;
}

_Static_assert(TUNNEL_ENDPOINTS_MAX == WORKER_ENDPOINTS_MAX, "all addresses of a peer fit");
_Static_assert(TUNNEL_HOST_MAX < WORKER_HOST_SIZE, "a name fits into a configuration");

bool tunnel_endpoint_parse(const char *text, uint16_t default_port, struct worker_endpoint *ret,
			   char host[WORKER_HOST_SIZE])
{
	struct tunnel_endpoint endpoint;

	if (!tunnel_endpoint_read(text, &endpoint))
		return false;
	*ret = endpoint_of_addr(&endpoint.addr, endpoint.port ? endpoint.port : default_port);
	memcpy(host, endpoint.host, sizeof(endpoint.host));
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

static bool key_path_in(const char *directory, const char *text, char ret[WORKER_PATH_SIZE])
{
	int n = snprintf(ret, WORKER_PATH_SIZE, "%s/%s", directory, text);

	return n > 0 && n < WORKER_PATH_SIZE;
}

_Static_assert(TUNNEL_KEY_PATH_MAX == WORKER_PATH_SIZE, "a path fits into a configuration");

bool tunnel_key_path(const char *text, char ret[TUNNEL_KEY_PATH_MAX])
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");

	if (text[0] == '/')
		return (size_t)snprintf(ret, WORKER_PATH_SIZE, "%s", text) < WORKER_PATH_SIZE;
	if (strchr(text, '/') || text[0] == '.')
		return false;
	if (credentials && credentials[0] == '/' && key_path_in(credentials, text, ret) &&
	    access(ret, F_OK) == 0)
		return true;
	return key_path_in(TUNNEL_KEY_DIRECTORY, text, ret);
}

/* The worker looks at the file more closely; that there is none is better said with a way out. */
static int key_file_to_config(const char *text, const char *key, char ret[WORKER_PATH_SIZE],
			      struct error *err)
{
	if (!text)
		return 0;
	if (!tunnel_key_path(text, ret))
		return error_set(err, EINVAL, "%s %s: expected an absolute path, or a name in %s",
				 key, text, TUNNEL_KEY_DIRECTORY);
	if (access(ret, F_OK) < 0 && errno == ENOENT)
		return error_set(err, ENOENT,
				 "%s %s: no such file; to make one: vnetapply key new %s", key, ret,
				 text);
	return 0;
}

static int encryption_to_config(const struct tunnel *tunnel, struct worker_config *ret,
				struct error *err)
{
	int r;

	if (tunnel->encryption == TUNNEL_NONE)
		return 0;
	ret->encryption = WORKER_NOISE;
	ret->keepalive = tunnel->keepalive;
	if (tunnel->public_key)
		snprintf(ret->public_key, sizeof(ret->public_key), "%s", tunnel->public_key);
	r = key_file_to_config(tunnel->key_file, "key-file", ret->key_file, err);
	return r < 0 ? r : key_file_to_config(tunnel->psk_file, "psk-file", ret->psk_file, err);
}

static int peer_to_config(const struct tunnel_peer *peer, uint16_t port, struct worker_config *ret,
			  struct error *err)
{
	const struct mac_item *macs = peer->macaddresses.items;
	struct worker_endpoint endpoint = { 0 };
	char host[WORKER_HOST_SIZE] = "";
	int r;

	if (peer->endpoint && !tunnel_endpoint_parse(peer->endpoint, port, &endpoint, host))
		return error_set(err, EINVAL,
				 "peer %s: endpoint %s: expected ADDRESS:PORT or NAME:PORT",
				 peer->name, peer->endpoint);
	r = worker_config_add_peer(ret, peer->name, &endpoint);
	if (r == 0)
		memcpy(ret->peers[ret->peer_count - 1].host, host, sizeof(host));
	for (size_t i = 1; r == 0 && i <= peer->others.n; i++) {
		if (!tunnel_endpoint_parse(tunnel_peer_endpoint(peer, i), port, &endpoint, host) ||
		    host[0])
			return error_set(err, EINVAL, "peer %s: endpoint %s: expected ADDRESS:PORT",
					 peer->name, tunnel_peer_endpoint(peer, i));
		r = worker_config_add_endpoint(ret, &endpoint);
	}
	if (r == 0 && peer->public_key)
		snprintf(ret->peers[ret->peer_count - 1].public_key, WORKER_KEY_TEXT, "%s",
			 peer->public_key);
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
	int r;

	worker_config_init(ret);
	r = encryption_to_config(tunnel, ret, err);
	if (r < 0)
		return r;
	if (!interface.name || strcmp(interface.place, object->place) != 0)
		return error_set(err, EOPNOTSUPP, "the interface must be in the tunnel's place");
	tunnel_label(object, ret->label);
	snprintf(ret->interface, sizeof(ret->interface), "%s", interface.name);
	ret->local = endpoint_of_addr(&tunnel->local, tunnel->port);
	if (addr_is_set(&tunnel->other_local))
		ret->other_local = endpoint_of_addr(&tunnel->other_local, tunnel->port);
	ret->mac_learning = tunnel->settings.mac_learning;
	ret->mac_limit = tunnel->settings.mac_limit;
	ret->mac_ageing = tunnel->settings.mac_ageing;
	ret->flood_limit[WORKER_FLOOD_BROADCAST] = tunnel->settings.flood.broadcast;
	ret->flood_limit[WORKER_FLOOD_MULTICAST] = tunnel->settings.flood.multicast;
	ret->flood_limit[WORKER_FLOOD_UNKNOWN] = tunnel->settings.flood.unknown;
	ret->do_not_fragment = tunnel->settings.do_not_fragment;
	ret->offloads = offload_to_bits(&tunnel->settings.offload);
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

/* Names are the same in any case; what one means at the moment is not compared. */
static bool endpoint_means(const char *text, const struct tunnel *tunnel,
			   const struct worker_peer *peer)
{
	char host[WORKER_HOST_SIZE];
	struct worker_endpoint meant;

	if (!tunnel_endpoint_parse(text, tunnel->port, &meant, host))
		return false;
	if (host[0] || peer->host[0])
		return strcasecmp(host, peer->host) == 0 && meant.port == peer->endpoint.port;
	return worker_endpoint_equal(&meant, &peer->endpoint);
}

static const char *endpoint_text(const struct worker_peer *peer, const struct object *want,
				 struct arena *arena)
{
	const struct tunnel_peer *wanted = peer_find(want, peer->name);
	char text[TUNNEL_ENDPOINT_MAX];

	if (peer->endpoint.family == AF_UNSPEC && !peer->host[0])
		return NULL;
	if (wanted && wanted->endpoint && endpoint_means(wanted->endpoint, want->data, peer))
		return arena_strdup(arena, wanted->endpoint);
	if (peer->host[0])
		return arena_printf(arena, "%s:%u", peer->host, peer->endpoint.port);
	return arena_strdup(arena, tunnel_endpoint_format(&peer->endpoint, text));
}

/* As it is wanted, where that means the same. */
static const char *other_text(const struct worker_endpoint *endpoint, size_t i,
			      const struct tunnel_peer *wanted, uint16_t port, struct arena *arena)
{
	const char *written = wanted && wanted->endpoint ? tunnel_peer_endpoint(wanted, i) : NULL;
	char text[TUNNEL_ENDPOINT_MAX], host[WORKER_HOST_SIZE];
	struct worker_endpoint meant;

	if (written && tunnel_endpoint_parse(written, port, &meant, host) && !host[0] &&
	    worker_endpoint_equal(&meant, endpoint))
		return arena_strdup(arena, written);
	return arena_strdup(arena, tunnel_endpoint_format(endpoint, text));
}

/* What a name means at the moment is no setting. */
static void others_from_config(struct tunnel_peer *ret, const struct worker_peer *peer,
			       const struct object *want, struct arena *arena)
{
	const struct tunnel_peer *wanted = peer_find(want, peer->name);
	struct string_item *item;

	for (uint32_t i = 0; !peer->host[0] && i < peer->other_count; i++) {
		item = list_append(&ret->others, &record_string_item, arena);
		item->text =
			other_text(&peer->others[i], i + 1, wanted, peer->endpoint.port, arena);
	}
}

static void peer_from_config(struct tunnel_peer *ret, const struct worker_config *config,
			     const struct worker_peer *peer, const struct object *want,
			     struct arena *arena)
{
	struct mac_item *item;

	ret->name = arena_strdup(arena, peer->name);
	ret->endpoint = endpoint_text(peer, want, arena);
	others_from_config(ret, peer, want, arena);
	if (peer->public_key[0])
		ret->public_key = arena_strdup(arena, peer->public_key);
	for (uint32_t i = 0; i < peer->mac_count; i++) {
		item = list_append(&ret->macaddresses, &record_mac_item, arena);
		memcpy(item->mac.bytes, config->macs[peer->first_mac + i], 6);
	}
	if (ret->macaddresses.n)
		qsort(ret->macaddresses.items, ret->macaddresses.n, sizeof(*item), mac_compare);
}

static const char *key_file_text(const char *path, const char *wanted, struct arena *arena)
{
	char meant[WORKER_PATH_SIZE];

	if (!path[0])
		return NULL;
	if (wanted && tunnel_key_path(wanted, meant) && strcmp(meant, path) == 0)
		path = wanted;
	return arena_strdup(arena, path);
}

static void encryption_from_config(struct tunnel *tunnel, const struct worker_config *config,
				   const struct tunnel *wanted, struct arena *arena)
{
	tunnel->encryption = config->encryption == WORKER_NOISE ? TUNNEL_NOISE : TUNNEL_NONE;
	tunnel->keepalive = config->keepalive;
	if (config->public_key[0])
		tunnel->public_key = arena_strdup(arena, config->public_key);
	tunnel->key_file = key_file_text(config->key_file, wanted ? wanted->key_file : NULL, arena);
	tunnel->psk_file = key_file_text(config->psk_file, wanted ? wanted->psk_file : NULL, arena);
}

void tunnel_from_config(struct object *object, const struct worker_config *config,
			const struct object *want, struct arena *arena)
{
	const struct tunnel *wanted = want ? want->data : NULL;
	struct tunnel *tunnel = object->data;

	tunnel->mode = TUNNEL_TAP;
	encryption_from_config(tunnel, config, wanted, arena);
	tunnel->interface = (struct ref){
		.place = wanted && wanted->interface.place ? arena_strdup(arena, object->place)
							   : NULL,
		.name = arena_strdup(arena, config->interface),
	};
	tunnel->port = config->local.port;
	tunnel->settings.mac_learning = config->mac_learning;
	tunnel->settings.mac_limit = config->mac_limit;
	tunnel->settings.mac_ageing = config->mac_ageing;
	tunnel->settings.flood.broadcast = config->flood_limit[WORKER_FLOOD_BROADCAST];
	tunnel->settings.flood.multicast = config->flood_limit[WORKER_FLOOD_MULTICAST];
	tunnel->settings.flood.unknown = config->flood_limit[WORKER_FLOOD_UNKNOWN];
	tunnel->settings.do_not_fragment = config->do_not_fragment;
	offload_from_bits(&tunnel->settings.offload, config->offloads);
	tunnel->local = addr_of_endpoint(&config->local);
	tunnel->other_local = addr_of_endpoint(&config->other_local);
	for (uint32_t i = 0; i < config->peer_count; i++)
		peer_from_config(list_append(&tunnel->peers, &record_tunnel_peer, arena), config,
				 &config->peers[i], want, arena);
	if (tunnel->peers.n)
		qsort(tunnel->peers.items, tunnel->peers.n, sizeof(struct tunnel_peer),
		      peer_compare);
}
