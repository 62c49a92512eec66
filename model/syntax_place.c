/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of the keys of a place: interfaces, bridges, taps, tunnels, nat, routes. */
#include "model/syntax.h"

#include "model/classes.h"
#include "model/kinds.h"
#include "model/node.h"
#include "model/read.h"
#include "model/text.h"

#include <string.h>

static const struct field label_fields[] = { F_STRING(struct text_syntax, text, "text") };
const struct record record_label = {
	.name = "label",
	.size = sizeof(struct text_syntax),
	FIELDS(label_fields),
	.has_item = true,
	.scalar = true,
};
const struct record record_text = {
	.name = "sysctl",
	.size = sizeof(struct text_syntax),
	FIELDS(label_fields),
	.has_item = true,
	.scalar = true,
};

static const struct field address_fields[] = {
	F_PREFIX(struct address_syntax, address, "address", .flags = FIELD_HOST_BITS),
};
const struct record record_address = {
	.name = "interface address",
	.size = sizeof(struct address_syntax),
	FIELDS(address_fields),
	.has_item = true,
	.scalar = true,
};

static bool gateway_from_scalar(void *item, const struct node *node, struct reader *reader)
{
	struct gateway_syntax *gateway = item;

	if (!strcmp(node->text, "none") || addr_parse(&gateway->addr, node->text))
		return true;
	read_error(reader, node, "expected an IPv4 or IPv6 address, or none, not \"%.60s\"",
		   node->text);
	return false;
}
const struct record record_gateway = {
	.name = "gateway",
	.size = sizeof(struct gateway_syntax),
	.has_item = true,
	.from_scalar = gateway_from_scalar,
	.scalar_help = "an address, or none",
};

/* ---- interfaces ---- */

static const struct field interface_fields[] = {
	F_STRING(struct interface_syntax, type, "type",
		 .help = "kind of interface; without it, it is made elsewhere"),
	F_REF(struct interface_syntax, link, "link",
	      .help = "parent: an interface of this place, or host:NAME"),
	F_REF(struct interface_syntax, master, "master",
	      .help = "interface that it is a port of; a bridge lists its ports itself"),
	F_LIST(struct interface_syntax, addresses, "addresses", &record_address,
	       .help = "addresses with prefix length"),
	F_LIST(struct interface_syntax, fdb, "fdb", &record_fdb, .flags = FIELD_UNORDERED,
	       .help = "of type vxlan: which host has which Ethernet address"),
	F_MAC(struct interface_syntax, macaddress, "macaddress", .flags = FIELD_AUTO,
	      .help = "Ethernet address; derived unless given"),
	F_U32(struct interface_syntax, mtu, "mtu", .flags = FIELD_AUTO, .min = 68, .max = 65535,
	      .help = "largest packet in bytes; derived unless given"),
	F_BOOL(struct interface_syntax, up, "up", .help = "administratively up"),
	F_BOOL(struct interface_syntax, autoconf, "link-local",
	       .help = "have an IPv6 link-local address; default: where it has an IPv6 address"),
	F_BOOL(struct interface_syntax, protect, "protect",
	       .help = "refuse any plan that removes or remakes it"),
};

/* What to write in place of a kind that has a key of its own, or is not there. */
static const char *type_hint(const char *type)
{
	static const struct {
		const char *type, *hint;
	} rows[] = {
		{ "bond", "bonds are not in this version" },
		{ "bridge", "bridges are written under \"bridges\"" },
		{ "ethernet", "without \"type\" it is an interface that is made elsewhere" },
		{ "physical", "without \"type\" it is an interface that is made elsewhere" },
		{ "veth", "veth pairs are written under \"attach\" or \"links\"" },
		{ "vlan", "VLANs are not in this version" },
		{ "wireguard", "encrypted tunnels are written under \"overlays\" or \"tunnels\"" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].type, type))
			return rows[i].hint;
	return NULL;
}

static void report_type(const struct node *node, const struct reader *reader)
{
	AUTO_TEXT struct text words = { 0 };
	const char *near = NULL, *hint = type_hint(node->text);
	size_t i;

	for (i = 0; kinds[i]; i++) {
		if (kinds[i]->reserved)
			continue;
		text_add(&words, "%s%s", words.length ? ", " : "", kinds[i]->name);
		if (text_is_near(node->text, kinds[i]->name) && !near)
			near = kinds[i]->name;
	}
	read_error(reader, node, "type: expected one of %s, not \"%.40s\"", text_get(&words),
		   node->text);
	if (hint)
		diag_hint(reader->diag, "%s", hint);
	else if (near)
		diag_hint(reader->diag, "did you mean \"%s\"?", near);
}

