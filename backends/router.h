/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine that forwards IPv6 no longer listens to router advertisements, unless accept_ra is 2: which interfaces need
 * that before forwarding is switched on.
 */
#ifndef BACKENDS_ROUTER_H
#define BACKENDS_ROUTER_H

#include "model/arena.h"
#include "model/error.h"
#include "model/field.h"

/*
 * Of the interfaces in `candidates` (struct string_item) of the thread's network namespace, those whose accept_ra is 1, or
 * was before a topology made it 2. Appends to ret, in arena.
 */
int router_interfaces(struct list *ret, const struct list *candidates, struct arena *arena,
		      struct error *err);

#endif
