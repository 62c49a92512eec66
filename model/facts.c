/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be asked of the facts. */
#include "model/facts.h"

#include <stddef.h>

const struct facts_path *facts_path(const struct facts *facts, const struct addr *to)
{
	size_t i;

	for (i = 0; i < facts->n_paths; i++)
		if (addr_same_host(&facts->paths[i].to, to) && facts->paths[i].mtu)
			return &facts->paths[i];
	return NULL;
}
