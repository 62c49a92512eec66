/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two messages of a handshake: what is in them besides Noise, and what becomes of them.
 *
 * The first message alone proves nothing but that its sender once made it: it changes neither the
 * peer's address nor the key in use. Only the data that follows does.
 */
#include "backends/tunnel/worker/session.h"
#include "backends/tunnel/worker/session_parts.h"

#include <errno.h>
#include <stdlib.h>

#define PROLOGUE      "vnettunnel 1"
#define MAC_LABEL     "vnettunnel mac"
#define MAC_SIZE      16u
#define VERSION	      1
#define FIRST_PAYLOAD 16u
#define TAI64_EPOCH   (((uint64_t)1 << 62) + 10) /* of 1970, https://cr.yp.to/libtai/tai64.html */
#define STAMP_STEP    ((uint32_t)1 << 24) /* coarse: a clock's exact value is nobody's business */
#define NANOSECONDS   1000000000u

int handshake_mac_key(const uint8_t public_key[CRYPTO_KEY_SIZE], uint8_t ret[CRYPTO_HASH_SIZE])
{
	const struct crypto_bytes parts[] = {
		{ MAC_LABEL, sizeof(MAC_LABEL) - 1 },
		{ public_key, CRYPTO_KEY_SIZE },
	};

	return crypto_sha256(ret, parts, 2);
}

static int mac_put(const uint8_t public_key[CRYPTO_KEY_SIZE], uint8_t *data, size_t length)
{
	uint8_t key[CRYPTO_HASH_SIZE], mac[CRYPTO_HASH_SIZE];
	int r = handshake_mac_key(public_key, key);

	if (r == 0)
		r = crypto_hmac_sha256(mac, key, sizeof(key), data, length - MAC_SIZE);
	if (r == 0)
		memcpy(data + length - MAC_SIZE, mac, MAC_SIZE);
	return r;
}

bool handshake_mac_is_good(const struct session_table *sessions, const uint8_t *data, size_t length)
{
	uint8_t mac[CRYPTO_HASH_SIZE];

	return crypto_mac(sessions->mac, data, length - MAC_SIZE, mac) == 0 &&
	       crypto_equal(mac, data + length - MAC_SIZE, MAC_SIZE);
}

/* Later than the one before, whatever the clock says. */
static void stamp_put(struct session_table *sessions, uint8_t ret[SESSION_STAMP_SIZE])
{
	uint64_t seconds = sessions->wall_seconds;
	uint32_t nanoseconds = sessions->wall_nanoseconds & ~(STAMP_STEP - 1);

	if (seconds < sessions->stamp_seconds ||
	    (seconds == sessions->stamp_seconds && nanoseconds <= sessions->stamp_nanoseconds)) {
		seconds = sessions->stamp_seconds;
		nanoseconds = sessions->stamp_nanoseconds + STAMP_STEP;
		if (nanoseconds >= NANOSECONDS) {
			seconds++;
			nanoseconds = 0;
		}
	}
	sessions->stamp_seconds = seconds;
	sessions->stamp_nanoseconds = nanoseconds;
	seconds = htobe64(seconds + TAI64_EPOCH);
	memcpy(ret, &seconds, sizeof(seconds));
	put_u32(ret + sizeof(seconds), nanoseconds);
}

static uint8_t ciphers_offered(const struct session_table *sessions)
{
	unsigned ciphers = 1u << CRYPTO_CHACHA20_POLY1305;

	if (sessions->fast_aes)
		ciphers |= 1u << CRYPTO_AES_256_GCM;
	return (uint8_t)ciphers;
}

static int first_write(struct session *session, uint8_t message[SESSION_FIRST_LENGTH])
{
	struct session_table *sessions = session->owner;
	uint8_t ephemeral[CRYPTO_KEY_SIZE], payload[FIRST_PAYLOAD] = { 0 };
	int r = crypto_random(ephemeral, sizeof(ephemeral));

	stamp_put(sessions, payload);
	payload[SESSION_STAMP_SIZE] = VERSION;
	payload[SESSION_STAMP_SIZE + 1] = ciphers_offered(sessions);
	payload[SESSION_STAMP_SIZE + 2] = SESSION_FEATURES;
	put_u32(message, (uint32_t)MESSAGE_FIRST << 24);
	put_u32(message + 4, session->pending_index);
	if (r == 0)
		r = noise_start(&session->handshake, &sessions->own, session->remote, PROLOGUE,
				sizeof(PROLOGUE) - 1);
	memcpy(session->handshake.psk, sessions->psk, CRYPTO_KEY_SIZE);
	if (r == 0)
		r = noise_write_first(&session->handshake, ephemeral, payload, sizeof(payload),
				      message + 8);
	if (r == 0)
		r = mac_put(session->remote, message, SESSION_FIRST_LENGTH);
	crypto_wipe(ephemeral, sizeof(ephemeral));
	return r;
}

