/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two sides of a session on a network and a clock of the tests' own: hours pass in moments, and datagrams get lost.
 */
#ifndef TESTS_UNIT_SESSION_SIDES_H
#define TESTS_UNIT_SESSION_SIDES_H

#include "backends/tunnel/worker/session.h"

#include <errno.h>
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

static inline void put_on_wire(struct side *side, const uint8_t *data, size_t length)
{
	assert_true(length <= sizeof(side->wire[0].data));
	side->firsts += data[0] == 1;
	if (side->cut)
		return;
	assert_true(side->sent < WIRE);
	memcpy(side->wire[side->sent].data, data, length);
	side->wire[side->sent++].length = length;
}

static inline void on_send(void *context, uint32_t peer, const uint8_t *data, size_t length)
{
	assert_int_equal(peer, 0);
	put_on_wire(context, data, length);
}

static inline void set_time(void)
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

static inline uint64_t microseconds(void)
{
	return now * 1000;
}

static inline struct session_table *make(struct side *side, const uint8_t *own,
					 const uint8_t *other, const uint8_t *psk)
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

static inline enum session_outcome receive(struct side *to, uint8_t *data, size_t length)
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

static inline bool deliver_one(struct side *from, struct side *to)
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

static inline void deliver_all(void)
{
	while (deliver_one(&a, &b) || deliver_one(&b, &a))
		;
}

static inline int send_frame(struct side *from)
{
	uint8_t frame[60] = { [59] = 0x5a }, out[60 + SESSION_OVERHEAD];
	const struct iovec parts[] = { { frame, 14 }, { frame + 14, 46 } };
	int r = session_seal(&from->sessions->sessions[0], out, parts, 2);

	if (r == 0)
		put_on_wire(from, out, sizeof(out));
	return r;
}

static inline void advance(uint64_t milliseconds)
{
	now += milliseconds;
	set_time();
	if (a.sessions->due <= now)
		session_table_tick(a.sessions);
	if (b.sessions->due <= now)
		session_table_tick(b.sessions);
	deliver_all();
}

static inline struct session *session_of(struct side *side)
{
	return &side->sessions->sessions[0];
}

static inline int setup(void **state)
{
	(void)state;
	a = b = (struct side){ 0 };
	now = 1000000;
	a.sessions = make(&a, key_a, key_b, no_psk);
	b.sessions = make(&b, key_b, key_a, no_psk);
	set_time();
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	session_table_free(a.sessions);
	session_table_free(b.sessions);
	return 0;
}

/* Only a begins. */
static inline void establish(void)
{
	session_of(&b)->silence_due = 0;
	session_table_tick(a.sessions);
	deliver_all();
	assert_true(session_is_up(session_of(&a)));
	assert_true(session_is_up(session_of(&b)));
}

static inline uint64_t drops_of(const struct side *side)
{
	uint64_t sum = 0;

	for (int i = 0; i < WORKER_DROP_COUNT; i++)
		sum += side->drops[i];
	return sum;
}

static inline void carry(struct side *side, const uint8_t *own, const uint8_t *other)
{
	struct session_table *next = make(side, own, other, no_psk);
	const int number = 0;

	session_table_carry(next, side->sessions, &number);
	session_table_free(side->sessions);
	side->sessions = next;
	set_time();
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_session_##name, setup, teardown)

#endif
