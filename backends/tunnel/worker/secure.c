/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/secure.h"
#include "backends/tunnel/worker/codec.h"
#include "backends/tunnel/worker/frame.h"
#include "backends/tunnel/worker/key_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/timerfd.h>

#define IPV6_NETWORK 8 /* bytes of an address that one customer has: a /64 */

/* ---- sending ---- */

/*
 * Whether the kernel would send a frame of LENGTH in a datagram that the path does not carry, or in fragments that
 * it does not: it does not know as much as our probes found out. Where nothing is to be cut that frame is lost.
 */
static bool frame_needs_pieces(const struct dataplane *dataplane, const struct path *path,
			       size_t length)
{
	return path->limit && length > path->limit &&
	       path->limit + SESSION_OVERHEAD < path->kernel &&
	       dataplane->outbox.cutting != SOCKET_NEVER;
}

static void frame_sent(struct dataplane *dataplane, struct peer *peer, size_t length)
{
	peer->traffic.tx_frames++;
	peer->traffic.tx_bytes += length;
	dataplane->traffic.tx_frames++;
	dataplane->traffic.tx_bytes += length;
}

/* There may be another way to the peer. */
static void frame_refused(struct dataplane *dataplane, struct peer *peer, int code)
{
	enum worker_drop reason = socket_drop_reason(code);

	peer_drop(peer, dataplane->drops, reason, 1);
	if (reason == WORKER_DROP_UNREACHABLE || reason == WORKER_DROP_SEND)
		peer->reach.broken = true;
}

static int peer_seal(void *state, uint8_t *out, const struct iovec *parts, unsigned count)
{
	struct session *session = state;
	struct dataplane *dataplane = session->owner->context;
	struct peer *peer = &dataplane->tunnel.peers.peers[session->peer];
	size_t length = 0;
	int r;

	for (unsigned i = 0; i < count; i++)
		length += parts[i].iov_len;
	if (!session->joins_pieces || !session_is_up(session) ||
	    !frame_needs_pieces(dataplane, &peer->path, length))
		return session_seal(session, out, parts, count);
	r = piece_send(session, peer->path.limit, parts, count);
	if (r == -E2BIG)
		return session_seal(session, out, parts, count);
	if (r == 0)
		frame_sent(dataplane, peer, length);
	else
		frame_refused(dataplane, peer, -r);
	return -EINPROGRESS;
}

static const struct codec codec = { .overhead = SESSION_OVERHEAD, .seal = peer_seal };

/* PEER is who is to get it. */
static bool datagram_send(struct dataplane *dataplane, struct peer *peer,
			  const union socket_address *to, const uint8_t *data, size_t length)
{
	if (!address_is_known(to)) {
		peer_drop(peer, dataplane->drops, WORKER_DROP_UNREACHABLE, 1);
		return false;
	}
	if (sendto(dataplane->tunnel.sockets[socket_slot_for(to)], data, length, MSG_NOSIGNAL,
		   &to->any, address_length(to)) >= 0)
		return true;
	peer_drop(peer, dataplane->drops, socket_drop_reason(errno), 1);
	return false;
}

/* Where nobody answers, and what cannot be sent to at all, is left for the peer's next address. */
static void handshake_send(struct dataplane *dataplane, struct peer *peer, bool unanswered,
			   const uint8_t *data, size_t length)
{
	struct reach *reach = &peer->reach;
	uint64_t now = dataplane->loop->now;

	if (peer->trial) {
		(void)datagram_send(dataplane, peer, peer->trial, data, length);
		return;
	}
	if (unanswered && (!peer->heard || now - peer->heard >= SESSION_RETRY) &&
	    reach_next(reach, now))
		peer_move_on(peer);
	for (uint32_t i = 0; i <= reach->count; i++) {
		if (datagram_send(dataplane, peer, &peer->address, data, length))
			return;
		reach->broken = true;
		if (!reach_sending(reach, false, now))
			return;
		peer_move_on(peer);
	}
}

/* What the sessions send by themselves: handshakes, signs of life, and frames that had to wait. */
static void session_send(void *context, uint32_t number, const uint8_t *data, size_t length)
{
	struct dataplane *dataplane = context;
	struct peer *peer = &dataplane->tunnel.peers.peers[number];

	if (session_message_is_first(data, length)) {
		handshake_send(dataplane, peer,
			       dataplane->tunnel.sessions->sessions[number].unanswered > 0, data,
			       length);
		return;
	}
	if (!datagram_send(dataplane, peer, &peer->address, data, length)) {
		peer->reach.broken = true;
		return;
	}
	if (length > SESSION_FIRST_LENGTH)
		frame_sent(dataplane, peer, length - SESSION_OVERHEAD);
}