static const struct record *interface_variant(void *item, const struct node *map,
					      struct reader *reader, void **data)
{
	struct interface_syntax *interface = item;
	const struct node *type = node_find(map, "type");
	const struct link_kind *kind;

	if (node_is_null(type) || type->kind != NODE_SCALAR)
		return NULL;
	kind = kind_find(type->text);
	if (!kind || kind->reserved) {
		report_type(type, reader);
		return NULL;
	}
	interface->kind = kind;
	if (!kind->record.size)
		return NULL;
	interface->info = record_new(&kind->record, reader->arena);
	*data = interface->info;
	return &kind->record;
}

/* The kinds that are types, by their place among them. */
static bool interface_variant_at(size_t index, const char **value, const struct record **rows)
{
	size_t i;

	for (i = 0; kinds[i]; i++) {
		if (kinds[i]->reserved || index--)
			continue;
		*value = kinds[i]->name;
		*rows = kinds[i]->record.size ? &kinds[i]->record : NULL;
		return true;
	}
	return false;
}

const struct record record_interface = {
	.name = "interface",
	.size = sizeof(struct interface_syntax),
	FIELDS(interface_fields),
	.has_item = true,
	.defaults = &(const struct interface_syntax){ .up = true },
	.variant = interface_variant,
	.variant_key = "type",
	.variant_at = interface_variant_at,
	.help = "an interface; without type, one that is made elsewhere",
};

/* ---- bridges ---- */

static const struct enum_name forward_modes[] = {
	{ "nat", FORWARD_NAT },
	{ "route", FORWARD_ROUTE },
	{ "isolated", FORWARD_ISOLATED },
	{ "open", FORWARD_OPEN },
	{ NULL, 0 },
};
static const struct enum_name forward_families[] = {
	{ "both", FORWARD_BOTH },
	{ "ipv4", FORWARD_IPV4 },
	{ "ipv6", FORWARD_IPV6 },
	{ NULL, 0 },
};

static const struct field forward_fields[] = {
	F_ENUM8(struct forward_syntax, mode, "mode", forward_modes, .flags = FIELD_REQUIRED,
		.help = "nat, route, isolated or open"),
	F_ENUM8(struct forward_syntax, family, "family", forward_families,
		.help = "nat of one family only"),
	F_LIST(struct forward_syntax, snat, "snat", &record_addr_item,
	       .help = "source address instead of the outgoing interface's, one per family"),
	F_STRING(struct forward_syntax, out, "out", .flags = FIELD_NAME,
		 .help = "nat only what leaves by this interface"),
};

static bool forward_from_scalar(void *item, const struct node *node, struct reader *reader)
{
	AUTO_TEXT struct text why = { 0 };

	if (field_parse(&forward_fields[0], item, node->text, reader->arena, &why))
		return true;
	read_wrong_scalar(&forward_fields[0], node, text_get(&why), reader);
	return false;
}
const struct record record_forward = {
	.name = "forward",
	.size = sizeof(struct forward_syntax),
	FIELDS(forward_fields),
	.has_item = true,
	.from_scalar = forward_from_scalar,
	.scalar_help = "one of nat, route, isolated, open",
	.help = "what the bridge's members may reach",
};

static const struct record *port_variant(void *item, const struct node *map, struct reader *reader,
					 void **data)
{
	struct port_parameters *port = item;

	(void)map;
	(void)reader;
	memcpy(&port->port, record_bridge_port.defaults, sizeof(port->port));
	*data = &port->port;
	return &record_bridge_port;
}
const struct record record_port_parameters = {
	.name = "port",
	.size = sizeof(struct port_parameters),
	.has_item = true,
	.variant = port_variant,
	.variants = (const struct record *const[]){ &record_bridge_port, NULL },
	.help = "parameters of a bridge's port",
};

extern const struct link_kind link_kind_bridge; /* kinds.c */

