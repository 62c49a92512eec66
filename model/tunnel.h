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

#define TUNNEL_PORT_DEFAULT  40000
#define TUNNEL_KEEPALIVE     25	 /* seconds; a NAT keeps a UDP mapping for 30 and more */
#define TUNNEL_HOST_MAX	     253 /* characters of a name */
#define TUNNEL_ENDPOINTS_MAX 4	 /* of one peer */
#define TUNNEL_HEADER_NOISE  32	 /* type, index and number; tag */

struct tunnel_peer {
	struct item item;     /* name unused: see below */
	const char *name;     /* the peer's host, or any name */
	const char *endpoint; /* "192.0.2.5:40000", "beta.example:40000"; NULL: it dials us */
	struct list
		others; /* struct string_item: the same, used in turn where that does not work; no names */
	const char *public_key;	  /* base64; with encryption */
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

/* Frames per second to everybody, from this side and from each peer. 0: no limit. */
struct tunnel_flood {
	struct item item; /* name unused */
	uint32_t broadcast, multicast, unknown;
};
extern const struct record record_tunnel_flood;
#define TUNNEL_FLOOD_DEFAULT                                                                       \
	{                                                                                          \
		.broadcast = 1000, .multicast = 10000, .unknown = 10000                            \
	}

/* What a tunnel and an overlay are both told. */
struct tunnel_settings {
	bool mac_learning;
	uint32_t mac_limit, mac_ageing; /* learned addresses; seconds */
	struct tunnel_flood flood;
	bool do_not_fragment; /* the datagrams */
	struct tunnel_offload offload;
};
#define TUNNEL_SETTINGS_DEFAULT                                                                    \
	{                                                                                          \
		.mac_learning = true, .mac_limit = 10000, .mac_ageing = 300,                       \
		.flood = TUNNEL_FLOOD_DEFAULT, .offload = TUNNEL_OFFLOAD_DEFAULT                   \
	}
/* Their rows, for a struct that has them as `settings`. */
#define TUNNEL_SETTINGS_ROWS(type)                                                                 \
	F_BOOL(type, settings.mac_learning, "mac-learning",                                        \
	       .help = "learn which addresses are behind which peer"),                             \
		F_U32(type, settings.mac_limit, "mac-limit", .max = 1000000,                       \
		      .help = "addresses that are learned at most"),                               \
		F_U32(type, settings.mac_ageing, "mac-ageing", .min = 1, .max = 86400,             \
		      .help = "seconds that a learned address is kept"),                           \
		F_RECORD(type, settings.flood, struct tunnel_flood, "flood-limit",                 \
			 &record_tunnel_flood,                                                     \
			 .help = "frames per second that may go to everybody"),                    \
		F_BOOL(type, settings.do_not_fragment, "do-not-fragment",                          \
		       .help = "drop what is too large for a path and tell its sender, fragment "  \
			       "nothing"),                                                         \
		F_RECORD(type, settings.offload, struct tunnel_offload, "offload",                 \
			 &record_tunnel_offload,                                                   \
			 .help = "what carries many frames at the cost of one")

struct tunnel {
	uint8_t mode;	      /* enum tunnel_mode; a live or wanted object is TUNNEL_TAP */
	struct ref interface; /* its tap */
	struct addr local;    /* unset: any; else only its family is used, and that of the other */
	struct addr other_local;	 /* of the other family; unset: none */
	uint16_t port;			 /* UDP */
	uint8_t encryption;		 /* enum tunnel_encryption */
	const char *key_file, *psk_file; /* a path, or a name: see tunnel_key_path */
	const char *public_key;		 /* what the private key in key_file has; NULL: any */
	uint16_t keepalive;		 /* seconds between signs of life; 0: none */
	struct tunnel_settings settings;
	struct list peers; /* struct tunnel_peer, sorted by name */
	bool outdated; /* live: its worker runs another program than would be started now; wanted: false */
};
extern const struct enum_name tunnel_modes[], tunnel_encryptions[];

/* Where a peer is, as it is written: ADDRESS, NAME, either with :PORT; IPv6 in brackets where a port follows. */
struct tunnel_endpoint {
	struct addr addr;		/* unset: a name */
	char host[TUNNEL_HOST_MAX + 1]; /* "": an address */
	uint16_t port;			/* 0: none is written */
};
/* False: it is neither. A name is one of DNS, whose last part is no number. */
bool tunnel_endpoint_read(const char *text, struct tunnel_endpoint *ret);

/* Where a peer is, the preferred one first; NULL: it has not as many. */
const char *tunnel_peer_endpoint(const struct tunnel_peer *peer, size_t i);
/* The next of them that is an address, at or after number *I, which is moved on; false: there is none. */
bool tunnel_peer_address(const struct tunnel_peer *peer, size_t *i, struct tunnel_endpoint *ret);
/* This end's address of a family; NULL: it has none of its own there. */
const struct addr *tunnel_local(const struct tunnel *tunnel, uint8_t family);
/* Whether both take datagrams to the same address, ports aside. */
bool tunnel_locals_overlap(const struct tunnel *a, const struct tunnel *b);

/*
 * Bytes that a packet in the tunnel has more on its way, over IP of that family: in clear the datagram is the bare
 * frame, as the tutorial has it.
 */
uint32_t tunnel_overhead(const struct tunnel *tunnel, uint8_t family);

/* Whether TEXT is a key as `vnetapply key new` prints it: 32 bytes in base64. */
bool tunnel_key_is_valid(const char *text);

#endif
