/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both ends of a veth at once, each straight into its namespace. */
#ifndef BACKENDS_RTNL_VETH_H
#define BACKENDS_RTNL_VETH_H

#include "backends/rtnl/rtnl.h"

/*
 * Makes both ends with group, alias, MAC and MTU. The far end's values come from the model in which want stands;
 * its own change finds it there and completes it.
 */
int veth_create(struct backend_ctx *ctx, const struct object *want, struct error *err);

#endif