static const struct record *bridge_variant(void *item, const struct node *map,
					   struct reader *reader, void **data)
{
	struct bridge_parameters *parameters = item;
	(void)map;
	parameters->info = record_new(&link_kind_bridge.record, reader->arena);
	*data = parameters->info;
	return &link_kind_bridge.record;
}
const struct record record_bridge_parameters = {
	.name = "bridge parameters",
	.size = sizeof(struct bridge_parameters),
	.has_item = true,
	.variant = bridge_variant,
	.variants = (const struct record *const[]){ &link_kind_bridge.record, NULL },
	.help = "spanning tree, ageing, multicast",
};

static const struct field bridge_fields[] = {
	F_LIST(struct bridge_syntax, addresses, "addresses", &record_address,
	       .help = "addresses with prefix length"),
	F_RECORD(struct bridge_syntax, forward, struct forward_syntax, "forward", &record_forward,
		 .help = "nat, route, isolated or open; without it, a plain switch"),
	F_LIST(struct bridge_syntax, gateway, "gateway", &record_gateway,
	       .help = "the segment's router, where it is not this bridge"),
	F_MAP(struct bridge_syntax, interfaces, "interfaces", &record_port_parameters,
	      .flags = FIELD_KEY_LIST | FIELD_NAME,
	      .help = "ports: a list of names, or a map of names to port parameters"),
	F_MAC(struct bridge_syntax, macaddress, "macaddress", .flags = FIELD_AUTO,
	      .help = "Ethernet address; derived unless given"),
	F_U32(struct bridge_syntax, mtu, "mtu", .flags = FIELD_AUTO, .min = 68, .max = 65535,
	      .help = "largest packet in bytes; derived unless given"),
	F_RECORD(struct bridge_syntax, parameters, struct bridge_parameters, "parameters",
		 &record_bridge_parameters, .help = "spanning tree, ageing, multicast"),
	F_BOOL(struct bridge_syntax, isolate_ports, "isolate-ports",
	       .help = "its members cannot see each other"),
	F_BOOL(struct bridge_syntax, external, "external",
	       .help = "it is made elsewhere: only our ports are added and removed"),
	F_BOOL(struct bridge_syntax, up, "up", .help = "administratively up"),
	F_BOOL(struct bridge_syntax, autoconf, "link-local",
	       .help = "have an IPv6 link-local address; default: where it has an IPv6 address"),
	F_BOOL(struct bridge_syntax, protect, "protect",
	       .help = "refuse any plan that removes or remakes it"),
};
const struct record record_bridge = {
	.name = "bridge",
	.size = sizeof(struct bridge_syntax),
	FIELDS(bridge_fields),
	.has_item = true,
	.defaults = &(const struct bridge_syntax){ .up = true },
	.help = "a switch",
};

/* ---- taps and tunnels ---- */

static const struct field tap_fields[] = {
	F_STRING(struct tap_syntax, bridge, "bridge", .help = "bridge of this place to join"),
	F_STRING(struct tap_syntax, user, "user", .help = "who may attach: name or number"),
	F_STRING(struct tap_syntax, group, "group", .help = "group that may attach"),
	F_BOOL(struct tap_syntax, vnet_header, "vnet-header",
	       .help = "frames carry a virtio-net header"),
	F_U32(struct tap_syntax, queues, "queues", .min = 1, .max = 256,
	      .help = "more than one: several threads may attach"),
	F_LIST(struct tap_syntax, addresses, "addresses", &record_address,
	       .help = "addresses with prefix length"),
	F_MAC(struct tap_syntax, macaddress, "macaddress", .flags = FIELD_AUTO,
	      .help = "Ethernet address of the host's side; derived unless given"),
	F_U32(struct tap_syntax, mtu, "mtu", .flags = FIELD_AUTO, .min = 68, .max = 65535,
	      .help = "largest packet in bytes; derived unless given"),
	F_BOOL(struct tap_syntax, up, "up", .help = "administratively up"),
	F_BOOL(struct tap_syntax, autoconf, "link-local",
	       .help = "have an IPv6 link-local address; default: where it has an IPv6 address"),
	F_BOOL(struct tap_syntax, protect, "protect",
	       .help = "refuse any plan that removes or remakes it"),
};
const struct record record_tap = {
	.name = "tap",
	.size = sizeof(struct tap_syntax),
	FIELDS(tap_fields),
	.has_item = true,
	.defaults = &(const struct tap_syntax){ .up = true, .queues = 1 },
	.help = "a persistent TAP interface for a virtual machine",
};

