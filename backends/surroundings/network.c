/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By netlink, one dump for each: RTM_GETNETCONF tells rp_filter and forwarding of all interfaces at once. */
#include "backends/surroundings/parts.h"

#include "model/text.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <net/if.h>

/* ---- links ---- */

static const char *name_of(const struct near_place *place, uint32_t index)
{
	size_t i;

	for (i = 0; index && i < place->links.n; i++) {
		const struct near_link *link = list_item(&place->links, &record_near_link, i);

		if (link->index == index)
			return link->name;
	}
	return NULL;
}

static int read_links(struct near_place *place, struct nl_sock *socket, struct arena *arena,
		      struct error *err)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *table[IFLA_MAX + 1];
	const struct nlmsghdr *message;
	int r = request_dump_type(socket, RTM_GETLINK, &header, sizeof(header), &answer, err);

	if (r < 0)
		return r;
	ANSWER_FOR_EACH(message, &answer)
	{
		const struct ifinfomsg *info = message_header(message);
		struct near_link *link;

		if (!message_parse(message, sizeof(header), table, IFLA_MAX) || !table[IFLA_IFNAME])
			continue;
		link = list_append(&place->links, &record_near_link, arena);
		link->name = arena_strdup(arena, attr_text(table[IFLA_IFNAME]));
		link->index = (uint32_t)info->ifi_index;
		link->mtu = attr_u32(table[IFLA_MTU]);
		link->is_ours = table[IFLA_IFALIAS] &&
				text_starts_with(attr_text(table[IFLA_IFALIAS]), "vnet:");
	}
	ANSWER_FOR_EACH(message, &answer)
	{
		const struct ifinfomsg *info = message_header(message);
		struct near_link *link;
		const char *name;

		if (!message_parse(message, sizeof(header), table, IFLA_MAX) || !table[IFLA_MASTER])
			continue;
		name = name_of(place, (uint32_t)info->ifi_index);
		for (size_t i = 0; name && i < place->links.n; i++) {
			link = list_item(&place->links, &record_near_link, i);
			if (link->name == name)
				link->master = name_of(place, attr_u32(table[IFLA_MASTER]));
		}
	}
	return 0;
}

/* ---- switches ---- */

static void take_switches(struct near_place *place, const struct nlattr *const *table)
{
	int32_t index = (int32_t)attr_u32(table[NETCONFA_IFINDEX]);
	uint8_t rp_filter = (uint8_t)attr_u32(table[NETCONFA_RP_FILTER]);
	size_t i;

	if (index == NETCONFA_IFINDEX_ALL)
		place->rp_filter_all = rp_filter;
	if (index == NETCONFA_IFINDEX_DEFAULT)
		place->rp_filter_default = rp_filter;
	for (i = 0; i < place->links.n; i++) {
		struct near_link *link = list_item(&place->links, &record_near_link, i);

		if ((int32_t)link->index != index)
			continue;
		link->rp_filter = rp_filter;
		link->forwards = attr_u32(table[NETCONFA_FORWARDING]) != 0;
	}
}

static int read_switches(struct near_place *place, struct nl_sock *socket, struct error *err)
{
	const struct netconfmsg header = { .ncm_family = AF_INET };
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *table[NETCONFA_MAX + 1];
	const struct nlmsghdr *message;
	int r = request_dump_type(socket, RTM_GETNETCONF, &header, sizeof(header), &answer, err);

	if (r < 0)
		return r == -EOPNOTSUPP ? 0 : r;
	ANSWER_FOR_EACH(message, &answer)
	{
		if (message_parse(message, sizeof(header), table, NETCONFA_MAX) &&
		    table[NETCONFA_RP_FILTER])
			take_switches(place, table);
	}
	return 0;
}

/* ---- addresses and routes ---- */

static bool take_address(struct addr *ret, const struct nlattr *attr, uint8_t family,
			 uint8_t length)
{
	struct addr addr = { .family = family, .length = length };

	if (!addr_bits(family) || (attr && nla_len(attr) != addr_bytes(family)))
		return false;
	if (attr)
		memcpy(addr.bytes, nla_data(attr), addr_bytes(family));
	*ret = addr;
	return true;
}

