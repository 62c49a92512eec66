/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what stands around a topology (model/surroundings.h). Writes nothing. */
#ifndef BACKENDS_SURROUNDINGS_H
#define BACKENDS_SURROUNDINGS_H

#include "backends/place.h"
#include "model/arena.h"
#include "model/surroundings.h"

/* Ports whose sockets are asked for. */
struct surroundings_ports {
	const char *place;
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP */
	uint16_t first, last;
};

struct surroundings_question {
	struct list
		places; /* struct string_item: "" and namespaces; those not there are noted as such */
	struct list ports; /* struct surroundings_ports */
	struct list
		peers; /* struct addr_item: whose paths are asked for, from the host's own place */
	struct list
		kinds; /* struct string_item: IFLA_INFO_KIND, to be tried in a scratch namespace */
	bool programs; /* look for systemd-networkd and NetworkManager */
};
extern const struct record record_surroundings_ports;

/* Everything in arena. What cannot be read is left unknown; only a failure of netlink itself is an error. */
int surroundings_read(struct surroundings *ret, const struct surroundings_question *question,
		      struct places *places, struct arena *arena, struct error *err);

#endif
