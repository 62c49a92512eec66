/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which host this machine is: every step, its errors, and the peers that follow from it. */
#include "model/text.h"
#include "model/topology.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const char hosts[] =
	"hosts:\n"
	"  alpha: {match: {hostname: [n1, N1.example.net], macaddress: '52:54:00:aa:bb:01'},\n"
	"          address: [192.0.2.1, '2001:db8::1']}\n"
	"  beta: {match: {machine-id: 0123456789abcdef0123456789abcdef}, address: 192.0.2.2}\n"
	"  gamma: {match: {hostnam: n1}, address: 192.0.2.3}\n"
	"  delta.example.net: {address: 192.0.2.2}\n"
	"  epsilon: {match: {address: 198.51.100.1}}\n";

static struct addr_item addresses[2];
static struct mac_item macs[1];

/* A machine that is nobody: each test changes what it is about. */
static struct facts nobody(void)
{
	assert_true(addr_parse(&addresses[0].addr, "203.0.113.1"));
	assert_true(addr_parse(&addresses[1].addr, "2001:db8::ff"));
	assert_true(mac_parse(&macs[0].mac, "52:54:00:aa:bb:01"));
	return (struct facts){
		.hostname = "n9",
		.fqdn = "n9.example.net",
		.machine_id = "ffffffffffffffffffffffffffffffff",
		.addresses = { addresses, 2 },
		.macaddresses = { macs, 1 },
	};
}

static struct document *read_text(const char *yaml)
{
	struct diag *diag = diag_new();
	struct document *document = NULL;
	struct error err;

	assert_int_equal(document_load_text(&document, "f", yaml, strlen(yaml), diag, &err), 0);
	diag_free(diag);
	return document;
}

/* The host, "(none)" for a file without hosts, or the error. */
static void check(const char *yaml, const struct identity_sources *sources,
		  const struct facts *facts, const char *expected)
{
	static const struct identity_sources no_sources;
	struct document *document = read_text(yaml);
	const char *host = "untouched";
	struct error err = { 0 };
	int result = identity_resolve(&host, document, sources ? sources : &no_sources, facts, NULL,
				      &err);

	if (result) {
		assert_int_equal(result, -EADDRNOTAVAIL);
		assert_string_equal(host, "untouched");
	}
	assert_string_equal(result ? err.text : host ? host : "(none)", expected);
	document_free(document);
}

static void test_identity_resolve_takes_the_first_name_given(void **state)
{
	struct identity_sources sources = { "alpha", "beta", "gamma\n" };
	struct facts facts = nobody();

	(void)state;
	check(hosts, &sources, &facts, "alpha");
	sources.flag = NULL;
	check(hosts, &sources, &facts, "beta");
	sources.environment = "";
	check(hosts, &sources, &facts, "gamma");
	sources.host_file = "  gamma \n\n";
	check(hosts, &sources, &facts, "gamma");
}

static void test_identity_resolve_refuses_an_unknown_name(void **state)
{
	struct identity_sources sources = { "alpah", NULL, NULL };
	struct facts facts = nobody();

	(void)state;
	check(hosts, &sources, &facts,
	      "--host: the file has no host \"alpah\"; did you mean \"alpha\"?");
	sources = (struct identity_sources){ NULL, "quebec", NULL };
	check(hosts, &sources, &facts,
	      "VNETAPPLY_HOST: the file has no host \"quebec\", only alpha, beta, gamma, "
	      "delta.example.net, epsilon");
	sources = (struct identity_sources){ NULL, NULL, "x\n" };
	check("hosts: {a1: , a2: , a3: , a4: , a5: , a6: , a7: , a8: , a9: , a10: }\n", &sources,
	      &facts,
	      "/etc/vnetapply/host: the file has no host \"x\", only a1, a2, a3, a4, a5, a6, a7, "
	      "a8 and 2 more");
}

