/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Namespaces, links, addresses and routes in the real kernel, through plan and execution, in a network and mount
 * namespace of this program's own with an empty /run. Seen with ip(8), not with our own eyes only.
 */
#include "backends/backends.h"
#include "backends/facts.h"
#include "backends/place.h"
#include "model/address.h"
#include "model/classes.h"
#include "model/kind/tun_rows.h"
#include "model/kinds.h"
#include "model/route.h"
#include "model/text.h"
#include "reconcile/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/rtnetlink.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>

#define TOPOLOGY "test"
#define PROTOCOL 111

/* ---- a machine ---- */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int make_machine(void **state)
{
	unsigned uid = getuid(), gid = getgid();
	char map[64];

	(void)state;
	if (unshare((uid ? CLONE_NEWUSER : 0) | CLONE_NEWNET | CLONE_NEWNS) < 0)
		return -1;
	if (uid) {
		write_file("/proc/self/setgroups", "deny");
		snprintf(map, sizeof(map), "0 %u 1", uid);
		write_file("/proc/self/uid_map", map);
		snprintf(map, sizeof(map), "0 %u 1", gid);
		write_file("/proc/self/gid_map", map);
	}
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* So that a test that fails spoils no other. */
static int make_network(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) < 0 || mount("tmpfs", "/run", "tmpfs", 0, "mode=755") < 0)
		return -1;
	return mkdir("/run/netns", 0755);
}

__attribute__((format(printf, 1, 2))) static void sh(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command) != 0)
		fail_msg("%s", command);
}

/* What a command says, until the next one. */
static const char *says(const char *command)
{
	static char output[65536];
	FILE *pipe = popen(command, "re");
	size_t length;

	assert_non_null(pipe);
	length = fread(output, 1, sizeof(output) - 1, pipe);
	output[length] = 0;
	pclose(pipe);
	return output;
}

#define assert_says(command, expected)                                                             \
	do {                                                                                       \
		const char *said = says(command);                                                  \
		if (!strstr(said, expected))                                                       \
			fail_msg("%s: no %s in: %s", command, expected, said);                     \
	} while (0)
#define assert_says_not(command, unexpected)                                                       \
	do {                                                                                       \
		const char *said = says(command);                                                  \
		if (strstr(said, unexpected))                                                      \
			fail_msg("%s: %s in: %s", command, unexpected, said);                      \
	} while (0)

/* ---- what is wanted ---- */

static struct object *want_link(struct model *want, const char *place, const char *name,
				const char *kind)
{
	struct object *object = model_add(want, &class_link, place, name);
	struct link *link = object->data;
	size_t i;

	link_set_kind(link, kind ? kind_find(kind) : NULL, model_arena(want));
	object->external = !kind;
	link->autoconf = false;
	if (!kind)
		return object;
	link->mtu = 1450;
	if (link->kind->no_mac)
		return object;
	link->macaddress.bytes[0] = 2;
	for (i = 0; name[i] && i < 4; i++)
		link->macaddress.bytes[i + 1] = (uint8_t)name[i];
	link->macaddress.bytes[5] = (uint8_t)(place[0] + name[strlen(name) - 1]);
	return object;
}

static void want_veth(struct model *want, const char *place, const char *name,
		      const char *peer_place, const char *peer)
{
	struct link *one = object_link(want_link(want, place, name, "veth"));
	struct link *other = object_link(want_link(want, peer_place, peer, "veth"));

	one->peer = (struct ref){ .place = peer_place, .name = peer };
	other->peer = (struct ref){ .place = place, .name = name };
}

static void want_address(struct model *want, const char *place, const char *link, const char *text)
{
	struct object *object;
	struct addr addr;

	assert_true(addr_parse_prefix(&addr, text));
	object = model_add(want, &class_address, place,
			   address_name(model_arena(want), link, &addr));
	((struct address *)object->data)->interface.name = link;
	((struct address *)object->data)->address = addr;
}

static struct route *want_route(struct model *want, const char *place, const char *to,
				const char *via, const char *link)
{
	struct route route = { .table = 254, .type = 1 };
	struct object *object;

	assert_true(addr_parse_prefix(&route.to, to));
	if (via)
		assert_true(addr_parse(&route.via, via));
	route.interface.name = link;
	object = model_add(want, &class_route, place, route_name(model_arena(want), &route));
	*(struct route *)object->data = route;
	return object->data;
}

