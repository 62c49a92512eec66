/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tunnel status: what the workers of a topology on this host count, for people, programs and Prometheus. */
#include "cmd/commands.h"

#include "cmd/output_json.h"
#include "cmd/session.h"
#include "cmd/status.h"

#include "backends/tunnel.h"
#include "model/cleanup.h"

#include <string.h>

static const char *text_at(const struct node *map, const char *key)
{
	const struct node *node = node_find(map, key);

	return node && !node_is_null(node) ? node->text : NULL;
}

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

static void print_peer(const struct node *peer, bool encrypted)
{
	const char *endpoint = text_at(peer, "endpoint");

	printf("  peer %s at %s", text_at(peer, "name"), endpoint ? endpoint : "no known address");
	print_ago("heard", text_at(peer, "heard_ms"));
	if (encrypted)
		print_ago("handshake", text_at(peer, "handshake_ms"));
	printf("\n    received %s frames, %s bytes; sent %s frames, %s bytes\n",
	       text_at(peer, "rx_frames"), text_at(peer, "rx_bytes"), text_at(peer, "tx_frames"),
	       text_at(peer, "tx_bytes"));
}

static void print_drops(const struct node *drops)
{
	const struct node *drop;
	bool any = false;

	NODE_FOR_EACH (drop, drops) {
		if (strcmp(drop->text, "0") == 0)
			continue;
		printf("%s %s %s", any ? "," : "  dropped:", drop->text, drop->key);
		any = true;
	}
	if (any)
		putchar('\n');
}

/* "data plane: up 12.0 s, started again 2 times; user 65534, seccomp on, landlock on". */
static void print_process(const struct node *worker)
{
	const struct node *plane = node_find(worker, "data_plane");
	const char *user = text_at(plane, "user"), *seccomp = text_at(plane, "seccomp");
	const char *landlock = text_at(plane, "landlock"), *end = text_at(plane, "last_end");
	const char *uptime = text_at(plane, "uptime_ms");

	printf("  data plane:");
	if (uptime)
		print_time(" up ", uptime);
	else
		printf(" not running");
	printf(", restarts: %s", text_at(plane, "restarts"));
	if (end)
		printf(" (last: %s)", end);
	if (user)
		printf("; user %s, seccomp %s, landlock %s", user, seccomp ? seccomp : "unknown",
		       landlock ? landlock : "unknown");
	putchar('\n');
}

static void print_text(const struct node *list)
{
	const struct node *worker, *peer;

	NODE_FOR_EACH (worker, list) {
		const char *encryption = text_at(worker, "encryption");

		printf("tunnel %s/%s on %s, encryption: %s, %s addresses learned, %s given\n",
		       text_at(worker, "place"), text_at(worker, "name"),
		       text_at(worker, "interface"), encryption, text_at(worker, "learned_macs"),
		       text_at(worker, "static_macs"));
		print_process(worker);
		NODE_FOR_EACH (peer, node_find(worker, "peers"))
			print_peer(peer, strcmp(encryption, "none") != 0);
		print_drops(node_find(worker, "drops"));
	}
}

/* ---- Prometheus: the text format, version 0.0.4 ---- */

/* Names are letters, digits, '.', '_', '-' and '/' throughout: nothing to escape. */
static void print_labels(const char *topology, const struct node *worker)
{
	printf("topology=\"%s\",place=\"%s\",tunnel=\"%s\"", topology, text_at(worker, "place"),
	       text_at(worker, "name"));
}

struct metric {
	const char *key, *name, *type, *help;
	bool milliseconds;
};

static const struct metric peer_metrics[] = {
	{ "heard_ms", "heard_age_seconds", "gauge", "Since the peer was last heard.", true },
	{ "handshake_ms", "handshake_age_seconds", "gauge", "Since the last handshake.", true },
	{ "rx_frames", "receive_frames_total", "counter", "Frames from the peer.", false },
	{ "rx_bytes", "receive_bytes_total", "counter", "Bytes of these frames.", false },
	{ "tx_frames", "transmit_frames_total", "counter", "Frames to the peer.", false },
	{ "tx_bytes", "transmit_bytes_total", "counter", "Bytes of these frames.", false },
};

