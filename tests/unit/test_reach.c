/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of its addresses a peer is sent to, by a clock of the test. */
#include "backends/tunnel/worker/reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define START  1000000u
#define SECOND 1000u
/* Whatever the jitter is. */
#define SILENT (REACH_SILENCE + REACH_JITTER)
#define ASIDE  (REACH_ASIDE + REACH_JITTER)

static struct worker_endpoint endpoint_number(unsigned i)
{
	return (struct worker_endpoint){ .family = i % 2 ? AF_INET6 : AF_INET,
					 .port = 40000,
					 .address = { 32, 0, 2, (uint8_t)(1 + i) } };
}

/* With COUNT addresses, of both families in turns. */
static struct reach reach_make(uint32_t count)
{
	struct worker_peer peer = { .endpoint = endpoint_number(0), .other_count = count - 1 };
	struct reach reach;

	for (uint32_t i = 1; i < count; i++)
		peer.others[i - 1] = endpoint_number(i);
	reach_init(&reach, &peer, 12345);
	return reach;
}

static void test_one_address_is_no_choice(void **state)
{
	struct reach reach = reach_make(1);
	union socket_address elsewhere;
	struct worker_endpoint endpoint = endpoint_number(8);

	(void)state;
	assert_false(reach_has_choice(&reach));
	assert_false(reach_next(&reach, START));
	endpoint_to_address(&endpoint, &elsewhere);
	reach_follow(&reach, &elsewhere, START);
	assert_true(reach_has_choice(&reach));
	assert_true(reach_next(&reach, START));
	assert_int_equal(reach.current, 0);
}

static void test_who_has_no_address_stays_where_it_is_heard(void **state)
{
	const struct worker_peer peer = { 0 };
	struct reach reach;

	(void)state;
	reach_init(&reach, &peer, 0);
	assert_false(reach_has_choice(&reach));
	assert_false(reach_next(&reach, START));
	reach.broken = true;
	assert_false(reach_sending(&reach, false, START));
}

static void test_refused_goes_to_the_next_at_once(void **state)
{
	struct reach reach = reach_make(3);

	(void)state;
	assert_false(reach_sending(&reach, false, START));
	for (uint32_t i = 1; i < 3; i++) {
		reach.broken = true;
		assert_true(reach_sending(&reach, false, START));
		assert_int_equal(reach.current, i);
	}
	/* All were refused just now: there is nothing better. */
	reach.broken = true;
	assert_false(reach_sending(&reach, false, START));
	assert_int_equal(reach.current, 2);
	reach.broken = true;
	assert_true(reach_sending(&reach, false, START + REACH_FAILED));
	assert_int_equal(reach.current, 0);
}

/* Ask once a second from *NOW on for that long at most; the milliseconds until it moved. */
static uint64_t ask_until_moved(struct reach *reach, uint64_t *now, uint64_t most)
{
	uint64_t begin = *now;

	for (; *now - begin <= most; *now += SECOND)
		if (reach_sending(reach, true, *now))
			return *now - begin;
	return UINT64_MAX;
}

static void test_silence_moves_and_spares_the_first(void **state)
{
	struct reach reach = reach_make(2);
	uint64_t now = START, took;

	(void)state;
	took = ask_until_moved(&reach, &now, SILENT + SECOND);
	assert_in_range(took, REACH_SILENCE, SILENT + SECOND);
	assert_int_equal(reach.current, 1);
	took = ask_until_moved(&reach, &now, SILENT + SECOND);
	assert_in_range(took, REACH_SILENCE, SILENT + SECOND);
	assert_int_equal(reach.current, 0);
	took = ask_until_moved(&reach, &now, 2 * SILENT + SECOND);
	assert_in_range(took, 2 * REACH_SILENCE, 2 * SILENT + SECOND);
	/* An answer begins it anew. */
	reach_heard(&reach, 1, now);
	took = ask_until_moved(&reach, &now, SILENT + 2 * SECOND);
	assert_in_range(took, REACH_SILENCE, SILENT + 2 * SECOND);
}

static void test_who_answers_is_not_left(void **state)
{
	struct reach reach = reach_make(2);
	uint64_t now = START;

	(void)state;
	for (unsigned i = 0; i < 20; i++, now += 10 * SECOND) {
		assert_false(reach_sending(&reach, true, now));
		assert_false(reach_heard(&reach, 0, now + SECOND));
	}
}

static void test_what_wants_no_answer_and_what_is_rare_does_not_count(void **state)
{
	struct reach reach = reach_make(2);
	uint64_t now = START;

	(void)state;
	for (unsigned i = 0; i < 100; i++, now += SECOND)
		assert_false(reach_sending(&reach, false, now));
	for (unsigned i = 0; i < 100; i++, now += REACH_GAP)
		assert_false(reach_sending(&reach, true, now));
}