static struct model *new_want(void)
{
	struct model *want = model_new();

	model_add(want, &class_netns, "", "red");
	want_link(want, "red", "lo", NULL);
	return want;
}

/* ---- runs ---- */

struct result {
	int r;
	size_t n_changes, n_refusals;
	enum execute_outcome outcome;
	struct error err;
	char first[256]; /* the first change, for messages */
};

static struct backend_instance instances[2];

static void open_backends(const struct scope *scope, struct places *places)
{
	const struct backend_options options = { .scope = scope, .places = places };
	struct error err;
	size_t i;

	instances[0].backend = &backend_netns;
	instances[1].backend = &backend_rtnl;
	for (i = 0; i < 2; i++)
		assert_int_equal(instances[i].backend->open(&instances[i].ctx, &options, &err), 0);
}

static void describe(struct result *result, const struct change *change)
{
	AUTO_TEXT struct text text = { 0 };

	object_path(change->want ? change->want : change->have, &text);
	snprintf(result->first, sizeof(result->first), "%s %d: %s", text_get(&text),
		 (int)change->op, change->because);
}

static struct result run(const struct model *want, bool execute)
{
	const struct scope scope = { .topology = TOPOLOGY,
				     .group = scope_group(TOPOLOGY),
				     .protocol = PROTOCOL };
	struct execute_report report = { .outcome = EXECUTE_DONE };
	struct model *have = model_new();
	struct result result = { 0 };
	struct places *places;
	struct plan *plan = NULL;
	size_t i;

	assert_int_equal(places_open(&places, &result.err), 0);
	open_backends(&scope, places);
	result.r = backends_observe(instances, 2, want, have, &result.err);
	if (result.r == 0)
		result.r = plan_build(&plan, want, have, &result.err);
	if (result.r == 0) {
		result.n_changes = plan->n_changes;
		result.n_refusals = plan->n_refusals;
		if (plan->n_changes)
			describe(&result, plan->changes[0]);
		if (plan->n_refusals)
			snprintf(result.first, sizeof(result.first), "%s", plan->refusals[0].text);
		if (execute && !plan->n_refusals)
			result.r = plan_execute(plan, instances, 2, &report, &result.err);
	}
	result.outcome = report.outcome;
	plan_free(plan);
	for (i = 0; i < 2; i++)
		instances[i].backend->close(instances[i].ctx);
	places_close(places);
	model_free(have);
	return result;
}

static void assert_nothing_to_do(const struct model *want)
{
	struct result result = run(want, false);

	if (result.r < 0)
		fail_msg("%s", result.err.text);
	if (result.n_changes || result.n_refusals)
		fail_msg("%zu changes, %zu refusals: %s", result.n_changes, result.n_refusals,
			 result.first);
}

/* Applies, and sees that nothing is left to do. */
static void apply(const struct model *want)
{
	struct result result = run(want, true);

	if (result.r < 0)
		fail_msg("%s", result.err.text);
	if (result.n_refusals)
		fail_msg("%s", result.first);
	assert_nothing_to_do(want);
}

static void clear(struct model *want)
{
	struct model *nothing = model_new();

	model_free(want);
	apply(nothing);
	model_free(nothing);
	assert_says_not("ls /run/netns", "red");
	assert_says_not("ip -d link", "vnet:" TOPOLOGY);
}

/* ---- tests ---- */

static void test_namespace_is_marked_and_its_lo_is_up(void **state)
{
	struct model *want = new_want();

	(void)state;
	apply(want);
	assert_says("ip netns list", "red");
	assert_says("ip -n red -d link show lo", "alias vnet:test:red/lo");
	assert_says("ip -n red link show lo", "LOOPBACK,UP");
	assert_says("ip netns exec red ping -c 1 -W 1 127.0.0.1", "1 received");
	clear(want);
}

static void test_leftover_file_is_no_namespace(void **state)
{
	struct model *want = new_want();

	(void)state;
	sh("touch /run/netns/red");
	apply(want);
	assert_says("ip -n red link show lo", "LOOPBACK,UP");
	clear(want);
}

static void test_foreign_namespace_is_refused(void **state)
{
	struct model *want = new_want();

	(void)state;
	sh("ip netns add red");
	assert_true(run(want, true).n_refusals > 0);
	sh("ip netns del red");
	model_free(want);
}

