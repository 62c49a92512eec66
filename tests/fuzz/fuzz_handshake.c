/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handshake messages of somebody who has a peer's key and uses it badly: the input is changed into a genuine first
 * message, which is then given to the responder as it is and with the mac made anew, so that Noise sees the changes.
 *
 * Input: place of the change (2 bytes), then bytes that are laid over the message there. Nothing that was changed is
 * answered, and an answer is never longer than what it answers.
 */
#include "backends/tunnel/worker/session.h"
#include "backends/tunnel/worker/session_parts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct wire {
	uint8_t data[256];
	size_t length;
};

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void on_send(void *context, uint32_t peer, const uint8_t *data, size_t length)
{
	struct wire *wire = context;

	must(peer == 0 && length <= sizeof(wire->data));
	memcpy(wire->data, data, length);
	wire->length = length;
}

static struct session_table *side_new(uint8_t own, uint8_t other, struct wire *wire,
				      uint64_t *drops)
{
	uint8_t key[CRYPTO_KEY_SIZE] = { 0, own }, remote[CRYPTO_KEY_SIZE] = { 0, other };
	uint8_t psk[CRYPTO_KEY_SIZE] = { 0 };
	struct session_table *sessions = session_table_new(1, key, psk);

	must(sessions && crypto_x25519_public(remote, remote) == 0);
	sessions->send = on_send;
	sessions->context = wire;
	sessions->drops = drops;
	sessions->now = 1000000;
	sessions->wall_seconds = 1700000000;
	session_set_peer(sessions, 0, remote);
	return sessions;
}

static void receive(struct session_table *sessions, const uint8_t *message, size_t length,
		    bool genuine)
{
	static const uint8_t source[4];
	struct session_received received;
	uint8_t copy[256];

	memcpy(copy, message, length);
	memset(&sessions->limiter, 0, sizeof(sessions->limiter));
	session_table_receive(sessions, copy, length, source, sizeof(source), 0, &received);
	must(genuine ? received.outcome == SESSION_ANSWER : received.outcome == SESSION_DROPPED);
	must(received.outcome != SESSION_ANSWER || sizeof(received.answer) <= length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t drops[WORKER_DROP_COUNT] = { 0 };
	struct session_table *a, *b;
	struct wire from_a = { 0 }, from_b = { 0 };
	uint8_t mac[CRYPTO_HASH_SIZE], changed[256];
	size_t place, n;

	if (size < 3)
		return 0;
	a = side_new(1, 2, &from_a, drops);
	b = side_new(2, 1, &from_b, drops);
	session_initiate(&a->sessions[0]);
	must(from_a.length == SESSION_FIRST_LENGTH);
	place = (size_t)(data[0] << 8 | data[1]) % from_a.length;
	n = size - 2 < from_a.length - place ? size - 2 : from_a.length - place;
	memcpy(changed, from_a.data, from_a.length);
	memcpy(changed + place, data + 2, n);
	if (memcmp(changed, from_a.data, from_a.length) != 0) {
		receive(b, changed, from_a.length, false);
		must(crypto_hmac_sha256(mac, b->mac_key, sizeof(b->mac_key), changed,
					from_a.length - 16) == 0);
		memcpy(changed + from_a.length - 16, mac, 16);
		/* The sender's index is not Noise's: whoever changes it on the way gets an answer that is lost. */
		receive(b, changed, from_a.length,
			memcmp(changed + 8, from_a.data + 8, from_a.length - 24) == 0 &&
				memcmp(changed, from_a.data, 4) == 0);
	} else {
		receive(b, changed, from_a.length, true);
	}
	session_table_free(a);
	session_table_free(b);
	return 0;
}