static int read_addresses(struct near_place *place, struct nl_sock *socket, struct arena *arena,
			  struct error *err)
{
	const struct ifaddrmsg header = { .ifa_family = AF_UNSPEC };
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *table[IFA_MAX + 1];
	const struct nlmsghdr *message;
	int r = request_dump_type(socket, RTM_GETADDR, &header, sizeof(header), &answer, err);

	if (r < 0)
		return r;
	ANSWER_FOR_EACH(message, &answer)
	{
		const struct ifaddrmsg *info = message_header(message);
		const struct nlattr *attr;
		struct near_address found = { 0 };

		if (!message_parse(message, sizeof(header), table, IFA_MAX))
			continue;
		attr = table[IFA_LOCAL] ? table[IFA_LOCAL] : table[IFA_ADDRESS];
		found.device = name_of(place, info->ifa_index);
		if (!attr || !found.device ||
		    !take_address(&found.addr, attr, info->ifa_family, info->ifa_prefixlen))
			continue;
		*(struct near_address *)list_append(&place->addresses, &record_near_address,
						    arena) = found;
	}
	return 0;
}

static int read_routes(struct near_place *place, struct nl_sock *socket, struct arena *arena,
		       struct error *err)
{
	const struct rtmsg header = { .rtm_family = AF_INET };
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *table[RTA_MAX + 1];
	const struct nlmsghdr *message;
	int r = request_dump_type(socket, RTM_GETROUTE, &header, sizeof(header), &answer, err);

	if (r < 0)
		return r;
	ANSWER_FOR_EACH(message, &answer)
	{
		const struct rtmsg *info = message_header(message);
		struct near_route found = { 0 };

		if (!message_parse(message, sizeof(header), table, RTA_MAX) ||
		    info->rtm_table != RT_TABLE_MAIN || info->rtm_type != RTN_UNICAST ||
		    !take_address(&found.to, table[RTA_DST], AF_INET, info->rtm_dst_len))
			continue;
		found.metric = attr_u32(table[RTA_PRIORITY]);
		found.device = name_of(place, attr_u32(table[RTA_OIF]));
		*(struct near_route *)list_append(&place->routes, &record_near_route, arena) =
			found;
	}
	return 0;
}

/* Only then the routes matter, of which there may be a million. */
static bool is_strict_anywhere(const struct near_place *place)
{
	size_t i;

	for (i = 0; i < place->links.n; i++)
		if (((struct near_link *)list_item(&place->links, &record_near_link, i))
			    ->rp_filter == 1)
			return true;
	return place->rp_filter_all == 1 || place->rp_filter_default == 1;
}

int near_read_network(struct near_place *place, struct nl_sock *socket, struct arena *arena,
		      struct error *err)
{
	int r = read_links(place, socket, arena, err);

	if (r == 0)
		r = read_switches(place, socket, err);
	if (r == 0)
		r = read_addresses(place, socket, arena, err);
	if (r == 0 && is_strict_anywhere(place))
		r = read_routes(place, socket, arena, err);
	return r;
}

/* ---- kinds ---- */

int near_try_kinds(struct list *ret, const struct list *kinds, struct arena *arena,
		   struct error *err)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	const struct string_item *items = kinds->items;
	struct nl_sock *socket;
	size_t i;
	int r = request_open(&socket, err);

	for (i = 0; r == 0 && i < kinds->n; i++) {
		AUTO_MESSAGE struct nl_msg *message = request_new(
			RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
		struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO);
		struct error why;

		nla_put_string(message, IFLA_INFO_KIND, items[i].text);
		nla_nest_end(message, info);
		/* Any other refusal is about what the message lacks. */
		if (request_send_one(socket, message, &why) == -EOPNOTSUPP &&
		    strstr(why.text, "Unknown device type"))
			((struct string_item *)list_append(ret, &record_string_item, arena))->text =
				items[i].text;
	}
	request_close(socket);
	return r;
}