static void test_veth_has_marks_macs_and_mtus_at_both_ends(void **state)
{
	struct model *want = new_want();

	(void)state;
	want_veth(want, "", "veth10", "red", "veth11");
	want_address(want, "", "veth10", "10.0.0.1/24");
	want_address(want, "red", "veth11", "10.0.0.2/24");
	want_address(want, "red", "veth11", "2001:db8::2/64");
	want_address(want, "", "veth10", "2001:db8::1/64");
	want_route(want, "red", "0.0.0.0/0", "10.0.0.1", NULL);
	want_route(want, "red", "::/0", "2001:db8::1", NULL);
	apply(want);
	assert_says("ip -d link show veth10", "alias vnet:test:host/veth10");
	assert_says("ip -n red -d link show veth11", "alias vnet:test:red/veth11");
	assert_says("ip -n red -d link show veth11", "mtu 1450");
	assert_says("ip -n red -d link show veth11", "addrgenmode none");
	assert_says("ip -n red -d link show veth11", "numtxqueues 1 ");
	assert_says("ip -d link show veth10", "group 14");
	assert_says("ip -n red -6 addr show veth11", "nodad");
	assert_says_not("ip -n red -6 addr show veth11", "tentative");
	assert_says("ip -n red route", "proto 111");
	assert_says("ping -c 1 -W 2 10.0.0.2", "1 received");
	assert_says("ping -c 1 -W 2 2001:db8::2", "1 received");
	clear(want);
	assert_says_not("ip link", "veth10");
}

static void test_veth_end_lost_by_hand_is_made_again(void **state)
{
	struct model *want = new_want();

	(void)state;
	want_veth(want, "", "veth10", "red", "veth11");
	apply(want);
	sh("ip link del veth10");
	assert_true(run(want, false).n_changes > 0);
	apply(want);
	sh("ip netns del red");
	apply(want);
	assert_says("ip -n red link show veth11", "UP");
	sh("ip -n red link set veth11 netns 1 name foo 2>/dev/null || ip -n red link set veth11 name foo");
	apply(want);
	assert_says_not("ip -n red link", "foo");
	clear(want);
}

static void test_veth_between_namespaces(void **state)
{
	struct model *want = new_want();

	(void)state;
	model_add(want, &class_netns, "", "blue");
	want_link(want, "blue", "lo", NULL);
	want_veth(want, "red", "eth0", "blue", "eth0");
	want_veth(want, "blue", "eth1", "blue", "eth2");
	apply(want);
	assert_says("ip -n blue -d link show eth0", "alias vnet:test:blue/eth0");
	assert_says("ip -n blue link show eth1", "eth1@eth2");
	/* One namespace goes: its link's other end must not linger. */
	model_remove(want, model_find(want, &class_link, "red", "eth0"));
	model_remove(want, model_find(want, &class_link, "red", "lo"));
	model_remove(want, model_find(want, &class_netns, "", "red"));
	model_remove(want, model_find(want, &class_link, "blue", "eth0"));
	assert_int_equal(run(want, true).r, 0);
	assert_says_not("ip -n blue link", "eth0");
	assert_nothing_to_do(want);
	clear(want);
}

static void test_bridge_keeps_its_mtu_and_its_ports_values(void **state)
{
	struct model *want = new_want();
	struct link *port, *bridge;

	(void)state;
	bridge = object_link(want_link(want, "", "br0", "bridge"));
	want_veth(want, "", "veth10", "red", "veth11");
	port = object_link(model_find(want, &class_link, "", "veth10"));
	port->master.name = "br0";
	port->port.hairpin = true;
	port->port.isolated = true;
	apply(want);
	assert_says("bridge -d link show dev veth10", "hairpin on");
	assert_says("bridge -d link show dev veth10", "isolated on");
	assert_says("ip -d link show br0", "forward_delay 0 ");
	sh("ip link add p0 type veth peer name p1; ip link set p0 mtu 1500 master br0; ip link set p0 nomaster");
	assert_says("ip link show br0", "mtu 1450");
	bridge->mtu = 1500;
	port->port.isolated = false;
	port->mtu = 1400;
	port->macaddress.bytes[3] ^= 1;
	apply(want);
	assert_says("bridge -d link show dev veth10", "isolated off");
	assert_says("ip link show br0", "mtu 1500");
	sh("ip link set p0 mtu 1400 master br0; ip link set p0 nomaster; ip link del p0");
	assert_says("ip link show br0", "mtu 1500");
	port->master.name = NULL;
	port->port = *(const struct bridge_port *)record_bridge_port.defaults;
	apply(want);
	assert_says_not("ip link show veth10", "master");
	clear(want);
}

