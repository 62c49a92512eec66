/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of what joins places and hosts: attach, links, port maps, overlays, checks; and their short forms. */
#include "model/syntax.h"

#include "model/kind/vxlan.h"
#include "model/node.h"
#include "model/read.h"
#include "model/text.h"
#include "model/topology.h"

#include <string.h>

static const struct field attach_fields[] = {
	F_LIST(struct attach_syntax, addresses, "addresses", &record_address,
	       .help = "addresses with prefix length"),
	F_STRING(struct attach_syntax, interface, "interface", .flags = FIELD_NAME,
		 .help = "name in the namespace; default: eth0, eth1, … in the order written"),
	F_STRING(
		struct attach_syntax, host_interface, "host-interface", .flags = FIELD_NAME,
		.help = "name of the bridge's port; default: NAMESPACE-INTERFACE, or ve and a hash "
			"where that is too long"),
	F_MAC(struct attach_syntax, macaddress, "macaddress", .flags = FIELD_AUTO,
	      .help = "Ethernet address in the namespace; derived unless given"),
	F_U32(struct attach_syntax, mtu, "mtu", .flags = FIELD_AUTO, .min = 68, .max = 65535,
	      .help = "of both ends; derived unless given"),
	F_LIST(struct attach_syntax, gateway, "gateway", &record_gateway,
	       .help = "default gateway here: an address, one per family, or none"),
	F_RECORD(struct attach_syntax, port, struct bridge_port, "port", &record_bridge_port,
		 .help = "parameters of the bridge's port"),
	F_BOOL(struct attach_syntax, autoconf, "link-local",
	       .help = "have an IPv6 link-local address; default: where it has an IPv6 address"),
};

static bool attach_from_scalar(void *item, const struct node *node, struct reader *reader)
{
	struct attach_syntax *attach = item;

	attach->item.written |= 1; /* addresses, the first row */
	return record_read(&record_address, node,
			   list_append(&attach->addresses, &record_address, reader->arena), reader);
}
const struct record record_attach = {
	.name = "attach",
	.size = sizeof(struct attach_syntax),
	FIELDS(attach_fields),
	.has_item = true,
	.list_key = "addresses",
	.from_scalar = attach_from_scalar,
	.scalar_help = "an address with prefix length",
	.help = "a veth from the namespace into a bridge of the host",
};

/* ---- wires ---- */

static const struct field endpoint_fields[] = {
	F_STRING(struct endpoint_syntax, node, "node", .flags = FIELD_REQUIRED,
		 .help = "namespace it is in; host: the host itself"),
	F_STRING(struct endpoint_syntax, interface, "interface",
		 .flags = FIELD_REQUIRED | FIELD_NAME, .help = "its name there"),
	F_LIST(struct endpoint_syntax, addresses, "addresses", &record_address,
	       .help = "addresses with prefix length"),
	F_MAC(struct endpoint_syntax, macaddress, "macaddress", .flags = FIELD_AUTO,
	      .help = "Ethernet address; derived unless given"),
	F_BOOL(struct endpoint_syntax, autoconf, "link-local",
	       .help = "have an IPv6 link-local address; default: where it has an IPv6 address"),
};

/* A word of `node` as a node of its own, so that messages point at it. */
static struct node word_node(const struct node *node, const char *word, struct arena *arena)
{
	size_t length = strcspn(word, " \t");
	struct node part = *node;

	part.text = arena_strndup(arena, word, length);
	part.position.column += (uint32_t)(word - node->text) + (node->quoted ? 1 : 0);
	part.position.length = (uint32_t)length;
	return part;
}

static bool endpoint_name(struct endpoint_syntax *endpoint, const struct node *word,
			  struct reader *reader)
{
	const char *colon = strchr(word->text, ':');
	AUTO_TEXT struct text why = { 0 };

	if (!colon || colon == word->text) {
		read_error(reader, word, "expected \"NODE:INTERFACE [ADDRESS/LENGTH]…\"");
		return false;
	}
	endpoint->node = arena_strndup(reader->arena, word->text, (size_t)(colon - word->text));
	if (field_parse(&endpoint_fields[1], endpoint, colon + 1, reader->arena, &why))
		return true;
	read_wrong_scalar(&endpoint_fields[1], word, text_get(&why), reader);
	return false;
}

