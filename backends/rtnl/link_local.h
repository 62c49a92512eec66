/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A link that is up has its link-local IPv6 address, or not, from the moment it came up: changing how addresses are
 * generated neither makes nor removes one (inet6_set_link_af() of net/ipv6/addrconf.c).
 */
#ifndef BACKENDS_RTNL_LINK_LOCAL_H
#define BACKENDS_RTNL_LINK_LOCAL_H

#include "backends/rtnl/rtnl.h"
#include "model/object.h"

/* After the mode was set on a link that existed: has the kernel make its address, or removes what the kernel made. */
int link_local_follow(struct backend_ctx *ctx, const struct object *want, uint32_t index,
		      struct error *err);

#endif
