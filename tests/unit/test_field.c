/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row of every type: text in, member, text out; limits; what a refusal says. */
#include "model/field.h"

#include "model/cleanup.h"
#include "tests/unit/tree_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

struct sample {
	bool flag, automatic_flag;
	uint8_t u8, e8;
	uint16_t u16, be16, e16;
	uint32_t u32, e32, mtu;
	const char *text, *ifname, *automatic_text;
	struct ref ref, automatic_ref;
	struct addr addr, network, address, automatic_addr;
	struct mac mac, automatic_mac;
	uint32_t guard;
};

static const struct enum_name words[] = {
	{ "zero", 0 }, { "seven", 7 }, { "nine", 9 }, { NULL, 0 }
};

static const struct field fields[] = {
	F_BOOL(struct sample, flag, "flag"),
	F_BOOL(struct sample, automatic_flag, "automatic-flag", .flags = FIELD_AUTO),
	F_U8(struct sample, u8, "u8"),
	F_ENUM8(struct sample, e8, "e8", words),
	F_U16(struct sample, u16, "u16"),
	F_BE16(struct sample, be16, "be16", .min = 1),
	F_ENUM16(struct sample, e16, "e16", words),
	F_U32(struct sample, u32, "u32"),
	F_ENUM32(struct sample, e32, "e32", words),
	F_U32(struct sample, mtu, "mtu", .flags = FIELD_AUTO, .min = 68, .max = 9216),
	F_STRING(struct sample, text, "text"),
	F_STRING(struct sample, ifname, "ifname", .flags = FIELD_NAME),
	F_STRING(struct sample, automatic_text, "automatic-text", .flags = FIELD_AUTO),
	F_REF(struct sample, ref, "ref"),
	F_REF(struct sample, automatic_ref, "automatic-ref", .flags = FIELD_AUTO),
	F_ADDR(struct sample, addr, "addr"),
	F_PREFIX(struct sample, network, "network"),
	F_PREFIX(struct sample, address, "address", .flags = FIELD_HOST_BITS),
	F_ADDR(struct sample, automatic_addr, "automatic-addr", .flags = FIELD_AUTO),
	F_MAC(struct sample, mac, "mac"),
	F_MAC(struct sample, automatic_mac, "automatic-mac", .flags = FIELD_AUTO),
};
static const struct record record = {
	.name = "sample",
	.size = sizeof(struct sample),
	FIELDS(fields),
};

static struct arena *arena;