static const struct field tunnel_fields[] = {
	F_ENUM8(struct tunnel_syntax, mode, "mode", tunnel_modes,
		.help = "tap: carried by a program"),
	F_STRING(struct tunnel_syntax, interface, "interface", .flags = FIELD_NAME,
		 .help = "name of its interface; default: the tunnel's name"),
	F_LIST(struct tunnel_syntax, addresses, "addresses", &record_address,
	       .help = "addresses with prefix length"),
	F_ADDR(struct tunnel_syntax, local, "local", .help = "local address; default: any"),
	F_ADDR(struct tunnel_syntax, other_local, "other-local",
	       .help = "local address of the other family; default: none where there is a local"),
	F_U16(struct tunnel_syntax, port, "port", .min = 1, .help = "UDP port"),
	F_ENUM8(struct tunnel_syntax, encryption, "encryption", tunnel_encryptions,
		.help = "noise, or none"),
	F_STRING(struct tunnel_syntax, public_key, "public-key",
		 .help = "public key of this end; another one here has key-file read anew"),
	F_STRING(struct tunnel_syntax, key_file, "key-file",
		 .help = "file of its private key: a path, or a name in /etc/vnetapply/keys"),
	F_STRING(struct tunnel_syntax, psk_file, "psk-file",
		 .help = "file of a key that all ends have besides their own"),
	F_U16(struct tunnel_syntax, keepalive, "keepalive", .max = 3600,
	      .help = "seconds between signs of life, for an end behind NAT; 0: none"),
	F_U32(struct tunnel_syntax, mtu, "mtu", .flags = FIELD_AUTO, .min = 68, .max = 65535,
	      .help = "largest packet in bytes; derived unless given"),
	F_MAC(struct tunnel_syntax, macaddress, "macaddress", .flags = FIELD_AUTO,
	      .help = "Ethernet address; derived unless given"),
	F_LIST(struct tunnel_syntax, peers, "peers", &record_tunnel_peer, .help = "the other ends"),
	TUNNEL_SETTINGS_ROWS(struct tunnel_syntax),
	F_BOOL(struct tunnel_syntax, up, "up", .help = "administratively up"),
	F_BOOL(struct tunnel_syntax, autoconf, "link-local",
	       .help = "have an IPv6 link-local address; default: where it has an IPv6 address"),
	F_BOOL(struct tunnel_syntax, protect, "protect",
	       .help = "refuse any plan that removes or remakes it"),
};
const struct record record_tunnel = {
	.name = "tunnel",
	.size = sizeof(struct tunnel_syntax),
	FIELDS(tunnel_fields),
	.has_item = true,
	.defaults = &(const struct tunnel_syntax){ .port = TUNNEL_PORT_DEFAULT,
						   .settings = TUNNEL_SETTINGS_DEFAULT },
	.help = "an Ethernet tunnel over UDP to peers named here",
};

/* ---- nat and routes ---- */

static const struct field nat_fields[] = {
	F_LIST(struct nat_syntax, masquerade, "masquerade", &record_masquerade,
	       .help = "give what leaves the address of the outgoing interface"),
	F_LIST(struct nat_syntax, snat, "snat", &record_snat,
	       .help = "give what leaves another source address"),
	F_LIST(struct nat_syntax, dnat, "dnat", &record_dnat, .help = "port maps"),
};
const struct record record_nat = {
	.name = "nat",
	.size = sizeof(struct nat_syntax),
	FIELDS(nat_fields),
	.has_item = true,
	.help = "address translation",
};

static const struct record *route_variant(void *item, const struct node *map, struct reader *reader,
					  void **data)
{
	struct route_syntax *route = item;

	(void)map;
	(void)reader;
	memcpy(&route->route, class_route.record.defaults, sizeof(route->route));
	*data = &route->route;
	return &class_route.record;
}
const struct record record_route = {
	.name = "route",
	.size = sizeof(struct route_syntax),
	.has_item = true,
	.variant = route_variant,
	.variants = (const struct record *const[]){ &class_route.record, NULL },
	.help = "a route",
};
