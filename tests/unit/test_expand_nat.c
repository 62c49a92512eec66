/* SPDX-License-Identifier: GPL-2.0-or-later */
/* forward, ports, nat, policy and sysctls: what they become, or what is wrong with them. */
#include "model/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/expand_text.h"

static const struct facts offline = { .offline = true };

static void test_forward_nat_hides_and_guards(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}}\n",
		  NULL, &class_nft_table, NULL,
		  "host/vnet_t {masquerade: [{source: 10.0.0.0/24, out-not: br0}, {source: 2001:db8::/64, out-not: br0}], policy: [{in: br0, out: br0, action: accept}, {out: br0, state: [established, related, dnat], action: accept}, {out: br0, action: drop}]}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}}\n",
		  NULL, &class_sysctl, NULL,
		  "host/net.ipv4.ip_forward {value: 1}\n"
		  "host/net.ipv6.conf.all.forwarding {value: 1}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: {mode: nat, family: ipv4}}}\n",
		  NULL, &class_nft_table, NULL,
		  "host/vnet_t {masquerade: [{source: 10.0.0.0/24, out-not: br0}], policy: [{in: br0, out: br0, action: accept}, {out: br0, state: [established, related, dnat], action: accept}, {out: br0, action: drop}]}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: {mode: nat, snat: [192.0.2.1], out: eth1}}}\n",
		  NULL, &class_nft_table, NULL,
		  "host/vnet_t {masquerade: [{source: 2001:db8::/64, out: eth1}], snat: [{source: 10.0.0.0/24, out: eth1, to: 192.0.2.1}], policy: [{in: br0, out: br0, action: accept}, {out: br0, state: [established, related, dnat], action: accept}, {out: br0, action: drop}]}" },
		{ "bridges: {br0: {forward: nat}}\n", NULL, &class_sysctl, NULL, "" },
		{ "bridges: {br0: {forward: nat}}\n"
		  "namespaces: {red: {attach: {br0: \"2001:db8::2/64\"}}}\n",
		  NULL, &class_sysctl, NULL, "host/net.ipv6.conf.all.forwarding {value: 1}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: {mode: nat, snat: [192.0.2.1, 192.0.2.2]}}}\n",
		  NULL, NULL, NULL,
		  "f:3:70: error: forward: expected at most one snat address per family" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: {mode: route, snat: 192.0.2.1}}}\n",
		  NULL, NULL, NULL,
		  "f:3:70: error: forward: snat, out and family belong to mode nat" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_forward_has_other_words(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: route}}\n",
		  NULL, &class_nft_table, NULL,
		  "host/vnet_t {policy: [{out: br0, action: accept}]}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: open}}\n",
		  NULL, &class_nft_table, NULL, "host/vnet_t {}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: open}}\n",
		  NULL, &class_sysctl, NULL,
		  "host/net.ipv4.ip_forward {value: 1}\n"
		  "host/net.ipv6.conf.all.forwarding {value: 1}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: isolated}}\n",
		  NULL, &class_nft_table, NULL,
		  "host/vnet_t {policy: [{in: br0, out: br0, action: accept}, {out: br0, action: drop}, {in: br0, action: drop}]}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: isolated}}\n",
		  NULL, &class_sysctl, NULL, "" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24]}}\n", NULL, &class_nft_table, NULL,
		  "host/vnet_t {}" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_forward_lets_isolated_bridges_come_first(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "bridges: {a: {addresses: [10.1.0.1/24], forward: route}, b: {addresses: [10.2.0.1/24], forward: isolated}}\n"
		  "policy: [{in: a, out: b, state: new, action: reject}]\n",
		  NULL, &class_nft_table, NULL,
		  "host/vnet_t {policy: [{in: a, out: b, state: [new], action: reject}, {in: b, out: b, action: accept}, {out: b, action: drop}, {in: b, action: drop}, {out: a, action: accept}]}" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_forward_works_in_a_namespace(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "namespaces: {r: {bridges: {br0: {addresses: [10.0.0.1/24], forward: nat}}}}\n",
		  NULL, &class_nft_table, NULL,
		  "host/vnet_t {}\n"
		  "r/vnet_t {masquerade: [{source: 10.0.0.0/24, out-not: br0}], policy: [{in: br0, out: br0, action: accept}, {out: br0, state: [established, related, dnat], action: accept}, {out: br0, action: drop}]}" },
		{ "namespaces: {r: {bridges: {br0: {addresses: [10.0.0.1/24], forward: nat}}}}\n",
		  NULL, &class_sysctl, NULL, "r/net.ipv4.ip_forward {value: 1}" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_ports_lead_to_the_first_address_of_each_family(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}}\n"
		  "namespaces: {red: {attach: {br0: [10.0.0.2/24, \"2001:db8::2/64\"]}, ports: [\"80:8080\", \"53:53/tcp+udp\", \"192.0.2.1:443:443\", \"[2001:db8::9]:90-91:190-191/udp\", \":22:22\", \"0.0.0.0:23:23\", \"127.0.0.1:24:24\"]}}\n",
		  NULL, &class_nft_table, NULL,
		  "host/vnet_t {masquerade: [{source: 10.0.0.0/24, out-not: br0}, {source: 2001:db8::/64, out-not: br0}], dnat: [{port: 80, to: 10.0.0.2:8080, hairpin: true}, {port: 80, to: [2001:db8::2]:8080, hairpin: true}, {protocol: tcp+udp, port: 53, to: 10.0.0.2:53, hairpin: true}, {protocol: tcp+udp, port: 53, to: [2001:db8::2]:53, hairpin: true}, {listen: 192.0.2.1, port: 443, to: 10.0.0.2:443, hairpin: true}, {listen: 2001:db8::9, protocol: udp, port: 90-91, to: [2001:db8::2]:190-191, hairpin: true}, {port: 22, to: 10.0.0.2:22, hairpin: true}, {port: 22, to: [2001:db8::2]:22, hairpin: true}, {port: 23, to: 10.0.0.2:23, hairpin: true}, {listen: 127.0.0.1, port: 24, to: 10.0.0.2:24, hairpin: true, loopback: true}], policy: [{in: br0, out: br0, action: accept}, {out: br0, state: [established, related, dnat], action: accept}, {out: br0, action: drop}]}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}}\n"
		  "namespaces: {red: {attach: {br0: [10.0.0.2/24, \"2001:db8::2/64\"]}, ports: [\"80:8080\"]}}\n",
		  NULL, &class_link, "host/red-eth0",
		  "host/red-eth0 {type: veth, master: br0, macaddress: 02:fe:16:ea:08:5b, mtu: 1500, link-local: false} {hairpin: true} <-> red/eth0" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}}\n"
		  "namespaces: {red: {attach: {br0: [10.0.0.2/24, \"2001:db8::2/64\"]}, ports: [{port: 80, hairpin: false, loopback: true, source: [198.51.100.0/24]}]}}\n",
		  NULL, &class_nft_table, NULL,
		  "host/vnet_t {masquerade: [{source: 10.0.0.0/24, out-not: br0}, {source: 2001:db8::/64, out-not: br0}], dnat: [{port: 80, to: 10.0.0.2:80, source: [198.51.100.0/24], loopback: true}], policy: [{in: br0, out: br0, action: accept}, {out: br0, state: [established, related, dnat], action: accept}, {out: br0, action: drop}]}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}}\n"
		  "namespaces: {red: {attach: {br0: [10.0.0.2/24, \"2001:db8::2/64\"]}, ports: [{port: 80, loopback: true}]}}\n",
		  NULL, &class_sysctl, NULL,
		  "host/net.ipv4.conf.br0.route_localnet {value: 1}\n"
		  "host/net.ipv4.ip_forward {value: 1}\n"
		  "host/net.ipv6.conf.all.forwarding {value: 1}" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}}\n"
		  "namespaces: {red: {attach: {br0: [10.0.0.2/24, \"2001:db8::2/64\"]}, ports: [{port: 80, hairpin: false}]}}\n",
		  NULL, &class_link, "host/red-eth0",
		  "host/red-eth0 {type: veth, master: br0, macaddress: 02:fe:16:ea:08:5b, mtu: 1500, link-local: false} <-> red/eth0" },
		{ "namespaces: {red: {ports: [{port: 80, to: 10.7.0.1}]}}\n", NULL,
		  &class_nft_table, NULL,
		  "host/vnet_t {dnat: [{port: 80, to: 10.7.0.1:80, hairpin: true}]}" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_ports_without_a_target_are_told(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: isolated}}\n"
		  "namespaces: {red: {attach: {br0: [10.0.0.2/24, \"2001:db8::2/64\"]}, ports: [\"80:80\"]}}\n",
		  NULL, NULL, NULL,
		  "f:4:76+7: error: port map of red has no target: the namespace has no address on a bridge that forwards (write \"forward: nat\" at its bridge, or \"to\" in the port map)" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24], forward: nat}}\n"
		  "namespaces: {red: {attach: {br0: 10.0.0.2/24}, ports: [\"[2001:db8::1]:80:80\"]}}\n",
		  NULL, NULL, NULL,
		  "f:4:56+21: error: port map of red has no target: the namespace has no IPv6 address on a bridge that forwards (give it one there, or \"to\" in the port map)" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}}\n"
		  "namespaces: {red: {attach: {br0: [10.0.0.2/24, \"2001:db8::2/64\"]}, ports: [\"80\", \"80:x\", \"0:80\", \"80:80/sctp\", \"10.0.0:80:80\", \"1:2:3:4\"]}}\n",
		  NULL, NULL, NULL,
		  "f:4:76+4: error: namespaces.red.ports[0]: expected [HOST-IP:]HOST[-HOST]:TARGET[-TARGET][/tcp|udp|tcp+udp], not \"80\" (did you mean \"80:80\"?)\n"
		  "f:4:82+6: error: namespaces.red.ports[1]: expected [HOST-IP:]HOST[-HOST]:TARGET[-TARGET][/tcp|udp|tcp+udp], not \"80:x\"\n"
		  "f:4:90+6: error: namespaces.red.ports[2]: expected [HOST-IP:]HOST[-HOST]:TARGET[-TARGET][/tcp|udp|tcp+udp], not \"0:80\"\n"
		  "f:4:98+12: error: namespaces.red.ports[3]: expected [HOST-IP:]HOST[-HOST]:TARGET[-TARGET][/tcp|udp|tcp+udp], not \"80:80/sctp\"\n"
		  "f:4:112+14: error: namespaces.red.ports[4]: expected [HOST-IP:]HOST[-HOST]:TARGET[-TARGET][/tcp|udp|tcp+udp], not \"10.0.0:80:80\"\n"
		  "f:4:128+9: error: namespaces.red.ports[5]: expected [HOST-IP:]HOST[-HOST]:TARGET[-TARGET][/tcp|udp|tcp+udp], not \"1:2:3:4\"" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_nat_stands_as_written(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "nat:\n"
		  "  masquerade: [{source: 10.0.0.0/8, out-not: br0}]\n"
		  "  snat: [{out: eth0, to: 192.0.2.1-192.0.2.4}]\n"
		  "  dnat: [{port: 80, to: 10.0.0.9, listen: 192.0.2.1, in: eth0}]\n"
		  "mss-clamp: [eth0]\n",
		  NULL, &class_nft_table, NULL,
		  "host/vnet_t {masquerade: [{source: 10.0.0.0/8, out-not: br0}], snat: [{out: eth0, to: 192.0.2.1-192.0.2.4}], dnat: [{listen: 192.0.2.1, port: 80, to: 10.0.0.9, in: eth0}], mss-clamp: [eth0]}" },
		{ "nat: {dnat: [{port: 80, to: \"10.0.0.2:80\", hairpin: true}]}\n"
		  "bridges: {br0: }\n"
		  "namespaces: {red: {attach: {br0: 10.0.0.2/24}}}\n",
		  NULL, &class_link, "host/red-eth0",
		  "host/red-eth0 {type: veth, master: br0, macaddress: 02:fe:16:ea:08:5b, mtu: 1500, link-local: false} {hairpin: true} <-> red/eth0" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_sysctls_have_one_spelling(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "forwarding: true\n"
		  "sysctls: {net/ipv4/tcp_rmem: \" 4096\\t131072  6291456\", net/ipv4/conf/eth0.5/rp_filter: 1}\n",
		  NULL, &class_sysctl, NULL,
		  "host/net.ipv4.ip_forward {value: 1}\n"
		  "host/net.ipv4.tcp_rmem {value: 4096 131072 6291456}\n"
		  "host/net.ipv6.conf.all.forwarding {value: 1}\n"
		  "host/net/ipv4/conf/eth0.5/rp_filter {value: 1}" },
		{ "namespaces: {n: {forwarding: false}}\n", NULL, &class_sysctl, NULL,
		  "n/net.ipv4.ip_forward {value: 0}\n"
		  "n/net.ipv6.conf.all.forwarding {value: 0}" },
		{ "sysctls: {net.ipv4.ip_forward: 1, net/ipv4/ip_forward: 1}\n", NULL, NULL, NULL,
		  "f:3:35+19: error: sysctl host/net.ipv4.ip_forward is there already, from line 3" },
		{ "sysctls: {kernel.panic: 1, net/../kernel/panic: 1, net..x: 1, net.: 1}\n", NULL,
		  NULL, NULL,
		  "f:3:11+12: error: expected the full name of a sysctl below net, such as net.ipv4.ip_forward, not \"kernel.panic\"\n"
		  "f:3:28+19: error: expected the full name of a sysctl below net, such as net.ipv4.ip_forward, not \"net/../kernel/panic\"\n"
		  "f:3:52+6: error: expected the full name of a sysctl below net, such as net.ipv4.ip_forward, not \"net..x\"\n"
		  "f:3:63+4: error: expected the full name of a sysctl below net, such as net.ipv4.ip_forward, not \"net.\"" },
		{ "bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8::1/64\"], forward: nat}}\n"
		  "sysctls: {net.ipv4.ip_forward: 0}\n",
		  NULL, NULL, NULL,
		  "f:4:11+19: error: net.ipv4.ip_forward is 0 here, but line 3 needs it to be 1" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward_nat_hides_and_guards),
		cmocka_unit_test(test_forward_has_other_words),
		cmocka_unit_test(test_forward_lets_isolated_bridges_come_first),
		cmocka_unit_test(test_forward_works_in_a_namespace),
		cmocka_unit_test(test_ports_lead_to_the_first_address_of_each_family),
		cmocka_unit_test(test_ports_without_a_target_are_told),
		cmocka_unit_test(test_nat_stands_as_written),
		cmocka_unit_test(test_sysctls_have_one_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