static void test_new_bridge_pins_mtu_1500(void **state)
{
	struct model *want = new_want();

	(void)state;
	object_link(want_link(want, "", "br0", "bridge"))->mtu = 1500;
	apply(want);
	sh("ip link add p0 mtu 1300 type veth peer name p1; ip link set p0 master br0");
	assert_says("ip link show br0", "mtu 1500");
	sh("ip link del p0");
	clear(want);
}

static void test_tap_and_tun_are_persistent_and_marked(void **state)
{
	struct model *want;
	struct tun *tun;

	(void)state;
	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		skip();
	want = new_want();
	want_link(want, "", "tap0", "tap");
	tun = object_link(want_link(want, "red", "tap1", "tap"))->info;
	tun->user = getuid();
	tun->vnet_header = true;
	object_link(want_link(want, "red", "tun1", "tun"))->mtu = 1400;
	apply(want);
	assert_says("ip -d link show tap0", "tun type tap");
	assert_says("ip -d link show tap0", "persist on");
	assert_says("ip -d link show tap0", "alias vnet:test:host/tap0");
	assert_says("ip -n red -d link show tap1", "vnet_hdr on");
	assert_says("ip -n red -d link show tun1", "tun type tun");
	clear(want);
	assert_says_not("ip link", "tap0");
}

static void test_macvlan_and_vxlan_reach_out_of_their_namespace(void **state)
{
	struct model *want = new_want();
	struct object *macvlan, *vxlan;
	const struct field *field;
	struct link *link;

	(void)state;
	want_link(want, "", "br0", "bridge");
	macvlan = want_link(want, "red", "mv0", "macvlan");
	object_link(macvlan)->link = (struct ref){ .place = "", .name = "br0" };
	want_address(want, "red", "mv0", "2001:db8:1::2/64");
	vxlan = want_link(want, "", "vx0", "vxlan");
	link = object_link(vxlan);
	link->link = (struct ref){ .name = "br0" };
	link->mtu = 1380; /* what an outer IPv6 header leaves of 1450 */
	field = record_field(&link->kind->record, "id");
	field_set_number(field, link->info, 42);
	assert_true(
		addr_parse(field_member(record_field(&link->kind->record, "remote"), link->info),
			   "2001:db8::9"));
	assert_true(addr_parse(field_member(record_field(&link->kind->record, "local"), link->info),
			       "2001:db8::8"));
	apply(want);
	assert_says("ip -n red -d link show mv0", "macvlan mode bridge");
	assert_says("ip -n red -d link show mv0", "alias vnet:test:red/mv0");
	assert_says("ip -d link show vx0", "id 42 remote 2001:db8::9 local 2001:db8::8 dev br0");
	field = record_field(&object_link(macvlan)->kind->record, "mode");
	field_set_number(field, object_link(macvlan)->info, 1);
	apply(want);
	assert_says("ip -n red -d link show mv0", "macvlan mode private");
	/* fixed rows: the link is made anew */
	field_set_number(record_field(&link->kind->record, "id"), link->info, 43);
	apply(want);
	assert_says("ip -d link show vx0", "id 43 ");
	clear(want);
}