static uint64_t retry_jitter(void)
{
	uint16_t random = 0;

	(void)crypto_random(&random, sizeof(random));
	return random % 334;
}

void session_initiate(struct session *session)
{
	struct session_table *sessions = session->owner;
	uint8_t message[SESSION_FIRST_LENGTH];
	bool again = session->pending;

	if (session->handshake_sent && sessions->now - session->handshake_sent < SESSION_RETRY)
		return;
	session_forget_handshake(session);
	if (session_index_new(session, &session->pending_index) < 0)
		return;
	session->pending = true;
	session->answers = 0;
	session->unanswered = again ? session->unanswered + 1 : 0;
	if (!again)
		session->handshake_begun = sessions->now;
	session->handshake_sent = sessions->now;
	session->retry_due = sessions->now + SESSION_RETRY + retry_jitter();
	session_wake(sessions, session->retry_due);
	if (first_write(session, message) == 0)
		sessions->send(sessions->context, session->peer, message, sizeof(message));
}

static struct keypair *keypair_new(struct noise *noise, bool initiator, enum crypto_cipher cipher,
				   uint64_t now)
{
	uint8_t keys[2][CRYPTO_KEY_SIZE];
	struct keypair *keypair = calloc(1, sizeof(*keypair));
	int r = keypair ? noise_split(noise, keys[0], keys[1]) : -ENOMEM;

	if (r == 0) {
		keypair->initiator = initiator;
		keypair->cipher = cipher;
		keypair->created = now;
		keypair->send = crypto_aead_new(cipher, true, keys[initiator ? 0 : 1]);
		keypair->receive = crypto_aead_new(cipher, false, keys[initiator ? 1 : 0]);
	}
	crypto_wipe(keys, sizeof(keys));
	if (r == 0 && keypair->send && keypair->receive)
		return keypair;
	if (keypair) {
		crypto_aead_free(keypair->send);
		crypto_aead_free(keypair->receive);
	}
	free(keypair);
	return NULL;
}

static struct session *session_by_key(struct session_table *sessions,
				      const uint8_t public_key[CRYPTO_KEY_SIZE])
{
	for (uint32_t i = 0; i < sessions->count; i++)
		if (memcmp(sessions->sessions[i].remote, public_key, CRYPTO_KEY_SIZE) == 0)
			return &sessions->sessions[i];
	return NULL;
}

/* The peer that says what is in PAYLOAD, if that is worth an answer. */
static struct session *first_check(struct session_table *sessions, const struct noise *noise,
				   const uint8_t payload[FIRST_PAYLOAD], struct session *neighbour)
{
	struct session *session = session_by_key(sessions, noise->remote);

	if (!session || payload[SESSION_STAMP_SIZE] != VERSION ||
	    !(payload[SESSION_STAMP_SIZE + 1] & ciphers_offered(sessions))) {
		session_drop(sessions, session ? session : neighbour, WORKER_DROP_HANDSHAKE);
		return NULL;
	}
	if (memcmp(payload, session->newest_stamp, SESSION_STAMP_SIZE) <= 0) {
		/* A replay, or a peer whose clock was set back: then a handshake of ours helps. */
		session_drop(sessions, session, WORKER_DROP_HANDSHAKE_OLD);
		if (sessions->now - session->heard >= SESSION_RETRY)
			session_initiate(session);
		return NULL;
	}
	if (session->handshake_accepted &&
	    sessions->now - session->handshake_accepted < SESSION_ACCEPT_INTERVAL) {
		session_drop(sessions, session, WORKER_DROP_HANDSHAKE_RATE);
		return NULL;
	}
	return session;
}

