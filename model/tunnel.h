/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Class tunnel: a userspace tunnel worker and its peers. Its tap is a link of its own that it needs. The object's
 * name is the tunnel's key; it stands in the place whose network carries its datagrams.
 */
#ifndef MODEL_TUNNEL_H
#define MODEL_TUNNEL_H

#include "model/field.h"

enum tunnel_mode { TUNNEL_TAP, TUNNEL_VXLAN };
enum tunnel_encryption { TUNNEL_NOISE, TUNNEL_NONE };

#define TUNNEL_PORT_DEFAULT 40000

struct tunnel_peer {
	struct item item;	  /* name unused: see below */
	const char *name;	  /* the peer's host, or any name */
	const char *endpoint;	  /* "192.0.2.5:40000", "[2001:db8::5]:40000" */
	struct list macaddresses; /* struct mac_item: static entries, sorted */
};
extern const struct record record_tunnel_peer;

/* What may be used to move many frames at the cost of one; where the kernel lacks it, it is not. */
struct tunnel_offload {
	struct item item; /* name unused */
	bool tso, uso, gso, gro, coalesce, batch;
};
extern const struct record record_tunnel_offload;
#define TUNNEL_OFFLOAD_DEFAULT                                                                     \
	{                                                                                          \
		.tso = true, .uso = true, .gso = true, .gro = true, .coalesce = true,              \
		.batch = true                                                                      \
	}

struct tunnel {
	uint8_t mode;	      /* enum tunnel_mode; a live or wanted object is TUNNEL_TAP */
	struct ref interface; /* its tap */
	struct addr local;    /* unset: any */
	uint16_t port;	      /* UDP */
	uint8_t encryption;   /* enum tunnel_encryption */
	bool mac_learning;
	struct tunnel_offload offload;
	struct list peers; /* struct tunnel_peer, sorted by name */
};
extern const struct enum_name tunnel_modes[], tunnel_encryptions[];

#endif
