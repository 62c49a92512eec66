/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links, addresses and routes as the kernel tells of them: messages made here as it makes them. */
#include "backends/mark.h"
#include "backends/rtnl/address.h"
#include "backends/rtnl/link_message.h"
#include "backends/rtnl/route_message.h"
#include "model/classes.h"
#include "model/kind/tun_rows.h"
#include "model/kinds.h"

#include <linux/if_addr.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

static struct nl_msg *new_link(uint32_t index, const char *name)
{
	const struct ifinfomsg header = { .ifi_index = (int)index, .ifi_flags = IFF_UP };
	struct nl_msg *message = request_new(RTM_NEWLINK, 0, &header, sizeof(header));

	nla_put_string(message, IFLA_IFNAME, name);
	nla_put_u32(message, IFLA_MTU, 1450);
	return message;
}

static void put_kind(struct nl_msg *message, const char *kind, uint8_t tun_type)
{
	struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO), *data;

	nla_put_string(message, IFLA_INFO_KIND, kind);
	data = nla_nest_start(message, IFLA_INFO_DATA);
	if (tun_type) {
		nla_put_u8(message, IFLA_TUN_TYPE, tun_type);
		nla_put_u32(message, IFLA_TUN_OWNER, 1000);
	}
	nla_nest_end(message, data);
	nla_nest_end(message, info);
}

static const char *kind_of(const char *netlink_kind, uint8_t tun_type)
{
	AUTO_MESSAGE struct nl_msg *message = new_link(7, "x0");
	struct link_message parsed;
	const struct link_kind *kind;

	if (netlink_kind)
		put_kind(message, netlink_kind, tun_type);
	assert_true(link_message_parse(&parsed, nlmsg_hdr(message)));
	kind = link_message_kind(&parsed);
	return kind ? kind->name : "none";
}

static void test_kinds_are_told_apart(void **state)
{
	(void)state;
	assert_string_equal(kind_of(NULL, 0), "none");
	assert_string_equal(kind_of("vnetnonsense", 0), "none");
	assert_string_equal(kind_of("bridge", 0), "bridge");
	assert_string_equal(kind_of("tun", IFF_TAP), "tap");
	assert_string_equal(kind_of("tun", IFF_TUN), "tun");
	assert_string_equal(kind_of("tun", 0), "none");
}

static void test_values_of_a_tap_are_read(void **state)
{
	AUTO_MESSAGE struct nl_msg *message = new_link(7, "t0");
	struct arena *arena = arena_new();
	struct link *link = record_new(&class_link.record, arena);
	struct link_message parsed;

	(void)state;
	put_kind(message, "tun", IFF_TAP);
	assert_true(link_message_parse(&parsed, nlmsg_hdr(message)));
	link_message_fill(link, &parsed, NULL, arena);
	assert_int_equal(link->mtu, 1450);
	assert_true(link->up);
	assert_int_equal(((struct tun *)link->info)->user, 1000);
	assert_int_equal(((struct tun *)link->info)->group, TUN_NOBODY);
	arena_free(arena);
}

static bool autoconf_of(int mode, const struct link *want)
{
	AUTO_MESSAGE struct nl_msg *message = new_link(7, "x0");
	struct arena *arena = arena_new();
	struct link *link = record_new(&class_link.record, arena);
	struct link_message parsed;
	bool autoconf;

	if (mode >= 0) {
		struct nlattr *spec = nla_nest_start(message, IFLA_AF_SPEC);
		struct nlattr *family = nla_nest_start(message, AF_INET6);

		nla_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, (uint8_t)mode);
		nla_nest_end(message, family);
		nla_nest_end(message, spec);
	}
	assert_true(link_message_parse(&parsed, nlmsg_hdr(message)));
	link_message_fill(link, &parsed, want, arena);
	autoconf = link->autoconf;
	arena_free(arena);
	return autoconf;
}

