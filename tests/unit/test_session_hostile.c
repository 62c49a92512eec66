/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strangers, floods, and what is sent again, changed or made up. */
#include "backends/tunnel/worker/session_parts.h"
#include "tests/unit/session_sides.h"

static void test_session_drops_replayed_and_changed_data(void **state)
{
	uint8_t data[256], copy[256];
	uint64_t replays;
	size_t length;

	(void)state;
	establish();
	assert_int_equal(send_frame(&a), 0);
	length = a.wire[a.sent - 1].length; /* before it a question how far away b is */
	memcpy(data, a.wire[a.sent - 1].data, length);
	a.sent = 0;
	for (unsigned bit = 0; bit < length * 8; bit++) {
		memcpy(copy, data, length);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(receive(&b, copy, length), SESSION_DROPPED);
	}
	for (size_t cut = 0; cut < length; cut++) {
		memcpy(copy, data, length);
		assert_int_equal(receive(&b, copy, cut), SESSION_DROPPED);
	}
	/* Reflected, then genuine, then again. */
	memcpy(copy, data, length);
	assert_int_equal(receive(&a, copy, length), SESSION_DROPPED);
	memcpy(copy, data, length);
	assert_int_equal(receive(&b, copy, length), SESSION_FRAME);
	replays = b.drops[WORKER_DROP_REPLAY]; /* one of the changed numbers was a seen one */
	memcpy(copy, data, length);
	assert_int_equal(receive(&b, copy, length), SESSION_DROPPED);
	assert_int_equal(b.drops[WORKER_DROP_REPLAY], replays + 1);
	assert_int_equal(b.frames, 1);
	assert_int_equal(a.sent + b.sent, 0);
}

static bool is_newest(uint8_t *data, size_t length)
{
	struct session_received received;

	session_table_receive(b.sessions, data, length, source, sizeof(source), -1, &received);
	assert_int_equal(received.outcome, SESSION_FRAME);
	return received.newest;
}

/* a's next frame as a datagram, without what it asks besides; its length. */
static size_t take_frame(uint8_t data[256])
{
	size_t length;

	assert_int_equal(send_frame(&a), 0);
	length = a.wire[a.sent - 1].length;
	memcpy(data, a.wire[a.sent - 1].data, length);
	a.sent = 0;
	return length;
}

static void test_session_overtaken_frames_say_so(void **state)
{
	uint8_t first[256], second[256], old[256], late[256];
	size_t length;

	(void)state;
	establish();
	take_frame(first);
	length = take_frame(second);
	assert_true(is_newest(second, length));
	assert_false(is_newest(first, length));
	/* Under a key that has a successor by now; and when that is no news any more. */
	take_frame(old);
	take_frame(late);
	now += SESSION_RETRY + 1;
	set_time();
	session_initiate(session_of(&a));
	deliver_all();
	length = take_frame(first);
	assert_true(is_newest(first, length));
	assert_false(is_newest(old, length));
	now += SESSION_OVERTAKEN;
	set_time();
	assert_true(is_newest(late, length));
}

static void receive_from(int neighbour, const uint8_t *data, size_t length)
{
	struct session_received received;
	uint8_t copy[256];

	memcpy(copy, data, length);
	session_table_receive(b.sessions, copy, length, source, sizeof(source), neighbour,
			      &received);
	assert_int_equal(received.outcome, SESSION_DROPPED);
}

