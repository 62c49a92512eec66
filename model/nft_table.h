/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Class nft_table: all netfilter rules of this topology in one place, as one `table inet vnet_<topology>`.
 * The host's own place always has one: its comment carries the topology's protocol number.
 * The object's name is the table's.
 */
#ifndef MODEL_NFT_TABLE_H
#define MODEL_NFT_TABLE_H

#include "model/field.h"
#include "model/object.h"

/* What a port map or rule is about; PROTO_ANY only in policy. */
enum nat_protocol { NAT_TCP = 1, NAT_UDP, NAT_TCP_UDP };

struct port_range {
	uint16_t first, last; /* 0, 0: unset; one port: equal */
};

/* Source NAT to the address of the outgoing interface. */
struct masquerade {
	struct item item;
	struct addr source;	   /* a network; unset: any, then `family` tells */
	const char *out, *out_not; /* interface names */
};

struct snat {
	struct item item;
	struct addr source;
	const char *out, *out_not;
	const char *to; /* ADDRESS[-ADDRESS][:PORT[-PORT]], IPv6 with ports in brackets */
};

/* A port map. Without listen it matches the place's own addresses only, never traffic passing through. */
struct dnat {
	struct item item;
	struct addr listen; /* unset: any address of the place itself */
	uint8_t protocol;   /* enum nat_protocol */
	const char *port;   /* "80", "5000-5010" */
	const char *to; /* "10.0.0.2:80", "10.0.0.2:5000-5010", "[2001:db8::2]:80"; port optional */
	struct list source; /* struct prefix_item: unset: any */
	const char *in;	    /* interface it arrives on; NULL: any */
	bool hairpin; /* masquerade what a member of the target's network sends to itself through it */
	bool loopback; /* reach it as 127.0.0.1 on the place itself */
};

enum policy_action { POLICY_ACCEPT = 1, POLICY_DROP, POLICY_REJECT };

/* One rule of forwarding, in order, first match wins. */
struct policy {
	struct item item;
	const char *in, *out; /* interface names; NULL: any */
	struct list state;    /* struct string_item: new established related invalid dnat */
	uint8_t action;	      /* enum policy_action */
};

extern const struct record record_masquerade, record_snat, record_dnat, record_policy;

struct nft_table {
	struct list masquerade, snat, dnat, policy;
	struct list
		mss_clamp; /* struct string_item: interfaces whose forwarded TCP is clamped to the route's MTU */
	uint8_t protocol; /* of the host's table; 0 in a namespace. Hidden */
	/*
	 * Live: the table is not, rule for rule, what its lists would make (somebody edited it). Hidden; wanted:
	 * false, so that it is written anew.
	 */
	bool altered;
};

/* "10.0.0.2:80-90" or "[2001:db8::2]:80", "10.0.0.2-10.0.0.9", to addresses and ports. False: not that form. */
bool nat_target_parse(struct addr *first, struct addr *last, struct port_range *ports,
		      const char *text);
bool port_range_parse(struct port_range *ret, const char *text);

/* class_nft_table's check: each rule by itself. Rules against one another: validate.h. */
void nft_table_check(const struct object *want, const struct model *model, struct diag *diag);

#endif