static void test_autoconf_is_the_wanted_one_where_there_is_no_ipv6(void **state)
{
	const struct link with = { .autoconf = true }, without = { .autoconf = false };

	(void)state;
	assert_true(autoconf_of(0, &without));
	assert_false(autoconf_of(1, &with));
	assert_true(autoconf_of(2, NULL)); /* stable privacy is an address too */
	assert_true(autoconf_of(-1, &with));
	assert_false(autoconf_of(-1, &without));
	assert_false(autoconf_of(-1, NULL));
}

static void test_what_is_no_link_is_refused(void **state)
{
	AUTO_MESSAGE struct nl_msg *no_index = new_link(0, "x0");
	AUTO_MESSAGE struct nl_msg *long_name = new_link(7, "a-name-of-sixteen");
	AUTO_MESSAGE struct nl_msg *cut = new_link(7, "x0");
	struct link_message parsed;

	(void)state;
	assert_false(link_message_parse(&parsed, nlmsg_hdr(no_index)));
	assert_false(link_message_parse(&parsed, nlmsg_hdr(long_name)));
	nlmsg_hdr(cut)->nlmsg_len = NLMSG_HDRLEN + 4;
	assert_false(link_message_parse(&parsed, nlmsg_hdr(cut)));
}

static void test_mark_needs_group_and_alias_but_not_inside(void **state)
{
	const struct scope scope = { .topology = "lab", .group = scope_group("lab") };
	const uint32_t ours = scope.group, trash = mark_trash_group(&scope);
	const struct {
		uint32_t group;
		const char *alias;
		bool inside, expected;
	} vectors[] = {
		{ ours, "vnet:lab:host/br0", false, true },
		{ trash, "vnet:lab:host/br0", false, true },
		{ ours, NULL, false, false },
		{ ours, NULL, true, true },
		{ ours, "", true, true },
		{ ours, "vnet:lab2:host/br0", true, false }, /* groups can collide, names cannot */
		{ ours, "mine", true, false },
		{ 0, "vnet:lab:host/br0", false, false },
		{ 0, NULL, true, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		assert_int_equal(
			mark_is_ours(&scope, vectors[i].group, vectors[i].alias, vectors[i].inside),
			vectors[i].expected);
}

static void test_address_is_the_local_one(void **state)
{
	const struct ifaddrmsg header = { .ifa_family = AF_INET,
					  .ifa_prefixlen = 24,
					  .ifa_index = 7 };
	AUTO_MESSAGE struct nl_msg *message = request_new(RTM_NEWADDR, 0, &header, sizeof(header));
	struct address_message parsed;
	char text[ADDR_TEXT_MAX];

	(void)state;
	assert_false(address_message_parse(&parsed, nlmsg_hdr(message)));
	nla_put(message, IFA_ADDRESS, 4, "\x0a\x00\x00\x09");
	nla_put(message, IFA_LOCAL, 4, "\x0a\x00\x00\x02");
	nla_put_u8(message, IFA_PROTO, 100);
	nla_put_u32(message, IFA_FLAGS, IFA_F_SECONDARY | 0x400);
	assert_true(address_message_parse(&parsed, nlmsg_hdr(message)));
	assert_string_equal(addr_format_prefix(&parsed.address, text), "10.0.0.2/24");
	assert_int_equal(parsed.protocol, 100);
	assert_int_equal(parsed.flags, IFA_F_SECONDARY | 0x400);
}

/* ---- routes: what is sent is what is read ---- */

static uint32_t index_of(void *data, const struct ref *ref)
{
	(void)data;
	return (uint32_t)(ref->name[3] - '0');
}

static struct ref ref_of(void *data, uint32_t index)
{
	static const char *const names[] = { NULL, "eth1", "eth2" };

	(void)data;
	return (struct ref){ .name = index < 3 ? names[index] : NULL };
}

static const struct attr_names names = { .index = index_of, .ref = ref_of };

static void check_route(struct route *route)
{
	struct arena *arena = arena_new();
	AUTO_MESSAGE struct nl_msg *message = NULL;
	struct route parsed;
	struct error err;
	uint8_t protocol;

	assert_int_equal(route_message_new(&message, RTM_NEWROUTE, 0, route, 100, &names, &err), 0);
	assert_true(route_message_parse(&parsed, &protocol, nlmsg_hdr(message), &names, arena));
	assert_int_equal(protocol, 100);
	if (!route->scope)
		parsed.scope = 0; /* chosen while sending */
	if (route->nexthops.n)
		parsed.on_link = false;
	assert_true(record_equal(&class_route.record, route, &parsed));
	arena_free(arena);
}

static struct route new_route(const char *to, const char *via, const char *interface)
{
	struct route route = { .table = RT_TABLE_MAIN, .type = RTN_UNICAST };

	assert_true(addr_parse_prefix(&route.to, to));
	if (via)
		assert_true(addr_parse(&route.via, via));
	route.interface.name = interface;
	return route;
}

static void test_routes_are_read_as_they_were_sent(void **state)
{
	struct route routes[] = {
		new_route("10.0.0.0/8", "192.0.2.1", NULL),
		new_route("10.0.0.0/8", NULL, "eth2"),
		new_route("0.0.0.0/0", "192.0.2.1", "eth1"),
		new_route("::/0", "2001:db8::1", "eth1"),
		new_route("10.0.0.0/8", "2001:db8::1", "eth1"), /* RTA_VIA */
		new_route("2001:db8::/32", NULL, NULL),
	};
	size_t i;

	(void)state;
	routes[0].metric = 50;
	routes[0].table = 1000;
	routes[1].mtu = 1400;
	routes[1].advertised_mss = 1200;
	routes[2].on_link = true;
	assert_true(addr_parse(&routes[2].from, "192.0.2.9"));
	routes[5].type = RTN_BLACKHOLE;
	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		check_route(&routes[i]);
}

static void test_next_hops_are_read_as_they_were_sent(void **state)
{
	struct route route = new_route("10.0.0.0/8", NULL, NULL);
	struct arena *arena = arena_new();
	struct nexthop *hop;

	(void)state;
	hop = list_append(&route.nexthops, &record_nexthop, arena);
	assert_true(addr_parse(&hop->via, "192.0.2.1"));
	hop->interface.name = "eth1";
	hop->weight = 256;
	hop = list_append(&route.nexthops, &record_nexthop, arena);
	assert_true(addr_parse(&hop->via, "2001:db8::1"));
	hop->interface.name = "eth2";
	hop->on_link = true;
	check_route(&route);
	arena_free(arena);
}

static void test_cached_and_special_routes_are_left_out(void **state)
{
	struct route route = new_route("10.0.0.0/8", "192.0.2.1", "eth1"), parsed;
	AUTO_MESSAGE struct nl_msg *message = NULL;
	struct arena *arena = arena_new();
	struct rtmsg *header;
	struct error err;
	uint8_t protocol;

	(void)state;
	assert_int_equal(route_message_new(&message, RTM_NEWROUTE, 0, &route, 100, &names, &err),
			 0);
	header = nlmsg_data(nlmsg_hdr(message));
	header->rtm_flags = RTM_F_CLONED;
	assert_false(route_message_parse(&parsed, &protocol, nlmsg_hdr(message), &names, arena));
	header->rtm_flags = 0;
	header->rtm_tos = 16;
	assert_false(route_message_parse(&parsed, &protocol, nlmsg_hdr(message), &names, arena));
	header->rtm_tos = 0;
	header->rtm_dst_len = 33;
	assert_false(route_message_parse(&parsed, &protocol, nlmsg_hdr(message), &names, arena));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_are_told_apart),
		cmocka_unit_test(test_values_of_a_tap_are_read),
		cmocka_unit_test(test_autoconf_is_the_wanted_one_where_there_is_no_ipv6),
		cmocka_unit_test(test_what_is_no_link_is_refused),
		cmocka_unit_test(test_mark_needs_group_and_alias_but_not_inside),
		cmocka_unit_test(test_address_is_the_local_one),
		cmocka_unit_test(test_routes_are_read_as_they_were_sent),
		cmocka_unit_test(test_next_hops_are_read_as_they_were_sent),
		cmocka_unit_test(test_cached_and_special_routes_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
