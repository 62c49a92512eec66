/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The replay window: each number once, in any order within the window, nothing behind it. */
#include "backends/tunnel/worker/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static bool take(struct replay *replay, uint64_t number)
{
	if (!replay_is_fresh(replay, number))
		return false;
	replay_note(replay, number);
	return true;
}

static void test_replay_takes_each_number_once(void **state)
{
	struct replay replay = { 0 };

	(void)state;
	assert_true(take(&replay, 0));
	assert_false(take(&replay, 0));
	assert_true(take(&replay, 1));
	assert_true(take(&replay, 9));
	assert_true(take(&replay, 8));
	assert_true(take(&replay, 7));
	assert_false(take(&replay, 8));
	assert_false(take(&replay, 9));
	assert_true(take(&replay, 2));
}

static void test_replay_window_has_its_size(void **state)
{
	struct replay replay = { 0 };

	(void)state;
	assert_true(take(&replay, 10000));
	assert_true(take(&replay, 10001 - REPLAY_WINDOW));
	assert_false(take(&replay, 10001 - REPLAY_WINDOW));
	assert_false(take(&replay, 10000 - REPLAY_WINDOW));
	assert_true(take(&replay, (uint64_t)1 << 59));
	assert_false(take(&replay, 10002));
	assert_true(take(&replay, ((uint64_t)1 << 59) - 1));
}

/* Against a set that remembers everything. */
static void test_replay_agrees_with_a_reference(void **state)
{
	static bool seen[200000];
	struct replay replay = { 0 };
	uint64_t newest = 0, number;
	bool expected;

	(void)state;
	srandom(1);
	for (int i = 0; i < 100000; i++) {
		number = newest + (uint64_t)(random() % 4);
		if (random() % 3 == 0)
			number = newest > 2500 ? newest - (uint64_t)(random() % 2500) : 0;
		if (random() % 5000 == 0)
			number = newest + (uint64_t)(random() % 5000);
		if (number >= sizeof(seen))
			break;
		expected = !seen[number] &&
			   newest + 1 - (number < newest ? number : newest) <= REPLAY_WINDOW;
		assert_int_equal(take(&replay, number), expected);
		seen[number] |= expected;
		newest = number > newest ? number : newest;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replay_takes_each_number_once),
		cmocka_unit_test(test_replay_window_has_its_size),
		cmocka_unit_test(test_replay_agrees_with_a_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
