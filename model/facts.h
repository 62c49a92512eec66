/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few facts of this machine that reading a topology needs, gathered once by a backend before it. Offline
 * (check, render, another machine's --host) they stay empty: then MTUs of paths are 1500 and `uplink: auto`
 * stays unresolved.
 */
#ifndef MODEL_FACTS_H
#define MODEL_FACTS_H

#include "model/addr.h"
#include "model/field.h"

#include <stdbool.h>
#include <stdint.h>

/* How this machine reaches an address. */
struct facts_path {
	struct addr to;
	uint32_t mtu;	    /* of the route, else of its device; 0: unknown or unreachable */
	uint32_t route_mtu; /* of the route alone; 0: it has none */
	const char *device; /* NULL: unknown */
};

struct facts {
	bool offline;
	const char *hostname;	  /* short; NULL: unknown */
	const char *fqdn;	  /* NULL: the same, or unknown */
	const char *machine_id;	  /* /etc/machine-id */
	struct list addresses;	  /* struct addr_item: of local interfaces, loopback's not */
	struct list macaddresses; /* struct mac_item */
	/* struct string_item: interfaces of others that learn routes from advertisements while nothing forwards IPv6 */
	struct list learning;
	const char *uplink; /* device of the default route; NULL: there is none */
	struct facts_path
		*paths; /* to the underlay addresses that facts_read_paths was asked for */
	size_t n_paths;
};

/* The path to an address; NULL: its MTU is not known. */
const struct facts_path *facts_path(const struct facts *facts, const struct addr *to);

#endif
