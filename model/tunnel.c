/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of a tunnel. */
#include "model/tunnel.h"

#include "model/diag.h"
#include "model/nft_table.h"
#include "model/object.h"
#include "model/read.h"
#include "model/text.h"

#include <string.h>
#include <sys/socket.h>

#define HEADER_IPV4	20
#define HEADER_IPV6	40
#define HEADER_UDP	8
#define HEADER_ETHERNET 14

const struct enum_name tunnel_modes[] = {
	{ "tap", TUNNEL_TAP },
	{ "vxlan", TUNNEL_VXLAN },
	{ NULL, 0 },
};
const struct enum_name tunnel_encryptions[] = {
	{ "noise", TUNNEL_NOISE },
	{ "none", TUNNEL_NONE },
	{ NULL, 0 },
};

static const struct field peer_fields[] = {
	F_STRING(struct tunnel_peer, name, "name", .flags = FIELD_REQUIRED,
		 .help = "the peer's name"),
	F_STRING(
		struct tunnel_peer, endpoint, "endpoint",
		.help = "ADDRESS:PORT, IPv6 in brackets, or NAME:PORT; with encryption: may be missing "
			"where the peer dials"),
	F_LIST(struct tunnel_peer, others, "other-endpoints", &record_string_item,
	       .help = "other ADDRESS:PORT of it, used in turn where endpoint does not work"),
	F_STRING(struct tunnel_peer, public_key, "public-key",
		 .help = "the peer's public key, with encryption"),
	F_LIST(struct tunnel_peer, macaddresses, "macaddresses", &record_mac_item,
	       .flags = FIELD_UNORDERED, .help = "Ethernet addresses behind the peer"),
};
const struct record record_tunnel_peer = {
	.name = "peer",
	.size = sizeof(struct tunnel_peer),
	FIELDS(peer_fields),
	.has_item = true,
};

static const struct field offload_fields[] = {
	F_BOOL(struct tunnel_offload, tso, "tso",
	       .help = "take TCP segments uncut from the interface"),
	F_BOOL(struct tunnel_offload, uso, "uso", .help = "the same for UDP"),
	F_BOOL(struct tunnel_offload, gso, "gso", .help = "send many datagrams with one call"),
	F_BOOL(struct tunnel_offload, gro, "gro", .help = "receive many datagrams with one call"),
	F_BOOL(struct tunnel_offload, coalesce, "coalesce",
	       .help = "merge received segments for the interface"),
	F_BOOL(struct tunnel_offload, batch, "batch", .help = "work on many frames at a time"),
};

/* One value for all FIELDS, which are of one type. */
static bool all_from_scalar(const struct field *rows, size_t n, void *item, const struct node *node,
			    struct reader *reader)
{
	AUTO_TEXT struct text why = { 0 };

	for (size_t i = 0; i < n; i++)
		if (!field_parse(&rows[i], item, node->text, reader->arena, &why)) {
			read_wrong_scalar(&rows[i], node, text_get(&why), reader);
			return false;
		}
	return true;
}

static bool offload_from_scalar(void *item, const struct node *node, struct reader *reader)
{
	return all_from_scalar(offload_fields, sizeof(offload_fields) / sizeof(offload_fields[0]),
			       item, node, reader);
}
const struct record record_tunnel_offload = {
	.name = "offload",
	.size = sizeof(struct tunnel_offload),
	FIELDS(offload_fields),
	.has_item = true,
	.from_scalar = offload_from_scalar,
	.scalar_help = "true or false",
	.defaults = &(const struct tunnel_offload)TUNNEL_OFFLOAD_DEFAULT,
	.help = "what carries many frames at the cost of one, where the kernel has it",
};

static const struct field flood_fields[] = {
	F_U32(struct tunnel_flood, broadcast, "broadcast", .max = 10000000,
	      .help = "frames per second to the broadcast address"),
	F_U32(struct tunnel_flood, multicast, "multicast", .max = 10000000,
	      .help = "frames per second to other groups"),
	F_U32(struct tunnel_flood, unknown, "unknown-unicast", .max = 10000000,
	      .help = "frames per second to addresses that are not known, where addresses are "
		      "learned"),
};

