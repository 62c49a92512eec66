/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions that begin, go on, heal and end. */
#include "tests/unit/session_sides.h"

#include <malloc.h>

static void test_session_carries_frames_both_ways(void **state)
{
	(void)state;
	establish();
	for (int i = 0; i < 5; i++) {
		assert_int_equal(send_frame(&a), 0);
		assert_int_equal(send_frame(&b), 0);
		deliver_all();
	}
	assert_int_equal(a.frames, 5);
	assert_int_equal(b.frames, 5);
	assert_int_equal(drops_of(&a) + drops_of(&b), 0);
}

static void test_session_queues_while_shaking_hands(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(send_frame(&a), -EINPROGRESS);
	deliver_all();
	assert_int_equal(b.frames, 3);
	assert_int_equal(a.firsts, 1);
}

static void test_session_survives_both_beginning_at_once(void **state)
{
	(void)state;
	session_table_tick(a.sessions);
	session_table_tick(b.sessions);
	deliver_all();
	assert_int_equal(send_frame(&a), 0);
	assert_int_equal(send_frame(&b), 0);
	deliver_all();
	assert_int_equal(a.frames, 1);
	assert_int_equal(b.frames, 1);
}

/* The responder does not send under a key before the initiator has used it. */
static void test_session_responder_waits_for_confirmation(void **state)
{
	(void)state;
	session_of(&b)->silence_due = 0;
	session_table_tick(a.sessions);
	assert_true(deliver_one(&a, &b));
	assert_int_equal(send_frame(&b), -EINPROGRESS);
	assert_int_equal(b.firsts, 0);
	deliver_all();
	assert_int_equal(a.frames, 1);
}

/* A frame each second for six hours, with every tenth datagram lost: all the others arrive. */
static void test_session_renews_keys_for_hours(void **state)
{
	unsigned sent_a = 0, sent_b = 0;

	(void)state;
	srandom(7);
	establish();
	for (unsigned second = 0; second < 6 * 3600; second++) {
		a.cut = random() % 10 == 0;
		b.cut = random() % 10 == 0;
		if (second % 10 < 7) {
			sent_a += !a.cut;
			(void)send_frame(&a);
		}
		sent_b += !b.cut;
		(void)send_frame(&b);
		advance(1000);
	}
	/* About a handshake every 120 s, some of them twice. */
	assert_in_range(a.firsts + b.firsts, 6 * 3600 / 120, 6 * 3600 / 120 * 2);
	assert_in_range(a.frames, sent_b - sent_b / 50, sent_b + 20);
	assert_in_range(b.frames, sent_a - sent_a / 50, sent_a + 20);
	assert_int_equal(a.drops[WORKER_DROP_FORGED] + a.drops[WORKER_DROP_REPLAY], 0);
}

static void test_session_idle_costs_nothing(void **state)
{
	unsigned firsts;

	(void)state;
	establish();
	assert_int_equal(send_frame(&a), 0);
	for (int i = 0; i < 200; i++)
		advance(1000);
	firsts = a.firsts + b.firsts;
	assert_null(session_of(&a)->current);
	assert_null(session_of(&b)->current);
	assert_true(a.sessions->due == SESSION_NEVER);
	assert_true(b.sessions->due == SESSION_NEVER);
	advance(3600 * 1000);
	assert_int_equal(a.firsts + b.firsts, firsts);
	assert_int_equal(send_frame(&b), -EINPROGRESS);
	deliver_all();
	assert_int_equal(a.frames, 1);
}

/* Who only receives says that it is alive; so its peer does not shake hands in vain. */
static void test_session_keeps_alive_passively(void **state)
{
	(void)state;
	establish();
	for (int i = 0; i < 100; i++) {
		assert_int_equal(send_frame(&a), 0);
		advance(1000);
	}
	assert_int_equal(a.firsts, 1);
	assert_int_equal(b.firsts, 0);
	assert_int_equal(a.frames, 0);
}

static void test_session_heals_after_a_restart(void **state)
{
	unsigned frames;

	(void)state;
	establish();
	session_table_free(b.sessions);
	now += 1000;
	b.sessions = make(&b, key_b, key_a, no_psk);
	set_time();
	advance(1);
	frames = b.frames;
	assert_int_equal(send_frame(&a), 0);
	deliver_all();
	assert_int_equal(b.frames, frames + 1);
}

/* The restarted side cannot be reached at first: silence makes the other begin. */
static void test_session_heals_from_the_other_side(void **state)
{
	(void)state;
	establish();
	session_table_free(b.sessions);
	b.sessions = make(&b, key_b, key_a, no_psk);
	session_of(&b)->silence_due = 0;
	set_time();
	for (int i = 0; i < 16; i++) {
		(void)send_frame(&a);
		advance(1000);
	}
	assert_true(b.drops[WORKER_DROP_NO_SESSION] > 0);
	b.frames = 0;
	assert_int_equal(send_frame(&a), 0);
	deliver_all();
	assert_int_equal(b.frames, 1);
}

static void test_session_heals_after_a_clock_set_back(void **state)
{
	(void)state;
	establish();
	/* b knows stamps of now; a comes back from a reboot in the past. */
	session_table_free(a.sessions);
	a.sessions = make(&a, key_a, key_b, no_psk);
	now += 20000;
	set_time();
	a.sessions->wall_seconds = 1000;
	session_table_tick(a.sessions);
	deliver_all();
	assert_int_equal(b.drops[WORKER_DROP_HANDSHAKE_OLD], 1);
	assert_int_equal(b.firsts, 1);
	assert_int_equal(send_frame(&a), 0);
	deliver_all();
	assert_int_equal(b.frames, 1);
}

