/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, prefixes and MAC addresses: strict reading, one way of printing, questions about them. */
#include "model/addr.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct addr prefix(const char *text)
{
	struct addr addr = { 0 };

	if (!(strchr(text, '/') ? addr_parse_prefix(&addr, text) : addr_parse(&addr, text)))
		fail_msg("cannot read %s", text);
	return addr;
}

static void test_addr_parse_prints_one_way(void **state)
{
	static const struct {
		const char *in, *out;
	} vectors[] = {
		{ "10.0.0.2/24", "10.0.0.2/24" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "2001:DB8:0:0::0:1/64", "2001:db8::1/64" }, /* RFC 5952 */
		{ "::/0", "::/0" },
		{ "2001:db8:0:1:1:1:1:1/128", "2001:db8:0:1:1:1:1:1/128" },
		{ "::ffff:192.0.2.1/128", "::ffff:192.0.2.1/128" },
	};
	char buffer[ADDR_TEXT_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct addr addr = prefix(vectors[i].in), again;

		assert_string_equal(addr_format_prefix(&addr, buffer), vectors[i].out);
		again = prefix(buffer);
		assert_true(addr_equal(&addr, &again));
	}
	assert_string_equal(addr_format_prefix(&(const struct addr){ 0 }, buffer), "");
}

static void test_addr_parse_refuses_other_forms(void **state)
{
	static const char *const addresses[] = { "",	      "10.0.0",	 "10.0.0.256", "010.0.0.1",
						 "10.0.0.1 ", "1",	 "::1%lo",     "[::1]",
						 ":::",	      "1::2::3", "10.0.0.1/24" };
	static const char *const prefixes[] = { "10.0.0.1",	"10.0.0.1/",   "10.0.0.1/33",
						"10.0.0.1/024", "10.0.0.1/-1", "10.0.0.1/24 ",
						"::1/129",	"/24",	       "10.0.0.1/24/24",
						"10.0.0.1/999" };
	struct addr addr = { .family = 99 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		assert_false(addr_parse(&addr, addresses[i]));
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		assert_false(addr_parse_prefix(&addr, prefixes[i]));
	assert_int_equal(addr.family, 99);
}

static void test_addr_network_clears_host_bits(void **state)
{
	static const char *const vectors[][2] = {
		{ "10.0.0.255/24", "10.0.0.0/24" },	    { "10.0.0.3/31", "10.0.0.2/31" },
		{ "255.255.255.255/0", "0.0.0.0/0" },	    { "10.1.2.3/32", "10.1.2.3/32" },
		{ "2001:db8::ff/121", "2001:db8::80/121" }, { "ffff::/1", "8000::/1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct addr addr = prefix(vectors[i][0]), expected = prefix(vectors[i][1]);
		struct addr network = addr_network(&addr);

		assert_true(addr_equal(&network, &expected));
		assert_false(addr_has_host_bits(&network));
		assert_int_equal(addr_has_host_bits(&addr), !addr_equal(&addr, &expected));
	}
}

static void test_addr_contains_and_overlaps(void **state)
{
	struct addr wide = prefix("10.0.0.0/8"), narrow = prefix("10.5.0.0/16");
	struct addr host = prefix("10.5.0.1"), other = prefix("11.0.0.0/8"), six = prefix("::/0");
	struct addr with_host_bits = prefix("10.5.0.1/16");

	(void)state;
	assert_true(addr_contains(&wide, &narrow));
	assert_false(addr_contains(&narrow, &wide));
	assert_true(addr_contains(&with_host_bits, &host));
	assert_true(addr_overlaps(&narrow, &wide));
	assert_true(addr_overlaps(&wide, &narrow));
	assert_false(addr_overlaps(&wide, &other));
	assert_false(addr_contains(&six, &host));
	assert_true(addr_compare(&wide, &other) < 0);
	assert_true(addr_compare(&host, &six) < 0);
	assert_true(addr_same_host(&host, &with_host_bits));
	assert_false(addr_equal(&host, &with_host_bits));
}

static void test_addr_knows_special_ranges(void **state)
{
	struct addr addr;

	(void)state;
	addr = prefix("169.254.1.1");
	assert_true(addr_is_link_local(&addr));
	addr = prefix("febf::1");
	assert_true(addr_is_link_local(&addr));
	addr = prefix("fec0::1");
	assert_false(addr_is_link_local(&addr));
	addr = prefix("239.0.0.1");
	assert_true(addr_is_multicast(&addr));
	addr = prefix("ff02::1");
	assert_true(addr_is_multicast(&addr));
	addr = prefix("240.0.0.1");
	assert_false(addr_is_multicast(&addr));
	addr = prefix("::");
	assert_true(addr_is_unspecified(&addr));
	assert_false(addr_is_unspecified(&(const struct addr){ 0 }));
	assert_int_equal(addr_bits(AF_INET6), 128);
	assert_int_equal(addr_bits(AF_UNIX), 0);
}

static void test_mac_parse_takes_six_pairs(void **state)
{
	static const char *const wrong[] = { "",
					     "02:00:5e:10:00",
					     "2:0:5e:10:0:20",
					     "02-00-5e-10-00-20",
					     "02:00:5e:10:00:2g",
					     "9783936682",
					     "02:00:5e:10:00:20:",
					     "02:00:5e:10:00 20" };
	char buffer[MAC_TEXT_MAX];
	struct mac mac = { { 0 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(mac_parse(&mac, wrong[i]));
	assert_false(mac_is_set(&mac));
	assert_true(mac_parse(&mac, "02:00:5E:10:0a:F0"));
	assert_string_equal(mac_format(&mac, buffer), "02:00:5e:10:0a:f0");
	assert_false(mac_is_multicast(&mac));
	mac.bytes[0] = 1;
	assert_true(mac_is_multicast(&mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addr_parse_prints_one_way),
		cmocka_unit_test(test_addr_parse_refuses_other_forms),
		cmocka_unit_test(test_addr_network_clears_host_bits),
		cmocka_unit_test(test_addr_contains_and_overlaps),
		cmocka_unit_test(test_addr_knows_special_ranges),
		cmocka_unit_test(test_mac_parse_takes_six_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