static void test_routes_of_all_sorts(void **state)
{
	struct model *want = new_want();
	struct route *route;
	struct nexthop *hop;
	struct object *object;

	(void)state;
	want_veth(want, "", "veth10", "red", "veth11");
	want_address(want, "red", "veth11", "10.0.0.2/24");
	want_address(want, "red", "veth11", "2001:db8::2/64");
	want_route(want, "red", "10.1.0.0/16", NULL, "veth11");
	route = want_route(want, "red", "10.2.0.0/16", "10.0.0.1", "veth11");
	route->mtu = 1300;
	assert_true(addr_parse(&route->from, "10.0.0.2"));
	route = want_route(want, "red", "192.168.7.0/24", "192.0.2.1", "veth11");
	route->on_link = true;
	want_route(want, "red", "203.0.113.0/24", NULL, NULL)->type = 6;
	want_route(want, "red", "2001:db8:6::/48", NULL, NULL)->type = 6;
	want_route(want, "red", "2001:db8:5::/48", "2001:db8::1", NULL);
	route = want_route(want, "red", "10.3.0.0/16", NULL, NULL);
	hop = list_append(&route->nexthops, &record_nexthop, model_arena(want));
	assert_true(addr_parse(&hop->via, "10.0.0.3"));
	hop = list_append(&route->nexthops, &record_nexthop, model_arena(want));
	assert_true(addr_parse(&hop->via, "10.0.0.4"));
	hop->weight = 3;
	route = want_route(want, "red", "2001:db8:7::/48", NULL, NULL);
	hop = list_append(&route->nexthops, &record_nexthop, model_arena(want));
	assert_true(addr_parse(&hop->via, "2001:db8::3"));
	hop = list_append(&route->nexthops, &record_nexthop, model_arena(want));
	assert_true(addr_parse(&hop->via, "2001:db8::4"));
	route = want_route(want, "red", "10.9.0.0/16", "10.0.0.1", NULL);
	object = model_find(want, &class_route, "red", "10.9.0.0/16");
	model_remove(want, object);
	route->table = 77;
	route->metric = 5;
	object = model_add(want, &class_route, "red", route_name(model_arena(want), route));
	*(struct route *)object->data = *route;
	apply(want);
	assert_says("ip -n red route show 10.3.0.0/16", "weight 3");
	assert_says("ip -n red route show 10.2.0.0/16", "mtu 1300");
	assert_says("ip -n red route show 203.0.113.0/24", "blackhole");
	assert_says("ip -n red route show table 77", "metric 5");
	route = model_find(want, &class_route, "red", "10.2.0.0/16")->data;
	route->mtu = 1200;
	route = model_find(want, &class_route, "red", "2001:db8:7::/48")->data;
	route->nexthops.n = 0;
	assert_true(addr_parse(&route->via, "2001:db8::3"));
	apply(want);
	assert_says("ip -n red route show 10.2.0.0/16", "mtu 1200");
	assert_says_not("ip -n red -6 route show 2001:db8:7::/48", "nexthop");
	/* A foreign route in the way is refused before anything is touched. */
	want_route(want, "red", "198.51.100.0/24", "10.0.0.1", NULL);
	sh("ip -n red route add 198.51.100.0/24 via 10.0.0.9");
	assert_int_equal(run(want, true).n_refusals, 1);
	sh("ip -n red route del 198.51.100.0/24");
	apply(want);
	model_remove(want, model_find(want, &class_route, "red", "2001:db8:5::/48"));
	model_remove(want, model_find(want, &class_route, "red", "10.3.0.0/16"));
	apply(want);
	assert_string_equal(says("ip -n red route show 10.3.0.0/16"), "");
	clear(want);
}

static void test_foreign_port_is_released(void **state)
{
	struct model *want = new_want();
	struct object *eth;

	(void)state;
	sh("ip link add eth9 type veth peer name eth9p; ip link add br9 type bridge;"
	   "ip link set eth9 master br9");
	want_link(want, "", "br0", "bridge");
	eth = want_link(want, "", "eth9", NULL);
	object_link(eth)->master.name = "br0";
	object_link(eth)->mtu = 1400;
	eth->written = 1ULL << 3 | 1ULL << 5; /* master, mtu */
	apply(want);
	assert_says("ip link show eth9", "master br0");
	assert_says("ip link show eth9", "mtu 1400");
	/* mtu is no longer written: it alone goes back */
	eth->written = 1ULL << 3;
	object_link(eth)->mtu = 0;
	apply(want);
	assert_says("ip link show eth9", "master br0");
	assert_says("ip link show eth9", "mtu 1500");
	model_remove(want, eth);
	assert_int_equal(run(want, true).r, 0);
	assert_says("ip link show eth9", "master br9");
	assert_says("ip link show eth9", "mtu 1500");
	assert_nothing_to_do(want);
	assert_int_equal(access("/run/vnetapply/test/links", F_OK), -1);
	clear(want);
	sh("ip link del br9; ip link del eth9");
}