static void test_session_blames_a_peer_for_what_comes_from_its_address(void **state)
{
	uint64_t of_peer[WORKER_DROP_COUNT] = { 0 };
	uint8_t data[256];
	size_t length;

	(void)state;
	establish();
	b.sessions->sessions[0].drops = of_peer;
	assert_int_equal(send_frame(&a), 0);
	length = a.wire[a.sent - 1].length;
	memcpy(data, a.wire[a.sent - 1].data, length);
	deliver_all();
	memset(b.drops, 0, sizeof(b.drops));
	for (int neighbour = -1; neighbour < 1; neighbour++) {
		receive_from(neighbour, data, length);
		data[15] ^= 64; /* another number */
		receive_from(neighbour, data, length);
		data[15] ^= 64;
		data[4] ^= 1; /* of no session */
		receive_from(neighbour, data, length);
		data[4] ^= 1;
		receive_from(neighbour, data, 1);
	}
	assert_int_equal(b.drops[WORKER_DROP_REPLAY], 2);
	assert_int_equal(of_peer[WORKER_DROP_REPLAY], 1);
	assert_int_equal(b.drops[WORKER_DROP_FORGED], 2);
	assert_int_equal(of_peer[WORKER_DROP_FORGED], 1);
	assert_int_equal(b.drops[WORKER_DROP_NO_SESSION], 2);
	assert_int_equal(of_peer[WORKER_DROP_NO_SESSION], 1);
	assert_int_equal(b.drops[WORKER_DROP_MALFORMED], 2);
	assert_int_equal(of_peer[WORKER_DROP_MALFORMED], 1);
}

/* Whoever sends it again: what is in it says who made it. */
static void test_session_blames_a_peer_for_its_old_handshakes(void **state)
{
	uint64_t of_peer[WORKER_DROP_COUNT] = { 0 };
	uint8_t first[256];
	size_t length;

	(void)state;
	b.sessions->sessions[0].drops = of_peer;
	session_of(&b)->silence_due = 0;
	session_table_tick(a.sessions);
	length = a.wire[0].length;
	memcpy(first, a.wire[0].data, length);
	deliver_all();
	receive_from(-1, first, length);
	assert_int_equal(of_peer[WORKER_DROP_HANDSHAKE_OLD], 1);
	assert_int_equal(b.drops[WORKER_DROP_HANDSHAKE_OLD], 1);
}

static void test_session_drops_replayed_and_changed_handshakes(void **state)
{
	uint8_t first[SESSION_FIRST_LENGTH], copy[SESSION_FIRST_LENGTH];
	uint64_t stale;

	(void)state;
	session_of(&b)->silence_due = 0;
	session_table_tick(a.sessions);
	assert_int_equal(a.wire[0].length, sizeof(first));
	memcpy(first, a.wire[0].data, sizeof(first));
	a.sent = 0;
	for (unsigned bit = 0; bit < sizeof(first) * 8; bit++) {
		memcpy(copy, first, sizeof(first));
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(receive(&b, copy, sizeof(copy)), SESSION_DROPPED);
	}
	assert_int_equal(b.sent, 0);
	now += 60000;
	set_time();
	memcpy(copy, first, sizeof(first));
	assert_int_equal(receive(&b, copy, sizeof(copy)), SESSION_ANSWER);
	assert_int_equal(b.sent, 1);
	assert_true(b.wire[0].length <= sizeof(first));
	stale = b.drops[WORKER_DROP_HANDSHAKE_OLD];
	memcpy(copy, first, sizeof(first));
	assert_int_equal(receive(&b, copy, sizeof(copy)), SESSION_DROPPED);
	assert_int_equal(b.drops[WORKER_DROP_HANDSHAKE_OLD], stale + 1);
}

static void test_session_refuses_strangers(void **state)
{
	static const uint8_t psk[32] = { 9 };
	struct session_table *real = a.sessions;

	(void)state;
	/* With b's public key, but of no peer. */
	a.sessions = make(&a, key_c, key_b, no_psk);
	set_time();
	session_table_tick(a.sessions);
	deliver_all();
	assert_int_equal(b.drops[WORKER_DROP_HANDSHAKE], 1);
	session_table_free(a.sessions);
	/* The peer, with another pre-shared key: answered, and then not understood. */
	a.sessions = make(&a, key_a, key_b, psk);
	set_time();
	session_of(&b)->silence_due = 0;
	session_table_tick(a.sessions);
	deliver_all();
	assert_false(session_is_up(session_of(&a)));
	assert_false(session_is_up(session_of(&b)));
	assert_int_equal(a.drops[WORKER_DROP_HANDSHAKE], 1);
	session_table_free(a.sessions);
	a.sessions = real;
}