/* What the kernel lets pass; but no frame is longer than the interface's MTU makes it. */
static size_t path_most(void *context, uint32_t number)
{
	struct dataplane *dataplane = context;
	size_t needed = dataplane->tunnel.mtu + FRAME_HEADER + FRAME_TAG + SESSION_OVERHEAD;

	path_refresh(dataplane, number);
	return path_kernel_limit(dataplane, number, needed);
}

static int path_send(void *context, uint32_t number, const uint8_t *data, size_t length)
{
	const struct dataplane *dataplane = context;
	const union socket_address *to = &dataplane->tunnel.peers.peers[number].address;

	return sendto(dataplane->tunnel.sockets[socket_slot_for(to)], data, length, MSG_NOSIGNAL,
		      &to->any, address_length(to)) < 0
		       ? -errno
		       : 0;
}

static void path_changed(void *context, uint32_t number)
{
	path_refresh(context, number);
}

/* Tests do not wait for ten minutes. */
static uint64_t path_raise(void)
{
	const char *seconds = getenv("VNETTUNNEL_PATH_RAISE");
	unsigned long value = seconds ? strtoul(seconds, NULL, 10) : 0;

	return value && value < UINT32_MAX ? (uint64_t)value * 1000 : SEARCH_RAISE;
}

static uint64_t clock_microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- the timer ---- */

void secure_begin(struct dataplane *dataplane)
{
	struct session_table *sessions = dataplane->tunnel.sessions;
	struct timespec wall;

	if (!sessions)
		return;
	clock_gettime(CLOCK_REALTIME, &wall);
	sessions->now = dataplane->loop->now;
	sessions->wall_seconds = (uint64_t)wall.tv_sec;
	sessions->wall_nanoseconds = (uint32_t)wall.tv_nsec;
}