static void test_identity_resolve_wants_all_of_match(void **state)
{
	struct facts facts = nobody();

	(void)state;
	facts.hostname = "n1";
	check(hosts, NULL, &facts, "alpha");
	facts.fqdn = "n1.EXAMPLE.net";
	facts.hostname = NULL;
	check(hosts, NULL, &facts, "alpha");
	assert_true(
		mac_parse(&macs[0].mac, "52:54:00:aa:bb:02")); /* the name alone is not enough */
	assert_true(addr_parse(&addresses[0].addr, "198.51.100.1"));
	check(hosts, NULL, &facts, "epsilon");
	facts.machine_id = "0123456789ABCDEF0123456789abcdef";
	check(hosts, NULL, &facts,
	      "this machine is both beta and epsilon by match: use --host NAME");
}

static void test_identity_resolve_asks_names_then_addresses(void **state)
{
	struct facts facts = nobody();

	(void)state;
	facts.hostname = "GAMMA";
	check(hosts, NULL, &facts, "gamma");
	facts.hostname = "n9";
	facts.fqdn = "delta.example.net";
	check(hosts, NULL, &facts, "delta.example.net");
	facts.fqdn = NULL;
	assert_true(addr_parse(&addresses[1].addr, "2001:db8:0::1"));
	check(hosts, NULL, &facts, "alpha");
	assert_true(addr_parse(&addresses[1].addr, "192.0.2.2"));
	check(hosts, NULL, &facts,
	      "this machine is both beta and delta.example.net by address; this machine has "
	      "203.0.113.1, 192.0.2.2: use --host NAME");
}

static void test_identity_resolve_says_what_was_compared(void **state)
{
	struct facts facts = nobody();

	(void)state;
	check(hosts, NULL, &facts,
	      "this machine is none of the file's hosts (alpha, beta, gamma, delta.example.net, "
	      "epsilon): use --host NAME (match: none holds; name: this machine is n9, "
	      "n9.example.net; address: this machine has 203.0.113.1, 2001:db8::ff)");
	check("hosts: {a: }\n", NULL, &(const struct facts){ 0 },
	      "this machine is none of the file's hosts (a): use --host NAME (match: no host has "
	      "one; name: this machine has no name; address: no host has one)");
}

static void test_identity_resolve_offline_knows_only_names(void **state)
{
	struct facts facts = nobody();

	(void)state;
	facts.offline = true;
	facts.hostname = "beta";
	assert_true(addr_parse(&addresses[0].addr, "198.51.100.1"));
	check(hosts, NULL, &facts, "beta");
	facts.hostname = "n9";
	check(hosts, NULL, &facts,
	      "this machine is none of the file's hosts (alpha, beta, gamma, delta.example.net, "
	      "epsilon): use --host NAME (name: this machine is n9, n9.example.net)");
}

static void test_identity_resolve_without_hosts_is_this_machine(void **state)
{
	struct identity_sources sources = { NULL, "alpha", "alpha" };
	struct facts facts = nobody();

	(void)state;
	check("name: x\n", &sources, &facts, "(none)");
	check("hosts: [a]\n", &sources, &facts, "(none)"); /* the reader reports it */
	sources.flag = "alpha";
	check("name: x\n", &sources, &facts, "--host alpha: the file has no hosts");
	check("hosts: {}\n", NULL, &facts, "hosts is empty: no machine is meant");
	check("hosts:\n", NULL, &facts, "hosts is empty: no machine is meant");
}

