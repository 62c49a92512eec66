/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Persistent tun and tap: netlink shows them, but only ioctls on /dev/net/tun make and change them. */
#ifndef BACKENDS_RTNL_TUN_H
#define BACKENDS_RTNL_TUN_H

#include "backends/rtnl/rtnl.h"

/* Made and marked in a scratch namespace and then moved to its place: nobody ever sees it unmarked. */
int tun_create(struct backend_ctx *ctx, const struct object *want, struct error *err);
/* mask: rows of struct tun. -EBUSY while a program is attached. */
int tun_update(struct backend_ctx *ctx, const struct object *want, uint64_t mask,
	       struct error *err);

#endif