void secure_end(struct dataplane *dataplane)
{
	const struct session_table *sessions = dataplane->tunnel.sessions;
	uint64_t due = sessions ? sessions->due : SESSION_NEVER;
	struct itimerspec when = { 0 };

	if (dataplane->timer.fd < 0 || due == dataplane->timer_due)
		return;
	dataplane->timer_due = due;
	/* A time of 0 would disarm it. */
	if (due != SESSION_NEVER) {
		when.it_value.tv_sec = (time_t)(due / 1000);
		when.it_value.tv_nsec = (long)(due % 1000 * 1000000) + 1;
	}
	(void)timerfd_settime(dataplane->timer.fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void timer_ready(struct event_source *source)
{
	struct dataplane *dataplane = source->owner;
	struct session_table *sessions = dataplane->tunnel.sessions;
	uint64_t count;

	if (read(source->fd, &count, sizeof(count)) < 0 || !sessions)
		return;
	dataplane->timer_due = 0;
	secure_begin(dataplane);
	session_table_tick(sessions);
	secure_end(dataplane);
}

static int timer_open(struct dataplane *dataplane, struct failure *failure)
{
	int fd;

	if (dataplane->timer.fd >= 0)
		return 0;
	fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd < 0)
		return failure_set_errno(failure, errno, "timer");
	dataplane->timer.ready = timer_ready;
	dataplane->timer.owner = dataplane;
	if (loop_watch(dataplane->loop, &dataplane->timer, fd) < 0) {
		close(fd);
		return failure_set(failure, ENOMEM, "epoll: cannot watch one more descriptor");
	}
	dataplane->timer.fd = fd;
	dataplane->timer_due = SESSION_NEVER;
	return 0;
}

/* ---- configuration ---- */

static int peers_set(struct tunnel *next, struct failure *failure)
{
	struct session_table *sessions = next->sessions;
	uint8_t key[CRYPTO_KEY_SIZE];

	for (uint32_t i = 0; i < next->config.peer_count; i++) {
		const struct worker_peer *peer = &next->config.peers[i];

		if (!key_parse(peer->public_key, key))
			return failure_set(failure, EINVAL, "peer %s: no valid public key",
					   peer->name);
		if (crypto_equal(key, sessions->own.public_key, sizeof(key)))
			return failure_set(failure, EINVAL, "peer %s: has our own public key",
					   peer->name);
		for (uint32_t other = 0; other < i; other++)
			if (strcmp(next->config.peers[other].public_key, peer->public_key) == 0)
				return failure_set(failure, EINVAL,
						   "peers %s and %s have the same public key",
						   next->config.peers[other].name, peer->name);
		session_set_peer(sessions, i, key);
		sessions->sessions[i].drops = next->peers.peers[i].drops;
		next->peers.peers[i].codec = &codec;
		next->peers.peers[i].codec_state = &sessions->sessions[i];
	}
	return 0;
}

static int own_check(const struct tunnel *next, struct failure *failure)
{
	const char *wanted = next->config.public_key;
	char text[WORKER_KEY_TEXT];

	key_format(next->sessions->own.public_key, text);
	if (!wanted[0] || strcmp(wanted, text) == 0)
		return 0;
	return failure_set(failure, EINVAL,
			   "key file %s: its public key is %s, and the topology has another",
			   next->config.key_file, text);
}

int secure_build(struct dataplane *dataplane, struct tunnel *next, const struct secrets *secrets,
		 struct failure *failure)
{
	int r;

	if (next->config.encryption == WORKER_PLAIN)
		return 0;
	r = timer_open(dataplane, failure);
	if (r < 0)
		return r;
	next->sessions =
		session_table_new(next->config.peer_count, secrets->private_key, secrets->psk);
	if (!next->sessions)
		return failure_set(failure, ENOMEM, "sessions: out of memory");
	next->sessions->send = session_send;
	next->sessions->context = dataplane;
	next->sessions->path_most = path_most;
	next->sessions->path_send = path_send;
	next->sessions->path_changed = path_changed;
	next->sessions->path_raise = path_raise();
	next->sessions->drops = dataplane->drops;
	next->sessions->microseconds = clock_microseconds;
	next->sessions->keepalive = (uint64_t)next->config.keepalive * 1000;
	next->sessions->now = dataplane->loop->now;
	r = own_check(next, failure);
	return r < 0 ? r : peers_set(next, failure);
}

void secure_carry(struct tunnel *next, struct tunnel *old, const int *numbers)
{
	if (next->sessions && old->sessions)
		session_table_carry(next->sessions, old->sessions, numbers);
}

void secure_start(struct dataplane *dataplane)
{
	if (dataplane->tunnel.sessions) {
		secure_begin(dataplane);
		session_table_tick(dataplane->tunnel.sessions);
	}
	secure_end(dataplane);
}

void secure_announce(struct dataplane *dataplane)
{
	struct session_table *sessions = dataplane->tunnel.sessions;

	if (!sessions)
		return;
	secure_begin(dataplane);
	for (uint32_t i = 0; i < sessions->count; i++)
		session_release(&sessions->sessions[i]);
	secure_end(dataplane);
}

void secure_close(struct dataplane *dataplane)
{
	source_close(&dataplane->timer);
	session_table_free(dataplane->tunnel.sessions);
	dataplane->tunnel.sessions = NULL;
}

/* ---- receiving ---- */

static size_t source_of(const union socket_address *from, const uint8_t **ret)
{
	if (from->any.sa_family == AF_INET6) {
		*ret = from->v6.sin6_addr.s6_addr;
		return IPV6_NETWORK;
	}
	*ret = (const uint8_t *)&from->v4.sin_addr;
	return sizeof(from->v4.sin_addr);
}

void secure_note_move(struct dataplane *dataplane, uint32_t number)
{
	struct tunnel *tunnel = &dataplane->tunnel;
	struct peer *peer = &tunnel->peers.peers[number];

	if (peer->moved && tunnel->sessions)
		session_move(&tunnel->sessions->sessions[number]);
	peer->moved = false;
}

/* The peer is there now. */
static void peer_follow(struct dataplane *dataplane, uint32_t number,
			const union socket_address *from)
{
	struct peer *peer = &dataplane->tunnel.peers.peers[number];

	if (!peer->heard || !address_equal(&peer->address, from))
		whereabouts_note(dataplane->whereabouts, number, from);
	reach_follow(&peer->reach, from, dataplane->loop->now);
	peer_move(peer, from);
	secure_note_move(dataplane, number);
}

void secure_accept(struct dataplane *dataplane, const union socket_address *from, uint8_t *data,
		   size_t length)
{
	struct tunnel *tunnel = &dataplane->tunnel;
	struct session_received received;
	const uint8_t *source;
	size_t source_length = source_of(from, &source);
	const struct peer_place *place = peer_table_find(&tunnel->peers, from);
	struct peer *peer;

	session_table_receive(tunnel->sessions, data, length, source, source_length,
			      place ? (int)place->peer : -1, &received);
	if (received.outcome == SESSION_DROPPED)
		return;
	peer = &tunnel->peers.peers[received.peer];
	if (received.outcome == SESSION_ANSWER) {
		(void)datagram_send(dataplane, peer, from, received.answer,
				    sizeof(received.answer));
		return;
	}
	if (received.newest)
		peer_follow(dataplane, received.peer, from);
	peer->heard = dataplane->loop->now;
	if (received.ready)
		session_release(&tunnel->sessions->sessions[received.peer]);
	if (received.outcome == SESSION_ECHO)
		session_answer(&tunnel->sessions->sessions[received.peer], received.frame);
	if (received.outcome == SESSION_FRAME)
		dataplane_accept(dataplane, received.peer, received.frame, received.length);
	if (received.joined) {
		coalesce_flush(&dataplane->coalescer);
		piece_done(&tunnel->sessions->sessions[received.peer]);
	}
}
