/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/rtnl/route_message.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define NEXTHOPS_MAX 256

/* struct rtvia without its trailing bytes */
struct via_header {
	uint16_t family;
};

/* RTA_GATEWAY is of the route's own family; RTA_VIA names another (an IPv4 route by an IPv6 gateway). */
static void get_gateway(struct addr *ret, const struct nlattr *gateway, const struct nlattr *via)
{
	struct via_header header;
	struct addr addr = { 0 };
	int length;

	if (attr_get_addr(ret, gateway))
		return;
	if (!via || nla_len(via) < (int)sizeof(header))
		return;
	memcpy(&header, nla_data(via), sizeof(header));
	length = nla_len(via) - (int)sizeof(header);
	if (header.family > UINT8_MAX || length != addr_bytes((uint8_t)header.family) || !length)
		return;
	addr.family = (uint8_t)header.family;
	addr.length = addr_bits(addr.family);
	memcpy(addr.bytes, (const char *)nla_data(via) + sizeof(header), (size_t)length);
	*ret = addr;
}

static bool get_nexthop(struct nexthop *ret, const struct rtnexthop *hop, size_t length,
			const struct attr_names *names)
{
	const struct nlattr *table[RTA_MAX + 1] = { 0 };
	const struct nlattr *attr = (const void *)((const char *)hop + sizeof(*hop));
	int left = (int)(length - sizeof(*hop));

	while (nla_ok(attr, left)) {
		if (nla_type(attr) <= RTA_MAX)
			table[nla_type(attr)] = attr;
		attr = nla_next(attr, &left);
	}
	get_gateway(&ret->via, table[RTA_GATEWAY], table[RTA_VIA]);
	ret->interface = names->ref(names->data, (uint32_t)hop->rtnh_ifindex);
	ret->weight = (uint16_t)(hop->rtnh_hops + 1);
	ret->on_link = hop->rtnh_flags & RTNH_F_ONLINK;
	return ref_is_set(&ret->interface);
}

static bool get_nexthops(struct route *ret, const struct nlattr *multipath,
			 const struct attr_names *names, struct arena *arena)
{
	const char *at = nla_data(multipath);
	size_t left = (size_t)nla_len(multipath);

	while (left >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *hop = (const void *)at;
		size_t length = hop->rtnh_len, size = NLMSG_ALIGN(length);

		if (length < sizeof(*hop) || length > left ||
		    !get_nexthop(list_append(&ret->nexthops, &record_nexthop, arena), hop, length,
				 names))
			return false;
		at += size;
		left = size < left ? left - size : 0;
	}
	return ret->nexthops.n > 0;
}

/* One next hop is written without a list. */
static void flatten(struct route *route)
{
	const struct nexthop *hop = list_item(&route->nexthops, &record_nexthop, 0);

	if (route->nexthops.n != 1)
		return;
	route->via = hop->via;
	route->interface = hop->interface;
	route->on_link = hop->on_link;
	route->nexthops = (struct list){ 0 };
}

static bool get_destination(struct route *ret, const struct rtmsg *header,
			    const struct nlattr *destination)
{
	struct addr to = { .family = header->rtm_family, .length = header->rtm_dst_len };

	if (destination && (!attr_get_addr(&to, destination) || to.family != header->rtm_family))
		return false;
	to.length = header->rtm_dst_len;
	ret->to = to;
	return addr_bits(to.family) && to.length <= addr_bits(to.family) &&
	       (destination || !to.length);
}

static bool has_way(const struct route *route)
{
	return route->type == RTN_UNICAST || route->type == RTN_LOCAL ||
	       route->type == RTN_BROADCAST || route->type == RTN_ANYCAST ||
	       route->type == RTN_MULTICAST;
}

bool route_message_parse(struct route *ret, uint8_t *protocol, const struct nlmsghdr *message,
			 const struct attr_names *names, struct arena *arena)
{
	const struct rtmsg *header = message_header(message);
	const struct nlattr *table[RTA_MAX + 1], *metrics[RTAX_MAX + 1];
	struct route route = { 0 };

	if (message->nlmsg_type != RTM_NEWROUTE ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*header)) ||
	    !message_parse(message, sizeof(*header), table, RTA_MAX) ||
	    header->rtm_flags & RTM_F_CLONED || header->rtm_src_len || header->rtm_tos ||
	    !get_destination(&route, header, table[RTA_DST]) ||
	    !attr_parse_nested(table[RTA_METRICS], metrics, RTAX_MAX))
		return false;
	route.type = header->rtm_type;
	route.scope = header->rtm_scope;
	route.table = table[RTA_TABLE] ? attr_u32(table[RTA_TABLE]) : header->rtm_table;
	route.metric = attr_u32(table[RTA_PRIORITY]);
	route.mtu = attr_u32(metrics[RTAX_MTU]);
	route.advertised_mss = attr_u32(metrics[RTAX_ADVMSS]);
	attr_get_addr(&route.from, table[RTA_PREFSRC]);
	*protocol = header->rtm_protocol;
	if (has_way(&route)) {
		if (table[RTA_MULTIPATH]) {
			if (!get_nexthops(&route, table[RTA_MULTIPATH], names, arena))
				return false;
			flatten(&route);
		} else {
			get_gateway(&route.via, table[RTA_GATEWAY], table[RTA_VIA]);
			if (table[RTA_OIF])
				route.interface = names->ref(names->data, attr_u32(table[RTA_OIF]));
			route.on_link = header->rtm_flags & RTNH_F_ONLINK;
		}
	}
	*ret = route;
	return true;
}