/* "ns1:eth0 10.1.0.1/24 2001:db8::1/64" */
static bool endpoint_from_scalar(void *item, const struct node *node, struct reader *reader)
{
	struct endpoint_syntax *endpoint = item;
	const char *word = node->text + strspn(node->text, " \t");
	struct node part = word_node(node, word, reader->arena);
	bool ok = endpoint_name(endpoint, &part, reader);

	for (;;) {
		word += strcspn(word, " \t");
		word += strspn(word, " \t");
		if (!*word)
			return ok;
		part = word_node(node, word, reader->arena);
		ok &= record_read(&record_address, &part,
				  list_append(&endpoint->addresses, &record_address, reader->arena),
				  reader);
	}
}
const struct record record_endpoint = {
	.name = "endpoint",
	.size = sizeof(struct endpoint_syntax),
	FIELDS(endpoint_fields),
	.has_item = true,
	.from_scalar = endpoint_from_scalar,
	.scalar_help = "\"NODE:INTERFACE [ADDRESS/LENGTH]…\"",
	.help = "one end of a wire",
};

static const struct field wire_fields[] = {
	F_LIST(struct wire_syntax, endpoints, "endpoints", &record_endpoint,
	       .flags = FIELD_REQUIRED, .help = "its two ends"),
	F_U32(struct wire_syntax, mtu, "mtu", .flags = FIELD_AUTO, .min = 68, .max = 65535,
	      .help = "of both ends; derived unless given"),
	F_BOOL(struct wire_syntax, protect, "protect",
	       .help = "refuse any plan that removes or remakes it"),
};
const struct record record_wire = {
	.name = "link",
	.size = sizeof(struct wire_syntax),
	FIELDS(wire_fields),
	.has_item = true,
	.list_key = "endpoints",
	.help = "a wire: a veth pair",
};

/* ---- port maps ---- */

static const struct enum_name protocols[] = {
	{ "tcp", NAT_TCP },
	{ "udp", NAT_UDP },
	{ "tcp+udp", NAT_TCP_UDP },
	{ NULL, 0 },
};

static const struct field port_fields[] = {
	F_STRING(struct port_syntax, port, "port", .flags = FIELD_REQUIRED,
		 .help = "port or range of the host: 8080, 5000-5010"),
	F_STRING(struct port_syntax, target, "target",
		 .help = "port or range in the namespace; default: the same"),
	F_ENUM8(struct port_syntax, protocol, "protocol", protocols, .help = "tcp, udp or tcp+udp"),
	F_ADDR(struct port_syntax, listen, "listen",
	       .help = "address of the host that it is for; default: every one"),
	F_LIST(struct port_syntax, source, "source", &record_prefix_item,
	       .help = "networks that may use it; default: any"),
	F_ADDR(struct port_syntax, to, "to",
	       .help = "target address; default: the namespace's first on a forwarding bridge"),
	F_BOOL(struct port_syntax, hairpin, "hairpin",
	       .help = "members of the target's network may use it too"),
	F_BOOL(struct port_syntax, loopback, "loopback",
	       .help = "the host may use it as 127.0.0.1 (IPv4)"),
};

#define PORT_FORM "[HOST-IP:]HOST[-HOST]:TARGET[-TARGET][/tcp|udp|tcp+udp]"

/* Takes the address off the front of "ADDRESS:rest" or "[ADDRESS]:rest"; NULL: not an address. */
static const char *take_listen(struct addr *ret, const char *text, struct arena *arena)
{
	const char *rest, *last = strrchr(text, ':');
	const char *end;

	if (text[0] == '[') {
		end = strchr(text, ']');
		if (!end || end[1] != ':' ||
		    !addr_parse(ret, arena_strndup(arena, text + 1, (size_t)(end - text - 1))))
			return NULL;
		return end + 2;
	}
	for (rest = last; rest > text && rest[-1] != ':'; rest--)
		;
	if (!last || rest == text)
		return text; /* one colon: no address */
	end = rest - 1;
	if (end == text)
		return rest; /* ":80:80", as without */
	return addr_parse(ret, arena_strndup(arena, text, (size_t)(end - text))) ? rest : NULL;
}

static bool port_parts(struct port_syntax *port, char *text, struct arena *arena)
{
	struct port_range range;
	char *slash = strchr(text, '/');
	const char *rest;
	char *colon;
	uint32_t protocol;

	if (slash) {
		*slash = '\0';
		if (!enum_value(&protocol, protocols, slash + 1))
			return false;
		port->protocol = (uint8_t)protocol;
	}
	rest = take_listen(&port->listen, text, arena);
	if (!rest)
		return false;
	port->port = arena_strdup(arena, rest);
	colon = strchr(port->port, ':');
	if (!colon)
		return false;
	*colon = '\0';
	port->target = colon + 1;
	return port_range_parse(&range, port->port) && port_range_parse(&range, port->target);
}

