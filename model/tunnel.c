/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of a tunnel. */
#include "model/tunnel.h"

#include "model/object.h"

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
	F_STRING(struct tunnel_peer, endpoint, "endpoint", .flags = FIELD_REQUIRED,
		 .help = "ADDRESS:PORT, IPv6 in brackets"),
	F_LIST(struct tunnel_peer, macaddresses, "macaddresses", &record_mac_item,
	       .flags = FIELD_UNORDERED, .help = "Ethernet addresses behind the peer"),
};
const struct record record_tunnel_peer = {
	.name = "peer",
	.size = sizeof(struct tunnel_peer),
	FIELDS(peer_fields),
	.has_item = true,
};

static const struct field fields[] = {
	F_ENUM8(struct tunnel, mode, "mode", tunnel_modes, .flags = FIELD_RECREATE,
		.help = "tap: a userspace worker; vxlan: the kernel"),
	F_REF(struct tunnel, interface, "interface", .flags = FIELD_RECREATE,
	      .help = "name of its interface; default: the tunnel's name"),
	F_ADDR(struct tunnel, local, "local", .help = "local address; default: any"),
	F_U16(struct tunnel, port, "port", .min = 1, .help = "UDP port"),
	F_ENUM8(struct tunnel, encryption, "encryption", tunnel_encryptions,
		.flags = FIELD_RECREATE, .help = "noise, or none"),
	F_BOOL(struct tunnel, mac_learning, "mac-learning", .help = "learn addresses behind peers"),
	F_LIST(struct tunnel, peers, "peers", &record_tunnel_peer, .flags = FIELD_UNORDERED,
	       .help = "the other ends"),
};

const struct class class_tunnel = {
	.name = "tunnel",
	.record = { .name = "tunnel",
		    .size = sizeof(struct tunnel),
		    FIELDS(fields),
		    .defaults = &(const struct tunnel){ .port = TUNNEL_PORT_DEFAULT,
							.mac_learning = true } },
};
