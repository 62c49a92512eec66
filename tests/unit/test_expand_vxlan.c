/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Overlays that the kernel carries: the interface, where each address is, one family, and MTUs. */
#include "model/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "tests/unit/expand_text.h"

static const struct facts offline = { .offline = true };

#define PLAIN "bridges: {br0: {}}\n"
#define TOP                                                                                        \
	"bridges: {br0: {}}\n"                                                                     \
	"overlays: {lan: {mode: vxlan, bridge: br0, encryption: none}}\n"
#define HOSTS                                                                                           \
	"hosts:\n"                                                                                      \
	"  a: {address: [192.0.2.1, \"2001:db8::1\"], namespaces: {x: {attach: {br0: 10.0.0.1/24}}}}\n" \
	"  b: {address: [\"2001:db8::2\", 192.0.2.2], bridges: {br0: {macaddress: \"02:00:00:00:00:0b\"}}, namespaces: {y: {attach: {br0: {interface: in0, addresses: [10.0.0.2/24]}}}}}\n"
#define SIX "  c: {address: \"2001:db8::3\"}\n"

/* The way to 192.0.2.2 is narrower. */
static struct facts_path paths[] = {
	{ .to = { .family = AF_INET, .length = 32, .bytes = { 192, 0, 2, 2 } }, .mtu = 1400 },
};
static const struct facts online = { .hostname = "box", .paths = paths, .n_paths = 1 };

