/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reconcile/scope.h"

#include <stdbool.h>
#include <stdio.h>

uint32_t scope_group(const char *topology)
{
	uint32_t hash = 2166136261U; /* FNV-1a */

	for (; *topology; topology++)
		hash = (hash ^ (unsigned char)*topology) * 16777619U;
	return SCOPE_GROUP_BASE | (hash & 0xffffffU);
}

static bool is_number(uint8_t protocol)
{
	return protocol >= SCOPE_PROTOCOL_MIN && protocol <= SCOPE_PROTOCOL_MAX;
}

const char *scope_holder(const struct scope *scope, uint8_t protocol)
{
	return is_number(protocol) ? scope->holders[protocol - SCOPE_PROTOCOL_MIN] : NULL;
}

void scope_set_holder(struct scope *scope, uint8_t protocol, const char *name)
{
	if (is_number(protocol))
		scope->holders[protocol - SCOPE_PROTOCOL_MIN] = name;
}

const char *scope_alias(const struct scope *scope, const char *place, const char *name,
			char *buffer)
{
	snprintf(buffer, SCOPE_ALIAS_MAX + 1, "vnet:%s:%s/%s", scope->topology,
		 place[0] ? place : "host", name);
	return buffer;
}