/* The cipher is AES-256-GCM where both sides have hardware for it. */
static int second_write(struct session *session, struct noise *noise, uint32_t remote_index,
			uint8_t offered, uint8_t message[SESSION_SECOND_LENGTH])
{
	struct session_table *sessions = session->owner;
	uint8_t ephemeral[CRYPTO_KEY_SIZE], payload[4] = { 0 };
	struct keypair *keypair;
	uint32_t index = 0;
	int r = crypto_random(ephemeral, sizeof(ephemeral));

	payload[0] = offered & ciphers_offered(sessions) & 1u << CRYPTO_AES_256_GCM
			     ? CRYPTO_AES_256_GCM
			     : CRYPTO_CHACHA20_POLY1305;
	payload[1] = SESSION_FEATURES;
	memcpy(noise->psk, sessions->psk, CRYPTO_KEY_SIZE);
	if (r == 0)
		r = noise_write_second(noise, ephemeral, payload, sizeof(payload), message + 12);
	crypto_wipe(ephemeral, sizeof(ephemeral));
	if (r == 0)
		r = session_index_new(session, &index);
	if (r < 0)
		return r;
	keypair = keypair_new(noise, false, (enum crypto_cipher)payload[0], sessions->now);
	if (!keypair) {
		session_index_drop(sessions, index);
		return -EIO;
	}
	keypair->local_index = index;
	keypair->remote_index = remote_index;
	put_u32(message, (uint32_t)MESSAGE_SECOND << 24);
	put_u32(message + 4, index);
	put_u32(message + 8, remote_index);
	r = mac_put(session->remote, message, SESSION_SECOND_LENGTH);
	if (r < 0) {
		keypair_drop(sessions, &keypair);
		return r;
	}
	keypair_drop(sessions, &session->next);
	session->next = keypair;
	session_wake(sessions, sessions->now + SESSION_REJECT_AFTER);
	return 0;
}

void handshake_receive_first(struct session_table *sessions, const uint8_t *data, size_t length,
			     struct session *neighbour, struct session_received *ret)
{
	struct session *session = NULL;
	uint8_t payload[FIRST_PAYLOAD];
	struct noise noise;

	if (noise_start(&noise, &sessions->own, NULL, PROLOGUE, sizeof(PROLOGUE) - 1) < 0 ||
	    noise_read_first(&noise, data + 8, length - 8 - MAC_SIZE, payload) < 0)
		session_drop(sessions, neighbour, WORKER_DROP_HANDSHAKE);
	else
		session = first_check(sessions, &noise, payload, neighbour);
	if (session && second_write(session, &noise, get_u32(data + 4),
				    payload[SESSION_STAMP_SIZE + 1], ret->answer) == 0) {
		memcpy(session->newest_stamp, payload, SESSION_STAMP_SIZE);
		session->handshake_accepted = sessions->now;
		session_note_features(session, payload[SESSION_STAMP_SIZE + 2]);
		ret->outcome = SESSION_ANSWER;
		ret->peer = session->peer;
	}
	noise_wipe(&noise);
}

/* What the responder has proved to know makes the key good at once. */
static void session_establish(struct session *session, struct keypair *keypair)
{
	struct session_table *sessions = session->owner;

	session->pending = false; /* the index goes on as the keypair's */
	session_forget_handshake(session);
	keypair_drop(sessions, &session->previous);
	session->previous = session->current;
	if (session->next) {
		keypair_drop(sessions, &session->previous);
		session->previous = session->next;
		session->next = NULL;
	}
	session->current = keypair;
	session->established = sessions->now;
	session_note_heard(session, false);
	session_wake(sessions, sessions->now + SESSION_REJECT_AFTER);
}

void handshake_receive_second(struct session_table *sessions, const uint8_t *data, size_t length,
			      struct session *neighbour, struct session_received *ret)
{
	uint32_t index = get_u32(data + 8);
	struct session *session = session_by_index(sessions, index);
	struct keypair *keypair = NULL;
	uint8_t payload[4];
	struct noise noise;

	if (!session || !session->pending || session->pending_index != index) {
		session_drop(sessions, neighbour, WORKER_DROP_NO_SESSION);
		return;
	}
	if (!handshake_mac_is_good(sessions, data, length)) {
		session_drop(sessions, session, WORKER_DROP_HANDSHAKE);
		return;
	}
	/*
	 * Who does not see our messages cannot guess the index, so floods of first messages, which are limited
	 * by their source, do not keep out the answer to one of ours.
	 */
	if (session->answers++ >= SESSION_ANSWERS) {
		session_drop(sessions, session, WORKER_DROP_HANDSHAKE_RATE);
		return;
	}
	noise = session->handshake; /* a forgery must not cost the real answer */
	if (noise_read_second(&noise, data + 12, length - 12 - MAC_SIZE, payload) == 0 &&
	    ciphers_offered(sessions) >> (payload[0] & 7) & 1 && payload[0] < 8)
		keypair = keypair_new(&noise, true, (enum crypto_cipher)payload[0], sessions->now);
	noise_wipe(&noise);
	if (!keypair) {
		session_drop(sessions, session, WORKER_DROP_HANDSHAKE);
		return;
	}
	keypair->local_index = index;
	keypair->remote_index = get_u32(data + 4);
	session_note_features(session, payload[1]);
	session_establish(session, keypair);
	ret->outcome = SESSION_DONE;
	ret->peer = session->peer;
	ret->ready = true;
}
