/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places, links and their names: what a file makes of interfaces, or what is wrong with it. */
#include "model/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/expand_text.h"

static const struct facts offline = { .offline = true };

static void test_attach_makes_a_pair(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "namespaces: {red: {attach: {br0: 10.0.0.2/24}}}\n"
		  "bridges: {br0: {addresses: [10.0.0.1/24]}}\n",
		  NULL, &class_link, NULL,
		  "host/br0 {type: bridge, macaddress: 02:40:53:62:80:69, mtu: 1500, link-local: false}\n"
		  "host/red-eth0 {type: veth, master: br0, macaddress: 02:fe:16:ea:08:5b, mtu: 1500, link-local: false} <-> red/eth0\n"
		  "red/eth0 {type: veth, macaddress: 02:3d:da:ba:b7:04, mtu: 1500, link-local: false} <-> host/red-eth0\n"
		  "~red/lo {}" },
		{ "namespaces: {red: {attach: {br0: 10.0.0.2/24}}}\n"
		  "bridges: {br0: {addresses: [10.0.0.1/24]}}\n",
		  NULL, &class_address, NULL,
		  "host/br0 10.0.0.1/24 {interface: br0, address: 10.0.0.1/24}\n"
		  "red/eth0 10.0.0.2/24 {interface: eth0, address: 10.0.0.2/24}" },
		{ "namespaces: {red: {attach: {br0: 10.0.0.2/24}}}\n"
		  "bridges: {br0: {addresses: [10.0.0.1/24]}}\n",
		  NULL, &class_netns, NULL, "host/red {}" },
		{ "namespaces: {red: {attach: {br0: {addresses: [10.0.0.2/24], interface: in0, host-interface: out0, mtu: 1400, macaddress: \"02:00:00:00:00:01\", port: {port-priority: 4}, link-local: true}}}}\n"
		  "bridges: {br0: {}}\n",
		  NULL, &class_link, NULL,
		  "host/br0 {type: bridge, macaddress: 02:40:53:62:80:69, mtu: 1500, link-local: false}\n"
		  "host/out0 {type: veth, master: br0, macaddress: 02:c8:8b:a7:c3:5a, mtu: 1400, link-local: false} {port-priority: 4} <-> red/in0\n"
		  "red/in0 {type: veth, macaddress: 02:00:00:00:00:01, mtu: 1400} <-> host/out0\n"
		  "~red/lo {}" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_attach_names_interfaces_in_the_order_written(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "bridges: {a: , b: , c: , d: }\n"
		  "namespaces: {n: {attach: {a: {}, b: {interface: eth1}, c: {}, d: {}}}}\n",
		  NULL, &class_link, "n/eth0",
		  "n/eth0 {type: veth, macaddress: 02:a4:72:09:bc:23, mtu: 1500, link-local: false} <-> host/n-eth0" },
		{ "bridges: {a: , b: , c: , d: }\n"
		  "namespaces: {n: {attach: {a: {}, b: {interface: eth1}, c: {}, d: {}}}}\n",
		  NULL, &class_link, "n/eth2",
		  "n/eth2 {type: veth, macaddress: 02:e6:f5:a7:37:dd, mtu: 1500, link-local: false} <-> host/n-eth2" },
		{ "bridges: {a: , b: , c: , d: }\n"
		  "namespaces: {n: {attach: {a: {}, b: {interface: eth1}, c: {}, d: {}}}}\n",
		  NULL, &class_link, "n/eth3",
		  "n/eth3 {type: veth, macaddress: 02:b2:bf:85:db:e0, mtu: 1500, link-local: false} <-> host/n-eth3" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_attach_derives_a_short_name_where_the_plain_one_does_not_do(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "bridges: {br0: }\n"
		  "namespaces: {a-long-name: {attach: {br0: {interface: uplink0}}}}\n",
		  NULL, &class_link, "a-long-name/uplink0",
		  "a-long-name/uplink0 {type: veth, macaddress: 02:12:50:81:7c:84, mtu: 1500, link-local: false} <-> host/v1250817c84d3" },
		{ "bridges: {br0: , red-eth0: }\n"
		  "namespaces: {red: {attach: {br0: {}}}}\n",
		  NULL, &class_link, "red/eth0",
		  "red/eth0 {type: veth, macaddress: 02:3d:da:ba:b7:04, mtu: 1500, link-local: false} <-> host/v3ddabab70484" },
		{ "bridges: {br0: }\n"
		  "namespaces: {a-b: {attach: {br0: {interface: c}}}, a: {attach: {br0: {interface: b-c}}}}\n",
		  NULL, &class_link, "a-b/c",
		  "a-b/c {type: veth, macaddress: 02:35:4f:1f:a7:e2, mtu: 1500, link-local: false} <-> host/v354f1fa7e2e5" },
		{ "bridges: {br0: }\n"
		  "namespaces: {a-b: {attach: {br0: {interface: c}}}, a: {attach: {br0: {interface: b-c}}}}\n",
		  NULL, &class_link, "a/b-c",
		  "a/b-c {type: veth, macaddress: 02:c3:48:3f:f8:d7, mtu: 1500, link-local: false} <-> host/vc3483ff8d7ec" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_links_make_wires(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "namespaces: {a: , b: }\n"
		  "links:\n"
		  "  - [\"a:eth0 10.1.0.1/24 2001:db8::1/64\", {node: b, interface: up, addresses: [10.1.0.2/24]}]\n"
		  "  - {endpoints: [\"host:w0\", \"a:eth1\"], mtu: 9000}\n",
		  NULL, &class_link, NULL,
		  "host/w0 {type: veth, macaddress: 02:68:70:89:43:64, mtu: 9000, link-local: false} <-> a/eth1\n"
		  "a/eth0 {type: veth, macaddress: 02:88:ff:c4:4f:43, mtu: 1500} <-> b/up\n"
		  "a/eth1 {type: veth, macaddress: 02:78:4a:a9:00:d1, mtu: 9000, link-local: false} <-> host/w0\n"
		  "~a/lo {}\n"
		  "~b/lo {}\n"
		  "b/up {type: veth, macaddress: 02:ba:c9:bf:99:cd, mtu: 1500, link-local: false} <-> a/eth0" },
		{ "namespaces: {a: , b: }\n"
		  "links: [[\"a:eth0\", \"c:eth0\"]]\n",
		  NULL, NULL, NULL,
		  "f:4:20+8: error: there is no namespace \"c\" (did you mean \"a\"?)" },
		{ "namespaces: {a: }\n"
		  "links: [[\"a:eth0\", \"a:eth0\"]]\n",
		  NULL, NULL, NULL, "f:4:20+8: error: link a/eth0 is there already, from line 4" },
		{ "namespaces: {a: }\n"
		  "links: [[\"a:eth0\"]]\n",
		  NULL, NULL, NULL, "f:4:9: error: a link has two endpoints, not 1" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_interfaces_have_kinds(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "interfaces: {m0: {type: macvlan, link: eth0, mode: private}, eth0: {up: true, mtu: 1400}}\n",
		  NULL, &class_link, NULL,
		  "~host/eth0 {mtu: 1400}\n"
		  "host/m0 {type: macvlan, link: eth0, macaddress: 02:52:33:bc:b6:58, link-local: false} {mode: private}" },
		{ "namespaces: {n: {interfaces: {m0: {type: macvlan, link: \"host:eth0\", addresses: [192.0.2.1/24]}}}}\n",
		  NULL, &class_link, NULL,
		  "~host/eth0 {}\n"
		  "~n/lo {}\n"
		  "n/m0 {type: macvlan, link: host:eth0, macaddress: 02:d8:1b:7a:a1:1e, link-local: false}" },
		{ "interfaces: {v0: {type: vxlan, id: 42, remote: 192.0.2.1, link: eth0}, t0: {type: tun, user: 5}}\n",
		  NULL, &class_link, NULL,
		  "~host/eth0 {}\n"
		  "host/t0 {type: tun, mtu: 1500, link-local: false} {user: 5}\n"
		  "host/v0 {type: vxlan, link: eth0, macaddress: 02:48:f8:5f:f5:91, link-local: false} {id: 42, remote: 192.0.2.1}" },
		{ "interfaces: {v0: {type: vxlan}}\n", NULL, NULL, NULL,
		  "f:3:18: error: missing key \"id\" in interfaces.v0" },
		{ "namespaces: {n: {interfaces: {lo: {addresses: [127.0.0.2/8]}}}}\n", NULL,
		  &class_link, NULL, "~n/lo {}" },
		{ "interfaces: {x: {link: eth0}}\n", NULL, NULL, NULL,
		  "f:3:14+1: error: missing key \"type\": \"link\" is the parent of an interface of ours" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_bridges_have_ports(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "bridges: {br0: {interfaces: {eth1: {hairpin: true}}, parameters: {stp: true, forward-delay: 4, hello-time: 1}}}\n",
		  NULL, &class_link, NULL,
		  "host/br0 {type: bridge, macaddress: 02:40:53:62:80:69, link-local: false} {stp: true, forward-delay: 4, hello-time: 1}\n"
		  "~host/eth1 {master: br0} {hairpin: true}" },
		{ "bridges: {br0: {external: true, interfaces: [t0]}}\n"
		  "taps: {t0: {}}\n",
		  NULL, &class_link, NULL,
		  "~host/br0 {}\n"
		  "host/t0 {type: tap, master: br0, macaddress: 02:b6:e7:d1:aa:e3, mtu: 1500, link-local: false}" },
		{ "bridges: {br0: {isolate-ports: true}}\n"
		  "taps: {t0: {bridge: br0, user: 1000, queues: 2, vnet-header: true}}\n",
		  NULL, &class_link, NULL,
		  "host/br0 {type: bridge, macaddress: 02:40:53:62:80:69, mtu: 1500, link-local: false}\n"
		  "host/t0 {type: tap, master: br0, macaddress: 02:b6:e7:d1:aa:e3, mtu: 1500, link-local: false} {isolated: true} {user: 1000, vnet-header: true, multi-queue: true}" },
		{ "bridges: {a: {interfaces: [t0]}, b: {interfaces: [t0]}}\n"
		  "taps: {t0: {}}\n",
		  NULL, NULL, NULL, "f:3:51+2: error: t0 is a port of a already" },
		{ "taps: {t0: {bridge: br1}}\n"
		  "bridges: {br0: }\n",
		  NULL, NULL, NULL,
		  "f:3:8+2: error: there is no bridge \"br1\" in the host's own place (did you mean \"br0\"?)" },
		{ "namespaces: {n: {attach: {br1: 10.0.0.2/24}}}\n"
		  "bridges: {br0: }\n",
		  NULL, NULL, NULL,
		  "f:3:27+3: error: there is no bridge \"br1\" in the host's own place (did you mean \"br0\"?)" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_names_are_checked(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "namespaces: {host: {}}\n", NULL, NULL, NULL,
		  "f:3:14+4: error: \"host\" is the name of the host's own place: a namespace needs another one" },
		{ "namespaces: {lo: {bridges: {lo: {}}}}\n", NULL, NULL, NULL,
		  "f:3:29+2: error: lo is made by the kernel: another name is needed" },
		{ "bridges: {x: }\n"
		  "taps: {x: {}}\n",
		  NULL, NULL, NULL, "f:4:8+1: error: link host/x is there already, from line 3" },
		{ "overlays: {abcdefghijklmnop: {encryption: none}}\n"
		  "hosts: {a: {address: 192.0.2.1}, b: {address: 192.0.2.2}}\n",
		  "a", NULL, NULL,
		  "f:3:12+16: error: interface name \"abcdefghijklmnop\" has more than 15 characters (write a shorter one with \"interface\")" },
		{ "namespaces: {n: {attach: {br0: {interface: eth0, addresses: [10.0.0.1/24, 10.0.0.1/24]}}}}\n"
		  "bridges: {br0: }\n",
		  NULL, NULL, NULL,
		  "f:3:75+11: error: address n/eth0 10.0.0.1/24 is there already, from line 3" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_link_local_is_on_where_ipv6_is(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "namespaces: {red: {attach: {br0: \"2001:db8::2/64\"}}}\n"
		  "bridges: {br0: {}}\n",
		  NULL, &class_link, "red/eth0",
		  "red/eth0 {type: veth, macaddress: 02:3d:da:ba:b7:04, mtu: 1500} <-> host/red-eth0" },
		{ "namespaces: {red: {attach: {br0: \"2001:db8::2/64\"}}}\n"
		  "bridges: {br0: {link-local: true}}\n",
		  NULL, &class_link, "host/br0",
		  "host/br0 {type: bridge, macaddress: 02:40:53:62:80:69, mtu: 1500}" },
		{ "namespaces: {red: {attach: {br0: 10.0.0.2/24}, routes: [{to: \"2001:db8::/32\", via: \"fe80::1\", interface: eth0}]}}\n"
		  "bridges: {br0: {}}\n",
		  NULL, &class_link, "red/eth0",
		  "red/eth0 {type: veth, macaddress: 02:3d:da:ba:b7:04, mtu: 1500} <-> host/red-eth0" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_defaults_stand_under_every_namespace(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "defaults: {mtu: 1400, namespaces: {nameservers: [192.0.2.53], sysctls: {net.ipv4.tcp_ecn: 1}}}\n"
		  "namespaces: {a: , b: {nameservers: [192.0.2.54]}, c: {sysctls: {net.ipv4.tcp_ecn: null}, extra-hosts: {db: 10.0.0.9}}}\n",
		  NULL, &class_resolver, NULL,
		  "host/a {nameservers: [192.0.2.53]}\n"
		  "host/b {nameservers: [192.0.2.54]}\n"
		  "host/c {nameservers: [192.0.2.53], extra-hosts: {db: 10.0.0.9}}" },
		{ "defaults: {mtu: 1400, namespaces: {nameservers: [192.0.2.53], sysctls: {net.ipv4.tcp_ecn: 1}}}\n"
		  "namespaces: {a: , b: {nameservers: [192.0.2.54]}, c: {sysctls: {net.ipv4.tcp_ecn: null}, extra-hosts: {db: 10.0.0.9}}}\n",
		  NULL, &class_sysctl, NULL,
		  "a/net.ipv4.tcp_ecn {value: 1}\n"
		  "b/net.ipv4.tcp_ecn {value: 1}" },
		{ "defaults: {mtu: 1400}\n"
		  "bridges: {br0: }\n",
		  NULL, &class_link, NULL,
		  "host/br0 {type: bridge, macaddress: 02:40:53:62:80:69, mtu: 1400, link-local: false}" },
		{ "namespaces: {a: {extra-hosts: {\"a b\": 10.0.0.1}}}\n", NULL, NULL, NULL,
		  "f:3:32+5: error: extra-hosts: expected a host name, not \"a b\"" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_protect_reaches_each_object(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "namespaces: {n: {protect: true}}\n", NULL, &class_netns, NULL,
		  "host/n {} protected" },
		{ "bridges: {b: {protect: true}}\n"
		  "taps: {t: {protect: true}}\n"
		  "interfaces: {m: {type: macvlan, link: b, protect: true}}\n"
		  "namespaces: {n: }\n"
		  "links: [{endpoints: [\"host:w\", \"n:w\"], protect: true}]\n",
		  NULL, &class_link, NULL,
		  "host/b {type: bridge, macaddress: 02:1f:03:6e:5f:73, mtu: 1500, link-local: false} protected\n"
		  "host/m {type: macvlan, link: b, macaddress: 02:a4:b7:e3:d8:ca, link-local: false} protected\n"
		  "host/t {type: tap, macaddress: 02:0b:8b:48:26:d0, mtu: 1500, link-local: false} protected\n"
		  "host/w {type: veth, macaddress: 02:15:e0:bf:f0:a3, mtu: 1500, link-local: false} <-> n/w protected\n"
		  "~n/lo {}\n"
		  "n/w {type: veth, macaddress: 02:b5:7b:18:b2:48, mtu: 1500, link-local: false} <-> host/w protected" },
		{ "tunnels: {t: {encryption: none, protect: true, peers: [{name: p, endpoint: \"192.0.2.1:1\"}]}}\n",
		  NULL, &class_tunnel, NULL,
		  "host/t {interface: t, encryption: none, peers: [{name: p, endpoint: 192.0.2.1:1}]} protected" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

static void test_keys_belong_where_they_stand(void **state)
{
	static const struct expand_vector vectors[] = {
		{ "address: 192.0.2.1\n", NULL, NULL, NULL,
		  "f:3:1+7: error: unknown key \"address\" (it belongs under hosts.HOST)" },
		{ "hosts: {a: {overlays: {}, adress: 192.0.2.1}}\n", "a", NULL, NULL,
		  "f:3:13+8: error: unknown key \"overlays\" in hosts.a (it belongs to the top level)\n"
		  "f:3:27+6: error: unknown key \"adress\" in hosts.a (did you mean \"address\"?)" },
		{ "hosts: [a]\n", NULL, NULL, NULL,
		  "f:3:8: error: hosts: expected a map of hosts by name" },
		{ "hosts: {a: 3}\n", "a", NULL, NULL, "f:3:12+1: error: hosts.a: expected a map" },
		{ "hosts: {-a: {}}\n", "a", NULL, NULL,
		  "f:3:9+2: error: expected a host's name of letters, digits, '.', '_' and '-', not \"-a\"" },
	};

	(void)state;
	EXPAND_ALL(vectors, &offline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attach_makes_a_pair),
		cmocka_unit_test(test_attach_names_interfaces_in_the_order_written),
		cmocka_unit_test(test_attach_derives_a_short_name_where_the_plain_one_does_not_do),
		cmocka_unit_test(test_links_make_wires),
		cmocka_unit_test(test_interfaces_have_kinds),
		cmocka_unit_test(test_bridges_have_ports),
		cmocka_unit_test(test_names_are_checked),
		cmocka_unit_test(test_link_local_is_on_where_ipv6_is),
		cmocka_unit_test(test_defaults_stand_under_every_namespace),
		cmocka_unit_test(test_protect_reaches_each_object),
		cmocka_unit_test(test_keys_belong_where_they_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
