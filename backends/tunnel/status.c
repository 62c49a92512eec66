/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the workers of a topology count, as a tree. Nothing here changes anything. */
#include "backends/tunnel.h"
#include "backends/tunnel/client.h"
#include "backends/tunnel/convert.h"
#include "model/addr.h"
#include "model/cleanup.h"
#include "model/text.h"
#include "reconcile/backend.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_number(struct arena *arena, struct node *map, const char *key, uint64_t value)
{
	if (value == UINT64_MAX)
		node_add(arena, map, key, node_new_text(arena, NODE_NULL, ""));
	else
		node_set_number(arena, map, key, (long long)value);
}

static void add_traffic(struct arena *arena, struct node *map, const struct worker_traffic *traffic)
{
	add_number(arena, map, "rx_frames", traffic->rx_frames);
	add_number(arena, map, "rx_bytes", traffic->rx_bytes);
	add_number(arena, map, "tx_frames", traffic->tx_frames);
	add_number(arena, map, "tx_bytes", traffic->tx_bytes);
}

/* ALL: also reasons for which nothing was dropped. */
static void add_drops(struct arena *arena, struct node *map, const uint64_t *drops, bool all)
{
	struct node *list = node_child(arena, map, "drops", NODE_MAP);

	for (int i = 0; i < WORKER_DROP_COUNT; i++)
		if (all || drops[i])
			add_number(arena, list, worker_drop_name((enum worker_drop)i), drops[i]);
}

/* null where there is nothing to say. */
static void add_text(struct arena *arena, struct node *map, const char *key, const char *text)
{
	if (text[0])
		node_set_text(arena, map, key, text);
	else
		node_add(arena, map, key, node_new_text(arena, NODE_NULL, ""));
}

/* What the path carries, and who says so. */
static void add_path(struct arena *arena, struct node *map, const struct worker_peer_state *peer)
{
	const struct {
		const char *key;
		uint32_t mtu;
	} sources[] = {
		{ "path_mtu", peer->path_mtu },
		{ "path_mtu_kernel", peer->kernel_mtu },
		{ "path_mtu_probed", peer->probed_mtu },
	};

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		add_number(arena, map, sources[i].key,
			   sources[i].mtu ? sources[i].mtu : UINT64_MAX);
	add_text(arena, map, "path_mtu_from",
		 !peer->path_mtu		      ? ""
		 : peer->path_mtu == peer->kernel_mtu ? "kernel"
						      : "probe");
}

static struct node *peer_tree(struct arena *arena, const struct worker_peer_state *peer)
{
	struct node *map = node_new(arena, NODE_MAP), *others;
	char text[TUNNEL_ENDPOINT_MAX];

	node_set_text(arena, map, "name", peer->name);
	if (peer->endpoint.family != AF_UNSPEC)
		node_set_text(arena, map, "endpoint",
			      tunnel_endpoint_format(&peer->endpoint, text));
	else
		node_add(arena, map, "endpoint", node_new_text(arena, NODE_NULL, ""));
	others = node_child(arena, map, "other_endpoints", NODE_LIST);
	for (uint32_t i = 0; i < peer->other_count; i++)
		node_append(others, node_new_text(arena, NODE_TEXT,
						  tunnel_endpoint_format(&peer->others[i], text)));
	add_number(arena, map, "heard_ms", peer->heard_ago);
	add_number(arena, map, "handshake_ms", peer->handshake_ago);
	add_path(arena, map, peer);
	add_number(arena, map, "rtt_us", peer->rtt ? peer->rtt : UINT64_MAX);
	add_traffic(arena, map, &peer->traffic);
	add_drops(arena, map, peer->drops, false);
	return map;
}

static void add_process(struct arena *arena, struct node *map, const struct worker_state *state)
{
	struct node *plane = node_child(arena, map, "data_plane", NODE_MAP);

	add_number(arena, plane, "uptime_ms", state->plane_uptime);
	add_number(arena, plane, "restarts", state->restarts);
	add_text(arena, plane, "last_end", state->last_end);
	add_text(arena, plane, "user", state->sandbox.user);
	add_text(arena, plane, "seccomp", state->sandbox.seccomp);
	add_text(arena, plane, "landlock", state->sandbox.landlock);
}

/* Which of what makes it fast is on, and why another is not. */
static void offload_tree(struct arena *arena, struct node *map, const struct worker_state *state)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} offloads[] = {
		{ "tso", WORKER_OFFLOAD_TSO },		 { "uso", WORKER_OFFLOAD_USO },
		{ "gso", WORKER_OFFLOAD_GSO },		 { "gro", WORKER_OFFLOAD_GRO },
		{ "coalesce", WORKER_OFFLOAD_COALESCE }, { "batch", WORKER_OFFLOAD_BATCH },
	};
	const char *word;

	for (size_t i = 0; i < sizeof(offloads) / sizeof(offloads[0]); i++) {
		word = "on";
		if (!(state->offloads_known & offloads[i].bit))
			word = TUNNEL_OFFLOAD_LACKING;
		if (!(state->offloads_wanted & offloads[i].bit))
			word = "switched off";
		node_set_text(arena, map, offloads[i].name, word);
	}
}

static struct node *flap_tree(struct arena *arena, const struct worker_flap *flap)
{
	struct node *map = node_new(arena, NODE_MAP),
		    *places = node_child(arena, map, "places", NODE_LIST);
	struct mac mac;
	char text[MAC_TEXT_MAX];

