/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/backends.h"

#include <stddef.h>

/* A new backend: one folder and one row. Namespaces first: they are the places that the others look into. */
const struct backend *const backends[] = {
	&backend_netns,	 &backend_rtnl, &backend_sysctl, &backend_nft, &backend_resolver,
	&backend_tunnel, NULL,
};
