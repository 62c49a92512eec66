/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Overlays and tunnels: peers, their addresses and MACs, and MTUs. */
#include "model/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "tests/unit/expand_text.h"

static const struct facts offline = { .offline = true };

#define OVERLAY_HOSTS                                                                                                                  \
	"bridges: {br0: {}}\n"                                                                                                         \
	"overlays: {lan: {bridge: br0, encryption: none}}\n"                                                                           \
	"hosts:\n"                                                                                                                     \
	"  a: {address: 192.0.2.1, namespaces: {x: {attach: {br0: 10.0.0.1/24}}}}\n"                                                   \
	"  b: {address: [\"2001:db8::2\", 192.0.2.2], namespaces: {y: {attach: {br0: {interface: in0, addresses: [10.0.0.2/24]}}}}}\n" \
	"  c: {address: 192.0.2.3, bridges: {br0: {macaddress: \"02:00:00:00:00:0c\"}}}\n"

/* The way to 192.0.2.2 is narrower. */
static struct facts_path paths[] = {
	{ .to = { .family = AF_INET, .length = 32, .bytes = { 192, 0, 2, 2 } }, .mtu = 1400 },
	{ .to = { .family = AF_INET, .length = 32, .bytes = { 192, 0, 2, 3 } }, .mtu = 9000 },
};
static const struct facts online = { .hostname = "box", .paths = paths, .n_paths = 2 };

static void test_overlay_takes_the_narrowest_path(void **state)
{
	static const struct expand_vector vectors[] = {
		{ OVERLAY_HOSTS, "a", &class_link, "host/br0",
		  "host/br0 {type: bridge, macaddress: 02:2c:a2:59:96:be, mtu: 1358, link-local: false}" },
		{ OVERLAY_HOSTS, "a", &class_link, "x/eth0",
		  "x/eth0 {type: veth, macaddress: 02:7a:a6:8b:07:f4, mtu: 1358, link-local: false} <-> host/x-eth0" },
		{ OVERLAY_HOSTS "defaults: {mtu: 1300}\n", "a", &class_link, "host/br0",
		  "host/br0 {type: bridge, macaddress: 02:2c:a2:59:96:be, mtu: 1300, link-local: false}" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none, mtu: 1400}}\n"
		  "hosts: {a: {address: 192.0.2.1}, b: {address: 192.0.2.2}}\n",
		  "a", NULL, NULL,
		  "f:4:12+3: error: mtu 1400 of lan does not fit: the path to 192.0.2.2 carries 1400 bytes, less 42 of headers" },
	};

	(void)state;
	EXPAND_ALL(vectors, &online);
}

#define DUAL_HOSTS                                                                                 \
	"overlays: {lan: {encryption: none}}\n"                                                    \
	"hosts:\n"                                                                                 \
	"  a: {address: [192.0.2.1, \"2001:db8::1\", 198.51.100.1]}\n"                             \
	"  b: {address: [\"2001:db8::2\", 192.0.2.2]}\n"                                           \
	"  c: {address: \"2001:db8::3\"}\n"

