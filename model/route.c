/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of a route, under netplan's names. Values: linux/rtnetlink.h. */
#include "model/route.h"

#include "model/object.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

static const struct enum_name types[] = {
	{ "unicast", RTN_UNICAST },
	{ "local", RTN_LOCAL },
	{ "broadcast", RTN_BROADCAST },
	{ "anycast", RTN_ANYCAST },
	{ "multicast", RTN_MULTICAST },
	{ "blackhole", RTN_BLACKHOLE },
	{ "unreachable", RTN_UNREACHABLE },
	{ "prohibit", RTN_PROHIBIT },
	{ "throw", RTN_THROW },
	{ NULL, 0 },
};

static const struct enum_name scopes[] = {
	{ "global", RT_SCOPE_UNIVERSE },
	{ "link", RT_SCOPE_LINK },
	{ "host", RT_SCOPE_HOST },
	{ NULL, 0 },
};

static const struct field nexthop_fields[] = {
	F_ADDR(struct nexthop, via, "via", .help = "address of the gateway"),
	F_REF(struct nexthop, interface, "interface", .help = "interface to send by"),
	F_U16(struct nexthop, weight, "weight", .min = 1, .max = 256,
	      .help = "share, relative to the others"),
	F_BOOL(struct nexthop, on_link, "on-link",
	       .help = "the gateway is reachable though no address covers it"),
};

const struct record record_nexthop = {
	.name = "nexthop",
	.size = sizeof(struct nexthop),
	FIELDS(nexthop_fields),
	.defaults = &(const struct nexthop){ .weight = 1 },
};

static const struct field fields[] = {
	F_PREFIX(struct route, to, "to", .flags = FIELD_KEY | FIELD_REQUIRED | FIELD_DEFAULT_WORD,
		 .help = "destination network, or default"),
	F_ADDR(struct route, via, "via", .help = "address of the gateway"),
	F_REF(struct route, interface, "interface", .flags = FIELD_LOOSE,
	      .help = "interface to send by"),
	F_LIST(struct route, nexthops, "nexthops", &record_nexthop, .flags = FIELD_UNORDERED,
	       .help = "several next hops, used together"),
	F_U32(struct route, metric, "metric", .flags = FIELD_KEY, .max = UINT32_MAX,
	      .help = "the lowest wins; 0 means 1024 for IPv6, as in the kernel"),
	F_U32(struct route, table, "table", .flags = FIELD_KEY, .min = 1, .max = UINT32_MAX,
	      .help = "routing table; 254 is main"),
	F_ENUM8(struct route, type, "type", types, .help = "what the route does"),
	F_ENUM8(struct route, scope, "scope", scopes, .flags = FIELD_LOOSE,
		.help = "scope of the destination"),
	F_BOOL(struct route, on_link, "on-link",
	       .help = "the gateway is reachable though no address covers it"),
	F_U32(struct route, mtu, "mtu", .min = 68, .max = 65535,
	      .help = "largest packet to that destination"),
	F_U32(struct route, advertised_mss, "advertised-mss", .max = 65535,
	      .help = "MSS to advertise to that destination"),
	F_ADDR(struct route, from, "from", .help = "preferred source address"),
};

static const struct route defaults = { .table = RT_TABLE_MAIN, .type = RTN_UNICAST };

const struct class class_route = {
	.name = "route",
	.adoptable = true,
	.record = { .name = "route",
		    .size = sizeof(struct route),
		    FIELDS(fields),
		    .defaults = &defaults },
};

const char *route_name(struct arena *arena, const struct route *route)
{
	const char *version = route->to.family == AF_INET6 ? "ipv6" : "ipv4";
	uint32_t implied = route->to.family == AF_INET6 ? ROUTE_METRIC_IPV6 : 0;
	char text[ADDR_TEXT_MAX];
	const char *name;

	if (route->to.length == 0)
		name = arena_printf(arena, "default %s", version);
	else
		name = arena_strdup(arena, addr_format_prefix(&route->to, text));
	if (route->metric && route->metric != implied)
		name = arena_printf(arena, "%s metric %u", name, route->metric);
	if (route->table != RT_TABLE_MAIN)
		name = arena_printf(arena, "%s table %u", name, route->table);
	return name;
}