static void test_session_gives_up_and_begins_again(void **state)
{
	(void)state;
	a.cut = true;
	session_of(&b)->silence_due = 0;
	assert_int_equal(send_frame(&a), -EINPROGRESS);
	for (int i = 0; i < 300; i++)
		advance(1000);
	assert_in_range(a.firsts, 12, 19);
	assert_int_equal(a.drops[WORKER_DROP_QUEUE], 1);
	assert_true(a.sessions->due == SESSION_NEVER);
	a.cut = false;
	assert_int_equal(send_frame(&a), -EINPROGRESS);
	deliver_all();
	assert_int_equal(b.frames, 1);
}

static void test_session_queue_is_bounded(void **state)
{
	(void)state;
	a.cut = true;
	for (unsigned i = 0; i < SESSION_QUEUE_FRAMES + 5; i++)
		assert_int_equal(send_frame(&a), -EINPROGRESS);
	assert_int_equal(session_of(&a)->queued, SESSION_QUEUE_FRAMES);
	assert_int_equal(a.drops[WORKER_DROP_QUEUE], 5);
}

static void test_session_cipher_is_what_both_can_do(void **state)
{
	(void)state;
	a.sessions->fast_aes = b.sessions->fast_aes = true;
	establish();
	assert_int_equal(session_of(&a)->current->cipher, CRYPTO_AES_256_GCM);
	assert_int_equal(session_of(&b)->current->cipher, CRYPTO_AES_256_GCM);
	a.sessions->fast_aes = false;
	now += 10000;
	set_time();
	session_initiate(session_of(&b));
	deliver_all();
	assert_int_equal(session_of(&a)->current->cipher, CRYPTO_CHACHA20_POLY1305);
	assert_int_equal(send_frame(&a), 0);
	assert_int_equal(send_frame(&b), 0);
	deliver_all();
	assert_int_equal(a.frames + b.frames, 2);
}

static void test_session_keepalive_holds_a_way_open(void **state)
{
	(void)state;
	a.sessions->keepalive = 25000;
	establish();
	for (int i = 0; i < 3600; i++)
		advance(1000);
	assert_true(session_is_up(session_of(&b)));
	assert_true(now - session_of(&b)->heard <= 26000);
}

/* a gets another key pair, and b learns of it ten seconds later: nothing is lost at any time. */
static void test_session_survives_a_new_identity(void **state)
{
	unsigned sent = 0;

	(void)state;
	establish();
	for (int second = 0; second < 400; second++) {
		if (second == 30)
			carry(&a, key_c, key_b);
		if (second == 40)
			carry(&b, key_b, key_c);
		if (second == 50)
			carry(&b, key_b, key_c); /* no change */
		(void)send_frame(&a);
		(void)send_frame(&b);
		sent++;
		advance(1000);
	}
	assert_int_equal(a.frames, sent);
	assert_int_equal(b.frames, sent);
}

static unsigned slots_used(const struct side *side)
{
	unsigned used = 0;

	for (unsigned i = 0; i < SESSION_SLOTS; i++)
		used += side->sessions->slots[i].session != NULL;
	return used;
}

/* No key is older than it may be, and each index leads to one that is there. */
static void expect_keys_sound(const struct side *side)
{
	const struct session *session = &side->sessions->sessions[0];
	const struct keypair *const keypairs[] = { session->current, session->previous,
						   session->next };
	unsigned indices = session->pending;

	for (size_t i = 0; i < 3; i++) {
		if (!keypairs[i])
			continue;
		indices++;
		assert_true(now - keypairs[i]->created < SESSION_REJECT_AFTER);
	}
	assert_int_equal(slots_used(side), indices);
}

/* Frames both ways for twelve hours, with a new configuration each hour: each arrives, and nothing is left behind. */
static void test_session_leaves_nothing_behind_for_hours(void **state)
{
	unsigned sent = 0;
	size_t memory = 0;

	(void)state;
	establish();
	for (unsigned second = 1; second <= 12 * 3600; second++) {
		if (second % 3600 == 1800)
			carry(&a, key_a, key_b);
		assert_int_equal(send_frame(&a), 0);
		assert_int_equal(send_frame(&b), 0);
		sent++;
		advance(1000);
		assert_int_equal(a.frames, sent);
		assert_int_equal(b.frames, sent);
		if (second % 10 == 0) {
			expect_keys_sound(&a);
			expect_keys_sound(&b);
		}
		/* Some keys more or less, but not those of an hour. */
		if (second == 3600)
			memory = mallinfo2().uordblks;
		else if (second % 3600 == 0)
			assert_true(mallinfo2().uordblks < memory + 16384);
	}
	assert_in_range(a.firsts + b.firsts, 12 * 3600 / 180, 12 * 3600 / 115);
	assert_int_equal(drops_of(&a) + drops_of(&b), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(carries_frames_both_ways),	       TEST(queues_while_shaking_hands),
		TEST(survives_both_beginning_at_once), TEST(responder_waits_for_confirmation),
		TEST(renews_keys_for_hours),	       TEST(idle_costs_nothing),
		TEST(keeps_alive_passively),	       TEST(heals_after_a_restart),
		TEST(heals_from_the_other_side),       TEST(heals_after_a_clock_set_back),
		TEST(gives_up_and_begins_again),       TEST(queue_is_bounded),
		TEST(cipher_is_what_both_can_do),      TEST(keepalive_holds_a_way_open),
		TEST(survives_a_new_identity),	       TEST(leaves_nothing_behind_for_hours),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
