/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Class address: an IPv4 or IPv6 address on a link. The kernel tells IPv4 addresses apart by prefix length too,
 * IPv6 ones not (net/ipv6/addrconf.c): hence address_name().
 */
#ifndef MODEL_ADDRESS_H
#define MODEL_ADDRESS_H

#include "model/field.h"

struct address {
	struct ref interface;
	struct addr address; /* with its prefix length */
	bool secondary; /* live: IFA_F_SECONDARY, goes with its primary; hidden, never compared */
};

/* The object's name: "eth0 10.0.0.2/24", "eth0 2001:db8::2". In arena. */
const char *address_name(struct arena *arena, const char *interface, const struct addr *address);

#endif