static void test_foreign_objects_stay(void **state)
{
	struct model *want = new_want();

	(void)state;
	sh("ip link add br0 type bridge; ip addr add 192.0.2.1/24 dev br0; ip link set br0 up;"
	   "ip link add other type bridge; ip link set other alias vnet:another:host/other;"
	   "ip route add 198.51.100.0/24 via 192.0.2.9; ip netns add theirs");
	apply(want);
	sh("ip -n red link add mine type bridge");
	clear(want);
	assert_says("ip addr show br0", "192.0.2.1/24");
	assert_says("ip link show other", "vnet:another");
	assert_says("ip route", "198.51.100.0/24");
	sh("ip link del br0; ip link del other; ip netns del theirs");
}

static void test_name_taken_by_another_is_refused(void **state)
{
	struct model *want = model_new();

	(void)state;
	sh("ip link add br0 type bridge");
	want_link(want, "", "br0", "bridge");
	assert_int_equal(run(want, true).n_refusals, 1);
	assert_says_not("ip link show br0", "vnet:");
	sh("ip link del br0");
	model_free(want);
}

/* The second macvlan wants a parent that is passed through already: all is undone. */
static void test_failure_names_the_object_and_the_kernels_words(void **state)
{
	struct model *want = new_want();
	struct link *one, *two;
	struct result result;

	(void)state;
	want_link(want, "", "br0", "bridge");
	one = object_link(want_link(want, "red", "mv0", "macvlan"));
	two = object_link(want_link(want, "red", "mv1", "macvlan"));
	one->link = two->link = (struct ref){ .place = "", .name = "br0" };
	two->mtu = 9000; /* more than the parent's */
	result = run(want, true);
	assert_true(result.r < 0);
	assert_int_equal(result.outcome, EXECUTE_UNDONE);
	assert_non_null(strstr(result.err.text, "link red/mv1: create macvlan: "));
	assert_says_not("ip link", "br0");
	assert_string_equal(says("ls /run/netns"), "");
	model_free(want);
}

static struct model *undo_base(uint32_t vxlan_id)
{
	struct model *want = new_want();
	struct link *vxlan, *macvlan;

	want_link(want, "", "br0", "bridge");
	macvlan = object_link(want_link(want, "red", "mv0", "macvlan"));
	macvlan->link = (struct ref){ .place = "", .name = "br0" };
	vxlan = object_link(want_link(want, "", "vx0", "vxlan"));
	vxlan->mtu = 1300;
	vxlan->master.name = "br0";
	field_set_number(record_field(&vxlan->kind->record, "id"), vxlan->info, vxlan_id);
	want_veth(want, "", "veth10", "red", "veth11");
	object_link(model_find(want, &class_link, "", "veth10"))->master.name = "br0";
	want_address(want, "red", "veth11", "10.0.0.2/24");
	want_route(want, "red", "10.1.0.0/16", "10.0.0.1", NULL);
	return want;
}

static void test_failed_run_puts_back_what_was(void **state)
{
	struct model *before = undo_base(42), *after = undo_base(43);
	struct result result;
	struct link *link;

	(void)state;
	apply(before);
	/* A link made anew, a namespace removed with a veth, an update, and then one that must fail. */
	object_link(model_find(after, &class_link, "", "br0"))->mtu = 1440;
	model_remove(after, model_find(after, &class_route, "red", "10.1.0.0/16"));
	model_add(after, &class_netns, "", "blue");
	link = object_link(want_link(after, "red", "mv1", "macvlan"));
	link->link = (struct ref){ .place = "", .name = "br0" };
	link->mtu = 9000;
	result = run(after, true);
	assert_true(result.r < 0);
	assert_int_equal(result.outcome, EXECUTE_UNDONE);
	assert_nothing_to_do(before);
	model_free(after);
	clear(before);
}

static void test_failed_update_leaves_the_link_as_it_was(void **state)
{
	struct model *want = undo_base(42);
	struct link *link = object_link(model_find(want, &class_link, "red", "mv0"));
	struct result result;

	(void)state;
	apply(want);
	link->macaddress.bytes[4] ^= 0x55;
	link->mtu = 9000;
	result = run(want, true);
	assert_true(result.r < 0);
	assert_non_null(strstr(result.err.text, "link red/mv0: set mtu: "));
	link->macaddress.bytes[4] ^= 0x55;
	link->mtu = 1450;
	assert_nothing_to_do(want);
	clear(want);
}

