/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collecting and sending.
 *
 * UDP_SEGMENT wants every datagram to fit the path's MTU (EMSGSIZE) and a device that computes
 * checksums (EIO). Where that fails the datagrams are sent one by one, to that peer for some seconds
 * without asking again: the kernel then cuts them into IP fragments, or says which is too large.
 */
#include "backends/tunnel/worker/outbox.h"
#include "backends/tunnel/worker/codec.h"
#include "backends/tunnel/worker/socket.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/udp.h>

#define RETRY_INTERVAL 10000 /* milliseconds */

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 /* <netinet/udp.h> before glibc 2.33 */
#endif

static void message_sent(struct outbox *outbox, const struct message *message)
{
	struct worker_traffic *traffic = &message->peer->traffic;

	traffic->tx_frames += message->count;
	traffic->tx_bytes += message->frame_bytes;
	outbox->traffic->tx_frames += message->count;
	outbox->traffic->tx_bytes += message->frame_bytes;
}

/* The next SIZE bytes of the pieces at *PART, which is moved on; how many pieces. */
static unsigned pieces_cut(struct iovec **part, size_t size, struct iovec *ret)
{
	unsigned count = 0;
	size_t take;

	while (size) {
		take = (*part)->iov_len < size ? (*part)->iov_len : size;
		ret[count++] = (struct iovec){ (*part)->iov_base, take };
		size -= take;
		if (take == (*part)->iov_len) {
			(*part)++;
		} else {
			(*part)->iov_base = (uint8_t *)(*part)->iov_base + take;
			(*part)->iov_len -= take;
		}
	}
	return count;
}

/* In fragments, which nobody on the way is to forbid, if they may be made. */
static int call_send_cut(struct outbox *outbox, const struct msghdr *call)
{
	enum socket_slot slot = outbox->fd == outbox->sockets[SOCKET_V6] ? SOCKET_V6 : SOCKET_V4;
	int r;

	if (outbox->cutting == SOCKET_NEVER)
		return -EMSGSIZE;
	if (slot == SOCKET_V4)
		socket_set_cutting(outbox->fd, slot, SOCKET_CUT);
	r = sendmsg(outbox->fd, call, MSG_NOSIGNAL) < 0 ? -errno : 0;
	if (slot == SOCKET_V4)
		socket_set_cutting(outbox->fd, slot, outbox->cutting);
	return r;
}

/* COUNT datagrams are lost. There may be another way to the peer. */
static void message_refused(struct outbox *outbox, struct peer *peer, int code, unsigned count)
{
	enum worker_drop reason = socket_drop_reason(code);

	peer_drop(peer, outbox->drops, reason, count);
	if (reason == WORKER_DROP_UNREACHABLE || reason == WORKER_DROP_SEND)
		peer->reach.broken = true;
}

/* CUT: each is known to be too large for the path; else what turns out to be is cut. */
static void message_send_singly(struct outbox *outbox, const struct message *message,
				const struct msghdr *whole, bool cut)
{
	size_t overhead = message->peer->codec ? message->peer->codec->overhead : 0;
	size_t left = message->length, size;
	struct iovec *next = whole->msg_iov, parts[2];
	struct msghdr call = { .msg_name = whole->msg_name,
			       .msg_namelen = whole->msg_namelen,
			       .msg_iov = parts };
	struct message single = { .peer = message->peer, .count = 1 };
	int r;

	for (; left; left -= size) {
		size = left < message->size ? left : message->size;
		call.msg_iovlen = pieces_cut(&next, size, parts);
		single.frame_bytes = size - overhead;
		r = -EMSGSIZE;
		if (!cut)
			r = sendmsg(outbox->fd, &call, MSG_NOSIGNAL) < 0 ? -errno : 0;
		if (r == -EMSGSIZE)
			r = call_send_cut(outbox, &call);
		if (r < 0)
			message_refused(outbox, message->peer, -r, 1);
		else
			message_sent(outbox, &single);
	}
}

static void message_failed(struct outbox *outbox, unsigned i, int code)
{
	struct message *message = &outbox->messages[i];
	struct peer *peer = message->peer;

	if (code == EMSGSIZE)
		peer->path.due = 0;
	if (message->count > 1 && (code == EMSGSIZE || code == EIO || code == EINVAL)) {
		peer->segment_limit = code == EMSGSIZE ? message->size - 1 : 1;
		peer->segment_retry = outbox->now + RETRY_INTERVAL;
	}
	if (code == EMSGSIZE || (message->count > 1 && (code == EIO || code == EINVAL)))
		message_send_singly(outbox, message, &outbox->calls[i].msg_hdr,
				    code == EMSGSIZE && message->count == 1);
	else
		message_refused(outbox, peer, code, message->count);
}

