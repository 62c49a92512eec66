/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions: their life, their receiver indices, and data under their keys. Handshakes are in handshake.c,
 * what happens by the clock in session_timer.c.
 */
#include "backends/tunnel/worker/session.h"
#include "backends/tunnel/worker/probe.h"
#include "backends/tunnel/worker/session_parts.h"

#include <errno.h>
#include <stdlib.h>

static size_t session_table_size(uint32_t count)
{
	return sizeof(struct session_table) + count * sizeof(struct session);
}

struct session_table *session_table_new(uint32_t count, const uint8_t private_key[CRYPTO_KEY_SIZE],
					const uint8_t psk[CRYPTO_KEY_SIZE])
{
	struct session_table *sessions = crypto_secret_new(session_table_size(count));
	uint8_t mac_key[CRYPTO_HASH_SIZE];

	if (!sessions)
		return NULL;
	sessions->count = count;
	sessions->due = SESSION_NEVER;
	sessions->path_raise = SEARCH_RAISE;
	sessions->fast_aes = crypto_has_fast_aes();
	memcpy(sessions->own.private_key, private_key, CRYPTO_KEY_SIZE);
	memcpy(sessions->psk, psk, CRYPTO_KEY_SIZE);
	if (crypto_x25519_public(sessions->own.public_key, private_key) < 0 ||
	    handshake_mac_key(sessions->own.public_key, mac_key) < 0 ||
	    !(sessions->mac = crypto_mac_new(mac_key)) ||
	    crypto_random(&sessions->limiter.seed, sizeof(sessions->limiter.seed)) < 0) {
		session_table_free(sessions);
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++) {
		sessions->sessions[i].owner = sessions;
		sessions->sessions[i].peer = i;
	}
	return sessions;
}

void session_set_peer(struct session_table *sessions, uint32_t peer,
		      const uint8_t public_key[CRYPTO_KEY_SIZE])
{
	struct session *session = &sessions->sessions[peer];

	memcpy(session->remote, public_key, CRYPTO_KEY_SIZE);
	session->silence_due = sessions->now;
	session_wake(sessions, sessions->now);
}

static void session_clear(struct session *session)
{
	keypair_drop(session->owner, &session->current);
	keypair_drop(session->owner, &session->previous);
	keypair_drop(session->owner, &session->next);
	session_forget_handshake(session);
	session_queue_clear(session);
	piece_forget(session);
}

void session_table_free(struct session_table *sessions)
{
	if (!sessions)
		return;
	for (uint32_t i = 0; i < sessions->count; i++)
		if (sessions->sessions[i].owner) /* it was set up that far */
			session_clear(&sessions->sessions[i]);
	crypto_mac_free(sessions->mac);
	crypto_secret_free(sessions, session_table_size(sessions->count));
}

/* An index leads to its slot by its low bits; a new one is drawn until that slot is free. */
int session_index_new(struct session *session, uint32_t *ret)
{
	struct session_table *sessions = session->owner;
	struct index_slot *slot;
	uint32_t index;
	int r;

	do {
		r = crypto_random(&index, sizeof(index));
		if (r < 0)
			return r;
		slot = &sessions->slots[index % SESSION_SLOTS];
	} while (slot->session);
	*slot = (struct index_slot){ index, session };
	*ret = index;
	return 0;
}

struct session *session_by_index(const struct session_table *sessions, uint32_t index)
{
	const struct index_slot *slot = &sessions->slots[index % SESSION_SLOTS];

	return slot->index == index ? slot->session : NULL;
}

void session_index_drop(struct session_table *sessions, uint32_t index)
{
	if (session_by_index(sessions, index))
		sessions->slots[index % SESSION_SLOTS] = (struct index_slot){ 0 };
}

void keypair_drop(struct session_table *sessions, struct keypair **keypair)
{
	if (!*keypair)
		return;
	session_index_drop(sessions, (*keypair)->local_index);
	crypto_aead_free((*keypair)->send);
	crypto_aead_free((*keypair)->receive);
	free(*keypair);
	*keypair = NULL;
}

void session_forget_handshake(struct session *session)
{
	if (session->pending)
		session_index_drop(session->owner, session->pending_index);
	session->pending = false;
	session->retry_due = 0;
	noise_wipe(&session->handshake);
}

