/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/piece.h"
#include "backends/tunnel/worker/frame.h"
#include "backends/tunnel/worker/packet.h"
#include "backends/tunnel/worker/session_parts.h"

#include <errno.h>
#include <stdlib.h>

#define KIND	  5u
#define ADDRESSES 6u /* where the source begins; the number stands behind it */

/* SIZE bytes of a frame in COUNT parts, from FROM on. */
static void parts_copy(uint8_t *out, const struct iovec *parts, unsigned count, size_t from,
		       size_t size)
{
	size_t take;

	for (unsigned i = 0; i < count && size; i++) {
		if (from >= parts[i].iov_len) {
			from -= parts[i].iov_len;
			continue;
		}
		take = parts[i].iov_len - from < size ? parts[i].iov_len - from : size;
		memcpy(out, (const uint8_t *)parts[i].iov_base + from, take);
		out += take;
		size -= take;
		from = 0;
	}
}

int piece_send(struct session *session, size_t limit, const struct iovec *parts, unsigned count)
{
	uint8_t content[SESSION_QUEUE_BYTES];
	size_t length = 0, pieces, size, most, take;
	int worst = 0, r;

	for (unsigned i = 0; i < count; i++)
		length += parts[i].iov_len;
	most = (limit < sizeof(content) ? limit : sizeof(content)) - PIECE_HEADER;
	if (limit <= PIECE_HEADER || !length || length > most * PIECES_MAX)
		return -E2BIG;
	pieces = (length + most - 1) / most;
	size = (length + pieces - 1) / pieces;
	memset(content, 0, PIECE_HEADER);
	content[0] = KIND;
	put_u32(content + 2, session->pieces_id++);
	content[13] = (uint8_t)pieces;
	number_put16(content + 14, size);
	for (size_t i = 0; i * size < length; i++) {
		take = length - i * size < size ? length - i * size : size;
		content[12] = (uint8_t)i;
		parts_copy(content + PIECE_HEADER, parts, count, i * size, take);
		r = session_transmit_uncut(session, content, PIECE_HEADER + take,
					   PIECE_HEADER + take, true);
		worst = r < 0 ? r : worst;
	}
	session_ask(session);
	return worst;
}

bool piece_is(const uint8_t *content, size_t length)
{
	static const uint8_t nobody[6];

	return length > PIECE_HEADER && content[0] == KIND &&
	       memcmp(content + ADDRESSES, nobody, sizeof(nobody)) == 0;
}

static void joining_clear(struct joining *joining)
{
	free(joining->frame);
	*joining = (struct joining){ 0 };
}

/* What is not of the frame that is being joined begins another one. */
static struct joining *joining_for(struct session *session, const struct joining *piece)
{
	struct joining *joining = &session->joining[piece->id % PIECES_FRAMES];

	if (joining->frame && joining->id == piece->id && joining->count == piece->count &&
	    joining->size == piece->size)
		return joining;
	joining_clear(joining);
	*joining = *piece;
	joining->frame = malloc(piece->count * piece->size);
	return joining->frame ? joining : NULL;
}

bool piece_join(struct session *session, const uint8_t *content, size_t length, struct iovec *ret)
{
	const struct joining piece = { .id = get_u32(content + 2),
				       .count = content[13],
				       .size = number_get16(content + 14) };
	unsigned number = content[12];
	struct joining *joining;

	piece_done(session);
	length -= PIECE_HEADER;
	if (piece.count > PIECES_MAX || number >= piece.count || length > piece.size ||
	    (number + 1 < piece.count && length < piece.size) ||
	    (piece.count - 1) * piece.size >= FRAME_ROOM) {
		session_drop(session->owner, session, WORKER_DROP_MALFORMED);
		return false;
	}
	joining = joining_for(session, &piece);
	if (!joining) {
		session_drop(session->owner, session, WORKER_DROP_NO_BUFFER);
		return false;
	}
	memcpy(joining->frame + number * piece.size, content + PIECE_HEADER, length);
	joining->have |= UINT64_C(1) << number;
	if (number + 1 == piece.count)
		joining->length = length;
	if (joining->have != UINT64_MAX >> (PIECES_MAX - piece.count))
		return false;
	session->joined = joining->frame;
	*ret = (struct iovec){ joining->frame, (piece.count - 1) * piece.size + joining->length };
	*joining = (struct joining){ 0 };
	return true;
}

void piece_done(struct session *session)
{
	free(session->joined);
	session->joined = NULL;
}

void piece_forget(struct session *session)
{
	piece_done(session);
	for (unsigned i = 0; i < PIECES_FRAMES; i++)
		joining_clear(&session->joining[i]);
}