static void test_session_limits_handshakes(void **state)
{
	uint8_t copy[SESSION_FIRST_LENGTH];

	(void)state;
	session_table_tick(a.sessions);
	for (int i = 0; i < 100; i++) {
		memcpy(copy, a.wire[0].data, sizeof(copy));
		(void)receive(&b, copy, sizeof(copy));
	}
	assert_int_equal(b.drops[WORKER_DROP_HANDSHAKE_RATE], 90);
}

/* A bad mac costs no token of others; and where no token is left, no mac is computed. */
static void test_session_counts_a_flood_before_it_computes(void **state)
{
	uint8_t good[SESSION_FIRST_LENGTH], copy[SESSION_FIRST_LENGTH];

	(void)state;
	session_table_tick(a.sessions);
	memcpy(good, a.wire[0].data, sizeof(good));
	a.sent = 0;
	for (int i = 0; i < 200; i++) {
		memcpy(copy, good, sizeof(copy));
		copy[20] ^= i < 100; /* its mac is good no more */
		(void)receive(&b, copy, sizeof(copy));
	}
	assert_int_equal(b.drops[WORKER_DROP_HANDSHAKE], 100);
	assert_int_equal(b.drops[WORKER_DROP_HANDSHAKE_RATE], 90);
	good[20] ^= 1;
	assert_int_equal(receive(&b, good, sizeof(good)), SESSION_DROPPED);
	assert_int_equal(b.drops[WORKER_DROP_HANDSHAKE_RATE], 91);
}

/* b's address is flooded with: its answer to a comes through all the same. */
static void test_session_answer_passes_a_flood(void **state)
{
	uint8_t first[SESSION_FIRST_LENGTH], copy[SESSION_FIRST_LENGTH];

	(void)state;
	session_table_tick(b.sessions);
	memcpy(first, b.wire[0].data, sizeof(first));
	b.sent = 0;
	session_table_tick(a.sessions);
	for (int i = 0; i < 100; i++) {
		memcpy(copy, first, sizeof(copy));
		copy[20] ^= 1;
		(void)receive(&a, copy, sizeof(copy));
		memcpy(copy, first, sizeof(copy));
		(void)receive(&a, copy, sizeof(copy));
	}
	assert_true(a.drops[WORKER_DROP_HANDSHAKE_RATE] > 50);
	deliver_all();
	assert_true(session_is_up(session_of(&a)));
}

/* Whoever sees the index can only spoil this one handshake, not use up the processor. */
static void test_session_limits_forged_answers(void **state)
{
	uint8_t second[SESSION_SECOND_LENGTH], copy[SESSION_SECOND_LENGTH];
	uint8_t key[CRYPTO_HASH_SIZE], mac[CRYPTO_HASH_SIZE];

	(void)state;
	session_of(&b)->silence_due = 0;
	session_table_tick(a.sessions);
	assert_true(deliver_one(&a, &b));
	memcpy(second, b.wire[0].data, sizeof(second));
	second[20] ^= 1;
	assert_int_equal(handshake_mac_key(a.sessions->own.public_key, key), 0);
	assert_int_equal(crypto_hmac_sha256(mac, key, sizeof(key), second, sizeof(second) - 16), 0);
	memcpy(second + sizeof(second) - 16, mac, 16);
	for (int i = 0; i < 100; i++) {
		memcpy(copy, second, sizeof(copy));
		assert_int_equal(receive(&a, copy, sizeof(copy)), SESSION_DROPPED);
	}
	assert_int_equal(a.drops[WORKER_DROP_HANDSHAKE], SESSION_ANSWERS);
	assert_int_equal(a.drops[WORKER_DROP_HANDSHAKE_RATE], 100 - SESSION_ANSWERS);
	b.sent = 0;
	advance(6000);
	assert_true(session_is_up(session_of(&a)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(drops_replayed_and_changed_data),
		TEST(overtaken_frames_say_so),
		TEST(blames_a_peer_for_what_comes_from_its_address),
		TEST(blames_a_peer_for_its_old_handshakes),
		TEST(drops_replayed_and_changed_handshakes),
		TEST(refuses_strangers),
		TEST(limits_handshakes),
		TEST(counts_a_flood_before_it_computes),
		TEST(answer_passes_a_flood),
		TEST(limits_forged_answers),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