void session_queue_clear(struct session *session)
{
	for (unsigned i = 0; i < session->queued; i++)
		free(session->queue[i].data);
	session->queued = 0;
	session->queued_bytes = 0;
}

static void index_carry(struct session *session, const struct keypair *keypair)
{
	if (keypair)
		session->owner->slots[keypair->local_index % SESSION_SLOTS] =
			(struct index_slot){ keypair->local_index, session };
}

static void session_carry(struct session *session, struct session *old, bool same_owner)
{
	struct session_table *owner = session->owner;
	bool same = same_owner && crypto_equal(session->remote, old->remote, CRYPTO_KEY_SIZE);
	uint32_t peer = session->peer;
	uint64_t *drops = session->drops;
	uint8_t remote[CRYPTO_KEY_SIZE];

	memcpy(remote, session->remote, sizeof(remote));
	if (!crypto_equal(remote, old->remote, sizeof(remote)))
		memset(old->newest_stamp, 0, sizeof(old->newest_stamp));
	if (!same)
		session_forget_handshake(old);
	*session = *old;
	session->owner = owner;
	session->peer = peer;
	session->drops = drops;
	memcpy(session->remote, remote, sizeof(remote));
	index_carry(session, session->current);
	index_carry(session, session->previous);
	index_carry(session, session->next);
	if (session->pending)
		owner->slots[session->pending_index % SESSION_SLOTS] =
			(struct index_slot){ session->pending_index, session };
	crypto_wipe(old, sizeof(*old)); /* its keys are ours: nothing is left to free */
	if (!same) {
		session->handshake_sent = 0;
		session->silence_due = owner->now;
	}
}

/* Both tables have the same size and no two carried indices share a slot in the old one. */
void session_table_carry(struct session_table *sessions, struct session_table *old,
			 const int *numbers)
{
	bool same = crypto_equal(&sessions->own, &old->own, sizeof(old->own)) &&
		    crypto_equal(sessions->psk, old->psk, sizeof(old->psk));

	sessions->stamp_seconds = old->stamp_seconds;
	sessions->stamp_nanoseconds = old->stamp_nanoseconds;
	sessions->limiter = old->limiter;
	session_wake(sessions, sessions->now);
	for (uint32_t i = 0; i < old->count; i++)
		if (numbers[i] >= 0)
			session_carry(&sessions->sessions[numbers[i]], &old->sessions[i], same);
}

static bool keypair_is_usable(const struct session_table *sessions, const struct keypair *keypair)
{
	return keypair && sessions->now - keypair->created < SESSION_REJECT_AFTER &&
	       keypair->number < SESSION_REJECT_NUMBER;
}

bool session_is_up(const struct session *session)
{
	return keypair_is_usable(session->owner, session->current);
}

/* The oldest make room for the newest. */
static int session_enqueue(struct session *session, const struct iovec *parts, unsigned count,
			   size_t length)
{
	struct queued_frame frame = { .data = malloc(length), .length = length };
	size_t at = 0;

	if (!frame.data || length > SESSION_QUEUE_BYTES) {
		free(frame.data);
		return -ENOBUFS;
	}
	while (session->queued == SESSION_QUEUE_FRAMES ||
	       session->queued_bytes + length > SESSION_QUEUE_BYTES) {
		free(session->queue[0].data);
		session->queued_bytes -= session->queue[0].length;
		session->queued--;
		memmove(session->queue, session->queue + 1,
			session->queued * sizeof(*session->queue));
		session_drop(session->owner, session, WORKER_DROP_QUEUE);
	}
	for (unsigned i = 0; i < count; at += parts[i++].iov_len)
		memcpy(frame.data + at, parts[i].iov_base, parts[i].iov_len);
	session->queue[session->queued++] = frame;
	session->queued_bytes += length;
	return -EINPROGRESS;
}