static int open_arena(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int close_arena(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static const struct field *row(const char *name)
{
	const struct field *field = record_field(&record, name);

	if (!field)
		fail_msg("no row %s", name);
	return field;
}

static void test_field_parse_and_format_are_inverse(void **state)
{
	static const char *const vectors[][2] = {
		{ "flag", "true" },
		{ "flag", "false" },
		{ "u8", "0" },
		{ "u8", "255" },
		{ "e8", "zero" },
		{ "e8", "nine" },
		{ "u16", "65535" },
		{ "be16", "1" },
		{ "be16", "65535" },
		{ "e16", "seven" },
		{ "u32", "4294967295" },
		{ "e32", "nine" },
		{ "mtu", "68" },
		{ "mtu", "9216" },
		{ "text", "" },
		{ "text", "any  text: #" },
		{ "ifname", "eth0.5_x-1" },
		{ "ifname", "abcdefghijklmno" },
		{ "ref", "eth0" },
		{ "ref", "host:eth0" },
		{ "ref", "red:eth0" },
		{ "addr", "10.0.0.1" },
		{ "addr", "2001:db8::1" },
		{ "network", "10.0.0.0/8" },
		{ "network", "::/0" },
		{ "address", "10.0.0.2/24" },
		{ "address", "2001:db8::2/64" },
		{ "mac", "02:00:5e:10:00:20" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct field *field = row(vectors[i][0]);
		AUTO_TEXT struct text why = { 0 };
		AUTO_TEXT struct text text = { 0 };
		struct sample a = { 0 }, b = { 0 };

		assert_true(field_parse(field, &a, vectors[i][1], arena, &why));
		assert_string_equal(text_get(&why), "");
		field_format(field, &a, &text);
		assert_string_equal(text_get(&text), vectors[i][1]);
		assert_true(field_parse(field, &b, text_get(&text), arena, &why));
		assert_true(field_equal(field, &a, &b));
	}
}

static void test_field_parse_says_what_was_expected(void **state)
{
	static const struct {
		const char *row, *text, *why;
	} vectors[] = {
		{ "flag", "yes", "expected true or false" },
		{ "flag", "True", "expected true or false" },
		{ "u8", "256", "expected a number from 0 to 255" },
		{ "u8", "", "expected a number from 0 to 255" },
		{ "u16", "-1", "expected a number from 0 to 65535" },
		{ "u16", "010", "expected a number from 0 to 65535, without leading zeros" },
		{ "u16", "0x10", "expected a number from 0 to 65535" },
		{ "be16", "0", "expected a number from 1 to 65535" },
		{ "u32", "4294967296", "expected a number from 0 to 4294967295" },
		{ "mtu", "67", "expected a number from 68 to 9216" },
		{ "mtu", "9217", "expected a number from 68 to 9216" },
		{ "u8", "auto", "expected a number from 0 to 255" },
		{ "e8", "sevn", "expected one of zero, seven, nine; did you mean \"seven\"?" },
		{ "e8", "7", "expected one of zero, seven, nine" },
		{ "ifname", "", "expected an interface name of letters, digits, '.', '_' and '-'" },
		{ "ifname", "a/b",
		  "expected an interface name of letters, digits, '.', '_' and '-'" },
		{ "ifname", "a b",
		  "expected an interface name of letters, digits, '.', '_' and '-'" },
		{ "ifname", "..",
		  "expected an interface name of letters, digits, '.', '_' and '-'" },
		{ "ifname", "-a",
		  "expected an interface name of letters, digits, '.', '_' and '-'" },
		{ "ifname", "abcdefghijklmnop",
		  "expected an interface name of at most 15 characters" },
		{ "ref", ":eth0", "expected the name of an interface of this place, or host:NAME" },
		{ "ref", "host:", "expected the name of an interface of this place, or host:NAME" },
		{ "ref", "a:b:c", "expected the name of an interface of this place, or host:NAME" },
		{ "addr", "10.0.0", "expected an IPv4 or IPv6 address" },
		{ "addr", "10.0.0.1/24",
		  "expected an IPv4 or IPv6 address without a prefix length" },
		{ "network", "10.0.0.1/24",
		  "expected a network, but host bits are set; did you mean \"10.0.0.0/24\"?" },
		{ "network", "10.0.0.0",
		  "expected a network with a prefix length, such as 10.0.0.0/24; did you mean "
		  "\"10.0.0.0/32\"?" },
		{ "address", "10.0.0.2",
		  "expected an address with a prefix length, such as 10.0.0.2/24; did you mean "
		  "\"10.0.0.2/24\"?" },
		{ "address", "x", "expected an address with a prefix length, such as 10.0.0.2/24" },
		{ "mac", "41135085296",
		  "expected a MAC address such as \"02:00:5e:10:00:20\", in quotes" },
		{ "mac", "00:00:00:00:00:00",
		  "expected a MAC address such as \"02:00:5e:10:00:20\", in quotes" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		static const struct sample nothing;
		AUTO_TEXT struct text why = { 0 };
		struct sample sample = { 0 };

		assert_false(
			field_parse(row(vectors[i].row), &sample, vectors[i].text, arena, &why));
		assert_string_equal(text_get(&why), vectors[i].why);
		assert_memory_equal(&sample, &nothing, sizeof(sample));
	}
}

static void test_field_parse_reads_auto_as_unset(void **state)
{
	static const char *const rows[] = { "automatic-flag", "mtu",
					    "automatic-text", "automatic-ref",
					    "automatic-addr", "automatic-mac" };
	AUTO_TEXT struct text why = { 0 };
	struct sample sample, before;
	size_t i, j, changed;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct field *field = row(rows[i]);

		memset(&sample, 0xff, sizeof(sample));
		before = sample;
		assert_true(field_parse(field, &sample, "auto", arena, &why));
		assert_true(field_is_unset(field, &sample));
		/* and nothing beside the member was touched */
		for (j = 0; j < field->offset; j++)
			assert_int_equal(((unsigned char *)&sample)[j], 0xff);
		for (changed = 0, j = 0; j < sizeof(sample); j++)
			changed += ((unsigned char *)&sample)[j] != ((unsigned char *)&before)[j];
		assert_true(changed <= sizeof(struct addr));
		assert_int_equal(sample.guard, 0xffffffff);
	}
}

static void test_field_numbers_are_members_of_their_size(void **state)
{
	static const struct {
		const char *row;
		uint64_t value, read;
	} vectors[] = {
		{ "flag", 2, 1 },
		{ "u8", 0x1ff, 0xff },
		{ "u16", 0x1ffff, 0xffff },
		{ "be16", 0x1234, 0x1234 },
		{ "u32", 0xffffffff, 0xffffffff },
		{ "e8", 9, 9 },
		{ "e16", 9, 9 },
		{ "e32", 9, 9 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct field *field = row(vectors[i].row);
		struct sample sample = { 0 };

		assert_true(field_is_number(field));
		field_set_number(field, &sample, vectors[i].value);
		assert_true(field_get_number(field, &sample) == vectors[i].read);
		assert_false(field_is_unset(field, &sample));
		assert_int_equal(sample.guard, 0);
	}
	assert_false(field_is_number(row("text")));
}

static void test_field_format_prints_unknown_words_as_numbers(void **state)
{
	struct sample sample = { .e8 = 200 };
	AUTO_TEXT struct text text = { 0 };

	(void)state;
	field_format(row("e8"), &sample, &text);
	assert_string_equal(text_get(&text), "200");
	text_free(&text);
	field_format(row("mac"), &sample, &text);
	field_format(row("addr"), &sample, &text);
	field_format(row("text"), &sample, &text);
	field_format(row("ref"), &sample, &text);
	assert_string_equal(text_get(&text), "");
}

static void test_field_equal_tells_unset_from_empty(void **state)
{
	struct sample a = { .text = "" }, b = { 0 };

	(void)state;
	assert_false(field_equal(row("text"), &a, &b));
	assert_true(field_is_unset(row("text"), &b));
	assert_false(field_is_unset(row("text"), &a));
	a.ref = (struct ref){ .place = "x" }; /* without a name there is no place */
	assert_true(field_equal(row("ref"), &a, &b));
	a.ref = (struct ref){ .name = "eth0" };
	b.ref = (struct ref){ .name = "eth0", .place = "" };
	assert_false(field_equal(row("ref"), &a, &b)); /* this place is not the host's */
}

static void test_field_to_node_knows_json_types(void **state)
{
	struct sample sample = { .flag = true, .u16 = 5, .e8 = 7, .text = "7" };

	(void)state;
	assert_int_equal(field_to_node(row("flag"), &sample, arena)->type, NODE_BOOL);
	assert_int_equal(field_to_node(row("u16"), &sample, arena)->type, NODE_NUMBER);
	assert_int_equal(field_to_node(row("text"), &sample, arena)->type, NODE_TEXT);
	assert_int_equal(field_to_node(row("e8"), &sample, arena)->type, NODE_TEXT);
	assert_string_equal(field_to_node(row("e8"), &sample, arena)->text, "seven");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_field_parse_and_format_are_inverse),
		cmocka_unit_test(test_field_parse_says_what_was_expected),
		cmocka_unit_test(test_field_parse_reads_auto_as_unset),
		cmocka_unit_test(test_field_numbers_are_members_of_their_size),
		cmocka_unit_test(test_field_format_prints_unknown_words_as_numbers),
		cmocka_unit_test(test_field_equal_tells_unset_from_empty),
		cmocka_unit_test(test_field_to_node_knows_json_types),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