static void test_identity_resolve_tells_its_reasoning(void **state)
{
	static const struct identity_sources sources = { NULL, "", NULL };
	struct document *document = read_text(hosts);
	AUTO_TEXT struct text reasoning = { 0 };
	struct facts facts = nobody();
	const char *host = NULL;
	struct error err;

	(void)state;
	facts.hostname = "gamma";
	assert_int_equal(identity_resolve(&host, document, &sources, &facts, &reasoning, &err), 0);
	assert_string_equal(text_get(&reasoning),
			    "--host: not given\n"
			    "VNETAPPLY_HOST: empty\n"
			    "/etc/vnetapply/host: not given\n"
			    "match: alpha: hostname does not hold macaddress holds\n"
			    "match: beta: machine-id does not hold\n"
			    "match: gamma: hostnam is unknown\n"
			    "match: epsilon: address does not hold\n"
			    "match: none holds\n"
			    "name: gamma\n");
	document_free(document);
}

static void check_peers(const char *yaml, const char *host, const char *expected)
{
	struct document *document = read_text(yaml);
	struct arena *arena = arena_new();
	AUTO_TEXT struct text actual = { 0 };
	char buffer[ADDR_TEXT_MAX];
	struct addr *peers;
	size_t n = topology_peer_addresses(document, host, arena, &peers), i;

	for (i = 0; i < n; i++)
		text_add(&actual, "%s%s", i ? " " : "", addr_format(&peers[i], buffer));
	assert_string_equal(text_get(&actual), expected);
	document_free(document);
	arena_free(arena);
}

static void test_topology_peer_addresses_are_those_of_shared_overlays(void **state)
{
	static const char yaml[] =
		"overlays: {o1: {members: [a, b]}, o2: {members: [a, c]}, o3: {members: [b, d]}}\n"
		"hosts:\n"
		"  a: {address: 192.0.2.1, tunnels: {t: {peers: [{endpoint: '192.0.2.9:1'}]}}}\n"
		"  b: {address: [192.0.2.2, '2001:db8::2'], endpoint: '[2001:db8::b]:40000'}\n"
		"  c: {address: 192.0.2.2, endpoint: c.example.net}\n"
		"  d: {address: 192.0.2.4, endpoint: none}\n";

	(void)state;
	check_peers(yaml, "a", "192.0.2.2 192.0.2.9 2001:db8::2 2001:db8::b");
	check_peers(yaml, "d", "192.0.2.2 2001:db8::2 2001:db8::b");
	check_peers("overlays: {o: }\nhosts: {a: {address: 192.0.2.1}, b: {address: 192.0.2.2}}\n",
		    "b", "192.0.2.1");
	check_peers("hosts: {a: {address: 192.0.2.1}, b: {address: 192.0.2.2}}\n", "b", "");
	check_peers("tunnels: {t: {peers: [{endpoint: 192.0.2.7}, {endpoint: '2001:db8::7'}]}}\n",
		    NULL, "192.0.2.7 2001:db8::7");
	check_peers(
		"overlays: {o: {members: {a: , b: {endpoint: '198.51.100.2:1'}}}}\n"
		"hosts: {a: {address: 192.0.2.1}, b: {address: 192.0.2.2}, c: {address: 192.0.2.3}}\n",
		"a", "192.0.2.2 198.51.100.2");
	check_peers(
		"tunnels: {t: {peers: [{endpoint: 192.0.2.7, other-endpoints: ['[2001:db8::7]:1']}]}}\n",
		NULL, "192.0.2.7 2001:db8::7");
	check_peers("overlays: [1]\nhosts: x\ntunnels: {a: b, c: {peers: 1}}\n", "a", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity_resolve_takes_the_first_name_given),
		cmocka_unit_test(test_identity_resolve_refuses_an_unknown_name),
		cmocka_unit_test(test_identity_resolve_wants_all_of_match),
		cmocka_unit_test(test_identity_resolve_asks_names_then_addresses),
		cmocka_unit_test(test_identity_resolve_says_what_was_compared),
		cmocka_unit_test(test_identity_resolve_offline_knows_only_names),
		cmocka_unit_test(test_identity_resolve_without_hosts_is_this_machine),
		cmocka_unit_test(test_identity_resolve_tells_its_reasoning),
		cmocka_unit_test(test_topology_peer_addresses_are_those_of_shared_overlays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