/* FRAME: that is what it is. */
static int keypair_seal(struct session *session, struct keypair *keypair, uint8_t *out,
			size_t length, bool frame)
{
	const struct crypto_bytes header = { out, SESSION_HEADER };
	uint64_t number = htobe64(keypair->number);

	put_u32(out, (uint32_t)MESSAGE_DATA << 24);
	put_u32(out + 4, keypair->remote_index);
	memcpy(out + 8, &number, sizeof(number));
	/* The number is used up whatever happens next. */
	if (crypto_seal(keypair->send, keypair->number++, &header, out + SESSION_HEADER, length,
			out + SESSION_HEADER) < 0)
		return -EIO;
	session_note_sent(session, frame);
	return 0;
}

int session_seal(struct session *session, uint8_t *out, const struct iovec *parts, unsigned count)
{
	struct session_table *sessions = session->owner;
	size_t length = 0;
	int r;

	if (!session_is_up(session)) {
		for (unsigned i = 0; i < count; i++)
			length += parts[i].iov_len;
		/* Who answered a handshake just now waits for its confirmation. */
		if (!session->next || sessions->now - session->next->created >= SESSION_RETRY)
			session_initiate(session);
		return session_enqueue(session, parts, count, length);
	}
	for (unsigned i = 0; i < count; length += parts[i++].iov_len)
		memcpy(out + SESSION_HEADER + length, parts[i].iov_base, parts[i].iov_len);
	r = keypair_seal(session, session->current, out, length, true);
	if (r == 0)
		session_ask(session);
	return r;
}

void session_ask(struct session *session)
{
	const struct session_table *sessions = session->owner;

	if (sessions->now >= session->echo.due)
		echo_ask(session);
	if (sessions->now >= session->search.due)
		probe_ask(session);
}

void session_transmit(struct session *session, const uint8_t *content, size_t length)
{
	struct session_table *sessions = session->owner;
	uint8_t message[SESSION_QUEUE_BYTES + SESSION_OVERHEAD];

	if (length)
		memcpy(message + SESSION_HEADER, content, length);
	if (keypair_seal(session, session->current, message, length, length > ECHO_LENGTH) == 0)
		sessions->send(sessions->context, session->peer, message,
			       length + SESSION_OVERHEAD);
}

int session_transmit_uncut(struct session *session, const uint8_t *content, size_t length,
			   size_t padded, bool frame)
{
	struct session_table *sessions = session->owner;
	uint8_t message[PROBE_MAX];
	int r;

	memcpy(message + SESSION_HEADER, content, length);
	memset(message + SESSION_HEADER + length, 0, padded - length);
	r = keypair_seal(session, session->current, message, padded, frame);
	return r < 0 ? r
		     : sessions->path_send(sessions->context, session->peer, message,
					   padded + SESSION_OVERHEAD);
}

void session_note_features(struct session *session, uint8_t features)
{
	bool answers = features & SESSION_ANSWERS_PROBES;

	session->joins_pieces = features & SESSION_JOINS_PIECES;
	if (answers == session->answers_probes)
		return;
	session->answers_probes = answers;
	probe_forget(session);
}

void session_answer(struct session *session, const uint8_t *content)
{
	if (echo_is(content, ECHO_LENGTH))
		echo_answer(session, content);
	else
		probe_receive(session, content);
}

void session_move(struct session *session)
{
	echo_forget(session);
	probe_forget(session);
}

void session_release(struct session *session)
{
	if (!session_is_up(session))
		return;
	if (!session->queued)
		session_transmit(session, NULL, 0);
	for (unsigned i = 0; i < session->queued; i++)
		session_transmit(session, session->queue[i].data, session->queue[i].length);
	session_queue_clear(session);
}

static struct keypair *session_keypair(const struct session *session, uint32_t index)
{
	struct keypair *const keypairs[] = { session->current, session->previous, session->next };

	for (size_t i = 0; i < 3; i++)
		if (keypairs[i] && keypairs[i]->local_index == index)
			return keypairs[i];
	return NULL;
}

/* The first message under a new key proves that the peer has it: from now on it is used for sending. */
static bool session_confirm(struct session *session, const struct keypair *keypair)
{
	if (keypair != session->next)
		return false;
	keypair_drop(session->owner, &session->previous);
	session->previous = session->current;
	session->current = session->next;
	session->next = NULL;
	session->established = session->owner->now;
	return true;
}

static enum session_outcome content_receive(struct session *session, struct session_received *ret)
{
	struct iovec frame;

