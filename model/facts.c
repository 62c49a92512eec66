/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be asked of the facts. */
#include "model/facts.h"

#define MTU_ASSUMED 1500

uint32_t facts_mtu(const struct facts *facts, const struct addr *to)
{
	size_t i;

	for (i = 0; i < facts->n_paths; i++)
		if (addr_same_host(&facts->paths[i].to, to) && facts->paths[i].mtu)
			return facts->paths[i].mtu;
	return MTU_ASSUMED;
}

bool facts_mtu_is_known(const struct facts *facts, const struct addr *to)
{
	size_t i;

	for (i = 0; i < facts->n_paths; i++)
		if (addr_same_host(&facts->paths[i].to, to))
			return facts->paths[i].mtu != 0;
	return false;
}
