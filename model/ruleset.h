/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of others that a forwarded packet runs through, as far as they speak of interfaces, address families, addresses
 * and connections, and what becomes of a packet there. A rule that asks for anything else is taken as one that does not
 * match: so a narrow exception neither hides a drop nor makes one.
 */
#ifndef MODEL_RULESET_H
#define MODEL_RULESET_H

#include "model/addr.h"
#include "model/field.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RULE_DATA_MAX 16 /* IFNAMSIZ, and an IPv6 address */

enum rule_subject {
	SUBJECT_UNKNOWN,
	SUBJECT_IN, /* name, filled up with zeros */
	SUBJECT_OUT,
	SUBJECT_IN_INDEX,
	SUBJECT_OUT_INDEX,
	SUBJECT_FAMILY, /* NFPROTO_IPV4 or NFPROTO_IPV6, one byte */
	SUBJECT_SOURCE, /* address, from `offset` */
	SUBJECT_DESTINATION,
	SUBJECT_STATE,	 /* bits of nft's ct state */
	SUBJECT_STATUS,	 /* bits of nft's ct status */
	SUBJECT_TRACKED, /* iptables' --ctstate: bits of both, see RULE_TRACKED_DNAT */
};

#define RULE_STATE_ESTABLISHED (1U << 1)
#define RULE_STATE_RELATED     (1U << 2)
#define RULE_STATE_NEW	       (1U << 3)
#define RULE_STATUS_DNAT       (1U << 5)
#define RULE_TRACKED_DNAT      (1U << 7) /* XT_CONNTRACK_STATE_DNAT */

enum rule_verdict {
	VERDICT_NONE, /* go on with the next rule */
	VERDICT_ACCEPT,
	VERDICT_DROP,
	VERDICT_REJECT,
	VERDICT_JUMP,
	VERDICT_GOTO,
	VERDICT_RETURN,
};

struct rule_outcome {
	enum rule_verdict verdict;
	const char *chain; /* of JUMP and GOTO */
};

/* A key and, of a verdict map, what it leads to. */
struct rule_element {
	uint8_t data[RULE_DATA_MAX];
	struct rule_outcome outcome;
};
extern const struct record record_rule_element;

struct rule_condition {
	enum rule_subject subject;
	uint8_t offset; /* of the bytes compared, in an address */
	uint8_t length;
	bool is_masked, is_negated;
	uint8_t mask[RULE_DATA_MAX];
	uint8_t data[RULE_DATA_MAX];
	bool is_lookup; /* compared with all of `elements` instead */
	struct list elements;
};
extern const struct record record_rule_condition;

struct rule {
	struct list conditions; /* all must hold */
	struct rule_outcome outcome;
	const struct rule_condition *map; /* a verdict map decides instead; NULL: none */
};
extern const struct record record_rule;

struct rule_chain {
	const char *name;
	bool is_base; /* hooked into forwarding */
	int priority;
	enum rule_verdict policy;
	struct list rules;
};
extern const struct record record_rule_chain;

struct rule_table {
	const char *family; /* "ip", "ip6", "inet" */
	const char *name;
	bool is_legacy; /* of the kernel's older kind, which iptables-legacy writes; else nftables' */
	struct list chains;
};
extern const struct record record_rule_table;

struct packet {
	const char *in, *out; /* interfaces; a name that nobody knows stands for one outside */
	uint32_t in_index, out_index;	 /* 0: unknown */
	uint8_t family;			 /* AF_INET, AF_INET6 */
	struct addr source, destination; /* unset: unknown */
	uint32_t state, status;
};

/* Where a packet ends. */
struct packet_end {
	const struct rule_table *table;
	const struct rule_chain *base, *chain; /* chain: where the rule stands that drops it */
	bool is_reject;
	bool is_policy; /* of the base chain, not a rule */
};

/* Whether one of the tables (struct rule_table) drops it on its way through forwarding; the first that does is in *ret. */
bool ruleset_drops(const struct list *tables, const struct packet *packet, struct packet_end *ret);
bool rule_table_drops(const struct rule_table *table, const struct packet *packet,
		      struct packet_end *ret);

/* Whether packets of the family (AF_*) run through it. */
bool rule_table_sees(const struct rule_table *table, uint8_t family);
/* NULL: there is none. */
const struct rule_chain *rule_table_chain(const struct rule_table *table, const char *name);

#endif
