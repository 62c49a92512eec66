/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file format, as rows: what users write, before anything is derived from it. record_file is its root. The
 * reader fills these structs, the schema and the manual walk the same rows. expand.c turns them into objects.
 *
 * A place, the host itself or a namespace on it, takes the keys of struct place_syntax.
 */
#ifndef MODEL_SYNTAX_H
#define MODEL_SYNTAX_H

#include "model/fdb.h"
#include "model/field.h"
#include "model/link.h"
#include "model/nft_table.h"
#include "model/route.h"
#include "model/tunnel.h"

/* Values of small words; the tables of words are beside the rows. */
enum forward_mode {
	FORWARD_UNSET, /* a plain switch */
	FORWARD_NAT,
	FORWARD_ROUTE,
	FORWARD_ISOLATED,
	FORWARD_OPEN,
};
enum forward_family { FORWARD_BOTH, FORWARD_IPV4, FORWARD_IPV6 };

/* A text under a key of the user's: labels, sysctls. */
struct text_syntax {
	struct item item;
	const char *text;
};

/* An address of an interface: 10.0.0.2/24. */
struct address_syntax {
	struct item item;
	struct addr address;
};

/* An address, or the word "none": addr unset. */
struct gateway_syntax {
	struct item item;
	struct addr addr;
};

/* A bridge port's parameters, under the port's name. */
struct port_parameters {
	struct item item;
	struct bridge_port port;
};

/* A bridge's parameters: the rows of the kind bridge. */
struct bridge_parameters {
	struct item item;
	void *info;
};

struct interface_syntax {
	struct item item;
	const char *type; /* NULL: made elsewhere */
	struct ref link, master;
	struct list addresses, fdb; /* struct address_syntax, fdb */
	struct mac macaddress;
	uint32_t mtu;
	bool up, autoconf, protect;
	const struct link_kind *kind;
	void *info;
};

/* `forward: nat`, or a map. */
struct forward_syntax {
	struct item item;
	uint8_t mode, family; /* enum forward_mode, forward_family */
	struct list snat;     /* struct addr_item: at most one per family */
	const char *out;
};

struct bridge_syntax {
	struct item item;
	struct list addresses, gateway, interfaces; /* address_, gateway_syntax, port_parameters */
	struct forward_syntax forward;
	struct mac macaddress;
	uint32_t mtu;
	struct bridge_parameters parameters;
	bool isolate_ports, external, up, autoconf, protect;
};

struct tap_syntax {
	struct item item;
	const char *bridge, *user, *group;
	struct list addresses;
	struct mac macaddress;
	uint32_t mtu, queues;
	bool vnet_header, up, autoconf, protect;
};

struct tunnel_syntax {
	struct item item;
	uint8_t mode, encryption; /* enum tunnel_mode, tunnel_encryption */
	const char *interface;
	struct list addresses, peers; /* struct address_syntax, tunnel_peer */
	struct addr local, other_local;
	uint16_t port, keepalive;
	const char *public_key, *key_file, *psk_file;
	struct mac macaddress;
	uint32_t mtu;
	bool up, autoconf, protect;
	struct tunnel_settings settings;
};

struct nat_syntax {
	struct item item;
	struct list masquerade, snat, dnat; /* the structs of nft_table.h */
};

struct route_syntax {
	struct item item;
	struct route route;
};

struct place_syntax {
	struct list interfaces, bridges, taps, tunnels;
	struct nat_syntax nat;
	struct list policy;    /* struct policy */
	struct list routes;    /* struct route_syntax */
	struct list sysctls;   /* struct text_syntax */
	struct list mss_clamp; /* struct string_item: interfaces */
	bool forwarding;
};

struct attach_syntax {
	struct item item; /* name: the bridge */
	struct list addresses, gateway;
	const char *interface, *host_interface;
	struct mac macaddress;
	uint32_t mtu;
	struct bridge_port port;
	bool autoconf;
};

/* One end of a wire. */
struct endpoint_syntax {
	struct item item;
	const char *node, *interface;
	struct list addresses;
	struct mac macaddress;
	bool autoconf;
};

struct wire_syntax {
	struct item item;
	struct list endpoints; /* struct endpoint_syntax, two */
	uint32_t mtu;
	bool protect;
};

/* A port map of a namespace. */
struct port_syntax {
	struct item item;
	struct addr listen, to;
	const char *port, *target;
	uint8_t protocol;   /* enum nat_protocol */
	struct list source; /* struct prefix_item */
	bool hairpin, loopback;
};