/* What became of an earlier message may be told instead of sending this one. */
static bool error_is_old(const struct outbox *outbox)
{
	int code = errno;
	bool old = outbox->errors && outbox->errors(outbox->owner, outbox->fd);

	errno = code;
	return old;
}

static void messages_send(struct outbox *outbox)
{
	unsigned done = 0, tried = UINT_MAX;
	int n;

	while (done < outbox->message_count) {
		n = sendmmsg(outbox->fd, outbox->calls + done, outbox->message_count - done,
			     MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 && tried != done && error_is_old(outbox)) {
			tried = done;
			continue;
		}
		if (n <= 0) {
			message_failed(outbox, done++, errno);
			continue;
		}
		for (unsigned end = done + (unsigned)n; done < end; done++)
			message_sent(outbox, &outbox->messages[done]);
	}
	outbox->message_count = 0;
	outbox->part_count = 0;
	outbox->sealed_length = 0;
}

static bool sealed_has_room(struct outbox *outbox, size_t length)
{
	if (!outbox->sealed)
		outbox->sealed = malloc(OUTBOX_SEALED);
	if (!outbox->sealed)
		return false;
	if (outbox->sealed_length + length > OUTBOX_SEALED)
		messages_send(outbox);
	return true;
}

/* The pieces of COUNT datagrams from FIRST on; the place after them. 0 pieces: nothing is left to send. */
static unsigned message_gather(struct outbox *outbox, struct message *message, unsigned first,
			       unsigned count)
{
	struct datagram *datagram;
	struct iovec *part;

	for (unsigned i = 0; i < count; i++, first = datagram->next) {
		datagram = &outbox->datagrams[first - 1];
		part = &outbox->parts[outbox->part_count];
		memcpy(part, datagram->parts, datagram->part_count * sizeof(*part));
		outbox->part_count += datagram->part_count;
		message->count++;
		message->length += datagram->length;
	}
	message->frame_bytes = message->length;
	return first;
}

/* The same, sealed into one piece. What cannot be sealed is left out. */
static unsigned message_seal(struct outbox *outbox, struct message *message, unsigned first,
			     unsigned count)
{
	const struct codec *codec = message->peer->codec;
	uint8_t *start = outbox->sealed + outbox->sealed_length;
	struct datagram *datagram;
	int r;

	for (unsigned i = 0; i < count; i++, first = datagram->next) {
		datagram = &outbox->datagrams[first - 1];
		r = codec->seal(message->peer->codec_state, start + message->length,
				datagram->parts, datagram->part_count);
		if (r < 0) {
			if (r != -EINPROGRESS)
				peer_drop(message->peer, outbox->drops, WORKER_DROP_SEND, 1);
			continue;
		}
		message->count++;
		message->length += datagram->length + codec->overhead;
		message->frame_bytes += datagram->length;
	}
	outbox->sealed_length += message->length;
	if (message->count)
		outbox->parts[outbox->part_count++] = (struct iovec){ start, message->length };
	return first;
}

static void message_address(struct message *message, struct msghdr *call)
{
	struct cmsghdr *option;
	uint16_t size = (uint16_t)message->size;

	call->msg_name = &message->peer->address;
	call->msg_namelen = message->peer->address.any.sa_family == AF_INET6
				    ? sizeof(message->peer->address.v6)
				    : sizeof(message->peer->address.v4);
	if (message->count < 2)
		return;
	call->msg_control = message->control;
	call->msg_controllen = sizeof(message->control);
	option = CMSG_FIRSTHDR(call);
	option->cmsg_level = IPPROTO_UDP;
	option->cmsg_type = UDP_SEGMENT;
	option->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(option), &size, sizeof(size));
}