static bool port_from_scalar(void *item, const struct node *node, struct reader *reader)
{
	struct port_syntax *port = item;

	if (port_parts(port, arena_strdup(reader->arena, node->text), reader->arena))
		return true;
	read_error(reader, node, "expected " PORT_FORM ", not \"%.60s\"", node->text);
	if (strspn(node->text, "0123456789") == strlen(node->text))
		diag_hint(reader->diag, "did you mean \"%s:%s\"?", node->text, node->text);
	return false;
}
const struct record record_port = {
	.name = "port map",
	.size = sizeof(struct port_syntax),
	FIELDS(port_fields),
	.has_item = true,
	.defaults = &(const struct port_syntax){ .protocol = NAT_TCP, .hairpin = true },
	.from_scalar = port_from_scalar,
	.scalar_help = "\"" PORT_FORM "\"",
	.help = "a port of the host that leads into the namespace",
};

/* ---- overlays and checks ---- */

static const struct field member_fields[] = {
	F_STRING(struct member_syntax, endpoint, "endpoint",
		 .help = "what the other hosts dial in this overlay: NAME or ADDRESS with optional "
			 ":PORT, or none; default: the host's"),
};
const struct record record_member = {
	.name = "member",
	.size = sizeof(struct member_syntax),
	FIELDS(member_fields),
	.has_item = true,
	.help = "a host in an overlay",
};

static const struct field overlay_fields[] = {
	F_ENUM8(struct overlay_syntax, mode, "mode", tunnel_modes,
		.help = "tap: carried by a program; vxlan: by the kernel, not encrypted"),
	F_STRING(struct overlay_syntax, bridge, "bridge",
		 .help = "the bridge of each member that it joins"),
	F_STRING(struct overlay_syntax, interface, "interface", .flags = FIELD_NAME,
		 .help = "name of its interface; default: the overlay's name"),
	F_MAP(struct overlay_syntax, members, "members", &record_member, .flags = FIELD_KEY_LIST,
	      .help = "hosts that take part: a list of names, or a map of names to what is their "
		      "own in it; default: all"),
	F_U16(struct overlay_syntax, port, "port", .min = 1,
	      .help = "UDP port; default: 40000, or 4789 with mode: vxlan"),
	F_U32(struct overlay_syntax, id, "id", .min = 1, .max = VXLAN_ID_MAX,
	      .help = "network identifier (VNI) with mode: vxlan; derived unless given"),
	F_ENUM8(struct overlay_syntax, encryption, "encryption", tunnel_encryptions,
		.help = "noise, or none"),
	F_U32(struct overlay_syntax, mtu, "mtu", .flags = FIELD_AUTO, .min = 68, .max = 65535,
	      .help = "largest packet in bytes; default: what fits every path"),
	TUNNEL_SETTINGS_ROWS(struct overlay_syntax),
	F_BOOL(struct overlay_syntax, protect, "protect",
	       .help = "refuse any plan that removes or remakes it"),
};
const struct record record_overlay = {
	.name = "overlay",
	.size = sizeof(struct overlay_syntax),
	FIELDS(overlay_fields),
	.has_item = true,
	.defaults = &(const struct overlay_syntax){ .settings = TUNNEL_SETTINGS_DEFAULT },
	.help = "an Ethernet segment that spans hosts",
};

static const struct enum_name expectations[] = {
	{ "reachable", CHECK_REACHABLE },
	{ "unreachable", CHECK_UNREACHABLE },
	{ NULL, 0 },
};

static const struct field check_fields[] = {
	F_STRING(struct check_syntax, from, "from",
		 .help = "where it starts: HOST/NAMESPACE or HOST/host; "
			 "default: each host's own place"),
	F_LIST(struct check_syntax, ping, "ping", &record_string_item,
	       .help = "addresses or names to ping"),
	F_LIST(struct check_syntax, tcp, "tcp", &record_string_item,
	       .help = "ADDRESS:PORT to connect to"),
	F_LIST(struct check_syntax, udp, "udp", &record_string_item,
	       .help = "ADDRESS:PORT to exchange a datagram with"),
	F_STRING(struct check_syntax, size, "size",
		 .help = "bytes of a ping, or mtu: the largest that fits, not fragmented"),
	F_STRING(struct check_syntax, within, "within",
		 .help = "how long it may take to come true: 10s, 500ms"),
	F_ENUM8(struct check_syntax, expect, "expect", expectations,
		.help = "reachable, or unreachable"),
	F_STRING(struct check_syntax, at, "at",
		 .help = "where it must arrive; a listener is opened there if none listens"),
};
const struct record record_check = {
	.name = "check",
	.size = sizeof(struct check_syntax),
	FIELDS(check_fields),
	.has_item = true,
	.help = "a test of reachability",
};
