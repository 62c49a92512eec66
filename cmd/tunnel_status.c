/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tunnel status: what the workers of a topology on this host count, for people and programs. */
#include "cmd/commands.h"

#include "cmd/output_json.h"
#include "cmd/session.h"
#include "cmd/status.h"
#include "cmd/tunnel_metrics.h"

#include "backends/tunnel.h"
#include "model/cleanup.h"

#include <string.h>

/* "3.2 s", "5 min". */
static void print_time(const char *before, const char *milliseconds)
{
	unsigned long long value = strtoull(milliseconds, NULL, 10);

	if (value < 120000)
		printf("%s%llu.%llu s", before, value / 1000, value % 1000 / 100);
	else
		printf("%s%llu min", before, value / 60000);
}

static void print_ago(const char *what, const char *milliseconds)
{
	printf(", %s ", what);
	if (!milliseconds) {
		printf("never");
		return;
	}
	print_time("", milliseconds);
	printf(" ago");
}

/* None of those for which there was nothing to drop. */
static void print_drops(const char *indent, const struct node *drops)
{
	const struct node *drop;
	bool any = false;

	NODE_FOR_EACH (drop, drops) {
		if (strcmp(drop->text, "0") == 0)
			continue;
		if (any)
			printf(", %s %s", drop->text, drop->key);
		else
			printf("%sdropped: %s %s", indent, drop->text, drop->key);
		any = true;
	}
	if (any)
		putchar('\n');
}

/* " (also [2001:db8::2]:40000)" */
static void print_others(const struct node *others)
{
	const struct node *other;

	NODE_FOR_EACH (other, others)
		printf("%s %s", other == others->first ? " (also" : ",", other->text);
	if (others->count)
		putchar(')');
}

static void print_peer(const struct node *peer, bool encrypted)
{
	const char *endpoint = node_text_at(peer, "endpoint");

	printf("  peer %s at %s", node_text_at(peer, "name"),
	       endpoint ? endpoint : "no known address");
	print_others(node_find(peer, "other_endpoints"));
	print_ago("heard", node_text_at(peer, "heard_ms"));
	if (encrypted)
		print_ago("handshake", node_text_at(peer, "handshake_ms"));
	if (node_text_at(peer, "path_mtu"))
		printf(", path MTU %s (%s)", node_text_at(peer, "path_mtu"),
		       node_text_at(peer, "path_mtu_from"));
	if (node_text_at(peer, "rtt_us"))
		printf(", answers in %.3f ms", strtod(node_text_at(peer, "rtt_us"), NULL) / 1000);
	printf("\n    received %s frames, %s bytes; sent %s frames, %s bytes\n",
	       node_text_at(peer, "rx_frames"), node_text_at(peer, "rx_bytes"),
	       node_text_at(peer, "tx_frames"), node_text_at(peer, "tx_bytes"));
	print_drops("    ", node_find(peer, "drops"));
}

/* "data plane: up 12.0 s, started again 2 times; user 65534, seccomp on, landlock on". */
static void print_process(const struct node *worker)
{
	const struct node *plane = node_find(worker, "data_plane");
	const char *user = node_text_at(plane, "user"), *seccomp = node_text_at(plane, "seccomp");
	const char *landlock = node_text_at(plane, "landlock"),
		   *end = node_text_at(plane, "last_end");
	const char *uptime = node_text_at(plane, "uptime_ms");

	printf("  data plane:");
	if (uptime)
		print_time(" up ", uptime);
	else
		printf(" not running");
	printf(", restarts: %s", node_text_at(plane, "restarts"));
	if (end)
		printf(" (last: %s)", end);
	if (user)
		printf("; user %s, seccomp %s, landlock %s", user, seccomp ? seccomp : "unknown",
		       landlock ? landlock : "unknown");
	putchar('\n');
}

/* "b and this host" */
static void print_flaps(const struct node *flaps)
{
	const struct node *flap, *place;
	bool second;

	NODE_FOR_EACH (flap, flaps) {
		printf("  address %s is at ", node_text_at(flap, "macaddress"));
		second = false;
		NODE_FOR_EACH (place, node_find(flap, "places")) {
			printf("%s%s", second ? " and " : "",
			       strcmp(place->text, "here") == 0 ? "this host" : place->text);
			second = true;
		}
		printf(", moved %s times", node_text_at(flap, "moves"));
		print_ago("last", node_text_at(flap, "ago_ms"));
		putchar('\n');
	}
}

/* Only what is not as it should be. */
static void print_offloads(const struct node *offloads)
{
	const struct node *offload;
	bool any = false;

	NODE_FOR_EACH (offload, offloads) {
		if (strcmp(offload->text, "on") == 0)
			continue;
		printf("%s %s (%s)", any ? "," : "  not used:", offload->key, offload->text);
		any = true;
	}
	if (any)
		putchar('\n');
}

static void print_text(const struct node *list)
{
	const struct node *worker, *peer;

	NODE_FOR_EACH (worker, list) {
		const char *encryption = node_text_at(worker, "encryption");

		printf("tunnel %s/%s on %s, encryption: %s\n", node_text_at(worker, "place"),
		       node_text_at(worker, "name"), node_text_at(worker, "interface"), encryption);
		printf("  addresses: %s learned of at most %s, %s given, %s on this side\n",
		       node_text_at(worker, "learned_macs"), node_text_at(worker, "mac_limit"),
		       node_text_at(worker, "static_macs"), node_text_at(worker, "local_macs"));
		print_process(worker);
		print_flaps(node_find(worker, "flapping"));
		print_offloads(node_find(worker, "offloads"));
		NODE_FOR_EACH (peer, node_find(worker, "peers"))
			print_peer(peer, strcmp(encryption, "none") != 0);
		print_drops("  ", node_find(worker, "drops"));
	}
}

static void print_json(struct session *session, struct node *list)
{
	struct node *root = node_new(session->arena, NODE_MAP);

	node_set_text(session->arena, root, "format_version", "1.0");
	node_set_text(session->arena, root, "kind", "tunnel-status");
	node_set_text(session->arena, root, "name", session->name);
	node_add(session->arena, root, "tunnels", list);
	output_json(stdout, root, JSON_INDENTED);
}

int cmd_tunnel_status(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	struct error err = { 0 };
	struct node *list;
	int r;

	session_init(&session, options);
	r = session_find_name(&session);
	if (r)
		return r;
	if (tunnel_status(session.name, session.arena, &list, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	if (options->format == FORMAT_JSON)
		print_json(&session, list);
	else if (options->format == FORMAT_PROMETHEUS)
		tunnel_metrics_print(session.name, list);
	else
		print_text(list);
	if (!list->count && options->format != FORMAT_JSON && !options->quiet)
		fprintf(stderr, "vnetapply: no tunnel of %s runs here\n", session.name);
	return STATUS_DONE;
}
