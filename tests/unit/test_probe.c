/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Probes between two sessions, over a path that loses what is too long, at a clock of this test's own. */
#include "backends/tunnel/worker/frame.h"
#include "backends/tunnel/worker/session.h"
#include "backends/tunnel/worker/session_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct side {
	struct session_table *sessions;
	struct side *other;
	uint64_t drops[WORKER_DROP_COUNT];
	unsigned probes, answers, frames; /* sent, sent, received */
	unsigned changes;		  /* of the path */
};

static struct side a, b;
static uint64_t now;
static size_t path, most;
static bool is_cut;
static uint8_t probe[PROBE_MAX]; /* the last one, as it was sent */
static size_t probe_length;

static struct session *session_of(struct side *side)
{
	return &side->sessions->sessions[0];
}

static void receive(struct side *side, const uint8_t *data, size_t length)
{
	static const uint8_t source[4];
	static uint8_t copy[PROBE_MAX]; /* no answer comes before it is done with */
	struct session_received received;

	assert_true(length <= sizeof(copy));
	memcpy(copy, data, length);
	session_table_receive(side->sessions, copy, length, source, sizeof(source), 0, &received);
	if (received.outcome == SESSION_DROPPED)
		return;
	if (received.outcome == SESSION_ANSWER) {
		receive(side->other, received.answer, sizeof(received.answer));
		return;
	}
	if (received.ready)
		session_release(session_of(side));
	if (received.outcome == SESSION_ECHO) {
		uint8_t content[ECHO_LENGTH];

		memcpy(content, received.frame, sizeof(content));
		session_answer(session_of(side), content);
	}
	side->frames += received.outcome == SESSION_FRAME;
}

static void on_send(void *context, uint32_t peer, const uint8_t *data, size_t length)
{
	struct side *side = context;

	assert_int_equal(peer, 0);
	assert_true(length < 200); /* so is an answer to a probe */
	side->answers += length == ECHO_LENGTH + SESSION_OVERHEAD;
	if (!is_cut)
		receive(side->other, data, length);
}

static size_t path_most(void *context, uint32_t peer)
{
	(void)context;
	(void)peer;
	return most;
}

static int path_send(void *context, uint32_t peer, const uint8_t *data, size_t length)
{
	struct side *side = context;

	assert_int_equal(peer, 0);
	assert_true(length <= most);
	side->probes++;
	memcpy(probe, data, length);
	probe_length = length;
	if (length <= path && !is_cut)
		receive(side->other, data, length);
	return 0;
}

static void path_changed(void *context, uint32_t peer)
{
	struct side *side = context;

	assert_int_equal(peer, 0);
	side->changes++;
}

static uint64_t microseconds(void)
{
	return now * 1000;
}

static void set_time(void)
{
	a.sessions->now = b.sessions->now = now;
	a.sessions->wall_seconds = b.sessions->wall_seconds = 1700000000 + now / 1000;
}

static void side_open(struct side *side, struct side *other, uint8_t own, uint8_t remote)
{
	uint8_t key[CRYPTO_KEY_SIZE] = { 0, own }, peer[CRYPTO_KEY_SIZE] = { 0, remote };
	uint8_t psk[CRYPTO_KEY_SIZE] = { 0 };

	*side = (struct side){ .other = other, .sessions = session_table_new(1, key, psk) };
	assert_non_null(side->sessions);
	assert_int_equal(crypto_x25519_public(peer, peer), 0);
	side->sessions->send = on_send;
	side->sessions->context = side;
	side->sessions->path_most = path_most;
	side->sessions->path_send = path_send;
	side->sessions->path_changed = path_changed;
	side->sessions->drops = side->drops;
	side->sessions->microseconds = microseconds;
	session_set_peer(side->sessions, 0, peer);
}

static int setup(void **state)
{
	(void)state;
	now = 1000000;
	path = most = 1472;
	is_cut = false;
	side_open(&a, &b, 1, 2);
	side_open(&b, &a, 2, 1);
	set_time();
	session_initiate(session_of(&a));
	assert_true(session_is_up(session_of(&a)));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	session_table_free(a.sessions);
	session_table_free(b.sessions);
	return 0;
}

static void send_frame(struct side *side)
{
	uint8_t frame[60] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 }, out[60 + SESSION_OVERHEAD];
	struct iovec part = { frame, sizeof(frame) };

	if (session_seal(session_of(side), out, &part, 1) == 0)
		receive(side->other, out, sizeof(out));
}

/* Only what is due by the clock. */
static void wait_idle(uint64_t milliseconds)
{
	for (uint64_t end = now + milliseconds; now < end; now += 100) {
		set_time();
		if (a.sessions->due <= now)
			session_table_tick(a.sessions);
		if (b.sessions->due <= now)
			session_table_tick(b.sessions);
	}
}

