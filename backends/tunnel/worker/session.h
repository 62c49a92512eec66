/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions with peers: when to shake hands, which key is in use, what is a replay. The rules are
 * WireGuard's (its white paper, sections 5 and 6), with this wire format; numbers are big-endian:
 *
 *   first   1 0 0 0 | sender index 4  | Noise message 1 with payload 16 | mac 16
 *   second  2 0 0 0 | sender index 4  | receiver index 4 | Noise message 2 with payload 4 | mac 16
 *   data    4 0 0 0 | receiver index 4 | number 8 | ciphertext | tag 16
 *
 * Payload of the first: TAI64N time stamp 12, version 1, ciphers that the sender offers (bits), 0 0. Of
 * the second: the cipher chosen, features, 0 0. The first has features, too, in place of its last but one 0: bits
 * that say what the sender knows (SESSION_FEATURES); an earlier worker sends 0 and looks at none. A mac is HMAC-SHA256
 * of all before it, cut to 16 bytes, under the hash of a label and the receiver's public key: who does not know that key costs the receiver no
 * more than a hash. The header of data is additional data. Data without content only says "alive"; content
 * that is shorter than a frame is an echo (echo.h), and content without a source address is a probe (probe.h) or
 * a piece of a frame (piece.h).
 *
 * No answer is longer than what it answers. Nothing here reads a clock or a socket: the caller sets
 * the time, hands in datagrams, and sends what the callback gives it. Only echoes ask the caller for a finer time.
 */
#ifndef BACKENDS_TUNNEL_WORKER_SESSION_H
#define BACKENDS_TUNNEL_WORKER_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/bucket.h"
#include "backends/tunnel/worker/echo.h"
#include "backends/tunnel/worker/limiter.h"
#include "backends/tunnel/worker/noise.h"
#include "backends/tunnel/worker/piece.h"
#include "backends/tunnel/worker/replay.h"
#include "backends/tunnel/worker/search.h"

#define SESSION_MESSAGE_FIRST 1
#define SESSION_HEADER	      16u
#define SESSION_OVERHEAD      (SESSION_HEADER + CRYPTO_TAG_SIZE)
#define SESSION_FIRST_LENGTH  (8u + NOISE_FIRST_OVERHEAD + 16u + 16u)
#define SESSION_SECOND_LENGTH (12u + NOISE_SECOND_OVERHEAD + 4u + 16u)

/* Milliseconds, as in the white paper. */
#define SESSION_REKEY_AFTER	120000u
#define SESSION_REJECT_AFTER	180000u
#define SESSION_RETRY		5000u  /* and up to 333 more, at random */
#define SESSION_GIVE_UP		90000u /* of a handshake that nobody answers */
#define SESSION_KEEPALIVE	10000u
#define SESSION_REKEY_NUMBER	((uint64_t)1 << 32)
#define SESSION_REJECT_NUMBER	((uint64_t)1 << 60)
#define SESSION_ACCEPT_INTERVAL 20u   /* between two handshakes that one peer starts */
#define SESSION_OVERTAKEN	5000u /* longer no datagram is on its way */
#define SESSION_ANSWERS		20u   /* to one handshake that are looked at */
#define SESSION_QUEUE_FRAMES	16u
#define SESSION_QUEUE_BYTES	32768u
#define SESSION_NEVER		UINT64_MAX
#define SESSION_STAMP_SIZE	12u
#define SESSION_ANSWERS_PROBES	1u /* features: see probe.h, */
#define SESSION_JOINS_PIECES	2u /* and piece.h */
#define SESSION_FEATURES	(SESSION_ANSWERS_PROBES | SESSION_JOINS_PIECES)
#define SESSION_SLOTS		16384u /* receiver indices; 16 for each peer, of which 4 are used */

struct keypair {
	struct crypto_aead *send, *receive;
	uint32_t local_index, remote_index;
	bool initiator;
	enum crypto_cipher cipher;
	uint64_t created, number; /* number: of the next message to send */
	struct replay replay;
};

struct queued_frame {
	uint8_t *data;
	size_t length;
};

/* A time of 0 is none. */
struct session {
	struct session_table *owner;
	uint32_t peer;
	uint64_t *drops; /* of this peer, set by the caller; NULL: nobody asks */
	uint8_t remote[CRYPTO_KEY_SIZE];
	struct keypair *current, *previous, *next; /* next: not yet confirmed by a message */
	bool pending;				   /* a handshake of ours is not answered */
	uint32_t pending_index;
	unsigned answers;    /* that were tried for it */
	unsigned unanswered; /* handshakes in a row, before it */
	struct noise handshake;
	uint64_t handshake_begun, handshake_sent, handshake_accepted;
	uint64_t retry_due, keepalive_due, silence_due; /* see session_timer.c */
	uint64_t sent, heard, established;
	struct echo echo;
	struct search search; /* of what the path carries; see probe.h */
	uint32_t series;      /* of its questions; the low 16 bits count */
	bool answers_probes;  /* the peer does, its last handshake said */
	struct bucket probe_answers;
	bool joins_pieces; /* so does it, by the same */
	uint32_t pieces_id;
	struct joining joining[PIECES_FRAMES];
	uint8_t *joined; /* the last frame that became whole; NULL: it is done with */
	uint8_t newest_stamp[SESSION_STAMP_SIZE]; /* of the peer's handshakes */
	struct queued_frame queue[SESSION_QUEUE_FRAMES];
	unsigned queued;
	size_t queued_bytes;
};