static void test_heard_elsewhere_is_followed_soon(void **state)
{
	struct reach reach = reach_make(3);
	uint64_t now = START, began = START;
	bool moved = false;

	(void)state;
	while (!moved && now - began <= ASIDE + SECOND) {
		assert_false(reach_heard(&reach, 2, now));
		moved = reach_sending(&reach, true, now);
		now += SECOND;
	}
	assert_true(moved);
	assert_true(now - began > REACH_ASIDE);
	assert_int_equal(reach.current, 2);
}

static void test_an_earlier_one_is_tried_and_taken_when_it_is_heard(void **state)
{
	struct reach reach = reach_make(3);
	uint64_t now = START;
	uint32_t number = 9;

	(void)state;
	assert_false(reach_try(&reach, now, &number));
	assert_true(reach_next(&reach, now));
	assert_true(reach_next(&reach, now));
	assert_int_equal(reach.current, 2);
	assert_false(reach_try(&reach, now, &number));
	now += REACH_TRIAL + REACH_JITTER;
	assert_true(reach_try(&reach, now, &number));
	assert_int_equal(number, 1);
	assert_false(reach_try(&reach, now, &number));
	now += REACH_TRIAL + REACH_JITTER;
	assert_true(reach_try(&reach, now, &number));
	assert_int_equal(number, 0);
	assert_true(reach_heard(&reach, 1, now));
	assert_int_equal(reach.current, 1);
	/* A later one is no reason to move. */
	assert_false(reach_heard(&reach, 2, now));
}

/* What was left is not returned to for the next datagram, and ever later when that did not last. */
static void test_returning_waits_longer_each_time(void **state)
{
	struct reach reach = reach_make(2);
	uint64_t now = START;

	(void)state;
	for (unsigned hold = REACH_HOLD; hold <= 8 * REACH_HOLD; hold *= 2) {
		assert_true(reach_next(&reach, now));
		assert_false(reach_heard(&reach, 0, now + hold - 1));
		now += hold;
		assert_true(reach_heard(&reach, 0, now));
	}
	now += REACH_STABLE;
	assert_true(reach_next(&reach, now));
	assert_true(reach_heard(&reach, 0, now + REACH_HOLD));
}

static void test_authentic_source_wins_and_is_left_for_the_first(void **state)
{
	struct worker_endpoint endpoint = endpoint_number(1);
	struct reach reach = reach_make(2);
	union socket_address from;
	uint32_t number;

	(void)state;
	endpoint_to_address(&endpoint, &from);
	reach_follow(&reach, &from, START);
	assert_int_equal(reach.current, 1);
	from.v6.sin6_port = htons(999);
	reach_follow(&reach, &from, START);
	assert_int_equal(reach.current, REACH_ELSEWHERE);
	/* Where it went by itself it is not called back from. */
	assert_false(reach_try(&reach, START + 10 * REACH_TRIAL, &number));
	assert_true(reach_next(&reach, START));
	assert_int_equal(reach.current, 0);
	assert_true(reach_next(&reach, START));
	assert_int_equal(reach.current, 1);
}

/* Each prefers another family, and both work: they agree on one, whatever chance has it. */
static void test_two_sides_agree(void **state)
{
	struct worker_peer v4_first = { .endpoint = endpoint_number(0),
					.others = { endpoint_number(1) },
					.other_count = 1 },
			   v6_first = { .endpoint = endpoint_number(1),
					.others = { endpoint_number(0) },
					.other_count = 1 };
	struct reach a, b;
	unsigned changes;

	(void)state;
	for (uint32_t chance = 0; chance < 50; chance++) {
		reach_init(&a, &v4_first, chance * 7919);
		reach_init(&b, &v6_first, chance * 104729 + 1);
		changes = 0;
		for (uint64_t now = START; now < START + 300 * SECOND; now += 100) {
			changes += reach_sending(&a, true, now);
			changes += reach_heard(&b, 1 - a.current, now);
			changes += reach_sending(&b, true, now);
			changes += reach_heard(&a, 1 - b.current, now);
			if (now == START + 200 * SECOND)
				changes = 0;
		}
		assert_int_equal(changes, 0);
		assert_int_equal(a.current, 1 - b.current);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_address_is_no_choice),
		cmocka_unit_test(test_who_has_no_address_stays_where_it_is_heard),
		cmocka_unit_test(test_refused_goes_to_the_next_at_once),
		cmocka_unit_test(test_silence_moves_and_spares_the_first),
		cmocka_unit_test(test_who_answers_is_not_left),
		cmocka_unit_test(test_what_wants_no_answer_and_what_is_rare_does_not_count),
		cmocka_unit_test(test_heard_elsewhere_is_followed_soon),
		cmocka_unit_test(test_an_earlier_one_is_tried_and_taken_when_it_is_heard),
		cmocka_unit_test(test_returning_waits_longer_each_time),
		cmocka_unit_test(test_authentic_source_wins_and_is_left_for_the_first),
		cmocka_unit_test(test_two_sides_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