static void test_probe_finds_the_path_after_one_frame(void **state)
{
	(void)state;
	path = 1372;
	wait_idle(60000);
	assert_int_equal(a.probes, 0); /* nobody wants to know */
	send_frame(&a);
	assert_int_equal(a.probes, 1);
	wait_idle(30000);
	assert_int_equal(session_of(&a)->search.limit, 1372);
	assert_true(a.changes > 1);
	/* The other way may be another one. */
	assert_int_equal(session_of(&b)->search.low, 0);
	assert_int_equal(b.frames, 1); /* a probe is none */
}

/* A search ends without frames, and then no timer is left. */
static void test_probe_costs_nothing_when_idle(void **state)
{
	unsigned probes;

	(void)state;
	path = 1372;
	send_frame(&a);
	wait_idle(400000); /* longer than keys live */
	assert_true(a.sessions->due == SESSION_NEVER);
	assert_true(b.sessions->due == SESSION_NEVER);
	probes = a.probes;
	wait_idle(2 * SEARCH_RAISE);
	assert_int_equal(a.probes, probes);
	/* Nor does one whose session ends under it. */
	session_initiate(session_of(&a));
	send_frame(&a);
	is_cut = true;
	wait_idle(400000);
	assert_true(a.sessions->due == SESSION_NEVER);
}

static void test_probe_answers_are_short_and_few(void **state)
{
	unsigned before;

	(void)state;
	send_frame(&a);
	before = b.answers;
	for (unsigned i = 0; i < 1000; i++) {
		session_of(&a)->search = (struct search){ 0 };
		session_of(&a)->series++;
		send_frame(&a);
	}
	assert_int_equal(a.probes, 1001);
	assert_in_range(b.answers - before, 10, 100);
	/* A repeated one is not answered at all. */
	before = b.answers;
	now += 60000;
	set_time();
	receive(&b, probe, probe_length);
	assert_int_equal(b.answers, before);
	assert_int_equal(b.drops[WORKER_DROP_REPLAY], 1);
}

/* What says nothing of probes in its handshake is not asked, and would drop them. */
static void test_probe_spares_earlier_workers(void **state)
{
	uint8_t content[ECHO_LENGTH + 6] = { 3, 0, 0xff, 0xff, 0xff, 0xff };

	(void)state;
	path = 1372;
	session_note_features(session_of(&a), 0);
	send_frame(&a);
	for (int i = 0; i < 60; i++) {
		wait_idle(1000);
		send_frame(&a);
	}
	assert_int_equal(a.probes, 0);
	assert_int_equal(session_of(&a)->search.limit, 0);
	assert_int_equal(frame_check(content, sizeof(content), 1400), FRAME_SOURCE_MAC);
	/* The next handshake says otherwise. */
	session_note_features(session_of(&a), 0xff);
	send_frame(&a);
	wait_idle(30000);
	assert_int_equal(session_of(&a)->search.limit, 1372);
	session_note_features(session_of(&a), 0);
	assert_int_equal(session_of(&a)->search.limit, 0);
}

static void test_probe_begins_again_where_the_peer_moves(void **state)
{
	uint32_t series;

	(void)state;
	path = 1372;
	now += 10;
	set_time();
	send_frame(&a);
	wait_idle(30000);
	assert_int_equal(session_of(&a)->search.limit, 1372);
	session_of(&a)->echo.rtt = 5000;
	session_of(&a)->echo.waiting = true;
	series = session_of(&a)->series;
	session_move(session_of(&a));
	assert_int_equal(session_of(&a)->search.limit, 0);
	assert_int_equal(session_of(&a)->search.low, 0);
	assert_int_equal(session_of(&a)->echo.rtt, 0);
	assert_false(session_of(&a)->echo.waiting);
	assert_true(session_of(&a)->series != series);
	/* The next frame asks for both. */
	path = 1472;
	a.probes = 0;
	session_of(&a)->echo.id = 7;
	send_frame(&a);
	assert_int_equal(session_of(&a)->echo.id, 8);
	assert_int_equal(a.probes, 1);
	assert_int_equal(session_of(&a)->search.low, 1472);
}

/* A new configuration does not make anybody ask again. */
static void test_probe_survives_a_new_configuration(void **state)
{
	struct session_table *old = a.sessions;
	const int number = 0;

	(void)state;
	path = 1372;
	send_frame(&a);
	wait_idle(30000);
	side_open(&a, &b, 1, 2);
	session_table_carry(a.sessions, old, &number);
	session_table_free(old);
	set_time();
	assert_int_equal(session_of(&a)->search.limit, 1372);
	assert_true(session_of(&a)->answers_probes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_probe_##name, setup, teardown)
		TEST(finds_the_path_after_one_frame),	 TEST(costs_nothing_when_idle),
		TEST(answers_are_short_and_few),	 TEST(spares_earlier_workers),
		TEST(begins_again_where_the_peer_moves), TEST(survives_a_new_configuration),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