static void test_the_file_says_where_each_address_is(void **state)
{
	static const struct expand_vector vectors[] = {
		{ TOP HOSTS, "a", &class_fdb, NULL,
		  "host/lan 02:00:00:00:00:0b {interface: lan, macaddress: 02:00:00:00:00:0b, to: 192.0.2.2}\n"
		  "host/lan 02:b6:17:d0:78:11 {interface: lan, macaddress: 02:b6:17:d0:78:11, to: 192.0.2.2}\n"
		  "host/lan default 192.0.2.2 {interface: lan, to: 192.0.2.2}" },
		{ TOP HOSTS, "b", &class_fdb, NULL,
		  "host/lan 02:2c:a2:59:96:be {interface: lan, macaddress: 02:2c:a2:59:96:be, to: 192.0.2.1}\n"
		  "host/lan 02:7a:a6:8b:07:f4 {interface: lan, macaddress: 02:7a:a6:8b:07:f4, to: 192.0.2.1}\n"
		  "host/lan default 192.0.2.1 {interface: lan, to: 192.0.2.1}" },
		{ TOP HOSTS SIX, "a", &class_fdb, NULL,
		  "host/lan 02:00:00:00:00:0b {interface: lan, macaddress: 02:00:00:00:00:0b, to: 2001:db8::2}\n"
		  "host/lan 02:37:6c:fc:37:3a {interface: lan, macaddress: 02:37:6c:fc:37:3a, to: 2001:db8::3}\n"
		  "host/lan 02:b6:17:d0:78:11 {interface: lan, macaddress: 02:b6:17:d0:78:11, to: 2001:db8::2}\n"
		  "host/lan default 2001:db8::2 {interface: lan, to: 2001:db8::2}\n"
		  "host/lan default 2001:db8::3 {interface: lan, to: 2001:db8::3}" },
		{ TOP HOSTS "  c: {address: 192.0.2.3, endpoint: \"198.51.100.3:4790\"}\n", "a",
		  &class_fdb, NULL,
		  "host/lan 02:00:00:00:00:0b {interface: lan, macaddress: 02:00:00:00:00:0b, to: 192.0.2.2}\n"
		  "host/lan 02:37:6c:fc:37:3a {interface: lan, macaddress: 02:37:6c:fc:37:3a, to: 198.51.100.3, port: 4790}\n"
		  "host/lan 02:b6:17:d0:78:11 {interface: lan, macaddress: 02:b6:17:d0:78:11, to: 192.0.2.2}\n"
		  "host/lan default 192.0.2.2 {interface: lan, to: 192.0.2.2}\n"
		  "host/lan default 198.51.100.3 port 4790 {interface: lan, to: 198.51.100.3, port: 4790}" },
		{ PLAIN
		  "overlays: {lan: {mode: vxlan, encryption: none, members: [a, b]}}\n" HOSTS SIX,
		  "b", &class_fdb, NULL,
		  "host/lan default 192.0.2.1 {interface: lan, to: 192.0.2.1}" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_the_interface_is_the_same_on_every_host(void **state)
{
	static const struct expand_vector vectors[] = {
		{ TOP HOSTS, "a", &class_link, "host/lan",
		  "host/lan {type: vxlan, master: br0, macaddress: 02:0c:a0:43:1e:bd, mtu: 1450, link-local: false} {id: 38053, local: 192.0.2.1}" },
		{ TOP HOSTS, "b", &class_link, "host/lan",
		  "host/lan {type: vxlan, master: br0, macaddress: 02:a0:07:d3:b9:b5, mtu: 1450, link-local: false} {id: 38053, local: 192.0.2.2}" },
		{ TOP HOSTS SIX, "a", &class_link, "host/lan",
		  "host/lan {type: vxlan, master: br0, macaddress: 02:0c:a0:43:1e:bd, mtu: 1430, link-local: false} {id: 38053, local: 2001:db8::1}" },
		{ PLAIN
		  "overlays: {lan: {mode: vxlan, encryption: none, id: 7, port: 8472, interface: vx, mac-learning: false, mac-ageing: 60, mtu: 1300, protect: true}}\n" HOSTS,
		  "a", &class_link, "host/vx",
		  "host/vx {type: vxlan, macaddress: 02:62:6e:03:b4:73, mtu: 1300, link-local: false} {id: 7, local: 192.0.2.1, port: 8472, ageing-time: 60, mac-learning: false} protected" },
		{ "bridges: {br0: {isolate-ports: true}}\n"
		  "overlays: {lan: {mode: vxlan, bridge: br0, encryption: none}}\n" HOSTS,
		  "a", &class_link, "host/lan",
		  "host/lan {type: vxlan, master: br0, macaddress: 02:0c:a0:43:1e:bd, mtu: 1450, link-local: false} {id: 38053, local: 192.0.2.1}" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_mtu_is_that_of_the_narrowest_path(void **state)
{
	static const struct expand_vector vectors[] = {
		{ TOP HOSTS, "a", &class_link, "x/eth0",
		  "x/eth0 {type: veth, macaddress: 02:7a:a6:8b:07:f4, mtu: 1350, link-local: false} <-> host/x-eth0" },
		{ TOP HOSTS, "a", &class_link, "host/br0",
		  "host/br0 {type: bridge, macaddress: 02:2c:a2:59:96:be, mtu: 1350, link-local: false}" },
		{ PLAIN "overlays: {lan: {mode: vxlan, encryption: none, mtu: 1400}}\n" HOSTS, "a",
		  NULL, NULL,
		  "f:4:12+3: error: mtu 1400 of lan does not fit: the path to 192.0.2.2 carries 1400 bytes, less 50 of headers" },
		{ "interfaces: {v: {type: vxlan, id: 1, fdb: [{to: 192.0.2.2}]}, w: {type: vxlan, id: 2, remote: 192.0.2.2}}\n",
		  NULL, &class_link, NULL,
		  "host/v {type: vxlan, macaddress: 02:4c:e9:91:31:4d, mtu: 1350, link-local: false} {id: 1}\n"
		  "host/w {type: vxlan, macaddress: 02:4d:f1:b8:cf:4b, link-local: false} {id: 2, remote: 192.0.2.2}" },
	};

	(void)state;
	EXPAND_ALL(vectors, &online);
}

static void test_mistakes_are_told(void **state)
{
	static const struct expand_vector vectors[] = {
		{ PLAIN "overlays: {lan: {mode: vxlan}}\n" HOSTS, "a", NULL, NULL,
		  "f:4:12+3: error: overlay lan: mode: vxlan cannot encrypt (write \"encryption: none\" to have it in clear, or \"mode: tap\")" },
		{ PLAIN "overlays: {lan: {mode: vxlan, encryption: noise}}\n" HOSTS, "a", NULL,
		  NULL,
		  "f:4:12+3: error: overlay lan: mode: vxlan cannot encrypt (write \"encryption: none\" to have it in clear, or \"mode: tap\")" },
		{ PLAIN "overlays: {lan: {mode: vxlan, encryption: none, offload: false}}\n" HOSTS,
		  "a", NULL, NULL,
		  "f:4:12+3: error: overlay lan: \"offload\" is for mode: tap (leave it out: with mode: vxlan there is no such thing)" },
		{ PLAIN "overlays: {lan: {mode: tap, encryption: none, id: 7}}\n" HOSTS, "a", NULL,
		  NULL,
		  "f:4:12+3: error: overlay lan: \"id\" is for mode: vxlan (leave it out: with mode: tap the UDP port tells overlays apart)" },
		{ PLAIN "overlays: {lan: {mode: vxlan, encryption: none, id: 16777216}}\n" HOSTS,
		  "a", NULL, NULL,
		  "f:4:53+8: error: overlays.lan.id: expected a number from 1 to 16777215, not \"16777216\"" },
		{ PLAIN "overlays: {lan: {mode: vxlan, encryption: none}}\n" HOSTS SIX
			"  d: {address: 192.0.2.4}\n",
		  "a", NULL, NULL,
		  "f:4:12+3: error: overlay lan: its hosts have no address family in common, and mode: vxlan speaks one (give each an \"address\" of the same family; with \"mode: tap\" two hosts need one, not all of them)" },
		{ PLAIN "overlays: {lan: {mode: vxlan, encryption: none}}\n" HOSTS
			"  c: {endpoint: none, address: 192.0.2.3}\n",
		  "a", NULL, NULL,
		  "f:8:3+1: error: host c has no endpoint, but with encryption: none the others know it by its address" },
		{ PLAIN "overlays: {lan: {mode: vxlan, encryption: none}}\n" HOSTS
			"  c: {endpoint: example.net, address: 192.0.2.3}\n",
		  "a", NULL, NULL,
		  "f:8:3+1: error: endpoint of host c: mode: vxlan expects ADDRESS[:PORT], not \"example.net\"" },
		{ PLAIN "overlays: {lan: {mode: vxlan, encryption: none}}\n" HOSTS "  c: {}\n", "a",
		  NULL, NULL,
		  "f:8:3+1: error: missing key \"address\" in hosts.c: the others of its overlay reach it there" },
		{ PLAIN "overlays: {lan: {mode: vxlan, encryption: none}}\n"
			"hosts: {a: {address: 192.0.2.1}}\n",
		  "a", NULL, NULL,
		  "f:4:12+3: error: overlay lan has no peers: it needs a second host" },
		{ "overlays: {lan: {mode: vxlan, encryption: none}}\n", NULL, NULL, NULL,
		  "f:3:12+3: error: overlay lan has no peers: it needs a second host" },
		{ PLAIN
		  "overlays: {a: {mode: vxlan, encryption: none, id: 5}, b: {mode: vxlan, encryption: none, id: 5}}\n" HOSTS,
		  "a", NULL, NULL,
		  "f:4:55+1: error: id 5 on port 4789 is already used by a (line 4)" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_entries_of_an_interface_are_checked(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "interfaces: {v: {type: vxlan, id: 1, fdb: [{to: 192.0.2.2, port: 4789}, {macaddress: \"02:00:00:00:00:01\", to: 192.0.2.2, port: 4790}]}}\n",
		  NULL, &class_fdb, NULL,
		  "host/v 02:00:00:00:00:01 {interface: v, macaddress: 02:00:00:00:00:01, to: 192.0.2.2, port: 4790}\n"
		  "host/v default 192.0.2.2 {interface: v, to: 192.0.2.2}" },
		{ "interfaces: {v: {type: vxlan, id: 1, fdb: [{macaddress: \"02:00:00:00:00:01\"}]}}\n",
		  NULL, NULL, NULL, "f:3:44: error: missing key \"to\" in interfaces.v.fdb[0]" },
		{ "interfaces: {v: {type: vxlan, id: 1, fdb: [{to: \"2001:db8::1\"}]}}\n", NULL,
		  NULL, NULL,
		  "f:3:44: error: \"to\" is not of the family of v, which has one only" },
		{ "interfaces: {v: {type: vxlan, id: 1, local: \"2001:db8::2\", fdb: [{to: \"2001:db8::1\"}, {to: \"ff02::1\"}]}}\n",
		  NULL, NULL, NULL,
		  "f:3:87: error: \"to\" is expected to be the address of a host" },
		{ "interfaces: {v: {type: tap, fdb: [{to: 192.0.2.2}]}}\n", NULL, NULL, NULL,
		  "f:3:35: error: fdb: v is not of type vxlan" },
		{ "interfaces: {v: {type: vxlan, id: 1, fdb: [{macaddress: \"02:00:00:00:00:01\", to: 192.0.2.2}, {macaddress: \"02:00:00:00:00:01\", to: 192.0.2.3}]}}\n",
		  NULL, NULL, NULL,
		  "f:3:94: error: fdb host/v 02:00:00:00:00:01 is there already, from line 3" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_file_says_where_each_address_is),
		cmocka_unit_test(test_the_interface_is_the_same_on_every_host),
		cmocka_unit_test(test_mtu_is_that_of_the_narrowest_path),
		cmocka_unit_test(test_mistakes_are_told),
		cmocka_unit_test(test_entries_of_an_interface_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