	memcpy(mac.bytes, flap->mac, sizeof(mac.bytes));
	node_set_text(arena, map, "macaddress", mac_format(&mac, text));
	for (int i = 0; i < 2; i++)
		node_append(places, node_new_text(arena, NODE_TEXT,
						  flap->places[i][0] ? flap->places[i] : "here"));
	add_number(arena, map, "moves", flap->count);
	add_number(arena, map, "ago_ms", flap->ago);
	return map;
}

static void stations_tree(struct arena *arena, struct node *map, const struct worker_state *state)
{
	struct node *flaps;

	add_number(arena, map, "learned_macs", state->learned_macs);
	add_number(arena, map, "mac_limit", state->mac_limit);
	add_number(arena, map, "static_macs", state->static_macs);
	add_number(arena, map, "local_macs", state->here_macs);
	add_number(arena, map, "mac_moves", state->mac_moves);
	add_number(arena, map, "mac_refused", state->mac_refused);
	add_number(arena, map, "mac_conflicts", state->mac_conflicts);
	add_number(arena, map, "mac_flaps", state->mac_flaps);
	flaps = node_child(arena, map, "flapping", NODE_LIST);
	for (uint32_t i = 0; i < state->flap_count; i++)
		node_append(flaps, flap_tree(arena, &state->flaps[i]));
}

static struct node *worker_tree(struct arena *arena, const char *place, const char *name,
				const struct worker_config *config,
				const struct worker_state *state)
{
	struct node *map = node_new(arena, NODE_MAP), *peers;

	node_set_text(arena, map, "place", *place ? place : "host");
	node_set_text(arena, map, "name", name);
	node_set_text(arena, map, "interface", config->interface);
	node_set_text(arena, map, "encryption",
		      config->encryption == WORKER_NOISE ? "noise" : "none");
	add_number(arena, map, "uptime_ms", state->uptime);
	add_process(arena, map, state);
	stations_tree(arena, map, state);
	offload_tree(arena, node_child(arena, map, "offloads", NODE_MAP), state);
	add_number(arena, map, "receive_errors", state->receive_errors);
	add_traffic(arena, map, &state->traffic);
	add_drops(arena, map, state->drops, true);
	peers = node_child(arena, map, "peers", NODE_LIST);
	for (uint32_t i = 0; i < state->peer_count; i++)
		node_append(peers, peer_tree(arena, &state->peers[i]));
	return map;
}

static int worker_add(const char *control, struct arena *arena, struct node *list,
		      struct error *err)
{
	struct worker_config config = { 0 };
	struct worker_state state = { 0 };
	const char *place, *name;
	AUTO_CLOSE int fd = -1;
	int r = worker_find(control, &fd, err);

	if (r < 0 || fd < 0)
		return r;
	r = worker_query(fd, &config, err);
	if (r == 0)
		r = worker_status(fd, &state, err);
	if (r == 0 && tunnel_label_split(config.label, &place, &name))
		node_append(list, worker_tree(arena, place, name, &config, &state));
	worker_config_clear(&config);
	worker_state_clear(&state);
	/* Not configured, ended meanwhile, or of another version. */
	if (r == -ENODATA || r == -ECONNRESET || r == -EPROTO)
		return 0;
	return r < 0 ? error_add_context(err, "%s", control) : 0;
}

static int tree_compare(const void *a, const void *b)
{
	const struct node *const *first = a, *const *second = b;
	int order = strcmp(node_find(*first, "place")->text, node_find(*second, "place")->text);

	return order ? order
		     : text_compare_natural(node_find(*first, "name")->text,
					    node_find(*second, "name")->text);
}

static struct node *list_sorted(struct arena *arena, const struct node *list)
{
	struct node **nodes = arena_alloc(arena, (list->count + 1) * sizeof(*nodes)), *child;
	struct node *sorted = node_new(arena, NODE_LIST);
	size_t n = 0;

	NODE_FOR_EACH (child, list)
		nodes[n++] = child;
	qsort(nodes, n, sizeof(*nodes), tree_compare);
	for (size_t i = 0; i < n; i++)
		node_append(sorted, node_copy(arena, nodes[i]));
	return sorted;
}

int tunnel_status(const char *topology, struct arena *arena, struct node **ret, struct error *err)
{
	struct node *list = node_new(arena, NODE_LIST);
	char directory[PATH_MAX], control[PATH_MAX];
	const struct dirent *file;
	const char *dot;
	DIR *stream;
	int r = 0;

	snprintf(directory, sizeof(directory), "%s/%s", SCOPE_RUN_DIRECTORY, topology);
	stream = opendir(directory);
	if (!stream && errno != ENOENT)
		return error_set(err, errno, "%s: %s", directory, strerror(errno));
	while (stream && r == 0 && (file = readdir(stream))) {
		dot = strrchr(file->d_name, '.');
		if (dot && strcmp(dot, ".sock") == 0 &&
		    snprintf(control, sizeof(control), "%s/%s", directory, file->d_name) <
			    (int)sizeof(control))
			r = worker_add(control, arena, list, err);
	}
	if (stream)
		closedir(stream);
	if (r == 0)
		*ret = list_sorted(arena, list);
	return r;
}
