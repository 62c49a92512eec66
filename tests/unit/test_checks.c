/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which checks run where, and on which port a connection comes out. */
#include "cmd/checks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/expand_text.h"

static const char yaml[] =
	"bridges: {br0: {forward: nat}}\n"
	"hosts:\n"
	"  a:\n"
	"    address: [192.0.2.1, \"2001:db8::1\"]\n"
	"    bridges: {br0: {addresses: [10.0.0.1/24, \"2001:db8:1::1/64\"]}}\n"
	"    namespaces:\n"
	"      web:\n"
	"        attach: {br0: [10.0.0.2/24, \"2001:db8:1::2/64\"]}\n"
	"        ports: [\"80:8080\", \"53:5353/udp\", \"192.0.2.1:443:8443\", \"7000-7009:9000-9009\"]\n"
	"        nat: {dnat: [{port: 99, to: \"10.0.0.2:100\", protocol: tcp}]}\n"
	"      other: {attach: {br0: 10.0.0.3/24}, ports: [\"81:8081\"]}\n"
	"  b:\n"
	"    address: 192.0.2.2\n"
	"    bridges: {br0: {addresses: [10.1.0.1/24]}}\n"
	"checks:\n";

struct expanded {
	struct document *document;
	struct topology *topology;
	struct diag *diag;
};

static void expand(struct expanded *ret, const char *checks, const char *host)
{
	static const struct facts facts = { .offline = true };
	AUTO_TEXT struct text text = { 0 }, messages = { 0 };

	text_add(&text, "%s%s", yaml, checks);
	ret->diag = diag_new();
	ret->topology = expand_yaml(text_get(&text), host, &facts, &ret->document, ret->diag);
	diag_text(ret->diag, &messages);
	if (!ret->topology)
		fail_msg("%s", text_get(&messages));
}

static void clear(struct expanded *expanded)
{
	topology_free(expanded->topology);
	document_free(expanded->document);
	diag_free(expanded->diag);
}

static void test_port_is_where_the_map_leads(void **state)
{
	static const struct {
		const char *check;
		uint16_t port;
	} vectors[] = {
		{ "{from: b/host, tcp: \"192.0.2.1:80\", at: a/web}", 8080 },
		{ "{from: b/host, tcp: \"[2001:db8::1]:80\", at: a/web}", 8080 },
		{ "{from: b/host, udp: \"192.0.2.1:53\", at: a/web}", 5353 },
		{ "{from: b/host, tcp: \"192.0.2.1:53\", at: a/web}", 53 },
		{ "{from: b/host, tcp: \"192.0.2.1:443\", at: a/web}", 8443 },
		{ "{from: a/other, tcp: \"10.0.0.1:443\", at: a/web}", 443 },
		{ "{from: b/host, tcp: \"192.0.2.1:7004\", at: a/web}", 9004 },
		{ "{from: b/host, tcp: \"192.0.2.1:81\", at: a/other}", 8081 },
		{ "{from: b/host, tcp: \"192.0.2.1:81\", at: a/web}", 81 },
		/* To the place itself: the host's maps are not met, its own are. */
		{ "{from: a/other, tcp: \"10.0.0.2:80\", at: a/web}", 80 },
		{ "{from: a/other, tcp: \"10.0.0.2:99\", at: a/web}", 100 },
		{ "{from: b/host, tcp: \"192.0.2.1:22\", at: a/host}", 22 },
		{ "{from: b/host, tcp: \"192.0.2.1:80\", at: a/host}", 80 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		AUTO_TEXT struct text line = { 0 };
		struct expanded expanded;
		uint16_t port;

		text_add(&line, "  - %s\n", vectors[i].check);
		expand(&expanded, text_get(&line), "a");
		port = check_arrival_port(&expanded.topology->checks.items[0], expanded.topology);
		if (port != vectors[i].port)
			fail_msg("%s: port %u, not %u", vectors[i].check, port, vectors[i].port);
		clear(&expanded);
	}
}

static void test_only_what_can_run_here_runs(void **state)
{
	static const char checks[] = "  - {from: a/web, ping: 192.0.2.2}\n"
				     "  - {from: b/host, ping: 192.0.2.1}\n"
				     "  - {from: a/host, ping: 198.51.100.1}\n"
				     "  - {from: b/host, tcp: \"git.example.net:22\"}\n";
	static const char outside[] = "outside the file, so not in the simulation";
	static const struct {
		const char *host;
		bool simulated;
		const char *reasons[4];
	} vectors[] = {
		{ "a", false, { "", "starts on b", "", "starts on b" } },
		{ "b", false, { "starts on a", "", "starts on a", "" } },
		{ "a", true, { "", "", outside, outside } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct expanded expanded;

		expand(&expanded, checks, vectors[i].host);
		assert_int_equal(expanded.topology->checks.n, 4);
		for (size_t j = 0; j < 4; j++) {
			AUTO_TEXT struct text reason = { 0 };
			const bool skipped =
				check_is_skipped(&expanded.topology->checks.items[j],
						 expanded.topology, vectors[i].simulated, &reason);

			assert_string_equal(text_get(&reason), vectors[i].reasons[j]);
			assert_int_equal(skipped, *vectors[i].reasons[j] != '\0');
		}
		clear(&expanded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_port_is_where_the_map_leads),
		cmocka_unit_test(test_only_what_can_run_here_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
