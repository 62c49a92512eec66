/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows to attributes and back: for every kind there is, and the bytes where they are not obvious. */
#include "backends/rtnl/attr.h"
#include "model/kinds.h"
#include "model/link.h"

#include <linux/if_link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#define TABLE_MAX 127

static const struct nlmsghdr *encode(struct nl_msg **message, const struct record *record,
				     const void *data, uint64_t mask)
{
	*message = request_new(1000, 0, NULL, 0);
	attr_put(*message, record, data, mask, NULL);
	return nlmsg_hdr(*message);
}

/* Another value than the default, within the row's limits. */
static void set_other(const struct field *field, void *data, unsigned turn)
{
	struct addr *addr = field_member(field, data);
	uint64_t value = field->min + 1 + turn;

	if (field->type == FIELD_ADDR)
		assert_true(addr_parse(addr, turn ? "2001:db8::7" : "192.0.2.7"));
	if (!field_is_number(field))
		return;
	if (field->type == FIELD_BOOL)
		value = turn & 1;
	if (field->names)
		value = field->names[turn % 2].value;
	else if (field->max && value > field->max)
		value = field->max;
	field_set_number(field, data, value);
}

static void check_round_trip(const struct record *record, unsigned turn)
{
	struct arena *arena = arena_new();
	void *sent = record_new(record, arena), *received = record_new(record, arena);
	const struct nlattr *table[TABLE_MAX + 1];
	AUTO_MESSAGE struct nl_msg *message = NULL;
	size_t i;

	for (i = 0; i < record->n_fields; i++)
		set_other(&record->fields[i], sent, turn);
	assert_true(message_parse(encode(&message, record, sent, UINT64_MAX), 0, table, TABLE_MAX));
	attr_get(record, received, table, TABLE_MAX, NULL, arena);
	for (i = 0; i < record->n_fields; i++)
		if (record->fields[i].attr && !field_equal(&record->fields[i], sent, received))
			fail_msg("%s.%s, turn %u", record->name, record->fields[i].name, turn);
	arena_free(arena);
}

static void test_every_kind_is_read_as_it_was_sent(void **state)
{
	unsigned turn;
	size_t i;

	(void)state;
	for (turn = 0; turn < 3; turn++) {
		check_round_trip(&record_bridge_port, turn);
		for (i = 0; kinds[i]; i++)
			check_round_trip(&kinds[i]->record, turn);
	}
}

static const struct nlattr *attr_of(struct nl_msg **message, const char *kind, const char *row,
				    const char *value)
{
	const struct record *record = &kind_find(kind)->record;
	const struct field *field = record_field(record, row);
	static const struct nlattr *table[TABLE_MAX + 1];
	struct arena *arena = arena_new();
	void *data = record_new(record, arena);

	assert_non_null(field);
	assert_true(field_parse(field, data, value, arena, NULL));
	message_parse(encode(message, record, data, 1ULL << (field - record->fields)), 0, table,
		      TABLE_MAX);
	arena_free(arena);
	assert_non_null(table[field->attr]);
	return table[field->attr];
}

