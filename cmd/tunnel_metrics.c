/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row per metric. All values of a metric stand together under its HELP and TYPE, as the format wants it.
 */
#include "cmd/tunnel_metrics.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct metric {
	const char *key, *name, *type, *help;
	double unit;	 /* 0: the number as it is */
	const char *map; /* where in a worker's map it is; NULL: there itself */
};

static const struct metric worker_metrics[] = {
	{ "uptime_ms", "uptime_seconds", "gauge", "Since the worker started.", 1e-3, NULL },
	{ "rx_frames", "receive_frames_total", "counter", "Frames from all peers.", 0, NULL },
	{ "rx_bytes", "receive_bytes_total", "counter", "Bytes of these frames.", 0, NULL },
	{ "tx_frames", "transmit_frames_total", "counter", "Frames to all peers.", 0, NULL },
	{ "tx_bytes", "transmit_bytes_total", "counter", "Bytes of these frames.", 0, NULL },
	{ "receive_errors", "receive_errors_total", "counter", "Errors of receiving.", 0, NULL },
	{ "learned_macs", "learned_addresses", "gauge", "Addresses learned behind peers.", 0,
	  NULL },
	{ "mac_limit", "learned_addresses_limit", "gauge", "How many are learned at most.", 0,
	  NULL },
	{ "static_macs", "static_addresses", "gauge", "Addresses given behind peers.", 0, NULL },
	{ "local_macs", "local_addresses", "gauge", "Addresses seen on this side.", 0, NULL },
	{ "mac_moves", "address_moves_total", "counter", "Addresses that changed their place.", 0,
	  NULL },
	{ "mac_refused", "address_refused_total", "counter", "Not learned: the table was full.", 0,
	  NULL },
	{ "mac_conflicts", "address_conflicts_total", "counter",
	  "Seen where the configuration does not have them.", 0, NULL },
	{ "mac_flaps", "address_flaps_total", "counter", "Frames of addresses at two places.", 0,
	  NULL },
	{ "uptime_ms", "data_plane_uptime_seconds", "gauge", "Since the data plane started.", 1e-3,
	  "data_plane" },
	{ "restarts", "data_plane_restarts_total", "counter", "Starts of it after it ended.", 0,
	  "data_plane" },
};

