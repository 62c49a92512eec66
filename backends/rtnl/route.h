/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Class route in the kernel. Ours are told by their protocol number. */
#ifndef BACKENDS_RTNL_ROUTE_H
#define BACKENDS_RTNL_ROUTE_H

#include "backends/rtnl/seen.h"

/*
 * Ours, in any table, asked for by protocol so that a big routing table costs nothing. Others only where a wanted
 * route is not there, to see what is in its way, in the tables that are named; and all of main with ctx->all.
 */
int route_observe(struct backend_ctx *ctx, struct seen *seen, struct model *have,
		  struct error *err);

int route_apply(struct backend_ctx *ctx, const struct change *change, struct error *err);

#endif
