/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a peer takes to answer. */
#include "tests/unit/session_sides.h"

static void expect_rtt(const struct side *side, unsigned milliseconds)
{
	assert_int_equal(side->sessions->sessions[0].echo.rtt, milliseconds * 1000);
}

/* A frame, whose question is answered after so long. */
static void ask_echo(uint64_t milliseconds)
{
	assert_int_equal(send_frame(&a), 0);
	assert_int_equal(a.sent, 2);
	now += milliseconds;
	set_time();
	deliver_all();
}

static void test_session_measures_how_long_an_answer_takes(void **state)
{
	(void)state;
	establish();
	expect_rtt(&a, 0);
	ask_echo(40);
	expect_rtt(&a, 40);
	expect_rtt(&b, 0);	      /* it sent no frame */
	for (int i = 0; i < 3; i++) { /* too early to ask again */
		assert_int_equal(send_frame(&a), 0);
		assert_int_equal(a.sent, 1);
		advance(1000);
	}
	advance(ECHO_INTERVAL);
	ask_echo(120);
	expect_rtt(&a, 50); /* an eighth of the way to the new one */
	assert_int_equal(b.frames, 5);
	assert_int_equal(drops_of(&a) + drops_of(&b), 0);
}

/* No longer than what it answers, once, and not as often as somebody likes. */
static void test_session_answers_echoes_sparingly(void **state)
{
	uint8_t copy[256];
	size_t length;

	(void)state;
	establish();
	for (int i = 0; i < 5; i++) {
		session_of(&a)->echo.due = 0;
		assert_int_equal(send_frame(&a), 0);
		length = a.wire[0].length;
		memcpy(copy, a.wire[0].data, length);
		assert_int_equal(receive(&b, copy, length), i ? SESSION_DONE : SESSION_ECHO);
		memcpy(copy, a.wire[0].data, length);
		assert_int_equal(receive(&b, copy, length), SESSION_DROPPED);
		a.sent = 0;
		now += ECHO_SPARE / 10;
		set_time();
	}
	assert_int_equal(b.sent, 1);
	assert_int_equal(b.wire[0].length, length);
	assert_int_equal(b.drops[WORKER_DROP_REPLAY], 5);
	/* It answers the first question of five, and the last is another. */
	deliver_all();
	expect_rtt(&a, 0);
}

static void test_session_forgets_the_time_of_who_does_not_answer(void **state)
{
	(void)state;
	establish();
	ask_echo(10);
	b.cut = true;
	for (unsigned i = 0; i < ECHO_LOST; i++) {
		advance(ECHO_INTERVAL);
		ask_echo(0);
		expect_rtt(&a, 10);
	}
	/* Silence made a shake hands by now; who answers that again is asked again. */
	b.cut = false;
	advance(ECHO_INTERVAL);
	assert_int_equal(send_frame(&a), 0);
	expect_rtt(&a, 0);
	now += 30;
	set_time();
	deliver_all();
	expect_rtt(&a, 30);
	/* What is held back for longer than a question is worth says nothing. */
	advance(ECHO_INTERVAL);
	ask_echo(ECHO_INTERVAL);
	expect_rtt(&a, 30);
}

/* Neither a question nor its answer keeps a session in use. */
static void test_session_echoes_cost_nothing_when_idle(void **state)
{
	unsigned firsts;

	(void)state;
	establish();
	ask_echo(5);
	firsts = a.firsts + b.firsts;
	for (int i = 0; i < 200; i++)
		advance(1000);
	assert_true(a.sessions->due == SESSION_NEVER);
	assert_true(b.sessions->due == SESSION_NEVER);
	assert_int_equal(a.firsts + b.firsts, firsts);
	assert_int_equal(session_of(&a)->echo.id, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(measures_how_long_an_answer_takes),
		TEST(answers_echoes_sparingly),
		TEST(forgets_the_time_of_who_does_not_answer),
		TEST(echoes_cost_nothing_when_idle),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
