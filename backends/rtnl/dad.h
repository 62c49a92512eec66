/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for duplicate address detection (RFC 4862, 5.4). */
#ifndef BACKENDS_RTNL_DAD_H
#define BACKENDS_RTNL_DAD_H

#include "backends/rtnl/rtnl.h"

#include <stdint.h>

/* One patience for all addresses that are waited for together. Starts as { 0 }. */
struct dad {
	int64_t deadline; /* CLOCK_MONOTONIC, in ms; 0: not started */
};

/*
 * Until the address (an object of class address) is usable. Also returns 0 when patience ends, or where nothing is
 * detected because the link has no carrier: then the kernel goes on by itself. -EADDRINUSE: somebody has it.
 */
int dad_wait(struct dad *dad, struct backend_ctx *ctx, const struct object *address,
	     struct error *err);

#endif