/* The bits in item.written that expansion asks for, by the rows' order: see written_has. */
struct namespace_syntax {
	struct item item;
	struct list attach, gateway, ports;
	struct list nameservers, extra_hosts; /* struct addr_item, extra_host */
	struct place_syntax place;
	bool protect;
};

struct match_syntax {
	struct item item;
	struct list hostname; /* struct string_item */
	const char *machine_id;
	struct list macaddress, address; /* struct mac_item, addr_item */
};

struct host_syntax {
	struct item item;
	struct list address; /* struct addr_item */
	const char *endpoint, *uplink, *public_key, *key_file, *psk_file;
	struct match_syntax match;
	struct list namespaces, links; /* struct namespace_, wire_syntax */
	struct place_syntax place;
};

struct member_syntax {
	struct item item;     /* a host */
	const char *endpoint; /* what the others dial in this overlay; NULL: the host's */
};

struct overlay_syntax {
	struct item item;
	uint8_t mode, encryption;
	const char *bridge, *interface;
	struct list members; /* struct member_syntax */
	uint16_t port;	     /* 0: by the mode */
	uint32_t mtu, id;
	bool protect;
	struct tunnel_settings settings;
};

struct check_syntax {
	struct item item;
	const char *from, *size, *within, *at;
	struct list ping, tcp, udp; /* struct string_item */
	uint8_t expect;		    /* enum check_expect */
};

struct defaults_syntax {
	struct item item;
	uint32_t mtu;
	uint8_t macaddress;
	struct namespace_syntax namespaces; /* read only to check it: it is merged as a tree */
};

struct file_syntax {
	struct item item;
	uint32_t version;
	const char *name;
	struct list labels; /* struct text_syntax */
	struct defaults_syntax defaults;
	struct list overlays, checks, guard; /* the last two: struct check_syntax */
	struct list hosts;		     /* struct host_syntax */
	struct host_syntax host; /* top-level keys of a host; in a view: all of this host's */
};

/* The file as written. record_view: the same as document_for_host gives it, where a host's own keys stand too. */
extern const struct record record_file, record_view;
extern const struct record record_host, record_host_match, record_defaults;
extern const struct record record_namespace, record_attach, record_port, record_gateway;
extern const struct record record_wire, record_endpoint, record_member;
extern const struct record record_overlay, record_check;
extern const struct record record_interface, record_bridge, record_bridge_parameters;
extern const struct record record_forward, record_port_parameters, record_tap, record_tunnel;
extern const struct record record_nat, record_route, record_text, record_label;
extern const struct record record_address;

/* Whether the row `key` of an item read by `record` was written. */
bool written_has(const struct record *record, const void *item, const char *key);

/*
 * The keys of a place, as rows of struct type `s` whose struct place_syntax is member `p`: the host and a namespace
 * take the same ones.
 */
#define PLACE_ROWS(s, p)                                                                           \
	F_MAP(s, p.interfaces, "interfaces", &record_interface, .flags = FIELD_NAME,               \
	      .help = "interfaces by name"),                                                       \
		F_MAP(s, p.bridges, "bridges", &record_bridge, .flags = FIELD_NAME,                \
		      .help = "switches by name"),                                                 \
		F_MAP(s, p.taps, "taps", &record_tap, .flags = FIELD_NAME,                         \
		      .help = "persistent TAP interfaces for virtual machines, by name"),          \
		F_MAP(s, p.tunnels, "tunnels", &record_tunnel, .help = "tunnels by name"),         \
		F_RECORD(s, p.nat, struct nat_syntax, "nat", &record_nat,                          \
			 .help = "address translation"),                                           \
		F_LIST(s, p.policy, "policy", &record_policy,                                      \
		       .help = "rules for what is forwarded; the first that matches wins"),        \
		F_LIST(s, p.routes, "routes", &record_route, .help = "routes"),                    \
		F_MAP(s, p.sysctls, "sysctls", &record_text, .flags = FIELD_FREE_KEYS,             \
		      .help = "values below /proc/sys/net, by full name"),                         \
		F_LIST(s, p.mss_clamp, "mss-clamp", &record_ifname_item,                           \
		       .help = "interfaces where forwarded TCP is clamped to the route's MTU"),    \
		F_BOOL(s, p.forwarding, "forwarding", .help = "forward packets, IPv4 and IPv6")

#endif
