/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Learning, ageing, limits and static entries, with time as a parameter. */
#include "backends/tunnel/worker/mac_table.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define AGEING 300000u
#define START  1000000u

static const uint8_t mac_a[6] = { 2, 0, 0, 0, 0, 0xa }, mac_b[6] = { 2, 0, 0, 0, 0, 0xb };

static struct mac_table *table_new(uint32_t limit)
{
	struct mac_table *table = mac_table_new(limit, AGEING, 7);

	assert_non_null(table);
	return table;
}

static void number_to_mac(uint32_t number, uint8_t ret[6])
{
	ret[0] = 2;
	ret[1] = 0;
	for (int i = 0; i < 4; i++)
		ret[2 + i] = (uint8_t)(number >> (24 - 8 * i));
}

static void test_learn_remembers_and_moves(void **state)
{
	struct mac_table *table = table_new(10);

	(void)state;
	assert_int_equal(mac_table_find(table, mac_a, START), -1);
	assert_int_equal(mac_table_learn(table, mac_a, 3, START), MAC_ADDED);
	assert_int_equal(mac_table_learn(table, mac_b, 4, START), MAC_ADDED);
	assert_int_equal(mac_table_find(table, mac_a, START), 3);
	assert_int_equal(mac_table_find(table, mac_b, START), 4);
	assert_int_equal(mac_table_learn(table, mac_a, 3, START), MAC_REFRESHED);
	assert_int_equal(mac_table_learn(table, mac_a, 5, START), MAC_MOVED);
	assert_int_equal(mac_table_find(table, mac_a, START), 5);
	mac_table_free(table);
}

static void test_learned_entry_ages(void **state)
{
	struct mac_table *table = table_new(10);

	(void)state;
	mac_table_learn(table, mac_a, 1, START);
	assert_int_equal(mac_table_find(table, mac_a, START + AGEING - 1), 1);
	assert_int_equal(mac_table_find(table, mac_a, START + AGEING), -1);
	mac_table_learn(table, mac_a, 1, START + AGEING - 1);
	assert_int_equal(mac_table_find(table, mac_a, START + AGEING), 1);
	mac_table_free(table);
}

static void test_full_table_refuses_until_entries_age(void **state)
{
	struct mac_table *table = table_new(1000);
	uint8_t mac[6];

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		number_to_mac(i, mac);
		assert_int_equal(mac_table_learn(table, mac, i % 7, START + i), MAC_ADDED);
	}
	number_to_mac(5000, mac);
	assert_int_equal(mac_table_learn(table, mac, 1, START + 1000), MAC_FULL);
	assert_int_equal(mac_table_learned_count(table, START + 1000), 1000);
	/* The first half has aged: room again, and the other half is still known. */
	assert_int_equal(mac_table_learn(table, mac, 1, START + AGEING + 499), MAC_ADDED);
	assert_int_equal(mac_table_learned_count(table, START + AGEING + 499), 501);
	number_to_mac(999, mac);
	assert_int_equal(mac_table_find(table, mac, START + AGEING + 499), 999 % 7);
	number_to_mac(499, mac);
	assert_int_equal(mac_table_find(table, mac, START + AGEING + 499), -1);
	mac_table_free(table);
}

static void test_freed_entries_are_used_again(void **state)
{
	struct mac_table *table = table_new(100);
	uint64_t now = START;
	uint8_t mac[6];

	(void)state;
	for (uint32_t i = 0; i < 2000; i++) {
		if (i % 100 == 0)
			now += AGEING;
		number_to_mac(i, mac);
		assert_int_equal(mac_table_learn(table, mac, i, now), MAC_ADDED);
		assert_int_equal(mac_table_find(table, mac, now), i);
	}
	assert_int_equal(mac_table_learned_count(table, now), 100);
	mac_table_free(table);
}

static void test_static_entry_stands(void **state)
{
	struct mac_table *table = table_new(1);

	(void)state;
	assert_int_equal(mac_table_pin(table, mac_a, 1), 0);
	assert_int_equal(mac_table_pin(table, mac_a, 2), -EEXIST);
	assert_int_equal(mac_table_learn(table, mac_a, 2, START), MAC_STATIC);
	assert_int_equal(mac_table_find(table, mac_a, START + 10 * AGEING), 1);
	/* It takes no room of learned ones, and neither does pinning a learned one. */
	assert_int_equal(mac_table_learn(table, mac_b, 2, START), MAC_ADDED);
	assert_int_equal(mac_table_pin(table, mac_b, 3), 0);
	assert_int_equal(mac_table_find(table, mac_b, START + AGEING), 3);
	assert_int_equal(mac_table_static_count(table), 2);
	assert_int_equal(mac_table_learned_count(table, START), 0);
	mac_table_free(table);
}

static void test_carry_keeps_what_lives_and_renumbers(void **state)
{
	const int numbers[] = { 1, -1, 0 };
	static const uint8_t mac_c[6] = { 2, 0, 0, 0, 0, 0xc }, mac_d[6] = { 2, 0, 0, 0, 0, 0xd };
	struct mac_table *old = table_new(10), *table = table_new(10);
	uint64_t now = START + AGEING;

	(void)state;
	mac_table_learn(old, mac_a, 0, now);
	mac_table_learn(old, mac_b, 1, now);   /* of a peer that goes */
	mac_table_learn(old, mac_c, 2, START); /* aged */
	mac_table_learn(old, mac_d, 2, now);   /* static by now */
	mac_table_pin(table, mac_d, 1);
	mac_table_carry(table, old, numbers, now);
	assert_int_equal(mac_table_find(table, mac_a, now), 1);
	assert_int_equal(mac_table_find(table, mac_b, now), -1);
	assert_int_equal(mac_table_find(table, mac_c, now), -1);
	assert_int_equal(mac_table_find(table, mac_d, now), 1);
	assert_int_equal(mac_table_learned_count(table, now), 1);
	assert_int_equal(mac_table_find(table, mac_a, now + AGEING), -1);
	mac_table_free(old);
	mac_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_learn_remembers_and_moves),
		cmocka_unit_test(test_learned_entry_ages),
		cmocka_unit_test(test_full_table_refuses_until_entries_age),
		cmocka_unit_test(test_freed_entries_are_used_again),
		cmocka_unit_test(test_static_entry_stands),
		cmocka_unit_test(test_carry_keeps_what_lives_and_renumbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