	if (probe_is(ret->frame, ret->length))
		return SESSION_ECHO;
	if (echo_is(ret->frame, ret->length))
		return echo_receive(session, ret->frame) ? SESSION_ECHO : SESSION_DONE;
	if (!piece_is(ret->frame, ret->length))
		return ret->length ? SESSION_FRAME : SESSION_DONE;
	ret->joined = piece_join(session, ret->frame, ret->length, &frame);
	if (!ret->joined)
		return SESSION_DONE;
	ret->frame = frame.iov_base;
	ret->length = frame.iov_len;
	return SESSION_FRAME;
}

static void data_receive(struct session_table *sessions, uint8_t *data, size_t length,
			 struct session *neighbour, struct session_received *ret)
{
	struct session *session = session_by_index(sessions, get_u32(data + 4));
	struct keypair *keypair = session ? session_keypair(session, get_u32(data + 4)) : NULL;
	/* An index is no secret: a stranger who has seen it is no fault of the peer's. */
	struct session *blamed = session && neighbour ? session : neighbour;
	const struct crypto_bytes header = { data, SESSION_HEADER };
	uint64_t number;
	bool highest;

	memcpy(&number, data + 8, sizeof(number));
	number = be64toh(number);
	if (!keypair || sessions->now - keypair->created >= SESSION_REJECT_AFTER ||
	    number >= SESSION_REJECT_NUMBER) {
		session_drop(sessions, blamed, WORKER_DROP_NO_SESSION);
		return;
	}
	if (!replay_is_fresh(&keypair->replay, number)) {
		session_drop(sessions, blamed, WORKER_DROP_REPLAY);
		return;
	}
	ret->frame = data + SESSION_HEADER;
	ret->length = length - SESSION_OVERHEAD;
	if (crypto_open(keypair->receive, number, &header, ret->frame, length - SESSION_HEADER,
			ret->frame) < 0) {
		session_drop(sessions, blamed, WORKER_DROP_FORGED);
		return;
	}
	replay_note(&keypair->replay, number);
	ret->peer = session->peer;
	ret->outcome = content_receive(session, ret);
	highest = replay_is_newest(&keypair->replay, number);
	ret->ready = session_confirm(session, keypair) && session->queued;
	/* Where both sides began at once, data may go on under the former key. */
	ret->newest = highest && (keypair == session->current ||
				  sessions->now - session->established >= SESSION_OVERTAKEN);
	session_note_heard(session, ret->outcome == SESSION_FRAME);
}

void session_table_receive(struct session_table *sessions, uint8_t *data, size_t length,
			   const uint8_t *source, size_t source_length, int number,
			   struct session_received *ret)
{
	struct session *neighbour = number >= 0 ? &sessions->sessions[number] : NULL;
	uint32_t type = length >= 4 ? get_u32(data) : 0;

	ret->outcome = SESSION_DROPPED;
	ret->ready = false;
	ret->joined = false;
	ret->newest = true;
	if (type == (uint32_t)MESSAGE_DATA << 24 && length >= SESSION_OVERHEAD) {
		data_receive(sessions, data, length, neighbour, ret);
		return;
	}
	if ((type != (uint32_t)MESSAGE_FIRST << 24 || length != SESSION_FIRST_LENGTH) &&
	    (type != (uint32_t)MESSAGE_SECOND << 24 || length != SESSION_SECOND_LENGTH)) {
		session_drop(sessions, neighbour, WORKER_DROP_MALFORMED);
		return;
	}
	/*
	 * What costs least comes first, as it is what a flood costs. Tokens are taken by messages with a good
	 * mac alone: others could use them up without knowing our key.
	 */
	if (length == SESSION_SECOND_LENGTH)
		handshake_receive_second(sessions, data, length, neighbour, ret);
	else if (!limiter_has(&sessions->limiter, source, source_length, neighbour, sessions->now))
		session_drop(sessions, neighbour, WORKER_DROP_HANDSHAKE_RATE);
	else if (!handshake_mac_is_good(sessions, data, length))
		session_drop(sessions, neighbour, WORKER_DROP_HANDSHAKE);
	else if (limiter_allow(&sessions->limiter, source, source_length, neighbour, sessions->now))
		handshake_receive_first(sessions, data, length, neighbour, ret);
}