struct index_slot {
	uint32_t index;
	struct session *session; /* NULL: free */
};

struct session_table {
	struct noise_keys own;
	uint8_t psk[CRYPTO_KEY_SIZE];
	struct crypto_mac *mac; /* of messages to us: see handshake_mac_key */
	bool fast_aes;
	uint64_t keepalive; /* send something at least this often; 0: no need */
	uint64_t now;	    /* milliseconds; set by the caller before each call */
	uint64_t wall_seconds;
	uint32_t wall_nanoseconds;
	uint64_t due; /* when session_table_tick is to be called; SESSION_NEVER */
	uint64_t stamp_seconds;
	uint32_t stamp_nanoseconds; /* of the last handshake sent */
	uint64_t *drops;
	void (*send)(void *context, uint32_t peer, const uint8_t *data, size_t length);
	void *context;
	/*
	 * With PATH_MOST paths are searched; NULL: they are not. It says how long a datagram to PEER may be and need be,
	 * PATH_SEND sends one that nobody on the way may cut, 0 or -errno, PATH_CHANGED has the session's search known
	 * more or less.
	 */
	size_t (*path_most)(void *context, uint32_t peer);
	int (*path_send)(void *context, uint32_t peer, const uint8_t *data, size_t length);
	void (*path_changed)(void *context, uint32_t peer);
	uint64_t path_raise;		/* when a path that was found narrow is tried again */
	uint64_t (*microseconds)(void); /* since some time: a clock that is never set */
	struct limiter limiter;
	struct index_slot slots[SESSION_SLOTS];
	uint32_t count;
	struct session sessions[]; /* by number of the peer */
};

enum session_outcome {
	SESSION_DROPPED, /* and counted */
	SESSION_DONE,	 /* authentic, nothing to deliver */
	SESSION_FRAME,	 /* authentic, with a frame */
	SESSION_ECHO,	 /* authentic: session_answer, with the frame, once it is known where to */
	SESSION_ANSWER,	 /* send the answer to where the datagram came from; that is no proof yet */
};

struct session_received {
	enum session_outcome outcome;
	uint32_t peer;
	bool ready; /* the peer can be sent to from now on: session_release */
	/*
	 * It was not overtaken by one that came before. Only such a one says where its peer is now: two sides that change
	 * places would take each other's last datagrams for a way back. QUIC has the same rule (RFC 9000, 9.3).
	 */
	bool newest;
	bool joined; /* the frame was, from pieces: piece_done, when it is */
	uint8_t *frame;
	size_t length;
	uint8_t answer[SESSION_SECOND_LENGTH];
};

/*
 * For COUNT peers. The caller then sets the time, SEND, CONTEXT, MICROSECONDS and DROPS, and each peer's public key.
 * NULL: out of memory.
 */
struct session_table *session_table_new(uint32_t count, const uint8_t private_key[CRYPTO_KEY_SIZE],
					const uint8_t psk[CRYPTO_KEY_SIZE]);
/* Wipes every key. Accepts NULL. */
void session_table_free(struct session_table *sessions);
/* A handshake is due at once: whoever was restarted is found again by those it knows. */
void session_set_peer(struct session_table *sessions, uint32_t peer,
		      const uint8_t public_key[CRYPTO_KEY_SIZE]);
/*
 * Take over what OLD has with the same peers; NUMBERS maps its peers to ours, -1: none. Keys in use stay
 * in use until they are too old, also where an identity or the pre-shared key changed, in which case a
 * handshake is due at once.
 */
void session_table_carry(struct session_table *sessions, struct session_table *old,
			 const int *numbers);

/*
 * SOURCE as for limiter_allow; NEIGHBOUR is a peer with the address that the datagram came from, -1: none has it. The
 * datagram is decrypted in place.
 */
void session_table_receive(struct session_table *sessions, uint8_t *data, size_t length,
			   const uint8_t *source, size_t source_length, int neighbour,
			   struct session_received *ret);
/* Whether what was made is the first message of a handshake. */
static inline bool session_message_is_first(const uint8_t *data, size_t length)
{
	return length == SESSION_FIRST_LENGTH && data[0] == SESSION_MESSAGE_FIRST;
}
/* Begin a handshake, unless one was sent within SESSION_RETRY. */
void session_initiate(struct session *session);
/* Do what is due, and set sessions->due anew. */
void session_table_tick(struct session_table *sessions);

/*
 * Make a datagram of a frame: OUT gets SESSION_OVERHEAD bytes more. -EINPROGRESS: there is no key yet; a
 * copy waits, and a handshake is under way. -ENOBUFS: that, but there was no room to wait in.
 */
int session_seal(struct session *session, uint8_t *out, const struct iovec *parts, unsigned count);
/* After session_received.ready: send what waits, or a message without content, which confirms the key. */
void session_release(struct session *session);
/* To what came as SESSION_ECHO. */
void session_answer(struct session *session, const uint8_t *content);
/* The peer is somewhere else: how far it is and what the way there carries is not known. */
void session_move(struct session *session);
/* Whether a frame could be sent now. */
bool session_is_up(const struct session *session);

#endif
