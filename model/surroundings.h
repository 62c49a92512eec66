/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands around a topology on a machine and may eat its packets: rules, switches, sockets and programs of others.
 * Gathered by a backend for `doctor` and for the warnings of a plan; never an input of the plan itself.
 */
#ifndef MODEL_SURROUNDINGS_H
#define MODEL_SURROUNDINGS_H

#include "model/addr.h"
#include "model/field.h"

#include <stdbool.h>
#include <stdint.h>

/* An interface that is there, whoever made it. */
struct near_link {
	const char *name;
	const char *master; /* NULL: none */
	uint32_t index, mtu;
	bool is_ours;	   /* bears the mark of a topology, this one or another */
	uint8_t rp_filter; /* its own: what counts is the larger of that and the one of all */
	bool forwards;	   /* IPv4 */
};

struct near_address {
	struct addr addr; /* with its prefix length */
	const char *device;
};

/* IPv4, of table main. Read only where some interface filters strictly. */
struct near_route {
	struct addr to;
	uint32_t metric;
	const char *device; /* NULL: several, or none */
};

/* A port that a program has: a TCP listener, or a UDP socket without a peer. */
struct near_socket {
	uint8_t protocol;  /* IPPROTO_TCP, IPPROTO_UDP */
	struct addr local; /* unset: any address */
	uint16_t port;
	const char *owner; /* "nginx (pid 12)"; NULL: not to be seen from here */
};

struct near_place {
	const char *name;
	bool exists;
	struct list tables; /* struct rule_table: rules of others on the way of forwarded packets */
	struct list links;  /* struct near_link */
	struct list addresses; /* struct near_address */
	struct list routes;    /* struct near_route */
	struct list sockets;   /* struct near_socket, of the ports that were asked for */
	bool bridge_ip, bridge_ip6,
		bridge_arp; /* br_netfilter pulls bridged frames through rules */
	bool forwards, forwards_ip6;
	uint8_t rp_filter_all;
	uint8_t rp_filter_default; /* of an interface that is still to be made */
};

/* The MTU of the way to an address as the kernel has learned it; 0: unknown. */
struct near_path {
	struct addr to;
	uint32_t mtu;
};

/* An interface that systemd-networkd says it looks after. */
struct near_networkd {
	bool is_running;
	bool keeps_routes, keeps_rules; /* those that it did not make */
	struct list managed;		/* struct string_item: our interfaces among its own */
};

struct near_network_manager {
	bool is_running;
	struct list unmanaged; /* struct string_item: "interface-name:br*", … */
};

struct surroundings {
	struct list places;   /* struct near_place */
	struct list paths;    /* struct near_path */
	struct list no_kinds; /* struct string_item: kinds of links that this kernel cannot make */
	uint64_t conntrack, conntrack_max; /* 0: unknown */
	uint64_t receive_buffer_max;	   /* net.core.rmem_max; 0: unknown */
	bool can_exceed_buffer_max;	   /* privileged in the first user namespace */
	int tun;			   /* 0, or the errno of opening /dev/net/tun */
	struct near_networkd networkd;
	struct near_network_manager network_manager;
};

extern const struct record record_near_link, record_near_address, record_near_route,
	record_near_socket, record_near_place, record_near_path;

/* NULL: it was not looked at, or is not there. */
const struct near_place *surroundings_place(const struct surroundings *surroundings,
					    const char *name);
const struct near_link *near_link_find(const struct near_place *place, const char *name);

#endif
