/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lies below the hosts is a topology, too, of a name of its own, and made by the same reconciler: where
 * the file has changed, only what it changed is touched.
 *
 * Each address is a host's alone (/32, /128), so that all of them share one switch whatever networks they come from.
 * The default route leads to a gateway that never answers.
 */
#include "cmd/simulation.h"

#include "cmd/carry_out.h"
#include "cmd/output_yaml.h"
#include "cmd/run_directory.h"
#include "cmd/status.h"

#include "model/arena.h"
#include "model/cleanup.h"
#include "model/digest.h"
#include "model/text.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define UNDERLAY_NAME	"sim-underlay"
#define UNDERLAY_BRIDGE "underlay"
#define UPLINK		"eth0"
/*
 * Not one that a topology can get: what a host has in its own place would otherwise pass for the underlay's, whose
 * namespaces the hosts are.
 */
#define UNDERLAY_PROTOCOL (SCOPE_PROTOCOL_MAX + 1)

/* In the order of the families. */
static const struct {
	uint8_t family;
	const char *everything, *gateway;
} defaults[] = {
	{ AF_INET, "0.0.0.0/0", "169.254.1.1" },
	{ AF_INET6, "::/0", "fe80::1" },
};

static const struct topology_host *find_host(const struct simulated_host *host)
{
	for (size_t i = 0; host->key && i < host->topology->n_hosts; i++)
		if (text_equal(host->topology->hosts[i].name, host->key))
			return &host->topology->hosts[i];
	return NULL;
}

static const char *uplink(const struct topology_host *host)
{
	if (!host || !host->uplink || !strcmp(host->uplink, "auto"))
		return UPLINK;
	return host->uplink;
}

static const char *full_prefix(struct arena *arena, const struct addr *addr)
{
	char buffer[ADDR_TEXT_MAX];
	const struct addr whole = addr_host(addr);

	return arena_strdup(arena, addr_format_prefix(&whole, buffer));
}

static void add_addresses(struct arena *arena, struct node *attach,
			  const struct topology_host *host)
{
	struct node *list = node_child(arena, attach, "addresses", NODE_LIST);
	const struct addr_item *items = host ? host->addresses.items : NULL;

	for (size_t i = 0; host && i < host->addresses.n; i++)
		node_append(list,
			    node_new_text(arena, NODE_TEXT, full_prefix(arena, &items[i].addr)));
}

static struct node *add_route(struct arena *arena, struct node *routes, const char *to,
			      const char *interface)
{
	struct node *route = node_append(routes, node_new(arena, NODE_MAP));

	node_set_text(arena, route, "to", to);
	node_set_text(arena, route, "interface", interface);
	return route;
}

static bool has_family(const struct topology_host *host, uint8_t family)
{
	const struct addr_item *items = host->addresses.items;

	for (size_t i = 0; i < host->addresses.n; i++)
		if (items[i].addr.family == family)
			return true;
	return false;
}

/* To the others' addresses, and to the gateway, in each family that the host has. */
static void add_routes(struct arena *arena, struct node *space, const struct topology_host *host,
		       const struct topology *topology)
{
	struct node *routes, *route;

	if (!host || !host->addresses.n)
		return;
	routes = node_child(arena, space, "routes", NODE_LIST);
	for (size_t i = 0; i < topology->n_hosts; i++) {
		const struct topology_host *other = &topology->hosts[i];
		const struct addr_item *items = other->addresses.items;

		for (size_t j = 0; other != host && j < other->addresses.n; j++)
			if (has_family(host, items[j].addr.family))
				add_route(arena, routes, full_prefix(arena, &items[j].addr),
					  uplink(host));
	}
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		if (!has_family(host, defaults[i].family))
			continue;
		route = add_route(arena, routes, defaults[i].everything, uplink(host));
		node_set_text(arena, route, "via", defaults[i].gateway);
		node_set_bool(arena, route, "on-link", true);
	}
}

struct node *underlay_tree(const struct simulation *simulation, unsigned mtu)
{
	struct arena *arena = simulation->session.arena;
	struct node *root = node_new(arena, NODE_MAP), *spaces, *space, *attach;

	node_set_number(arena, root, "version", 1);
	/* Of another name than the topology, or one would remove what the other made. */
	node_set_text(arena, root, "name",
		      text_equal(simulation->session.name, UNDERLAY_NAME) ? UNDERLAY_NAME "-2"
									  : UNDERLAY_NAME);
	attach = node_child(arena, node_child(arena, root, "bridges", NODE_MAP), UNDERLAY_BRIDGE,
			    NODE_MAP);
	node_set_number(arena, attach, "mtu", mtu);
	spaces = node_child(arena, root, "namespaces", NODE_MAP);
	for (size_t i = 0; i < simulation->n_hosts; i++) {
		const struct simulated_host *host = &simulation->hosts[i];
		const struct topology_host *known = find_host(host);

		space = node_child(arena, spaces, host->name, NODE_MAP);
		attach = node_child(arena, node_child(arena, space, "attach", NODE_MAP),
				    UNDERLAY_BRIDGE, NODE_MAP);
		add_addresses(arena, attach, known);
		node_set_text(arena, attach, "interface", uplink(known));
		node_set_number(arena, attach, "mtu", mtu);
		add_routes(arena, space, known, host->topology);
	}
	return root;
}

struct underlay {
	const struct simulation *simulation;
	const char *text;
	size_t length;
};

static void text_digest(const struct underlay *underlay, char ret[SESSION_DIGEST_MAX])
{
	uint8_t digest[DIGEST_SIZE];

	digest_sha256(underlay->text, underlay->length, digest);
	digest_hex(digest, DIGEST_SIZE, ret);
}

/* Inside the holder. */
static int apply_text(void *data)
{
	const struct underlay *underlay = data;
	struct options options = *underlay->simulation->session.options;
	char digest[SESSION_DIGEST_MAX];
	AUTO_SESSION struct session session = SESSION_CLOSED;
	struct error err = { 0 };
	int r;

	options.quiet = options.yes = true;
	options.format = FORMAT_TEXT;
	session_init(&session, &options);
	session.scope.protocol = UNDERLAY_PROTOCOL;
	if (document_load_text(&session.document, "the underlay", underlay->text, underlay->length,
			       session.diag, &err) < 0) {
		if (!diag_errors(session.diag))
			return status_print(PHASE_READ, &err);
		output_diag(stderr, session.diag, session_has_color(&session, stderr));
		return STATUS_INVALID;
	}
	r = session_expand(&session, true);
	if (r)
		return r;
	/*
	 * Made once. From then on a host may use its uplink as on a real machine: as a bridge's port, with another MTU; to
	 * take that back would be a fight.
	 */
	text_digest(underlay, digest);
	if (run_record_matches(session.name, digest))
		return STATUS_DONE;
	r = session_open(&session, SESSION_WRITES);
	if (!r)
		r = session_plan(&session);
	if (!r)
		r = carry_out(&session, "");
	if (!r)
		run_record_write(session.name, digest);
	return r;
}

int underlay_apply(const struct simulation *simulation, unsigned mtu)
{
	struct underlay underlay = { .simulation = simulation };
	AUTO_FREE char *text = NULL;
	struct error err = { 0 };
	int status = STATUS_INTERNAL, r;
	FILE *file = open_memstream(&text, &underlay.length);

	output_yaml(arena_check(file), underlay_tree(simulation, mtu));
	fclose(file);
	underlay.text = text;
	r = sim_run(simulation->sim, NULL, apply_text, &underlay, &status, &err);
	return r < 0 ? (int)status_print(PHASE_LIVE, &err) : status;
}