/* ---- encode ---- */

static void put_gateway(struct nl_msg *message, const struct addr *via, uint8_t family)
{
	struct {
		uint16_t family;
		uint8_t bytes[16];
	} other = { .family = via->family };
	int size = addr_bytes(via->family);

	if (!addr_is_set(via))
		return;
	if (via->family == family) {
		nla_put(message, RTA_GATEWAY, size, via->bytes);
		return;
	}
	memcpy(other.bytes, via->bytes, sizeof(other.bytes));
	nla_put(message, RTA_VIA, (int)sizeof(other.family) + size, &other);
}

static void put_nexthop(struct nl_msg *message, const struct nexthop *hop, uint8_t family,
			const struct attr_names *names)
{
	struct rtnexthop *header = nlmsg_reserve(message, sizeof(*header), NLMSG_ALIGNTO);

	memset(header, 0, sizeof(*header));
	header->rtnh_hops = (uint8_t)(hop->weight - 1);
	header->rtnh_flags = hop->on_link ? RTNH_F_ONLINK : 0;
	if (ref_is_set(&hop->interface))
		header->rtnh_ifindex = (int)names->index(names->data, &hop->interface);
	put_gateway(message, &hop->via, family);
	header->rtnh_len = (uint16_t)((char *)nlmsg_tail(nlmsg_hdr(message)) - (char *)header);
}

static void put_ways(struct nl_msg *message, const struct route *route,
		     const struct attr_names *names)
{
	struct nlattr *multipath;
	size_t i;

	if (!route->nexthops.n) {
		put_gateway(message, &route->via, route->to.family);
		if (ref_is_set(&route->interface))
			nla_put_u32(message, RTA_OIF, names->index(names->data, &route->interface));
		return;
	}
	multipath = nla_nest_start(message, RTA_MULTIPATH);
	for (i = 0; i < route->nexthops.n; i++)
		put_nexthop(message, list_item(&route->nexthops, &record_nexthop, i),
			    route->to.family, names);
	nla_nest_end(message, multipath);
}

static void put_metrics(struct nl_msg *message, const struct route *route)
{
	struct nlattr *metrics;

	if (!route->mtu && !route->advertised_mss)
		return;
	metrics = nla_nest_start(message, RTA_METRICS);
	if (route->mtu)
		nla_put_u32(message, RTAX_MTU, route->mtu);
	if (route->advertised_mss)
		nla_put_u32(message, RTAX_ADVMSS, route->advertised_mss);
	nla_nest_end(message, metrics);
}

/* As ip-route(8) chooses it where none is given. */
static uint8_t scope_of(const struct route *route)
{
	if (route->scope)
		return route->scope;
	switch (route->type) {
	case RTN_LOCAL:
	case RTN_NAT:
		return RT_SCOPE_HOST;
	case RTN_BROADCAST:
	case RTN_MULTICAST:
	case RTN_ANYCAST:
		return RT_SCOPE_LINK;
	case RTN_UNICAST:
		return addr_is_set(&route->via) || route->nexthops.n ? RT_SCOPE_UNIVERSE
								     : RT_SCOPE_LINK;
	}
	return RT_SCOPE_UNIVERSE;
}

int route_message_new(struct nl_msg **ret, uint16_t type, int flags, const struct route *route,
		      uint8_t protocol, const struct attr_names *names, struct error *err)
{
	struct rtmsg header = { .rtm_family = route->to.family,
				.rtm_dst_len = route->to.length,
				.rtm_table = RT_TABLE_UNSPEC,
				.rtm_protocol = protocol,
				.rtm_type = route->type,
				.rtm_scope = scope_of(route),
				.rtm_flags = route->on_link ? RTNH_F_ONLINK : 0 };

	if (route->nexthops.n > NEXTHOPS_MAX)
		return error_set(err, E2BIG, "more than %d next hops", NEXTHOPS_MAX);
	if (type == RTM_DELROUTE && route->to.family == AF_INET)
		header.rtm_scope = RT_SCOPE_NOWHERE; /* any */
	*ret = request_new(type, flags, &header, sizeof(header));
	if (route->to.length)
		nla_put(*ret, RTA_DST, addr_bytes(route->to.family), route->to.bytes);
	nla_put_u32(*ret, RTA_TABLE, route->table);
	/* A deletion in IPv6 that names none takes the route of the lowest metric. */
	if (route->metric || (type == RTM_DELROUTE && route->to.family == AF_INET6))
		nla_put_u32(*ret, RTA_PRIORITY, route->metric ? route->metric : ROUTE_METRIC_IPV6);
	if (type == RTM_DELROUTE)
		return 0;
	if (addr_is_set(&route->from))
		nla_put(*ret, RTA_PREFSRC, addr_bytes(route->from.family), route->from.bytes);
	put_metrics(*ret, route);
	put_ways(*ret, route, names);
	return 0;
}
