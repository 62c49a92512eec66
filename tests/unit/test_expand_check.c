/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks and hosts: what is about all machines of a file. */
#include "model/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/expand_text.h"

#define PLACES                                                                                     \
	"hosts:\n"                                                                                 \
	"  a: {address: 192.0.2.1, uplink: up0, namespaces: {x: {extra-hosts: {db: 10.0.0.9}}}}\n" \
	"  b: {address: [192.0.2.2, \"2001:db8::2\"], bridges: {br0: {addresses: [10.0.0.9/24]}}}\n"

static void path(const char *host, const char *place, struct text *ret)
{
	text_add(ret, "%s/%s", host ? host : "-", place[0] ? place : "host");
}

static void check_text(const struct topology_check *check, struct text *ret)
{
	static const char *const kinds[] = { "ping", "tcp", "udp" };
	char text[ADDR_TEXT_MAX];

	path(check->from_host, check->from_place, ret);
	text_add(ret, " %s %s", kinds[check->kind], check->target);
	if (addr_is_set(&check->address))
		text_add(ret, " at %s", addr_format(&check->address, text));
	if (check->port)
		text_add(ret, " port %u", check->port);
	text_add(ret, check->size_mtu ? " size mtu" : " size %u", check->size);
	text_add(ret, " within %u%s%s", check->within_ms,
		 check->expect == CHECK_UNREACHABLE ? " unreachable" : "",
		 check->is_outside ? " outside" : "");
	if (check->at_place) {
		text_add(ret, " in ");
		path(check->at_host, check->at_place, ret);
	}
}

static void add_all(const struct topology_checks *checks, const char *before, struct text *ret)
{
	size_t i;

	for (i = 0; i < checks->n; i++) {
		text_add(ret, "%s%s", ret->length ? "\n" : "", before);
		check_text(&checks->items[i], ret);
	}
}

/* The checks and the guard, or the messages. */
static void expect(const char *yaml, const char *host, const char *expected)
{
	static const struct facts offline = { .offline = true };
	AUTO_TEXT struct text actual = { 0 };
	struct diag *diag = diag_new();
	struct document *document;
	struct topology *topology = expand_yaml(yaml, host, &offline, &document, diag);

	diag_text(diag, &actual);
	if (topology) {
		add_all(&topology->checks, "", &actual);
		add_all(&topology->guard, "guard ", &actual);
	}
	assert_string_equal(text_get(&actual), expected);
	topology_free(topology);
	document_free(document);
	diag_free(diag);
}

static void test_checks_have_a_target_each(void **state)
{
	(void)state;
	expect("checks: [{from: a/x, ping: [10.0.0.9, 192.0.2.2, 198.51.100.1, db, example.net], size: "
	       "mtu, within: 500ms}]\n" PLACES,
	       "a",
	       "a/x ping 10.0.0.9 at 10.0.0.9 size mtu within 500\n"
	       "a/x ping 192.0.2.2 at 192.0.2.2 size mtu within 500\n"
	       "a/x ping 198.51.100.1 at 198.51.100.1 size mtu within 500 outside\n"
	       "a/x ping db at 10.0.0.9 size mtu within 500\n"
	       "a/x ping example.net size mtu within 500 outside");
	expect("checks:\n  - {from: b/host, tcp: \"[2001:db8::2]:443\", at: a/host, expect: "
	       "unreachable}\n"
	       "  - {from: a/x, udp: \"db:53\", within: 10s}\n"
	       "  - {from: a/host, ping: 127.0.0.1, size: 1400}\n" PLACES,
	       "b",
	       "b/host tcp [2001:db8::2]:443 at 2001:db8::2 port 443 size 0 within 5000 unreachable in "
	       "a/host\n"
	       "a/x udp db:53 at 10.0.0.9 port 53 size 0 within 10000\n"
	       "a/host ping 127.0.0.1 at 127.0.0.1 size 1400 within 5000");
}

static void test_checks_need_no_host_where_there_is_one(void **state)
{
	(void)state;
	expect("checks: [{from: x, ping: 10.0.0.1}, {from: host, ping: 10.0.0.1}]\n"
	       "namespaces: {x: }\nbridges: {br0: {addresses: [10.0.0.1/24]}}\n",
	       NULL,
	       "-/x ping 10.0.0.1 at 10.0.0.1 size 0 within 5000\n"
	       "-/host ping 10.0.0.1 at 10.0.0.1 size 0 within 5000");
	expect("checks: [{from: x, ping: 192.0.2.1, at: one/host}]\n"
	       "hosts: {one: {address: 192.0.2.1, namespaces: {x: }}}\n",
	       "one", "one/x ping 192.0.2.1 at 192.0.2.1 size 0 within 5000 in one/host");
}

static void test_checks_start_on_each_host_by_default(void **state)
{
	(void)state;
	expect("checks: [{ping: 10.0.0.1}]\nguard: [{ping: 192.0.2.1}]\n"
	       "bridges: {br0: {addresses: [10.0.0.1/24]}}\n",
	       NULL,
	       "-/host ping 10.0.0.1 at 10.0.0.1 size 0 within 5000\n"
	       "guard -/host ping 192.0.2.1 at 192.0.2.1 size 0 within 5000 outside");
	expect("checks: [{tcp: [\"db:1\", \"[2001:db8::2]:2\"]}]\n" PLACES, "b",
	       "a/host tcp db:1 port 1 size 0 within 5000 outside\n"
	       "b/host tcp db:1 port 1 size 0 within 5000 outside\n"
	       "a/host tcp [2001:db8::2]:2 at 2001:db8::2 port 2 size 0 within 5000\n"
	       "b/host tcp [2001:db8::2]:2 at 2001:db8::2 port 2 size 0 within 5000");
}

