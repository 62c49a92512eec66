/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes and gateways: which interface, which family, which of several offers. */
#include "model/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/expand_text.h"

static const struct facts offline = { .offline = true };

static void test_gateway_follows_from_the_bridge(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}, br1: {gateway: 10.1.0.254}}\n"
		  "namespaces: {n: {attach: {br0: [10.0.0.2/24, \"2001:db8::2/64\"]}}}\n",
		  NULL, &class_route, NULL,
		  "n/default ipv4 {to: 0.0.0.0/0, via: 10.0.0.1, interface: eth0}\n"
		  "n/default ipv6 {to: ::/0, via: 2001:db8::1, interface: eth0}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}, br1: {gateway: 10.1.0.254}}\n"
		  "namespaces: {n: {attach: {br1: 10.1.0.2/24, br0: [10.0.0.2/24, \"2001:db8::2/64\"]}}}\n",
		  NULL, &class_route, NULL,
		  "n/default ipv4 {to: 0.0.0.0/0, via: 10.1.0.254, interface: eth0}\n"
		  "n/default ipv6 {to: ::/0, via: 2001:db8::1, interface: eth1}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}, br1: {gateway: 10.1.0.254}}\n"
		  "namespaces: {n: {attach: {br0: {addresses: [10.0.0.2/24], gateway: none}, br1: 10.1.0.2/24}}}\n",
		  NULL, &class_route, NULL,
		  "n/default ipv4 {to: 0.0.0.0/0, via: 10.1.0.254, interface: eth1}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}, br1: {gateway: 10.1.0.254}}\n"
		  "namespaces: {n: {attach: {br0: {addresses: [10.0.0.2/24], gateway: 10.0.0.9}}}}\n",
		  NULL, &class_route, NULL,
		  "n/default ipv4 {to: 0.0.0.0/0, via: 10.0.0.9, interface: eth0}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}, br1: {gateway: 10.1.0.254}}\n"
		  "namespaces: {n: {attach: {br0: [10.0.0.2/24, \"2001:db8::2/64\"]}, gateway: none}}\n",
		  NULL, &class_route, NULL, "" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}, br1: {gateway: 10.1.0.254}}\n"
		  "namespaces: {n: {attach: {br0: [10.0.0.2/24, \"2001:db8::2/64\"]}, gateway: [10.0.0.7, \"2001:db8::7\"]}}\n",
		  NULL, &class_route, NULL,
		  "n/default ipv4 {to: 0.0.0.0/0, via: 10.0.0.7, interface: eth0}\n"
		  "n/default ipv6 {to: ::/0, via: 2001:db8::7, interface: eth0}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}, br1: {gateway: 10.1.0.254}}\n"
		  "namespaces: {n: {attach: {br0: 10.0.0.2/24}, routes: [{to: default, via: 10.0.0.8}]}}\n",
		  NULL, &class_route, NULL,
		  "n/default ipv4 {to: 0.0.0.0/0, via: 10.0.0.8, interface: eth0}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}, br1: {gateway: 10.1.0.254}}\n"
		  "namespaces: {n: {attach: {br0: 10.0.0.2/24}, gateway: 10.9.9.9}}\n",
		  NULL, NULL, NULL,
		  "f:4:55+8: error: gateway 10.9.9.9 is in no network of n (expected an address in 10.0.0.0/24)" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}, br1: {gateway: 10.1.0.254}}\n"
		  "namespaces: {n: {attach: {br0: 10.0.0.2/24}, gateway: gw}}\n",
		  NULL, NULL, NULL,
		  "f:4:55+2: error: namespaces.n.gateway: expected an IPv4 or IPv6 address, or none, not \"gw\"" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24], forward: isolated}}\n"
		  "namespaces: {n: {attach: {br0: 10.0.0.2/24}}}\n",
		  NULL, &class_route, NULL, "" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_routes_find_their_interface(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "namespaces:\n"
		  "  a: {routes: [{to: 10.2.0.0/16, via: 10.1.0.2}, {to: \"2001:db8:2::/48\", via: \"2001:db8::2\", metric: 50}, {to: 10.3.0.0/16, nexthops: [{via: 10.1.0.2, weight: 2}, {interface: e1}]}, {to: 10.4.0.0/16, type: blackhole}, {to: 10.5.0.0/16, interface: e1, table: 100}]}\n"
		  "  b:\n"
		  "links: [[\"a:e0 10.1.0.1/24 2001:db8::1/64\", \"b:e0\"], [\"a:e1\", \"b:e1\"]]\n",
		  NULL, &class_route, NULL,
		  "a/10.2.0.0/16 {to: 10.2.0.0/16, via: 10.1.0.2, interface: e0}\n"
		  "a/10.3.0.0/16 {to: 10.3.0.0/16, nexthops: [{via: 10.1.0.2, interface: e0, weight: 2}, {interface: e1}]}\n"
		  "a/10.4.0.0/16 {to: 10.4.0.0/16, type: blackhole}\n"
		  "a/10.5.0.0/16 table 100 {to: 10.5.0.0/16, interface: e1, table: 100}\n"
		  "a/2001:db8:2::/48 metric 50 {to: 2001:db8:2::/48, via: 2001:db8::2, interface: e0, metric: 50}" },
		{ "routes: [{to: 10.2.0.0/16, via: 192.0.2.9}, {to: 10.3.0.0/16, interface: eth0}, {to: default, via: \"2001:db8::9\"}]\n",
		  NULL, &class_route, NULL,
		  "host/10.2.0.0/16 {to: 10.2.0.0/16, via: 192.0.2.9}\n"
		  "host/10.3.0.0/16 {to: 10.3.0.0/16, interface: eth0}\n"
		  "host/default ipv6 {to: ::/0, via: 2001:db8::9}" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_route_mistakes_are_told(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "routes: [{to: default, interface: eth0}]\n", NULL, NULL, NULL,
		  "f:3:10: error: default without a gateway has no family: expected 0.0.0.0/0 or \"::/0\"" },
		{ "routes: [{to: default}]\n", NULL, NULL, NULL,
		  "f:3:10: error: default without a gateway has no family: expected 0.0.0.0/0 or \"::/0\"" },
		{ "routes: [{to: 10.0.0.0/8, via: \"2001:db8::1\"}]\n", NULL, NULL, NULL,
		  "f:3:10: error: gateway 2001:db8::1 is not of the family of 10.0.0.0/8" },
		{ "routes: [{to: 10.0.0.0/8, via: 192.0.2.1}, {to: 10.0.0.0/8, via: 192.0.2.2}]\n",
		  NULL, NULL, NULL,
		  "f:3:44: error: route host/10.0.0.0/8 is there already, from line 3" },
		{ "namespaces: {n: {routes: [{to: 10.0.0.0/8, interface: eth7}]}}\n", NULL, NULL,
		  NULL, "f:3:27: error: interface: there is no interface \"eth7\" in n" },
		{ "routes: [{to: 10.0.0.0/8, via: 192.0.2.1, typ: blackhole}]\n", NULL, NULL, NULL,
		  "f:3:43+3: error: unknown key \"typ\" in routes[0] (did you mean \"type\"?)" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gateway_follows_from_the_bridge),
		cmocka_unit_test(test_routes_find_their_interface),
		cmocka_unit_test(test_route_mistakes_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
