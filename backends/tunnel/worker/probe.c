/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/probe.h"
#include "backends/tunnel/worker/session_parts.h"

#define ANSWERS_RATE  100u
#define ANSWERS_BURST 50u
#define ADDRESSES     12u /* an Ethernet frame begins with: destination, source */

enum probe_kind { PROBE_REQUEST = 3, PROBE_REPLY = 4 };

/* What is known of the path; the owner acts on it at once. */
static void changed(struct session *session, size_t limit, size_t low)
{
	struct session_table *sessions = session->owner;

	if (session->search.limit != limit || session->search.low != low)
		sessions->path_changed(sessions->context, session->peer);
}

/*
 * The length stands in the id, so that a late answer says what it is about. What the kernel refuses to send uncut is
 * lost as it would be on the way.
 */
static void question_send(struct session *session, size_t size)
{
	uint8_t content[ECHO_LENGTH] = { PROBE_REQUEST };

	put_u32(content + 2, session->series << 16 | (uint32_t)size);
	(void)session_transmit_uncut(session, content, sizeof(content), size - SESSION_OVERHEAD,
				     false);
}

static void probe_step(struct session *session)
{
	struct session_table *sessions = session->owner;
	struct search *search = &session->search;
	size_t limit = search->limit, low = search->low;
	struct search_terms terms = {
		.most = sessions->path_most(sessions->context, session->peer),
		.wait = UINT64_C(3) * session->echo.rtt / 1000,
		.raise = sessions->path_raise,
	};
	size_t size;

	if (terms.most > PROBE_MAX)
		terms.most = PROBE_MAX;
	size = search_step(search, &terms, sessions->now);
	if (size)
		question_send(session, size);
	if (search_is_waiting(search))
		session_wake(sessions, search->due);
	changed(session, limit, low);
}

void probe_ask(struct session *session)
{
	struct session_table *sessions = session->owner;

	if (sessions->path_most && session->answers_probes)
		probe_step(session);
	else
		session->search.due = SESSION_NEVER;
}

void probe_tick(struct session *session)
{
	struct session_table *sessions = session->owner;
	struct search *search = &session->search;

	if (!search_is_waiting(search))
		return;
	if (!session_is_up(session))
		search_pause(search);
	else if (search->due <= sessions->now)
		probe_step(session);
	else
		session_wake(sessions, search->due);
}

bool probe_is(const uint8_t *content, size_t length)
{
	static const uint8_t nobody[6];

	if (length == ECHO_LENGTH)
		return content[0] == PROBE_REPLY;
	return length >= ADDRESSES && content[0] == PROBE_REQUEST &&
	       memcmp(content + 6, nobody, sizeof(nobody)) == 0;
}

static void answer_receive(struct session *session, uint32_t id)
{
	struct session_table *sessions = session->owner;
	struct search *search = &session->search;
	size_t limit = search->limit, low = search->low;

	if (id >> 16 != (session->series & UINT16_MAX) || !search_is_waiting(search))
		return;
	search_answered(search, id & UINT16_MAX, sessions->now);
	changed(session, limit, low);
	if (search->stage != SEARCH_IDLE && search->due <= sessions->now)
		probe_step(session);
}

void probe_receive(struct session *session, const uint8_t *content)
{
	uint8_t answer[ECHO_LENGTH] = { PROBE_REPLY };
	uint32_t id = get_u32(content + 2);

	if (!session_is_up(session))
		return;
	if (content[0] == PROBE_REPLY) {
		answer_receive(session, id);
	} else if (bucket_take(&session->probe_answers, ANSWERS_RATE, ANSWERS_BURST, 1,
			       session->owner->now)) {
		put_u32(answer + 2, id);
		session_transmit(session, answer, sizeof(answer));
	}
}

void probe_forget(struct session *session)
{
	session->search = (struct search){ 0 };
	session->series++;
}