/* A socket of the groups in which the kernel tells of changes, in a place. */
static int listen_in(struct places *places, const char *place)
{
	const struct sockaddr_nl all = { .nl_family = AF_NETLINK,
					 .nl_groups = RTMGRP_LINK | RTMGRP_NEIGH |
						      RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
						      RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE };
	struct error err;
	int fd;

	assert_int_equal(place_enter(places, place, &err), 0);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	place_leave(places);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&all, sizeof(all)), 0);
	return fd;
}

static void test_nothing_to_do_writes_nothing(void **state)
{
	struct model *want = undo_base(42);
	struct places *places;
	struct error err;
	char buffer[64];
	int host, red;

	(void)state;
	apply(want);
	usleep(100000); /* what the kernel itself tells of the last run */
	assert_int_equal(places_open(&places, &err), 0);
	host = listen_in(places, "");
	red = listen_in(places, "red");
	assert_int_equal(run(want, true).n_changes, 0);
	assert_int_equal(recv(host, buffer, sizeof(buffer), 0), -1);
	assert_int_equal(recv(red, buffer, sizeof(buffer), 0), -1);
	sh("ip -n red link set mv0 mtu 1400");
	assert_true(recv(red, buffer, sizeof(buffer), 0) > 0);
	close(host);
	close(red);
	places_close(places);
	clear(want);
}

static void test_missing_kind_is_named(void **state)
{
	static const struct link_kind kind = { .name = "vnetnonsense" };
	struct model *want = model_new();
	struct result result;

	(void)state;
	object_link(want_link(want, "", "x0", "veth"))->kind = &kind;
	object_link(model_find(want, &class_link, "", "x0"))->type = "vnetnonsense";
	result = run(want, true);
	assert_int_equal(result.r, -EOPNOTSUPP);
	assert_non_null(strstr(result.err.text, "link host/x0: this kernel has no links of type "
						"vnetnonsense"));
	model_free(want);
}

static void test_duplicate_address_on_foreign_segment_is_an_error(void **state)
{
	struct model *want = new_want();
	struct object *mv;
	struct result result;

	(void)state;
	sh("ip link add p0 type veth peer name p1; ip netns add far; ip link set p1 netns far;"
	   "ip link set p0 up; ip -n far link set p1 up;"
	   "ip -n far addr add 2001:db8:5::1/64 dev p1 nodad");
	mv = want_link(want, "red", "mv0", "macvlan");
	object_link(mv)->link = (struct ref){ .place = "", .name = "p0" };
	want_address(want, "red", "mv0", "2001:db8:5::1/64");
	result = run(want, true);
	assert_int_equal(result.r, -EADDRINUSE);
	assert_non_null(strstr(result.err.text, "2001:db8:5::1"));
	model_remove(want, model_find(want, &class_address, "red", "mv0 2001:db8:5::1"));
	want_address(want, "red", "mv0", "2001:db8:5::2/64");
	apply(want);
	assert_says_not("ip -n red addr show mv0", "tentative");
	assert_says("ip netns exec red ping -c 1 -W 1 2001:db8:5::1", "1 received");
	clear(want);
	sh("ip link del p0; ip netns del far");
}

/* A plan deletes veths first; what a plan does not know of must not outlive the namespace either. */
static void test_namespace_takes_along_what_reaches_out(void **state)
{
	const struct scope scope = { .topology = TOPOLOGY,
				     .group = scope_group(TOPOLOGY),
				     .protocol = PROTOCOL };
	struct model *want = new_want();
	const struct change change = { .op = CHANGE_DELETE,
				       .have = model_find(want, &class_netns, "", "red") };
	const struct change *changes[] = { &change };
	struct places *places;
	struct error err;
	size_t done;
	int i;

	(void)state;
	want_link(want, "", "br0", "bridge");
	want_veth(want, "", "veth10", "red", "veth11");
	object_link(want_link(want, "red", "mv0", "macvlan"))->link =
		(struct ref){ .place = "", .name = "br0" };
	apply(want);
	assert_int_equal(places_open(&places, &err), 0);
	open_backends(&scope, places);
	assert_int_equal(backend_netns.apply(instances[0].ctx, changes, 1, &done, &err), 0);
	assert_int_equal(done, 1);
	assert_int_equal(if_nametoindex("veth10"), 0);
	assert_int_equal(access("/run/netns/red", F_OK), -1);
	assert_int_equal(backend_netns.apply(instances[0].ctx, changes, 1, &done, &err), 0);
	for (i = 0; i < 2; i++)
		instances[i].backend->close(instances[i].ctx);
	places_close(places);
	apply(want);
	clear(want);
}

