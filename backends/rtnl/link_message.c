/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/rtnl/link_message.h"

#include "backends/rtnl/attr.h"
#include "backends/rtnl/link_hooks.h"
#include "model/kinds.h"

#include <net/if.h>
#include <string.h>

#ifndef IN6_ADDR_GEN_MODE_NONE
#define IN6_ADDR_GEN_MODE_NONE 1
#endif

/* More than any kind has, so that a newer kernel's attributes do no harm. */
#define DATA_MAX 127

static uint32_t parent_of(const struct link_message *message)
{
	const struct link_hooks *hooks = link_hooks_find(link_message_kind(message));
	const struct nlattr *data[DATA_MAX + 1];

	if (!hooks || !hooks->parent ||
	    !attr_parse_nested(message->info[IFLA_INFO_DATA], data, DATA_MAX))
		return attr_u32(message->table[IFLA_LINK]);
	return attr_u32(data[hooks->parent]);
}

bool link_message_parse(struct link_message *ret, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = message_header(message);

	memset(ret, 0, sizeof(*ret));
	if (message->nlmsg_type != RTM_NEWLINK ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*header)) ||
	    !message_parse(message, sizeof(*header), ret->table, IFLA_MAX) ||
	    !attr_parse_nested(ret->table[IFLA_LINKINFO], ret->info, IFLA_INFO_MAX))
		return false;
	ret->index = (uint32_t)header->ifi_index;
	ret->flags = header->ifi_flags;
	ret->family = header->ifi_family;
	ret->hardware = header->ifi_type;
	ret->group = attr_u32(ret->table[IFLA_GROUP]);
	ret->master = attr_u32(ret->table[IFLA_MASTER]);
	ret->is_elsewhere = ret->table[IFLA_LINK_NETNSID] != NULL;
	ret->nsid = (int32_t)attr_u32(ret->table[IFLA_LINK_NETNSID]);
	ret->name = attr_text(ret->table[IFLA_IFNAME]);
	ret->alias = attr_text(ret->table[IFLA_IFALIAS]);
	ret->kind = attr_text(ret->info[IFLA_INFO_KIND]);
	ret->link = parent_of(ret);
	return ret->name && ret->name[0] && strlen(ret->name) < IFNAMSIZ && ret->index;
}

const struct link_kind *link_message_kind(const struct link_message *message)
{
	const struct nlattr *data[DATA_MAX + 1];
	size_t i;

	if (!message->kind || !attr_parse_nested(message->info[IFLA_INFO_DATA], data, DATA_MAX))
		return NULL;
	for (i = 0; kinds[i]; i++) {
		const struct link_hooks *hooks = link_hooks_find(kinds[i]);
		const char *name = kinds[i]->netlink_name ? kinds[i]->netlink_name : kinds[i]->name;

		if (!strcmp(name, message->kind) &&
		    (!hooks || !hooks->is_kind || hooks->is_kind(data)))
			return kinds[i];
	}
	return NULL;
}

static void fill_info(struct link *ret, const struct link_message *message, struct arena *arena)
{
	const struct link_hooks *hooks = link_hooks_find(ret->kind);
	const struct nlattr *data[DATA_MAX + 1];

	if (!ret->info || !attr_parse_nested(message->info[IFLA_INFO_DATA], data, DATA_MAX))
		return;
	attr_get(&ret->kind->record, ret->info, data, DATA_MAX, NULL, arena);
	if (hooks && hooks->get)
		hooks->get(ret, data);
}

static void fill_port(struct link *ret, const struct link_message *message, const struct link *want,
		      struct arena *arena)
{
	const struct nlattr *data[IFLA_BRPORT_MAX + 1];
	const char *kind = attr_text(message->info[IFLA_INFO_SLAVE_KIND]);

	if (message->master && kind && !strcmp(kind, "bridge") &&
	    attr_parse_nested(message->info[IFLA_INFO_SLAVE_DATA], data, IFLA_BRPORT_MAX))
		attr_get(&record_bridge_port, &ret->port, data, IFLA_BRPORT_MAX, NULL, arena);
	else if (want)
		ret->port = want->port;
}

/* IFLA_AF_SPEC holds one nest per family. */
static bool autoconf_of(const struct link_message *message, bool otherwise)
{
	const struct nlattr *families[AF_INET6 + 1], *values[IFLA_INET6_MAX + 1];

	if (!attr_parse_nested(message->table[IFLA_AF_SPEC], families, AF_INET6) ||
	    !attr_parse_nested(families[AF_INET6], values, IFLA_INET6_MAX) ||
	    !values[IFLA_INET6_ADDR_GEN_MODE])
		return otherwise;
	return attr_u8(values[IFLA_INET6_ADDR_GEN_MODE]) != IN6_ADDR_GEN_MODE_NONE;
}

void link_message_fill(struct link *ret, const struct link_message *message,
		       const struct link *want, struct arena *arena)
{
	const struct nlattr *mac = message->table[IFLA_ADDRESS];

	link_set_kind(ret, link_message_kind(message), arena);
	if (!ret->kind)
		ret->type = arena_strdup(arena, message->kind);
	ret->mtu = attr_u32(message->table[IFLA_MTU]);
	ret->up = message->flags & IFF_UP;
	ret->autoconf = autoconf_of(message, want ? want->autoconf : false);
	if (mac && nla_len(mac) == sizeof(ret->macaddress.bytes))
		memcpy(ret->macaddress.bytes, nla_data(mac), sizeof(ret->macaddress.bytes));
	fill_info(ret, message, arena);
	fill_port(ret, message, want, arena);
}
