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

/* One responder and one message for all inputs: key agreements are what takes the time. */
static struct session_table *responder(struct wire *first)
{
	static uint64_t drops[WORKER_DROP_COUNT];
	static struct wire from_a, from_b;
	static struct session_table *b;
	static struct crypto_mac *kept; /* LeakSanitizer does not look for it in secret memory */
	struct session_table *a;

	if (!b) {
		a = side_new(1, 2, &from_a, drops);
		session_initiate(&a->sessions[0]);
		must(from_a.length == SESSION_FIRST_LENGTH);
		session_table_free(a);
		b = side_new(2, 1, &from_b, drops);
		kept = b->mac;
	}
	must(kept == b->mac);
	*first = from_a;
	return b;
}

/* As if nothing had come yet: of what comes first it keeps no more than this. */
static void forget(struct session_table *sessions)
{
	struct session *session = &sessions->sessions[0];

	must(!session->current && !session->previous && !session->pending);
	keypair_drop(sessions, &session->next);
	session->handshake_accepted = 0;
	memset(session->newest_stamp, 0, sizeof(session->newest_stamp));
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
	uint8_t key[CRYPTO_HASH_SIZE], mac[CRYPTO_HASH_SIZE], changed[256];
	struct session_table *b;
	struct wire first;
	size_t place, n;

	if (size < 3)
		return 0;
	b = responder(&first);
	place = (size_t)(data[0] << 8 | data[1]) % first.length;
	n = size - 2 < first.length - place ? size - 2 : first.length - place;
	memcpy(changed, first.data, first.length);
	memcpy(changed + place, data + 2, n);
	if (memcmp(changed, first.data, first.length) != 0) {
		receive(b, changed, first.length, false);
		must(handshake_mac_key(b->own.public_key, key) == 0);
		must(crypto_hmac_sha256(mac, key, sizeof(key), changed, first.length - 16) == 0);
		memcpy(changed + first.length - 16, mac, 16);
		/* The sender's index is not Noise's: whoever changes it on the way gets an answer that is lost. */
		receive(b, changed, first.length,
			memcmp(changed + 8, first.data + 8, first.length - 24) == 0 &&
				memcmp(changed, first.data, 4) == 0);
	} else {
		receive(b, changed, first.length, true);
	}
	forget(b);
	return 0;
}
