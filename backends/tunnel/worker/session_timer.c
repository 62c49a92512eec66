/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens by the clock. Each session has three times at which something is due:
 *
 *   retry       our handshake was not answered: again, until it has been tried for SESSION_GIVE_UP
 *   keepalive   something came and nothing went: say that we are alive
 *   silence     something went and nothing came: the other side may have lost its keys, shake hands
 *
 * keys end at SESSION_REJECT_AFTER, and a probe waits for its answer for a while (probe.h). An idle session has none of this and costs nothing.
 */
#include "backends/tunnel/worker/session.h"
#include "backends/tunnel/worker/probe.h"
#include "backends/tunnel/worker/session_parts.h"

#define SILENCE (SESSION_KEEPALIVE + SESSION_RETRY)

static bool keypair_is_older(const struct session_table *sessions, const struct keypair *keypair,
			     uint64_t age)
{
	return sessions->now - keypair->created >= age;
}

/* Renewing on sending is the initiator's task, so that the two sides do not do it at once. */
void session_note_sent(struct session *session, bool content)
{
	struct session_table *sessions = session->owner;
	const struct keypair *current = session->current;

	session->sent = sessions->now;
	session->keepalive_due = 0;
	if (content && !session->silence_due) {
		session->silence_due = sessions->now + SILENCE;
		session_wake(sessions, session->silence_due);
	}
	if (current->number >= SESSION_REKEY_NUMBER ||
	    (current->initiator && keypair_is_older(sessions, current, SESSION_REKEY_AFTER)))
		session_initiate(session);
}

/* And on receiving just before the end, should the initiator have nothing to send. */
void session_note_heard(struct session *session, bool content)
{
	struct session_table *sessions = session->owner;
	const struct keypair *current = session->current;

	session->heard = sessions->now;
	session->silence_due = 0;
	if (content && !session->keepalive_due) {
		session->keepalive_due = sessions->now + SESSION_KEEPALIVE;
		session_wake(sessions, session->keepalive_due);
	}
	if (current && current->initiator &&
	    keypair_is_older(sessions, current, SESSION_REJECT_AFTER - SILENCE))
		session_initiate(session);
}

static void keypair_expire(struct session_table *sessions, struct keypair **keypair)
{
	if (*keypair && keypair_is_older(sessions, *keypair, SESSION_REJECT_AFTER))
		keypair_drop(sessions, keypair);
	if (*keypair)
		session_wake(sessions, (*keypair)->created + SESSION_REJECT_AFTER);
}

static void session_retry(struct session *session)
{
	if (session->owner->now - session->handshake_begun < SESSION_GIVE_UP) {
		session_initiate(session);
		return;
	}
	session_forget_handshake(session);
	for (unsigned i = 0; i < session->queued; i++)
		session_drop(session->owner, session, WORKER_DROP_QUEUE);
	session_queue_clear(session);
}

/* Who is behind NAT keeps its way in open, and shakes hands again when nobody answers. */
static void session_persist(struct session *session)
{
	struct session_table *sessions = session->owner;

	if (sessions->keepalive && sessions->now - session->sent >= sessions->keepalive) {
		session->sent = sessions->now;
		if (!session_is_up(session))
			session_initiate(session);
		else if (!session->queued)
			session_release(session);
	}
	if (sessions->keepalive)
		session_wake(sessions, session->sent + sessions->keepalive);
}

static bool is_due(const struct session_table *sessions, uint64_t *due)
{
	bool now = *due && *due <= sessions->now;

	if (now)
		*due = 0;
	return now;
}

static void session_tick(struct session *session)
{
	struct session_table *sessions = session->owner;
	const uint64_t *const dues[] = { &session->retry_due, &session->keepalive_due,
					 &session->silence_due };

	keypair_expire(sessions, &session->current);
	keypair_expire(sessions, &session->previous);
	keypair_expire(sessions, &session->next);
	if (is_due(sessions, &session->retry_due))
		session_retry(session);
	if (is_due(sessions, &session->keepalive_due) && !session->queued)
		session_release(session);
	if (is_due(sessions, &session->silence_due))
		session_initiate(session);
	session_persist(session);
	probe_tick(session);
	for (size_t i = 0; i < sizeof(dues) / sizeof(*dues); i++)
		if (*dues[i])
			session_wake(sessions, *dues[i]);
}

void session_table_tick(struct session_table *sessions)
{
	sessions->due = SESSION_NEVER;
	for (uint32_t i = 0; i < sessions->count; i++)
		session_tick(&sessions->sessions[i]);
}