static bool flood_from_scalar(void *item, const struct node *node, struct reader *reader)
{
	return all_from_scalar(flood_fields, sizeof(flood_fields) / sizeof(flood_fields[0]), item,
			       node, reader);
}
const struct record record_tunnel_flood = {
	.name = "flood-limit",
	.size = sizeof(struct tunnel_flood),
	FIELDS(flood_fields),
	.has_item = true,
	.from_scalar = flood_from_scalar,
	.scalar_help = "a number",
	.defaults = &(const struct tunnel_flood)TUNNEL_FLOOD_DEFAULT,
	.help = "how much may go to everybody, from here and from each peer; 0: no limit",
};

static const struct field fields[] = {
	F_ENUM8(struct tunnel, mode, "mode", tunnel_modes, .flags = FIELD_RECREATE,
		.help = "tap: a userspace worker; vxlan: the kernel"),
	F_REF(struct tunnel, interface, "interface", .flags = FIELD_RECREATE,
	      .help = "name of its interface; default: the tunnel's name"),
	F_ADDR(struct tunnel, local, "local", .help = "local address; default: any"),
	F_ADDR(struct tunnel, other_local, "other-local",
	       .help = "local address of the other family; default: none where there is a local"),
	F_U16(struct tunnel, port, "port", .min = 1, .help = "UDP port"),
	F_ENUM8(struct tunnel, encryption, "encryption", tunnel_encryptions,
		.flags = FIELD_RECREATE, .help = "noise, or none"),
	F_STRING(struct tunnel, public_key, "public-key", .help = "public key of this end"),
	F_STRING(struct tunnel, key_file, "key-file", .help = "file of its private key"),
	F_STRING(struct tunnel, psk_file, "psk-file", .help = "file of a pre-shared key"),
	F_U16(struct tunnel, keepalive, "keepalive", .max = 3600,
	      .help = "seconds between signs of life"),
	TUNNEL_SETTINGS_ROWS(struct tunnel),
	F_LIST(struct tunnel, peers, "peers", &record_tunnel_peer, .flags = FIELD_UNORDERED,
	       .help = "the other ends"),
	F_BOOL(struct tunnel, outdated, "outdated", .flags = FIELD_HIDDEN),
};

/* Labels of letters, digits and inner hyphens; the last has a letter, so that no mistaken address is a name. */
static bool host_is_valid(const char *host)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
	const char *label = host;
	size_t length;

	for (;;) {
		length = strspn(label, all);
		if (length == 0 || length > 63 || label[0] == '-' || label[length - 1] == '-')
			return false;
		if (!label[length])
			return strpbrk(label, letters);
		if (label[length] != '.')
			return false;
		label += length + 1;
	}
}

bool tunnel_endpoint_read(const char *text, struct tunnel_endpoint *ret)
{
	const char *colon = strchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);
	struct port_range ports = { 0 };
	struct addr last;

	*ret = (struct tunnel_endpoint){ 0 };
	if (nat_target_parse(&ret->addr, &last, &ports, text)) {
		if (!addr_equal(&ret->addr, &last))
			return false;
	} else {
		ret->addr = (struct addr){ 0 };
		if (length > TUNNEL_HOST_MAX || (colon && !port_range_parse(&ports, colon + 1)))
			return false;
		memcpy(ret->host, text, length);
		if (!host_is_valid(ret->host))
			return false;
	}
	ret->port = ports.first;
	return ports.first == ports.last;
}

const char *tunnel_peer_endpoint(const struct tunnel_peer *peer, size_t i)
{
	const struct string_item *item;

	if (i == 0)
		return peer->endpoint;
	if (i > peer->others.n)
		return NULL;
	item = list_item(&peer->others, &record_string_item, i - 1);
	return item->text;
}

bool tunnel_peer_address(const struct tunnel_peer *peer, size_t *i, struct tunnel_endpoint *ret)
{
	const char *text;

	while ((text = tunnel_peer_endpoint(peer, (*i)++)))
		if (tunnel_endpoint_read(text, ret) && !ret->host[0])
			return true;
	return false;
}

const struct addr *tunnel_local(const struct tunnel *tunnel, uint8_t family)
{
	if (tunnel->local.family == family)
		return &tunnel->local;
	return tunnel->other_local.family == family ? &tunnel->other_local : NULL;
}

bool tunnel_locals_overlap(const struct tunnel *a, const struct tunnel *b)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	size_t i;

	if (!addr_is_set(&a->local) || !addr_is_set(&b->local))
		return true;
	for (i = 0; i < 2; i++) {
		const struct addr *x = tunnel_local(a, families[i]);
		const struct addr *y = tunnel_local(b, families[i]);

		if (x && y && addr_same_host(x, y))
			return true;
	}
	return false;
}