static void print_value(const struct metric *metric, const char *value)
{
	if (metric->milliseconds)
		printf("%.3f\n", strtod(value, NULL) / 1000);
	else
		printf("%s\n", value);
}

static void print_peer_metric(const char *topology, const struct node *list,
			      const struct metric *metric)
{
	const struct node *worker, *peer;
	const char *value;

	printf("# HELP vnetapply_tunnel_peer_%s %s\n# TYPE vnetapply_tunnel_peer_%s %s\n",
	       metric->name, metric->help, metric->name, metric->type);
	NODE_FOR_EACH (worker, list)
		NODE_FOR_EACH (peer, node_find(worker, "peers")) {
			value = text_at(peer, metric->key);
			if (!value)
				continue;
			printf("vnetapply_tunnel_peer_%s{", metric->name);
			print_labels(topology, worker);
			printf(",peer=\"%s\"} ", text_at(peer, "name"));
			print_value(metric, value);
		}
}

static const struct metric process_metrics[] = {
	{ "uptime_ms", "data_plane_uptime_seconds", "gauge", "Since the data plane started.",
	  true },
	{ "restarts", "data_plane_restarts_total", "counter", "Starts of it after it ended.",
	  false },
};

static void print_sandbox_metric(const char *topology, const struct node *list)
{
	static const char *const parts[] = { "seccomp", "landlock" };
	const struct node *worker;
	const char *value;

	printf("# HELP vnetapply_tunnel_sandbox What holds the data plane is on.\n"
	       "# TYPE vnetapply_tunnel_sandbox gauge\n");
	NODE_FOR_EACH (worker, list)
		for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
			value = text_at(node_find(worker, "data_plane"), parts[i]);
			if (!value)
				continue;
			printf("vnetapply_tunnel_sandbox{");
			print_labels(topology, worker);
			printf(",part=\"%s\"} %d\n", parts[i], strcmp(value, "on") == 0);
		}
}

static void print_process_metrics(const char *topology, const struct node *list)
{
	const struct node *worker;
	const char *value;

	for (size_t i = 0; i < ARRAY_SIZE(process_metrics); i++) {
		const struct metric *metric = &process_metrics[i];

		printf("# HELP vnetapply_tunnel_%s %s\n# TYPE vnetapply_tunnel_%s %s\n",
		       metric->name, metric->help, metric->name, metric->type);
		NODE_FOR_EACH (worker, list) {
			value = text_at(node_find(worker, "data_plane"), metric->key);
			if (!value)
				continue;
			printf("vnetapply_tunnel_%s{", metric->name);
			print_labels(topology, worker);
			printf("} ");
			print_value(metric, value);
		}
	}
	print_sandbox_metric(topology, list);
}

static void print_prometheus(const char *topology, const struct node *list)
{
	const struct node *worker, *drop;

	printf("# HELP vnetapply_tunnel_up A worker answers.\n# TYPE vnetapply_tunnel_up gauge\n");
	NODE_FOR_EACH (worker, list) {
		printf("vnetapply_tunnel_up{");
		print_labels(topology, worker);
		printf("} 1\n");
	}
	print_process_metrics(topology, list);
	for (size_t i = 0; i < ARRAY_SIZE(peer_metrics); i++)
		print_peer_metric(topology, list, &peer_metrics[i]);
	printf("# HELP vnetapply_tunnel_drops_total What was dropped, by reason.\n"
	       "# TYPE vnetapply_tunnel_drops_total counter\n");
	NODE_FOR_EACH (worker, list)
		NODE_FOR_EACH (drop, node_find(worker, "drops")) {
			printf("vnetapply_tunnel_drops_total{");
			print_labels(topology, worker);
			printf(",reason=\"%s\"} %s\n", drop->key, drop->text);
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
		print_prometheus(session.name, list);
	else
		print_text(list);
	if (!list->count && options->format != FORMAT_JSON && !options->quiet)
		fprintf(stderr, "vnetapply: no tunnel of %s runs here\n", session.name);
	return STATUS_DONE;
}