/* The first of each family, in the order of whom they belong to; and the widest headers. */
static void test_overlay_uses_both_families_of_a_host(void **state)
{
	static const struct expand_vector vectors[] = {
		{ DUAL_HOSTS, "a", &class_tunnel, NULL,
		  "host/lan {interface: lan, local: 192.0.2.1, other-local: 2001:db8::1, encryption: none, peers: [{name: b, endpoint: [2001:db8::2]:40000, other-endpoints: [192.0.2.2:40000]}, {name: c, endpoint: [2001:db8::3]:40000}]}" },
		{ DUAL_HOSTS, "b", &class_tunnel, NULL,
		  "host/lan {interface: lan, local: 2001:db8::2, other-local: 192.0.2.2, encryption: none, peers: [{name: a, endpoint: 192.0.2.1:40000, other-endpoints: [[2001:db8::1]:40000]}, {name: c, endpoint: [2001:db8::3]:40000}]}" },
		{ DUAL_HOSTS, "c", &class_tunnel, NULL,
		  "host/lan {interface: lan, local: 2001:db8::3, encryption: none, peers: [{name: a, endpoint: [2001:db8::1]:40000}, {name: b, endpoint: [2001:db8::2]:40000}]}" },
		{ DUAL_HOSTS, "a", &class_link, "host/lan",
		  "host/lan {type: tap, macaddress: 02:0c:a0:43:1e:bd, mtu: 1438, link-local: false}" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

#define TWO_OVERLAYS                                                                               \
	"hosts:\n"                                                                                 \
	"  a: {address: 192.0.2.1}\n"                                                              \
	"  b: {address: 192.0.2.2, endpoint: 203.0.113.2}\n"                                       \
	"overlays:\n"                                                                              \
	"  lan: {encryption: none}\n"

/* A port of a host's endpoint is one overlay's; without one each has its own. */
static void test_overlay_has_an_endpoint_of_its_own(void **state)
{
	static const struct expand_vector vectors[] = {
		{ TWO_OVERLAYS "  dmz: {encryption: none, port: 40001}\n", "a", &class_tunnel,
		  "host/dmz",
		  "host/dmz {interface: dmz, local: 192.0.2.1, port: 40001, encryption: none, peers: [{name: b, endpoint: 203.0.113.2:40001}]}" },
		{ TWO_OVERLAYS
		  "  dmz: {encryption: none, port: 40001, members: {a: {}, b: {endpoint: \"gw.example:5000\"}}}\n",
		  "a", &class_tunnel, "host/dmz",
		  "host/dmz {interface: dmz, port: 40001, encryption: none, peers: [{name: b, endpoint: gw.example:5000}]}" },
		{ TWO_OVERLAYS
		  "  dmz: {encryption: none, port: 40001, members: {a: {}, b: {endpoint: \"gw.example:5000\"}}}\n",
		  "a", &class_tunnel, "host/lan",
		  "host/lan {interface: lan, local: 192.0.2.1, encryption: none, peers: [{name: b, endpoint: 203.0.113.2:40000}]}" },
		{ TWO_OVERLAYS "  dmz: {encryption: none, port: 40001, members: [a, b]}\n", "a",
		  &class_tunnel, "host/dmz",
		  "host/dmz {interface: dmz, local: 192.0.2.1, port: 40001, encryption: none, peers: [{name: b, endpoint: 203.0.113.2:40001}]}" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_derived_mac_is_that_of_the_format(void **state)
{
	struct mac mac = derived_mac("two-hosts", "alpha", "ns1", "veth11");
	char text[MAC_TEXT_MAX];

	(void)state;
	assert_string_equal(mac_format(&mac, text), "02:a2:d3:29:ec:d9");
	mac = derived_mac("two-hosts", "alpha", "", "virbr0");
	assert_string_equal(mac_format(&mac, text), "02:d6:bb:09:85:c0");
}

static void test_overlay_makes_a_tunnel_to_each_peer(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none}}\n"
		  "hosts:\n"
		  "  a: {address: 192.0.2.1, namespaces: {x: {attach: {br0: 10.0.0.1/24}}}}\n"
		  "  b: {address: [\"2001:db8::2\", 192.0.2.2], namespaces: {y: {attach: {br0: {interface: in0, addresses: [10.0.0.2/24]}}}}}\n"
		  "  c: {address: 192.0.2.3, bridges: {br0: {macaddress: \"02:00:00:00:00:0c\"}}}\n",
		  "a", &class_tunnel, NULL,
		  "host/lan {interface: lan, local: 192.0.2.1, encryption: none, peers: [{name: b, endpoint: 192.0.2.2:40000, macaddresses: [02:4e:20:07:f1:10, 02:b6:17:d0:78:11]}, {name: c, endpoint: 192.0.2.3:40000, macaddresses: [02:00:00:00:00:0c]}]}" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none}}\n"
		  "hosts:\n"
		  "  a: {address: 192.0.2.1, namespaces: {x: {attach: {br0: 10.0.0.1/24}}}}\n"
		  "  b: {address: [\"2001:db8::2\", 192.0.2.2], namespaces: {y: {attach: {br0: {interface: in0, addresses: [10.0.0.2/24]}}}}}\n"
		  "  c: {address: 192.0.2.3, bridges: {br0: {macaddress: \"02:00:00:00:00:0c\"}}}\n",
		  "b", &class_tunnel, NULL,
		  "host/lan {interface: lan, local: 192.0.2.2, encryption: none, peers: [{name: a, endpoint: 192.0.2.1:40000, macaddresses: [02:2c:a2:59:96:be, 02:7a:a6:8b:07:f4]}, {name: c, endpoint: 192.0.2.3:40000, macaddresses: [02:00:00:00:00:0c]}]}" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none, members: [a, c], port: 4000, mac-learning: false}}\n"
		  "hosts:\n"
		  "  a: {address: 192.0.2.1, namespaces: {x: {attach: {br0: 10.0.0.1/24}}}}\n"
		  "  b: {address: [\"2001:db8::2\", 192.0.2.2], namespaces: {y: {attach: {br0: {interface: in0, addresses: [10.0.0.2/24]}}}}}\n"
		  "  c: {address: 192.0.2.3, bridges: {br0: {macaddress: \"02:00:00:00:00:0c\"}}}\n",
		  "a", &class_tunnel, NULL,
		  "host/lan {interface: lan, local: 192.0.2.1, port: 4000, encryption: none, mac-learning: false, peers: [{name: c, endpoint: 192.0.2.3:4000, macaddresses: [02:00:00:00:00:0c]}]}" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none, members: [a, c]}}\n"
		  "hosts:\n"
		  "  a: {address: 192.0.2.1, namespaces: {x: {attach: {br0: 10.0.0.1/24}}}}\n"
		  "  b: {address: [\"2001:db8::2\", 192.0.2.2], namespaces: {y: {attach: {br0: {interface: in0, addresses: [10.0.0.2/24]}}}}}\n"
		  "  c: {address: 192.0.2.3, bridges: {br0: {macaddress: \"02:00:00:00:00:0c\"}}}\n",
		  "b", &class_tunnel, NULL, "" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none}}\n"
		  "hosts:\n"
		  "  a: {address: 192.0.2.1, namespaces: {x: {attach: {br0: 10.0.0.1/24}}}}\n"
		  "  b: {address: [\"2001:db8::2\", 192.0.2.2], namespaces: {y: {attach: {br0: {interface: in0, addresses: [10.0.0.2/24]}}}}}\n"
		  "  c: {address: 192.0.2.3, bridges: {br0: {macaddress: \"02:00:00:00:00:0c\"}}}\n",
		  "a", &class_link, NULL,
		  "host/br0 {type: bridge, macaddress: 02:2c:a2:59:96:be, mtu: 1458, link-local: false}\n"
		  "host/lan {type: tap, master: br0, macaddress: 02:0c:a0:43:1e:bd, mtu: 1458, link-local: false}\n"
		  "host/x-eth0 {type: veth, master: br0, macaddress: 02:a9:06:0d:c3:f6, mtu: 1458, link-local: false} <-> x/eth0\n"
		  "x/eth0 {type: veth, macaddress: 02:7a:a6:8b:07:f4, mtu: 1458, link-local: false} <-> host/x-eth0\n"
		  "~x/lo {}" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none}}\n"
		  "hosts:\n"
		  "  a: {address: 192.0.2.1, namespaces: {x: {attach: {br0: 10.0.0.1/24}}}}\n"
		  "  b: {address: [\"2001:db8::2\", 192.0.2.2], namespaces: {y: {attach: {br0: {interface: in0, addresses: [10.0.0.2/24]}}}}}\n"
		  "  c: {address: 192.0.2.3, endpoint: \"203.0.113.1:5000\", bridges: {br0: {macaddress: \"02:00:00:00:00:0c\"}}}\n",
		  "a", &class_tunnel, NULL,
		  "host/lan {interface: lan, local: 192.0.2.1, encryption: none, peers: [{name: b, endpoint: 192.0.2.2:40000, macaddresses: [02:4e:20:07:f1:10, 02:b6:17:d0:78:11]}, {name: c, endpoint: 203.0.113.1:5000, macaddresses: [02:00:00:00:00:0c]}]}" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_overlay_mistakes_are_told(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0}}\n"
		  "hosts: {a: {address: 192.0.2.1}, b: {address: 192.0.2.2}}\n",
		  "a", NULL, NULL,
		  "f:5:9+1: error: missing key \"public-key\" in hosts.a: encryption: noise needs it (`vnetapply key new` makes a key file and prints its public key; \"encryption: none\" needs neither)\n"
		  "f:5:34+1: error: missing key \"public-key\" in hosts.b: encryption: noise needs it (`vnetapply key new` makes a key file and prints its public key; \"encryption: none\" needs neither)\n"
		  "f:5:9+1: error: missing key \"key-file\" in hosts.a: encryption: noise needs it (`vnetapply key new` makes a key file and prints its public key; \"encryption: none\" needs neither)" },
		{ "overlays: {lan: {bridge: br1, encryption: none}}\n"
		  "hosts: {a: {address: 192.0.2.1}, b: {address: 192.0.2.2}}\n",
		  "a", NULL, NULL,
		  "f:3:12+3: error: there is no bridge \"br1\" in the host's own place" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none, members: [a, d]}}\n"
		  "hosts: {a: {address: 192.0.2.1}, b: {address: 192.0.2.2}}\n",
		  "a", NULL, NULL,
		  "f:4:62+1: error: members: there is no host \"d\" (did you mean \"b\"?)" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none}}\n"
		  "hosts: {a: {address: 192.0.2.1}}\n",
		  "a", NULL, NULL,
		  "f:4:12+3: error: overlay lan has no peers: it needs a second host" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none}}\n",
		  NULL, NULL, NULL,
		  "f:4:12+3: error: overlay lan has no peers: it needs a second host" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none}}\n"
		  "hosts: {a: {address: 192.0.2.1}, b: {address: \"2001:db8::1\"}}\n",
		  "a", NULL, NULL,
		  "f:5:34+1: error: hosts a and b have no address family in common" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none}}\n"
		  "hosts: {a: {address: 192.0.2.1}, b: {}}\n",
		  "a", NULL, NULL,
		  "f:5:34+1: error: missing key \"address\" in hosts.b: the others of its overlay reach it there" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none}}\n"
		  "hosts: {a: {}, b: {address: 192.0.2.1}}\n",
		  "a", NULL, NULL,
		  "f:5:9+1: error: missing key \"address\" in hosts.a: the others of its overlay reach it there" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none}}\n"
		  "hosts: {a: {address: 192.0.2.1}, b: {address: 192.0.2.2, endpoint: none}}\n",
		  "a", NULL, NULL,
		  "f:5:34+1: error: host b has no endpoint, but with encryption: none the others know it by its address" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none}}\n"
		  "hosts: {a: {address: 192.0.2.1}, b: {address: 192.0.2.2, endpoint: \"b.example.net:x\"}}\n",
		  "a", NULL, NULL,
		  "f:5:34+1: error: endpoint of host b: expected ADDRESS[:PORT] or NAME[:PORT], not \"b.example.net:x\"" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_overlay_mtu_must_fit(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none, mtu: 1500}}\n"
		  "hosts: {a: {address: 192.0.2.1}, b: {address: 192.0.2.2}}\n",
		  "a", NULL, NULL,
		  "f:4:12+3: warning: mtu 1500 of lan fits only where the path to 192.0.2.2 carries 1542 bytes" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none, mtu: 1400}}\n"
		  "hosts: {a: {address: 192.0.2.1, namespaces: {x: {attach: {br0: {mtu: 1401}}}}}, b: {address: 192.0.2.2}}\n",
		  "a", NULL, NULL,
		  "f:5:59+3: error: mtu 1401 of x-eth0 does not fit: the tunnels of bridge br0 carry 1400" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none, mtu: 1400}}\n"
		  "hosts: {a: {address: 192.0.2.1, bridges: {br0: {mtu: 1458}}}, b: {address: 192.0.2.2}}\n",
		  "a", NULL, NULL,
		  "f:3:11+3: error: mtu 1458 of br0 does not fit: the tunnels of bridge br0 carry 1400" },
		{ "bridges: {br0: {}}\n"
		  "overlays: {lan: {bridge: br0, encryption: none, mtu: 1200}}\n"
		  "hosts: {a: {address: 192.0.2.1, namespaces: {x: {attach: {br0: \"2001:db8::1/64\"}}}}, b: {address: 192.0.2.2}}\n",
		  "a", NULL, NULL,
		  "f:5:64+16: error: mtu 1200 of eth0 is too small for IPv6: expected at least 1280" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_tunnel_is_a_tap_and_a_worker(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "tunnels: {t0: {interface: tap9, local: 192.0.2.1, port: 41000, encryption: none, addresses: [10.9.0.1/24], peers: [{name: z, endpoint: \"192.0.2.9:40000\"}, {name: m, endpoint: \"192.0.2.8:40000\", macaddresses: [\"02:00:00:00:00:02\", \"02:00:00:00:00:01\"]}]}}\n",
		  NULL, &class_tunnel, NULL,
		  "host/t0 {interface: tap9, local: 192.0.2.1, port: 41000, encryption: none, peers: [{name: m, endpoint: 192.0.2.8:40000, macaddresses: [02:00:00:00:00:01, 02:00:00:00:00:02]}, {name: z, endpoint: 192.0.2.9:40000}]}" },
		{ "tunnels: {t0: {interface: tap9, encryption: none, peers: [{name: z, endpoint: \"[2001:db8::1]:40000\"}]}}\n",
		  NULL, &class_link, NULL,
		  "host/tap9 {type: tap, macaddress: 02:c9:21:ed:16:65, mtu: 1438, link-local: false}" },
		{ "tunnels: {t0: {mode: vxlan, encryption: none, peers: [{name: z, endpoint: \"192.0.2.9:40000\"}]}}\n",
		  NULL, NULL, NULL,
		  "f:3:11+2: error: t0: a tunnel with mode: vxlan is not available (write an interface with \"type: vxlan\" and \"fdb\")" },
		{ "tunnels: {t0: {encryption: none}}\n", NULL, NULL, NULL,
		  "f:3:11+2: error: tunnel t0 has no peers" },
		{ "tunnels: {t0: {encryption: none, peers: [{name: z, endpoint: example.net}]}}\n",
		  NULL, NULL, NULL,
		  "f:3:62+11: error: endpoint: expected ADDRESS:PORT, IPv6 in brackets, or NAME:PORT, not \"example.net\"" },
		{ "tunnels: {t0: {encryption: none, local: \"2001:db8::1\", peers: [{name: z, endpoint: \"192.0.2.9:40000\"}]}}\n",
		  NULL, NULL, NULL,
		  "f:3:64: error: peer z: endpoint 192.0.2.9:40000 is not of the family of \"local\"" },
		{ "tunnels: {t0: {peers: [{name: z, endpoint: \"192.0.2.9:40000\"}]}}\n", NULL,
		  NULL, NULL,
		  "f:3:24: error: missing key \"public-key\" in peer z: encryption: noise needs it (`vnetapply key new` makes a key file and prints its public key; \"encryption: none\" needs neither)\n"
		  "f:3:11+2: error: missing key \"key-file\" in tunnel t0: encryption: noise needs it (`vnetapply key new` makes a key file and prints its public key; \"encryption: none\" needs neither)" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overlay_takes_the_narrowest_path),
		cmocka_unit_test(test_overlay_uses_both_families_of_a_host),
		cmocka_unit_test(test_overlay_has_an_endpoint_of_its_own),
		cmocka_unit_test(test_derived_mac_is_that_of_the_format),
		cmocka_unit_test(test_overlay_makes_a_tunnel_to_each_peer),
		cmocka_unit_test(test_overlay_mistakes_are_told),
		cmocka_unit_test(test_overlay_mtu_must_fit),
		cmocka_unit_test(test_tunnel_is_a_tap_and_a_worker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