/* "ADDRESS:PORT" has a family; "NAME:PORT" has none yet. */
static void check_endpoint(const struct object *want, const struct tunnel_peer *peer,
			   struct diag *diag)
{
	const struct position *position =
		peer->item.position.file ? &peer->item.position : &want->position;
	const struct tunnel *tunnel = want->data;
	struct tunnel_endpoint endpoint;
	size_t i = 0;

	while (addr_is_set(&tunnel->local) && tunnel_peer_address(peer, &i, &endpoint)) {
		const struct addr *local = tunnel_local(tunnel, endpoint.addr.family);
		const char *text = tunnel_peer_endpoint(peer, i - 1);

		if (!local)
			diag_error(diag, position,
				   "peer %s: endpoint %s is not of the family of \"local\"",
				   peer->name, text);
		else if (addr_same_host(&endpoint.addr, local) && endpoint.port == tunnel->port)
			diag_error(diag, position, "peer %s: endpoint %s is this tunnel's own",
				   peer->name, text);
	}
}

static bool is_own_address(const struct addr *addr)
{
	return !addr_is_set(addr) || (!addr_is_multicast(addr) && !addr_is_unspecified(addr));
}

static void check_locals(const struct object *want, struct diag *diag)
{
	const struct tunnel *tunnel = want->data;

	if (!is_own_address(&tunnel->local) || !is_own_address(&tunnel->other_local))
		diag_error(diag, &want->position,
			   "tunnel %s: \"%s\" is expected to be an address of this host",
			   want->name, is_own_address(&tunnel->local) ? "other-local" : "local");
	if (!addr_is_set(&tunnel->other_local))
		return;
	if (!addr_is_set(&tunnel->local))
		diag_error(diag, &want->position, "tunnel %s: \"other-local\" needs \"local\"",
			   want->name);
	else if (tunnel->local.family == tunnel->other_local.family)
		diag_error(diag, &want->position,
			   "tunnel %s: \"local\" and \"other-local\" are of one address family",
			   want->name);
}

/* 43 digits of 6 bits are two more than 256: these are zero, so that each key has one text. */
bool tunnel_key_is_valid(const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return strlen(text) == 44 && strspn(text, digits) == 43 && text[43] == '=' &&
	       strchr("AEIMQUYcgkosw048", text[42]);
}

/* With one key two peers would be one. */
static void check_key(const struct object *want, const struct tunnel_peer *peer, struct diag *diag)
{
	const struct position *position =
		peer->item.position.file ? &peer->item.position : &want->position;
	const struct tunnel *tunnel = want->data;
	size_t i;

	if (!peer->public_key)
		return;
	if (tunnel->public_key && text_equal(tunnel->public_key, peer->public_key))
		diag_error(diag, position, "peer %s has the public key of this end", peer->name);
	for (i = 0; i < tunnel->peers.n; i++) {
		const struct tunnel_peer *other = list_item(&tunnel->peers, &record_tunnel_peer, i);

		if (other == peer)
			break;
		if (text_equal(other->public_key, peer->public_key))
			diag_error(diag, position, "peers %s and %s have the same public key",
				   other->name, peer->name);
	}
}

static void tunnel_check(const struct object *want, const struct model *model, struct diag *diag)
{
	const struct tunnel *tunnel = want->data;
	size_t i;

	(void)model;
	for (i = 0; i < tunnel->peers.n; i++) {
		const struct tunnel_peer *peer = list_item(&tunnel->peers, &record_tunnel_peer, i);

		check_endpoint(want, peer, diag);
		check_key(want, peer, diag);
	}
	check_locals(want, diag);
}

const struct class class_tunnel = {
	.name = "tunnel",
	.record = { .name = "tunnel",
		    .size = sizeof(struct tunnel),
		    FIELDS(fields),
		    .defaults = &(const struct tunnel){ .port = TUNNEL_PORT_DEFAULT,
							.settings = TUNNEL_SETTINGS_DEFAULT } },
	.check = tunnel_check,
};

uint32_t tunnel_overhead(const struct tunnel *tunnel, uint8_t family)
{
	uint32_t bytes = HEADER_UDP + HEADER_ETHERNET;

	bytes += family == AF_INET6 ? HEADER_IPV6 : HEADER_IPV4;
	if (tunnel->encryption == TUNNEL_NOISE)
		bytes += TUNNEL_HEADER_NOISE;
	return bytes;
}
