/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * With the first IPv4 address of a network the kernel removes the others of that network on the link, and with the last
 * of a link all its routes (net/ipv4/devinet.c), unless net.ipv4.conf.LINK.promote_secondaries is set.
 */
#ifndef BACKENDS_RTNL_PROMOTE_H
#define BACKENDS_RTNL_PROMOTE_H

#include "backends/rtnl/rtnl.h"
#include "model/object.h"

#include <stdbool.h>

/*
 * Before an address is removed: keeps the wanted others of its network, and the routes, by setting the value where it is
 * not. *ret tells whether to call promote_end afterwards. On failure the kernel does as it is used to.
 */
void promote_begin(struct backend_ctx *ctx, const struct object *address, bool *ret);
void promote_end(struct backend_ctx *ctx, const struct object *address);

#endif
