/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What port maps, policy and source NAT are in nftables' words, and back; without a kernel. */
#include "backends/nft/decode.h"
#include "backends/nft/generate.h"
#include "backends/nft/listing.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "tests/unit/nft_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define LOCAL  "ip daddr != 127.0.0.0/8 fib daddr type local "
#define LOCAL6 "ip6 daddr != ::1 fib daddr type local "

static char *table_text(const struct nft_table *table)
{
	AUTO_TEXT struct text text = { 0 };
	struct script *script;
	struct error err;

	if (nft_generate(&script, "vnet_x", table, &err) < 0)
		return strdup(err.text);
	script_text(script, &text);
	script_free(script);
	return strdup(text_get(&text));
}

static void test_port_maps_become_elements_or_rules(void **state)
{
	static const struct {
		struct dnat dnat;
		const char *listen, *source, *part;
	} vectors[] = {
		{ { .port = "80", .to = "10.0.0.2:8080", .protocol = NAT_TCP },
		  NULL,
		  NULL,
		  "{ 6 . 80 comment \"80 to 10.0.0.2:8080\" : 10.0.0.2 . 8080 }" },
		{ { .port = "80", .to = "10.0.0.2", .protocol = NAT_UDP },
		  NULL,
		  NULL,
		  "{ 17 . 80 comment \"80 to 10.0.0.2\" : 10.0.0.2 . 80 }" },
		{ { .port = "5-7", .to = "10.0.0.2:5-7", .protocol = NAT_TCP },
		  NULL,
		  NULL,
		  "{ 6 . 5-7 comment \"5-7 to 10.0.0.2:5-7\" : 10.0.0.2 }" },
		{ { .port = "5-6", .to = "10.0.0.2:8-9", .protocol = NAT_TCP },
		  NULL,
		  NULL,
		  "6 . 6 comment \"5-6 to 10.0.0.2:8-9\" : 10.0.0.2 . 9 }" },
		{ { .port = "80", .to = "[fd00::2]:81", .protocol = NAT_TCP },
		  "2001:db8::1",
		  NULL,
		  "{ 2001:db8::1 . 6 . 80 comment \"80 to [fd00::2]:81\" : fd00::2 . 81 }" },
		{ { .port = "80", .to = "10.0.0.2:81", .protocol = NAT_TCP, .in = "eth1" },
		  NULL,
		  NULL,
		  "\tiifname \"eth1\" " LOCAL "tcp dport 80 dnat ip to 10.0.0.2:81 "
		  "comment \"80 to 10.0.0.2:81 #1.0\"\n" },
		{ { .port = "80", .to = "[fd00::2]:81", .protocol = NAT_TCP_UDP },
		  NULL,
		  "fd01::/16",
		  "\tip6 saddr fd01::/16 " LOCAL6 "meta l4proto { 6, 17 } th dport 80 "
		  "dnat ip6 to [fd00::2]:81 comment \"80 to [fd00::2]:81 tcp+udp #1.1\"\n" },
		{ { .port = "80", .to = "10.0.0.2-10.0.0.9:81", .protocol = NAT_TCP },
		  "192.0.2.1",
		  NULL,
		  "\tip daddr 192.0.2.1 tcp dport 80 dnat ip to 10.0.0.2-10.0.0.9:81 " },
		{ { .port = "80", .to = "10.0.0.2:81", .protocol = NAT_TCP, .loopback = true },
		  NULL,
		  NULL,
		  "\tip daddr 127.0.0.0/8 tcp dport 80 dnat ip to 10.0.0.2:81\n" },
		{ { .port = "80", .to = "10.0.0.2:81", .protocol = NAT_TCP, .hairpin = true },
		  NULL,
		  NULL,
		  "ip daddr @hairpin4 fib daddr . iif oif exists meta mark set meta mark | 0x00800000\n" },
		{ { .port = "80", .to = "10.0.0.2:81", .protocol = NAT_TCP },
		  NULL,
		  "fd00::/8",
		  "port map 80 to 10.0.0.2:81: a source is of the other family" },
		{ { .port = "5-7", .to = "10.0.0.2:8-9", .protocol = NAT_TCP },
		  NULL,
		  NULL,
		  "port map 5-7 to 10.0.0.2:8-9: ranges of different length" },
		{ { .port = "80", .to = "10.0.0.2:81", .protocol = NAT_TCP, .in = "eth*" },
		  NULL,
		  NULL,
		  "interface name 'eth*' cannot stand in a rule" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct dnat dnat = vectors[i].dnat;
		struct prefix_item source;
		const struct nft_table table = { .dnat = { &dnat, 1 } };
		char *text;

		if (vectors[i].listen)
			assert_true(addr_parse(&dnat.listen, vectors[i].listen));
		if (vectors[i].source) {
			assert_true(addr_parse_prefix(&source.prefix, vectors[i].source));
			dnat.source = (struct list){ &source, 1 };
		}
		text = table_text(&table);
		if (!strstr(text, vectors[i].part))
			fail_msg("expected %s in\n%s", vectors[i].part, text);
		free(text);
	}
}

/* A narrow source comes first, in whatever order the two were written. */
static void test_the_order_of_port_maps_does_not_matter(void **state)
{
	struct prefix_item wide, narrow;
	struct dnat dnats[2] = {
		{ .port = "80", .to = "10.0.0.2:80", .protocol = NAT_TCP, .source = { &wide, 1 } },
		{ .port = "80",
		  .to = "10.0.0.3:80",
		  .protocol = NAT_TCP,
		  .source = { &narrow, 1 } },
	};
	const struct dnat swapped[2] = { dnats[1], dnats[0] };
	struct nft_table table = { .dnat = { dnats, 2 } };
	char *text, *other;

	(void)state;
	assert_true(addr_parse_prefix(&wide.prefix, "10.0.0.0/8"));
	assert_true(addr_parse_prefix(&narrow.prefix, "10.1.0.0/16"));
	text = table_text(&table);
	memcpy(dnats, swapped, sizeof(dnats));
	other = table_text(&table);
	assert_string_equal(text, other);
	assert_true(strstr(text, "saddr 10.1.0.0/16") < strstr(text, "saddr 10.0.0.0/8"));
	free(text);
	free(other);
}

static void test_random_tables_are_read_from_their_text(void **state)
{
	uint64_t seed = 3;
	unsigned i;

	(void)state;
	for (i = 0; i < 500; i++) {
		struct arena *arena = arena_new();
		struct nft_table table, again = { 0 };
		char *text;

		random_table(&seed, &table, arena);
		text = table_text(&table);
		nft_decode(&again, text, arena);
		if (!record_equal(&class_nft_table.record, &table, &again))
			fail_msg("read differently: %s", text);
		free(text);
		arena_free(arena);
	}
}

static void test_listings_are_normalized(void **state)
{
	AUTO_TEXT struct text text = { 0 };

	(void)state;
	listing_normalize("table inet x {\n\tset a {\n\t\telements = { 2, 1 comment \"a, } b\",\n"
			  "\t\t\t     0 }\n\t}\n\n}\n",
			  &text);
	assert_string_equal(text_get(&text), "table inet x {\n\tset a {\n\t\telements = { 0,\n"
					     "\t\t\t1 comment \"a, } b\",\n\t\t\t2 }\n\t}\n}\n");
}

static void test_comments_tell_protocol_numbers(void **state)
{
	static const struct {
		const char *comment;
		bool ours;
		uint8_t protocol;
	} vectors[] = {
		{ "vnetapply 101", true, 101 }, { "vnetapply", true, 0 },
		{ "vnetapply 256", false, 0 },	{ "vnetapply x", false, 0 },
		{ "vnetapply101", false, 0 },	{ "", false, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		uint8_t protocol = 0;

		assert_int_equal(nft_comment_parse(&protocol, vectors[i].comment), vectors[i].ours);
		assert_int_equal(protocol, vectors[i].protocol);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_port_maps_become_elements_or_rules),
		cmocka_unit_test(test_the_order_of_port_maps_does_not_matter),
		cmocka_unit_test(test_random_tables_are_read_from_their_text),
		cmocka_unit_test(test_listings_are_normalized),
		cmocka_unit_test(test_comments_tell_protocol_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