static unsigned message_add(struct outbox *outbox, struct peer *peer, unsigned first,
			    unsigned count)
{
	size_t size = outbox->datagrams[first - 1].length;
	struct message *message;
	struct msghdr *call;
	unsigned part;
	bool cut;

	if (peer->codec)
		size += peer->codec->overhead;
	if (peer->codec && !sealed_has_room(outbox, size * count)) {
		peer_drop(peer, outbox->drops, WORKER_DROP_NO_BUFFER, count);
		for (; count; count--)
			first = outbox->datagrams[first - 1].next;
		return first;
	}
	cut = peer->path.limit && outbox->datagrams[first - 1].length > peer->path.limit;
	if (cut || outbox->message_count == OUTBOX_MESSAGES)
		messages_send(outbox);
	part = outbox->part_count;
	message = &outbox->messages[outbox->message_count];
	*message = (struct message){ .peer = peer, .size = size };
	first = peer->codec ? message_seal(outbox, message, first, count)
			    : message_gather(outbox, message, first, count);
	if (message->count == 0)
		return first;
	call = &outbox->calls[outbox->message_count++].msg_hdr;
	*call = (struct msghdr){ .msg_iov = &outbox->parts[part],
				 .msg_iovlen = outbox->part_count - part };
	message_address(message, call);
	if (cut) {
		message_send_singly(outbox, message, call, true);
		outbox->message_count = 0;
		outbox->part_count = 0;
		outbox->sealed_length = 0;
	}
	return first;
}

/* How many datagrams from FIRST on are of one size; one that is shorter may end them. */
static unsigned run_length(const struct outbox *outbox, unsigned first)
{
	size_t size = outbox->datagrams[first - 1].length;
	const struct datagram *datagram;
	unsigned count = 0;

	for (; first; first = datagram->next) {
		datagram = &outbox->datagrams[first - 1];
		if (datagram->length > size)
			break;
		count++;
		if (datagram->length < size)
			break;
	}
	return count;
}

/* How many datagrams of SIZE bytes one message takes. */
static unsigned segments_max(struct outbox *outbox, struct peer *peer, size_t size)
{
	size_t most = OUTBOX_BYTES / size;

	if (peer->segment_limit && outbox->now >= peer->segment_retry)
		peer->segment_limit = 0;
	if (!outbox->segment || most == 0 || (peer->segment_limit && size > peer->segment_limit))
		return 1;
	return most > OUTBOX_SEGMENTS ? OUTBOX_SEGMENTS : (unsigned)most;
}

/* In as few messages as possible, and these of about one size: a small one costs as much as a large one. */
static void peer_send(struct outbox *outbox, struct peer *peer)
{
	unsigned first = peer->queued_first, run, most, share;
	size_t overhead = peer->codec ? peer->codec->overhead : 0;

	peer->queued_first = 0;
	while (first) {
		run = run_length(outbox, first);
		most = segments_max(outbox, peer, outbox->datagrams[first - 1].length + overhead);
		share = (run + most - 1) / most;
		share = (run + share - 1) / share;
		for (; run; run -= share) {
			share = share < run ? share : run;
			first = message_add(outbox, peer, first, share);
		}
	}
}

static void outbox_send(struct outbox *outbox)
{
	struct peer *peer;
	int fd;

	for (unsigned i = 0; i < outbox->peer_count; i++) {
		peer = outbox->peers[i];
		fd = outbox->sockets[socket_slot_for(&peer->address)];
		if (fd != outbox->fd)
			messages_send(outbox);
		outbox->fd = fd;
		peer_send(outbox, peer);
	}
	messages_send(outbox);
	outbox->peer_count = 0;
	outbox->count = 0;
}

uint8_t *outbox_header(struct outbox *outbox)
{
	/* At most OUTBOX_DATAGRAMS headers before this one are still in use. */
	if (outbox->header_next > OUTBOX_DATAGRAMS)
		outbox->header_next = 0;
	return outbox->headers[outbox->header_next++];
}

void outbox_add(struct outbox *outbox, struct peer *peer, const struct iovec *parts, unsigned count)
{
	struct datagram *datagram;

	/* With a codec there are no keys either, and the frame waits for them. */
	if (!peer->codec && !address_is_known(&peer->address)) {
		peer_drop(peer, outbox->drops, WORKER_DROP_UNREACHABLE, 1);
		return;
	}
	if (outbox->count == OUTBOX_DATAGRAMS)
		outbox_send(outbox);
	datagram = &outbox->datagrams[outbox->count++];
	*datagram = (struct datagram){ .peer = peer, .part_count = count };
	for (unsigned i = 0; i < count; i++) {
		datagram->parts[i] = parts[i];
		datagram->length += parts[i].iov_len;
	}
	if (peer->queued_first) {
		outbox->datagrams[peer->queued_last - 1].next = outbox->count;
	} else {
		peer->queued_first = outbox->count;
		outbox->peers[outbox->peer_count++] = peer;
	}
	peer->queued_last = outbox->count;
}

void outbox_flush(struct outbox *outbox, uint64_t now)
{
	outbox->now = now;
	outbox_send(outbox);
	outbox->header_next = 0;
}

void outbox_clear(struct outbox *outbox)
{
	free(outbox->sealed);
	outbox->sealed = NULL;
}
