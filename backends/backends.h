/* SPDX-License-Identifier: GPL-2.0-or-later */
/* THE table of backends, in the order in which they observe. */
#ifndef BACKENDS_BACKENDS_H
#define BACKENDS_BACKENDS_H

#include "reconcile/backend.h"

extern const struct backend backend_netns, backend_rtnl, backend_sysctl, backend_nft,
	backend_resolver, backend_tunnel;

extern const struct backend *const backends[]; /* NULL-ended */

#endif
