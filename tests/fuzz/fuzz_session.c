/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams of anybody, to a side that has a session and a handshake under way.
 *
 * Input: messages, each a kind, a length and that many bytes. Kind 0 is a datagram as it is; 1 has the header of the
 * session's data put before it; 2 is a genuine frame, with the bytes laid over its ciphertext; 3 lets time pass.
 * No frame is delivered but one that was sealed, and nothing is answered.
 */
#include "backends/tunnel/worker/session.h"
#include "backends/tunnel/worker/session_parts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAME 60

struct side {
	struct session_table *sessions;
	struct side *other;
	uint64_t drops[WORKER_DROP_COUNT];
};

static void must(bool condition)
{
	if (!condition)
		abort();
}

static enum session_outcome receive(struct side *side, const uint8_t *data, size_t length)
{
	static const uint8_t source[4];
	struct session_received received;
	uint8_t copy[600];

	must(length <= sizeof(copy));
	memcpy(copy, data, length);
	session_table_receive(side->sessions, copy, length, source, sizeof(source), 0, &received);
	if (received.outcome == SESSION_ANSWER)
		(void)receive(side->other, received.answer, sizeof(received.answer));
	if (received.outcome != SESSION_DROPPED && received.ready)
		session_release(&side->sessions->sessions[0]);
	if (received.outcome == SESSION_ECHO)
		session_answer(&side->sessions->sessions[0], received.frame);
	return received.outcome;
}

static void on_send(void *context, uint32_t peer, const uint8_t *data, size_t length)
{
	struct side *side = context;

	must(peer == 0);
	(void)receive(side->other, data, length);
}

static uint64_t microseconds(void)
{
	return 0;
}

static void side_open(struct side *side, struct side *other, uint8_t own, uint8_t remote)
{
	uint8_t key[CRYPTO_KEY_SIZE] = { 0, own }, peer[CRYPTO_KEY_SIZE] = { 0, remote };
	uint8_t psk[CRYPTO_KEY_SIZE] = { 0 };

	side->other = other;
	side->sessions = session_table_new(1, key, psk);
	must(side->sessions && crypto_x25519_public(peer, peer) == 0);
	side->sessions->send = on_send;
	side->sessions->context = side;
	side->sessions->drops = side->drops;
	side->sessions->microseconds = microseconds;
	side->sessions->now = 1000000;
	side->sessions->wall_seconds = 1700000000;
	session_set_peer(side->sessions, 0, peer);
}

static void try_sealed(struct side *a, struct side *b, const uint8_t *data, size_t length)
{
	uint8_t frame[FRAME] = { 0 }, out[FRAME + SESSION_OVERHEAD], genuine[sizeof(out)];
	const struct iovec part = { frame, sizeof(frame) };
	size_t n = length < sizeof(out) - SESSION_HEADER ? length : sizeof(out) - SESSION_HEADER;

	if (session_seal(&a->sessions->sessions[0], out, &part, 1) < 0)
		return;
	memcpy(genuine, out, sizeof(out));
	memcpy(out + SESSION_HEADER, data, n);
	if (memcmp(out, genuine, sizeof(out)) != 0)
		must(receive(b, out, sizeof(out)) == SESSION_DROPPED);
	must(receive(b, genuine, sizeof(genuine)) == SESSION_FRAME);
	must(receive(b, genuine, sizeof(genuine)) == SESSION_DROPPED);
}

static void try_header(struct side *b, const uint8_t *data, size_t length)
{
	const struct keypair *keypair = b->sessions->sessions[0].current;
	uint8_t datagram[SESSION_HEADER + 255] = { MESSAGE_DATA };

	if (!keypair)
		return;
	put_u32(datagram + 4, keypair->local_index);
	memcpy(datagram + 8, data, length);
	must(receive(b, datagram, 8 + length) == SESSION_DROPPED);
}

static void pass_time(struct side *a, struct side *b, size_t seconds)
{
	struct side *const sides[] = { a, b };

	for (int i = 0; i < 2; i++) {
		sides[i]->sessions->now += seconds * 1000;
		sides[i]->sessions->wall_seconds += seconds;
	}
	session_table_tick(a->sessions);
	session_table_tick(b->sessions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct side a = { 0 }, b = { 0 };
	size_t length;

	side_open(&a, &b, 1, 2);
	side_open(&b, &a, 2, 1);
	session_initiate(&a.sessions->sessions[0]);
	must(session_is_up(&a.sessions->sessions[0]));
	for (; size >= 2; data += length, size -= length) {
		unsigned kind = data[0] % 4;

		length = data[1];
		data += 2;
		size -= 2;
		length = length < size ? length : size;
		if (kind == 0)
			must(receive(&b, data, length) == SESSION_DROPPED);
		else if (kind == 1)
			try_header(&b, data, length);
		else if (kind == 2)
			try_sealed(&a, &b, data, length);
		else
			pass_time(&a, &b, length);
	}
	session_table_free(a.sessions);
	session_table_free(b.sessions);
	return 0;
}
