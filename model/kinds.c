/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/kinds.h"

#include <string.h>

/* A new kind: one file in model/kind/ and one row here. */
#define KINDS                                                                                      \
	KIND(bridge)                                                                               \
	KIND(macvlan)                                                                              \
	KIND(tap)                                                                                  \
	KIND(tun)                                                                                  \
	KIND(veth)                                                                                 \
	KIND(vxlan)

#define KIND(name) extern const struct link_kind link_kind_##name;
KINDS
#undef KIND

#define KIND(name) &link_kind_##name,
const struct link_kind *const kinds[] = { KINDS NULL };
#undef KIND

const struct link_kind *kind_find(const char *name)
{
	size_t i;

	for (i = 0; kinds[i]; i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}
