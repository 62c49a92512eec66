/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What session.c, handshake.c and session_timer.c share. */
#ifndef BACKENDS_TUNNEL_WORKER_SESSION_PARTS_H
#define BACKENDS_TUNNEL_WORKER_SESSION_PARTS_H

#include <string.h>
#include <endian.h>
#include "backends/tunnel/worker/session.h"

/* The longest probe. What is longer is taken to pass if that does. */
#define PROBE_MAX (SESSION_QUEUE_BYTES + SESSION_OVERHEAD)

enum session_message {
	MESSAGE_FIRST = SESSION_MESSAGE_FIRST,
	MESSAGE_SECOND = 2,
	MESSAGE_DATA = 4
};

static inline uint32_t get_u32(const uint8_t *data)
{
	uint32_t value;

	memcpy(&value, data, sizeof(value));
	return be32toh(value);
}

static inline void put_u32(uint8_t *data, uint32_t value)
{
	value = htobe32(value);
	memcpy(data, &value, sizeof(value));
}

/* Of SESSION's peer; NULL: of nobody who is known. */
static inline void session_drop(struct session_table *sessions, struct session *session,
				enum worker_drop reason)
{
	sessions->drops[reason]++;
	if (session && session->drops)
		session->drops[reason]++;
}

/* Have session_table_tick called by DUE. */
static inline void session_wake(struct session_table *sessions, uint64_t due)
{
	if (due < sessions->due)
		sessions->due = due;
}

/* Draw an index that leads to SESSION; -errno without random bytes. */
int session_index_new(struct session *session, uint32_t *ret);
void session_index_drop(struct session_table *sessions, uint32_t index);
struct session *session_by_index(const struct session_table *sessions, uint32_t index);

/* Wipe and forget *KEYPAIR, if there is one. */
void keypair_drop(struct session_table *sessions, struct keypair **keypair);
void session_forget_handshake(struct session *session);
void session_queue_clear(struct session *session);
/* Send CONTENT of at most SESSION_QUEUE_BYTES under the current key, which there is. */
void session_transmit(struct session *session, const uint8_t *content, size_t length);
/* The same, with zeroes up to PADDED bytes, and uncut. FRAME: that is what it is of. 0, or -errno. */
int session_transmit_uncut(struct session *session, const uint8_t *content, size_t length,
			   size_t padded, bool frame);
/* After a frame was sent: ask what is due to be asked. */
void session_ask(struct session *session);
/* FEATURES of the peer, from its handshake. */
void session_note_features(struct session *session, uint8_t features);

/* NEIGHBOUR is blamed for what proves to be of nobody else; NULL: nobody is. */
void handshake_receive_first(struct session_table *sessions, const uint8_t *data, size_t length,
			     struct session *neighbour, struct session_received *ret);
void handshake_receive_second(struct session_table *sessions, const uint8_t *data, size_t length,
			      struct session *neighbour, struct session_received *ret);
/* Whether the mac at the end of DATA was made for us. */
bool handshake_mac_is_good(const struct session_table *sessions, const uint8_t *data,
			   size_t length);
int handshake_mac_key(const uint8_t public_key[CRYPTO_KEY_SIZE], uint8_t ret[CRYPTO_HASH_SIZE]);

/* Notes for the timers: something authentic was sent, or came. */
void session_note_sent(struct session *session, bool content);
void session_note_heard(struct session *session, bool content);

#endif
