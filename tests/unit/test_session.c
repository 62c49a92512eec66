/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions on a network and a clock of this test's own: hours pass in moments, and datagrams get lost. */
#include "backends/tunnel/worker/session.h"

#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define WIRE 64

struct side {
	struct session_table *sessions;
	uint64_t drops[WORKER_DROP_COUNT];
	unsigned firsts, frames; /* handshakes begun, frames received */
	struct {
		uint8_t data[256];
		size_t length;
	} wire[WIRE]; /* what it sent */
	unsigned sent;
	bool cut; /* what it sends is lost */
};

static struct side a, b;
static uint64_t now;
/* The lowest bits of a private key do not count. */
static const uint8_t key_a[32] = { 0, 1 }, key_b[32] = { 0, 2 }, key_c[32] = { 0, 3 }, no_psk[32];
static const uint8_t source[4] = { 192, 0, 2, 1 };

static void put_on_wire(struct side *side, const uint8_t *data, size_t length)
{
	assert_true(length <= sizeof(side->wire[0].data));
	side->firsts += data[0] == 1;
	if (side->cut)
		return;
	assert_true(side->sent < WIRE);
	memcpy(side->wire[side->sent].data, data, length);
	side->wire[side->sent++].length = length;
}

static void on_send(void *context, uint32_t peer, const uint8_t *data, size_t length)
{
	assert_int_equal(peer, 0);
	put_on_wire(context, data, length);
}

static void set_time(void)
{
	struct side *const sides[] = { &a, &b };

	for (int i = 0; i < 2; i++) {
		if (!sides[i]->sessions)
			continue;
		sides[i]->sessions->now = now;
		sides[i]->sessions->wall_seconds = 1700000000 + now / 1000;
		sides[i]->sessions->wall_nanoseconds = (uint32_t)(now % 1000) * 1000000;
	}
}

static uint64_t microseconds(void)
{
	return now * 1000;
}

static struct session_table *make(struct side *side, const uint8_t *own, const uint8_t *other,
				  const uint8_t *psk)
{
	struct session_table *sessions = session_table_new(1, own, psk);
	uint8_t public_key[32];

	assert_non_null(sessions);
	assert_int_equal(crypto_x25519_public(public_key, other), 0);
	sessions->send = on_send;
	sessions->context = side;
	sessions->drops = side->drops;
	sessions->microseconds = microseconds;
	sessions->now = now;
	session_set_peer(sessions, 0, public_key);
	return sessions;
}

static enum session_outcome receive(struct side *to, uint8_t *data, size_t length)
{
	struct session_received received;

	session_table_receive(to->sessions, data, length, source, sizeof(source), 0, &received);
	if (received.outcome == SESSION_ANSWER)
		put_on_wire(to, received.answer, sizeof(received.answer));
	if (received.outcome == SESSION_ECHO)
		session_answer(&to->sessions->sessions[0], received.frame);
	if (received.outcome == SESSION_FRAME) {
		to->frames++;
		assert_int_equal(received.length, 60);
		assert_int_equal(received.frame[59], 0x5a);
	}
	if (received.ready)
		session_release(&to->sessions->sessions[0]);
	return received.outcome;
}

static bool deliver_one(struct side *from, struct side *to)
{
	uint8_t data[256];
	size_t length;

	if (!from->sent)
		return false;
	length = from->wire[0].length;
	memcpy(data, from->wire[0].data, length);
	memmove(from->wire, from->wire + 1, --from->sent * sizeof(from->wire[0]));
	receive(to, data, length);
	return true;
}

static void deliver_all(void)
{
	while (deliver_one(&a, &b) || deliver_one(&b, &a))
		;
}

static int send_frame(struct side *from)
{
	uint8_t frame[60] = { [59] = 0x5a }, out[60 + SESSION_OVERHEAD];
	const struct iovec parts[] = { { frame, 14 }, { frame + 14, 46 } };
	int r = session_seal(&from->sessions->sessions[0], out, parts, 2);

	if (r == 0)
		put_on_wire(from, out, sizeof(out));
	return r;
}

static void advance(uint64_t milliseconds)
{
	now += milliseconds;
	set_time();
	if (a.sessions->due <= now)
		session_table_tick(a.sessions);
	if (b.sessions->due <= now)
		session_table_tick(b.sessions);
	deliver_all();
}

static struct session *session_of(struct side *side)
{
	return &side->sessions->sessions[0];
}

static int setup(void **state)
{
	(void)state;
	a = b = (struct side){ 0 };
	now = 1000000;
	a.sessions = make(&a, key_a, key_b, no_psk);
	b.sessions = make(&b, key_b, key_a, no_psk);
	set_time();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	session_table_free(a.sessions);
	session_table_free(b.sessions);
	return 0;
}

/* Only a begins. */
static void establish(void)
{
	session_of(&b)->silence_due = 0;
	session_table_tick(a.sessions);
	deliver_all();
	assert_true(session_is_up(session_of(&a)));
	assert_true(session_is_up(session_of(&b)));
}

static uint64_t drops_of(const struct side *side)
{
	uint64_t sum = 0;

	for (int i = 0; i < WORKER_DROP_COUNT; i++)
		sum += side->drops[i];
	return sum;
}

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
	uint8_t mac[CRYPTO_HASH_SIZE];

	(void)state;
	session_of(&b)->silence_due = 0;
	session_table_tick(a.sessions);
	assert_true(deliver_one(&a, &b));
	memcpy(second, b.wire[0].data, sizeof(second));
	second[20] ^= 1;
	assert_int_equal(crypto_hmac_sha256(mac, a.sessions->mac_key, sizeof(a.sessions->mac_key),
					    second, sizeof(second) - 16),
			 0);
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

static void carry(struct side *side, const uint8_t *own, const uint8_t *other)
{
	struct session_table *next = make(side, own, other, no_psk);
	const int number = 0;

	session_table_carry(next, side->sessions, &number);
	session_table_free(side->sessions);
	side->sessions = next;
	set_time();
}

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
#define TEST(name) cmocka_unit_test_setup_teardown(test_session_##name, setup, teardown)
		TEST(carries_frames_both_ways),
		TEST(queues_while_shaking_hands),
		TEST(survives_both_beginning_at_once),
		TEST(responder_waits_for_confirmation),
		TEST(renews_keys_for_hours),
		TEST(idle_costs_nothing),
		TEST(keeps_alive_passively),
		TEST(heals_after_a_restart),
		TEST(heals_from_the_other_side),
		TEST(heals_after_a_clock_set_back),
		TEST(drops_replayed_and_changed_data),
		TEST(blames_a_peer_for_what_comes_from_its_address),
		TEST(blames_a_peer_for_its_old_handshakes),
		TEST(drops_replayed_and_changed_handshakes),
		TEST(refuses_strangers),
		TEST(limits_handshakes),
		TEST(counts_a_flood_before_it_computes),
		TEST(answer_passes_a_flood),
		TEST(limits_forged_answers),
		TEST(gives_up_and_begins_again),
		TEST(queue_is_bounded),
		TEST(cipher_is_what_both_can_do),
		TEST(keepalive_holds_a_way_open),
		TEST(measures_how_long_an_answer_takes),
		TEST(answers_echoes_sparingly),
		TEST(forgets_the_time_of_who_does_not_answer),
		TEST(echoes_cost_nothing_when_idle),
		TEST(survives_a_new_identity),
		TEST(leaves_nothing_behind_for_hours),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
