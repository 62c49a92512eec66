/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/mark.h"

#include "backends/request.h"

#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

uint32_t mark_trash_group(const struct scope *scope)
{
	return scope->group ^ 0x01000000U;
}

bool mark_is_ours(const struct scope *scope, uint32_t group, const char *alias, bool inside)
{
	char prefix[SCOPE_ALIAS_MAX + 1];
	int length = snprintf(prefix, sizeof(prefix), "vnet:%s:", scope->topology);

	if (group != scope->group && group != mark_trash_group(scope))
		return false;
	if (!alias || !alias[0])
		return inside;
	return !strncmp(alias, prefix, (size_t)length);
}

void mark_put_alias(struct nl_msg *message, const struct scope *scope, const char *place,
		    const char *name)
{
	char alias[SCOPE_ALIAS_MAX + 1];

	scope_alias(scope, place, name, alias);
	nla_put(message, IFLA_IFALIAS, (int)strlen(alias), alias);
}
