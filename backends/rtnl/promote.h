/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * With the first IPv4 address of a network the kernel removes the others of that network on the link, and with the last
 * of a link all its routes (net/ipv4/devinet.c), unless net.ipv4.conf.LINK.promote_secondaries is set.
 */
#ifndef BACKENDS_RTNL_PROMOTE_H
#define BACKENDS_RTNL_PROMOTE_H

#include "backends/rtnl/rtnl.h"
#include "model/object.h"

/*
 * Before an address is removed: keeps the wanted others of its network, those that are not ours, and the routes, by setting the value where it is
 * not. Returns a descriptor for promote_end(), -1 if the value stays. On failure the kernel does as it is used to.
 */
int promote_begin(struct backend_ctx *ctx, const struct object *address);
/* Puts the value back; -1 is ignored. */
int promote_end(int promotion, struct error *err);
/* The same after a run that was killed between the two. */
int promote_mend(struct backend_ctx *ctx, struct error *err);

#endif
