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
	assert_int_equal(mac_table_learn(table, mac_a, 1, START), MAC_STATIC);
	assert_int_equal(mac_table_learn(table, mac_a, 2, START), MAC_CONFLICT);
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

/* Learn MAC at two places in turns, every 100 ms, until it flaps: how many times that took. */
static unsigned learn_in_turns(struct mac_table *table, const uint8_t *mac, uint32_t first,
			       uint32_t second, uint64_t now, enum mac_result *ret)
{
	unsigned times = 0;

	do {
		*ret = mac_table_learn(table, mac, times % 2 ? second : first, now + times * 100);
		times++;
	} while (*ret != MAC_FLAPS && *ret != MAC_LOOPS && times < 50);
	return times;
}

static void test_flapping_address_is_held_and_noted(void **state)
{
	struct mac_table *table = table_new(10);
	const struct mac_flap *flap = mac_table_flaps(table);
	enum mac_result result;
	uint64_t now;

	(void)state;
	assert_int_equal(learn_in_turns(table, mac_a, 1, 2, START, &result), MAC_FLAPS_AT + 1);
	assert_int_equal(result, MAC_FLAPS);
	now = START + 100 * MAC_FLAPS_AT;
	assert_int_equal(mac_table_find(table, mac_a, now), 1);
	assert_memory_equal(flap->mac, mac_a, 6);
	assert_int_equal(flap->count, MAC_FLAPS_AT);
	assert_int_equal(flap->places[0] + flap->places[1], 3);
	/* It is not let go while it goes on, and is when it has been quiet. */
	for (unsigned i = 1; i < 300; i++)
		assert_int_equal(mac_table_learn(table, mac_a, 2 - i % 2, now + i * 100),
				 MAC_FLAPS);
	now += 300 * 100 + MAC_FLAP_HOLD;
	assert_int_equal(mac_table_learn(table, mac_a, 2, now), MAC_MOVED);
	assert_int_equal(mac_table_find(table, mac_a, now), 2);
	assert_int_equal(flap->count, MAC_FLAPS_AT + 299);
	mac_table_free(table);
}

/* A station that is carried from host to host, even several times a minute, is no loop. */
static void test_slow_moves_are_no_flap(void **state)
{
	struct mac_table *table = table_new(10);

	(void)state;
	mac_table_learn(table, mac_a, 0, START);
	for (unsigned i = 1; i < 100; i++)
		assert_int_equal(mac_table_learn(table, mac_a, i % 2, START + i * 2501), MAC_MOVED);
	mac_table_free(table);
}

static void test_address_on_both_sides_loops(void **state)
{
	struct mac_table *table = table_new(1);
	const int numbers[] = { 4 };
	struct mac_table *next = table_new(1);
	enum mac_result result;

	(void)state;
	assert_int_equal(mac_table_learn(table, mac_a, MAC_HERE, START), MAC_ADDED);
	assert_true(mac_table_is_here(table, mac_a, START));
	assert_int_equal(mac_table_find(table, mac_a, START), -1);
	/* This side has a limit of its own. */
	assert_int_equal(mac_table_learn(table, mac_b, 0, START), MAC_ADDED);
	assert_int_equal(mac_table_here_count(table, START), 1);
	assert_int_equal(mac_table_learned_count(table, START), 1);
	learn_in_turns(table, mac_a, MAC_HERE, 0, START, &result);
	assert_int_equal(result, MAC_LOOPS);
	/* The note outlives a new configuration, under the new numbers. */
	mac_table_carry(next, table, numbers, START + 1000);
	assert_int_equal(mac_table_flaps(next)->count, MAC_FLAPS_AT);
	assert_true(mac_table_flaps(next)->places[0] == 4 || mac_table_flaps(next)->places[1] == 4);
	mac_table_free(table);
	mac_table_free(next);
}

/* A static entry stays where it is, and a loop is noticed all the same. */
static void test_static_address_loops(void **state)
{
	struct mac_table *table = table_new(10);
	enum mac_result result;

	(void)state;
	mac_table_pin(table, mac_a, 3);
	learn_in_turns(table, mac_a, 3, MAC_HERE, START, &result);
	assert_int_equal(result, MAC_LOOPS);
	assert_int_equal(mac_table_find(table, mac_a, START), 3);
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
		cmocka_unit_test(test_flapping_address_is_held_and_noted),
		cmocka_unit_test(test_slow_moves_are_no_flap),
		cmocka_unit_test(test_address_on_both_sides_loops),
		cmocka_unit_test(test_static_address_loops),
		cmocka_unit_test(test_carry_keeps_what_lives_and_renumbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