static void test_guard_is_read_as_checks_are(void **state)
{
	(void)state;
	expect("checks: [{from: b/host, ping: 192.0.2.2}]\n"
	       "guard: [{from: a/x, udp: \"db:53\", at: b/host, expect: unreachable}]\n" PLACES,
	       "a",
	       "b/host ping 192.0.2.2 at 192.0.2.2 size 0 within 5000\n"
	       "guard a/x udp db:53 at 10.0.0.9 port 53 size 0 within 5000 unreachable in b/host");
	expect("guard: [{from: a/y, ping: 10.0.0.9}, {tcp: db}]\n" PLACES, "a",
	       "f:3:16+3: error: there is no namespace \"y\" on a (did you mean \"x\"?)\n"
	       "f:3:44+2: error: expected ADDRESS:PORT, IPv6 in brackets, not \"db\"");
}

static void test_check_mistakes_are_told(void **state)
{
	static const struct {
		const char *check, *expected;
	} vectors[] = {
		{ "{from: c/x, ping: 10.0.0.9}",
		  "f:3:17+3: error: there is no host \"c\" (did you mean \"a\"?)" },
		{ "{from: a/y, ping: 10.0.0.9}",
		  "f:3:17+3: error: there is no namespace \"y\" on a (did you mean \"x\"?)" },
		{ "{from: a, ping: 10.0.0.9}",
		  "f:3:17+1: error: expected HOST/NAMESPACE or HOST/host, not \"a\"" },
		{ "{from: a/x}",
		  "f:3:10: error: a check has one of \"ping\", \"tcp\" and \"udp\"" },
		{ "{from: a/x, ping: db, tcp: \"db:1\"}",
		  "f:3:10: error: a check has one of \"ping\", \"tcp\" and \"udp\"" },
		{ "{from: a/x, tcp: db}",
		  "f:3:27+2: error: expected ADDRESS:PORT, IPv6 in brackets, not \"db\"" },
		{ "{from: a/x, tcp: \"2001:db8::2:443\"}",
		  "f:3:27+17: error: expected ADDRESS:PORT, IPv6 in brackets, not \"2001:db8::2:443\"" },
		{ "{from: a/x, tcp: \"db:0\"}",
		  "f:3:27+6: error: expected ADDRESS:PORT, IPv6 in brackets, not \"db:0\"" },
		{ "{from: a/x, ping: 10.0.0.9/24}",
		  "f:3:28+11: error: expected an address or a name, not \"10.0.0.9/24\"" },
		{ "{from: a/x, ping: db, within: 5}",
		  "f:3:40+1: error: within: expected a duration such "
		  "as 10s or 500ms, not \"5\"" },
		{ "{from: a/x, ping: db, size: 65508}",
		  "f:3:38+5: error: size: expected mtu or a number from 0 to 65507, not \"65508\"" },
		{ "{from: a/x, tcp: \"db:1\", size: mtu}", "f:3:10: error: size belongs to ping" },
		{ "{from: a/x, ping: db, at: b/z}",
		  "f:3:36+3: error: there is no namespace \"z\" on b" },
	};
	AUTO_TEXT struct text yaml = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		yaml.length = 0;
		text_add(&yaml, "checks: [%s]\n" PLACES, vectors[i].check);
		expect(text_get(&yaml), "a", vectors[i].expected);
	}
}

static void test_hosts_are_listed_in_the_order_written(void **state)
{
	static const struct facts offline = { .offline = true };
	struct diag *diag = diag_new();
	struct document *document;
	struct topology *topology =
		expand_yaml("labels: {owner: netops}\n" PLACES, "b", &offline, &document, diag);

	(void)state;
	assert_non_null(topology);
	assert_string_equal(topology->host, "b");
	assert_string_equal(topology->host_label, "b");
	assert_int_equal(topology->n_hosts, 2);
	assert_string_equal(topology->hosts[0].name, "a");
	assert_string_equal(topology->hosts[0].uplink, "up0");
	assert_null(topology->hosts[1].uplink);
	assert_int_equal(topology->hosts[1].addresses.n, 2);
	assert_string_equal(node_find(topology->labels, "owner")->text, "netops");
	topology_free(topology);
	document_free(document);
	diag_free(diag);
}

static void test_topology_expand_needs_to_know_its_host(void **state)
{
	static const struct facts named = { .hostname = "box" };
	struct diag *diag = diag_new();
	struct document *document;
	struct topology *topology = expand_yaml(PLACES, "z", &named, &document, diag);

	(void)state;
	assert_null(topology);
	assert_int_equal(diag_errors(diag), 0);
	document_free(document);
	topology = expand_yaml(PLACES, NULL, &named, &document, diag);
	assert_null(topology);
	document_free(document);
	topology = expand_yaml("", NULL, &named, &document, diag);
	assert_non_null(topology);
	assert_null(topology->host);
	assert_string_equal(topology->host_label, "box");
	topology_free(topology);
	document_free(document);
	diag_free(diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks_have_a_target_each),
		cmocka_unit_test(test_checks_need_no_host_where_there_is_one),
		cmocka_unit_test(test_checks_start_on_each_host_by_default),
		cmocka_unit_test(test_guard_is_read_as_checks_are),
		cmocka_unit_test(test_check_mistakes_are_told),
		cmocka_unit_test(test_hosts_are_listed_in_the_order_written),
		cmocka_unit_test(test_topology_expand_needs_to_know_its_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