static const struct metric peer_metrics[] = {
	{ "heard_ms", "heard_age_seconds", "gauge", "Since the peer was last heard.", 1e-3, NULL },
	{ "handshake_ms", "handshake_age_seconds", "gauge", "Since the last handshake.", 1e-3,
	  NULL },
	{ "path_mtu", "path_mtu_bytes", "gauge", "The largest IP packet that the path carries.", 0,
	  NULL },
	{ "path_mtu_kernel", "path_mtu_kernel_bytes", "gauge", "The same as the kernel knows it.",
	  0, NULL },
	{ "path_mtu_probed", "path_mtu_probed_bytes", "gauge",
	  "The largest IP packet that the peer answered.", 0, NULL },
	{ "rtt_us", "round_trip_seconds", "gauge", "Time until the peer answers.", 1e-6, NULL },
	{ "rx_frames", "receive_frames_total", "counter", "Frames from the peer.", 0, NULL },
	{ "rx_bytes", "receive_bytes_total", "counter", "Bytes of these frames.", 0, NULL },
	{ "tx_frames", "transmit_frames_total", "counter", "Frames to the peer.", 0, NULL },
	{ "tx_bytes", "transmit_bytes_total", "counter", "Bytes of these frames.", 0, NULL },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void print_head(const char *prefix, const char *name, const char *type, const char *help)
{
	printf("# HELP vnetapply_tunnel_%s%s %s\n# TYPE vnetapply_tunnel_%s%s %s\n", prefix, name,
	       help, prefix, name, type);
}

static void print_label(const char *name, const char *value, const char *before)
{
	printf("%s%s=\"", before, name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", stdout);
		else if (*value == '"' || *value == '\\')
			printf("\\%c", *value);
		else
			putchar(*value);
	}
	putchar('"');
}

/* Without the end. */
static void print_worker_labels(const char *topology, const struct node *worker)
{
	print_label("topology", topology, "{");
	print_label("place", node_text_at(worker, "place"), ",");
	print_label("tunnel", node_text_at(worker, "name"), ",");
}

/* The labels of a worker and, unless it is NULL, one more. */
static void print_labels(const char *topology, const struct node *worker, const char *name,
			 const char *value)
{
	print_worker_labels(topology, worker);
	if (name)
		print_label(name, value, ",");
	printf("} ");
}

static void print_value(const struct metric *metric, const char *value)
{
	if (metric->unit > 0)
		printf("%.6f\n", strtod(value, NULL) * metric->unit);
	else
		printf("%s\n", value);
}

static void print_worker_metric(const char *topology, const struct node *list,
				const struct metric *metric)
{
	const struct node *worker;
	const char *value;

	print_head("", metric->name, metric->type, metric->help);
	NODE_FOR_EACH (worker, list) {
		value = node_text_at(metric->map ? node_find(worker, metric->map) : worker,
				     metric->key);
		if (!value)
			continue;
		printf("vnetapply_tunnel_%s", metric->name);
		print_labels(topology, worker, NULL, NULL);
		print_value(metric, value);
	}
}

static void print_peer_metric(const char *topology, const struct node *list,
			      const struct metric *metric)
{
	const struct node *worker, *peer;
	const char *value;

	print_head("peer_", metric->name, metric->type, metric->help);
	NODE_FOR_EACH (worker, list)
		NODE_FOR_EACH (peer, node_find(worker, "peers")) {
			value = node_text_at(peer, metric->key);
			if (!value)
				continue;
			printf("vnetapply_tunnel_peer_%s", metric->name);
			print_labels(topology, worker, "peer", node_text_at(peer, "name"));
			print_value(metric, value);
		}
}

/* Reasons for which nothing was dropped are left out: most of those of a thousand peers are. */
static void print_peer_drops(const char *topology, const struct node *list)
{
	const struct node *worker, *peer, *drop;

	print_head("peer_", "drops_total", "counter", "What it sent or was to get, by reason.");
	NODE_FOR_EACH (worker, list)
		NODE_FOR_EACH (peer, node_find(worker, "peers"))
			NODE_FOR_EACH (drop, node_find(peer, "drops")) {
				printf("vnetapply_tunnel_peer_drops_total");
				print_worker_labels(topology, worker);
				print_label("peer", node_text_at(peer, "name"), ",");
				print_label("reason", drop->key, ",");
				printf("} %s\n", drop->text);
			}
}

/* A metric of one value for each key of the map NAME. WORD: 1 for this text, 0 for others; NULL: numbers. */
static void print_map(const char *topology, const struct node *list, const char *map,
		      const char *metric, const char *label, const char *word)
{
	const struct node *worker, *entry;

	NODE_FOR_EACH (worker, list)
		NODE_FOR_EACH (entry, node_find(worker, map)) {
			printf("vnetapply_tunnel_%s", metric);
			print_labels(topology, worker, label, entry->key);
			printf("%s\n", !word				? entry->text
				       : strcmp(entry->text, word) == 0 ? "1"
									: "0");
		}
}

static void print_sandbox(const char *topology, const struct node *list)
{
	static const char *const parts[] = { "seccomp", "landlock" };
	const struct node *worker;
	const char *value;

	print_head("", "sandbox", "gauge", "What holds the data plane is on.");
	NODE_FOR_EACH (worker, list)
		for (size_t i = 0; i < COUNT(parts); i++) {
			value = node_text_at(node_find(worker, "data_plane"), parts[i]);
			if (!value)
				continue;
			printf("vnetapply_tunnel_sandbox");
			print_labels(topology, worker, "part", parts[i]);
			printf("%d\n", strcmp(value, "on") == 0);
		}
}

void tunnel_metrics_print(const char *topology, const struct node *list)
{
	const struct node *worker;

	print_head("", "up", "gauge", "A worker answers.");
	NODE_FOR_EACH (worker, list) {
		printf("vnetapply_tunnel_up");
		print_labels(topology, worker, NULL, NULL);
		printf("1\n");
	}
	for (size_t i = 0; i < COUNT(worker_metrics); i++)
		print_worker_metric(topology, list, &worker_metrics[i]);
	print_sandbox(topology, list);
	for (size_t i = 0; i < COUNT(peer_metrics); i++)
		print_peer_metric(topology, list, &peer_metrics[i]);
	print_peer_drops(topology, list);
	print_head("", "drops_total", "counter", "What was dropped, by reason.");
	print_map(topology, list, "drops", "drops_total", "reason", NULL);
	print_head("", "offload", "gauge", "Whether an offload is on.");
	print_map(topology, list, "offloads", "offload", "offload", "on");
}
