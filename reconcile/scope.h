/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By what the objects of one topology are told from all others (ownership: every backend uses the same).
 *
 * Links and namespaces (on their lo): IFLA_GROUP and IFLA_IFALIAS. Addresses, routes: protocol number.
 * Rules: the table's name.
 */
#ifndef RECONCILE_SCOPE_H
#define RECONCILE_SCOPE_H

#include <stdint.h>

#define SCOPE_GROUP_BASE    0x56000000U
#define SCOPE_PROTOCOL_MIN  100
#define SCOPE_PROTOCOL_MAX  127
#define SCOPE_ALIAS_MAX	    255
#define SCOPE_RUN_DIRECTORY "/run/vnetapply"

struct scope {
	const char *topology; /* its name */
	uint32_t group;	      /* SCOPE_GROUP_BASE | 24 bits of FNV-1a of the name */
	uint8_t protocol;     /* of addresses and routes; 0: not chosen yet */
	/* Other topologies by their protocol numbers, from SCOPE_PROTOCOL_MIN on; NULL: free. */
	const char *holders[SCOPE_PROTOCOL_MAX - SCOPE_PROTOCOL_MIN + 1];
};

uint32_t scope_group(const char *topology);

/* The other topology that a protocol number is of; NULL: none. */
const char *scope_holder(const struct scope *scope, uint8_t protocol);
/* Notes whose a number is; without effect for one that no topology can have. name is borrowed. */
void scope_set_holder(struct scope *scope, uint8_t protocol, const char *name);

/* "vnet:<topology>:<place or host>/<name>", cut to SCOPE_ALIAS_MAX. Returns buffer (SCOPE_ALIAS_MAX + 1). */
const char *scope_alias(const struct scope *scope, const char *place, const char *name,
			char *buffer);

#endif