static void test_many_are_made_and_removed(void **state)
{
	struct model *want = model_new(), *nothing = model_new();
	char ns[16], host[16];
	int i;

	(void)state;
	want_link(want, "", "br0", "bridge");
	for (i = 0; i < 50; i++) {
		const char *place, *name;

		snprintf(ns, sizeof(ns), "ns%d", i);
		snprintf(host, sizeof(host), "v%d", i);
		place = arena_strdup(model_arena(want), ns);
		name = arena_strdup(model_arena(want), host);
		model_add(want, &class_netns, "", ns);
		want_link(want, place, "lo", NULL);
		want_veth(want, "", name, place, "eth0");
		object_link(model_find(want, &class_link, "", name))->master.name = "br0";
	}
	apply(want);
	assert_int_equal(run(nothing, true).r, 0);
	/* At once: a namespace goes in the background, but the names it held are free. */
	for (i = 0; i < 50; i++) {
		snprintf(host, sizeof(host), "v%d", i);
		assert_int_equal(if_nametoindex(host), 0);
	}
	model_free(nothing);
	clear(want);
}

static void test_facts_are_read(void **state)
{
	struct arena *arena = arena_new();
	struct facts facts;
	struct error err;
	struct addr to[2];

	(void)state;
	assert_int_equal(facts_read(&facts, arena, &err), 0);
	assert_null(facts.uplink);
	sh("ip link add up0 mtu 1400 type veth peer name up1; ip addr add 192.0.2.5/24 dev up0;"
	   "ip link set up0 up; ip link set up1 up; ip route add default via 192.0.2.1;"
	   "ip route add 198.51.100.0/24 via 192.0.2.1 mtu 1300");
	assert_int_equal(facts_read(&facts, arena, &err), 0);
	assert_string_equal(facts.uplink, "up0");
	assert_true(facts.macaddresses.n >= 2);
	assert_true(facts.addresses.n >= 1);
	assert_true(addr_parse(&to[0], "203.0.113.5"));
	assert_true(addr_parse(&to[1], "198.51.100.7"));
	assert_int_equal(facts_read_paths(&facts, to, 2, NULL, arena, &err), 0);
	assert_int_equal(facts.paths[0].mtu, 1400);
	assert_int_equal(facts.paths[1].mtu, 1300);
	assert_string_equal(facts.paths[1].device, "up0");
	sh("ip link del up0");
	arena_free(arena);
}

#define TEST(function) cmocka_unit_test_setup(function, make_network)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_namespace_is_marked_and_its_lo_is_up),
		TEST(test_leftover_file_is_no_namespace),
		TEST(test_foreign_namespace_is_refused),
		TEST(test_veth_has_marks_macs_and_mtus_at_both_ends),
		TEST(test_veth_end_lost_by_hand_is_made_again),
		TEST(test_veth_between_namespaces),
		TEST(test_bridge_keeps_its_mtu_and_its_ports_values),
		TEST(test_new_bridge_pins_mtu_1500),
		TEST(test_tap_and_tun_are_persistent_and_marked),
		TEST(test_macvlan_and_vxlan_reach_out_of_their_namespace),
		TEST(test_routes_of_all_sorts),
		TEST(test_foreign_port_is_released),
		TEST(test_foreign_objects_stay),
		TEST(test_name_taken_by_another_is_refused),
		TEST(test_failure_names_the_object_and_the_kernels_words),
		TEST(test_failed_run_puts_back_what_was),
		TEST(test_failed_update_leaves_the_link_as_it_was),
		TEST(test_nothing_to_do_writes_nothing),
		TEST(test_missing_kind_is_named),
		TEST(test_duplicate_address_on_foreign_segment_is_an_error),
		TEST(test_namespace_takes_along_what_reaches_out),
		TEST(test_many_are_made_and_removed),
		TEST(test_facts_are_read),
	};

	return cmocka_run_group_tests(tests, make_machine, NULL);
}