static void test_bytes_are_the_kernels(void **state)
{
	static const struct {
		const char *kind, *row, *value;
		int length;
		uint8_t bytes[4];
	} vectors[] = {
		/* 1/100 s, in u32 of this machine's order; 1500 is 0x5dc */
		{ "bridge", "forward-delay", "15", 4, { 0xdc, 0x05, 0, 0 } },
		{ "bridge", "stp", "true", 4, { 1, 0, 0, 0 } }, /* a bool as u32 */
		{ "bridge", "multicast-snooping", "true", 1, { 1 } },
		{ "vxlan", "port", "4789", 2, { 0x12, 0xb5 } }, /* big endian */
		{ "vxlan", "local", "192.0.2.1", 4, { 192, 0, 2, 1 } },
		{ "vxlan", "ttl", "9", 1, { 9 } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		AUTO_MESSAGE struct nl_msg *message = NULL;
		const struct nlattr *attr =
			attr_of(&message, vectors[i].kind, vectors[i].row, vectors[i].value);

		assert_int_equal(nla_len(attr), vectors[i].length);
		assert_memory_equal(nla_data(attr), vectors[i].bytes, (size_t)vectors[i].length);
	}
}

static void test_only_rows_in_the_mask_are_sent(void **state)
{
	const struct record *record = &kind_find("bridge")->record;
	AUTO_MESSAGE struct nl_msg *message = NULL;
	const struct nlattr *table[TABLE_MAX + 1];
	size_t i, n = 0;

	(void)state;
	message_parse(encode(&message, record, record->defaults, 1ULL << 1 | 1ULL << 4), 0, table,
		      TABLE_MAX);
	for (i = 0; i <= TABLE_MAX; i++)
		n += table[i] != NULL;
	assert_int_equal(n, 2);
	assert_non_null(table[record->fields[1].attr]);
	assert_non_null(table[record->fields[4].attr]);
}

static uint32_t index_of(void *data, const struct ref *ref)
{
	(void)data;
	return (uint32_t)strlen(ref->name);
}

static struct ref ref_of(void *data, uint32_t index)
{
	(void)data;
	return (struct ref){ .name = index == 4 ? "br12" : NULL };
}

static void test_refs_are_ifindexes(void **state)
{
	static const struct field fields[] = { F_REF(struct link, master, "m",
						     .attr = IFLA_MASTER) };
	static const struct record record = { .name = "r",
					      .size = sizeof(struct link),
					      FIELDS(fields) };
	const struct attr_names names = { .index = index_of, .ref = ref_of };
	AUTO_MESSAGE struct nl_msg *message = request_new(1000, 0, NULL, 0);
	AUTO_MESSAGE struct nl_msg *none = request_new(1000, 0, NULL, 0);
	const struct nlattr *table[IFLA_MAX + 1];
	struct link link = { .master = { .name = "br12" } };

	(void)state;
	attr_put(message, &record, &link, 1, &names);
	message_parse(nlmsg_hdr(message), 0, table, IFLA_MAX);
	assert_int_equal(attr_u32(table[IFLA_MASTER]), 4);
	link.master.name = NULL;
	attr_get(&record, &link, table, IFLA_MAX, &names, NULL);
	assert_string_equal(link.master.name, "br12");
	link.master.name = NULL;
	attr_put(none, &record, &link, 1, &names);
	message_parse(nlmsg_hdr(none), 0, table, IFLA_MAX);
	assert_int_equal(nla_len(table[IFLA_MASTER]), 4);
	assert_int_equal(attr_u32(table[IFLA_MASTER]), 0);
}

/* Whatever the length of an attribute, nothing past it is read (the sanitizers see to that). */
static void test_odd_lengths_are_taken_or_left(void **state)
{
	const struct record *record = &kind_find("vxlan")->record;
	struct arena *arena = arena_new();
	int length;

	(void)state;
	for (length = 0; length < 20; length++) {
		AUTO_MESSAGE struct nl_msg *message = request_new(1000, 0, NULL, 0);
		const struct nlattr *table[TABLE_MAX + 1];
		void *data = record_new(record, arena);
		static const char zeros[20];
		size_t i;

		for (i = 0; i < record->n_fields; i++)
			nla_put(message, record->fields[i].attr, length, zeros);
		message_parse(nlmsg_hdr(message), 0, table, TABLE_MAX);
		attr_get(record, data, table, TABLE_MAX, NULL, arena);
		assert_false(addr_is_set(
			field_member(record_field(record, "local"), data))); /* zeros are none */
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_is_read_as_it_was_sent),
		cmocka_unit_test(test_bytes_are_the_kernels),
		cmocka_unit_test(test_only_rows_in_the_mask_are_sent),
		cmocka_unit_test(test_refs_are_ifindexes),
		cmocka_unit_test(test_odd_lengths_are_taken_or_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
