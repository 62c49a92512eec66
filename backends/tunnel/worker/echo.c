/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/echo.h"
#include "backends/tunnel/worker/session_parts.h"

enum echo_kind { ECHO_REQUEST = 1, ECHO_REPLY = 2 };

static void echo_send(struct session *session, enum echo_kind kind, uint32_t id)
{
	uint8_t content[ECHO_LENGTH] = { (uint8_t)kind };

	put_u32(content + 4, id);
	session_transmit(session, content, sizeof(content));
}

void echo_ask(struct session *session)
{
	struct session_table *sessions = session->owner;
	struct echo *echo = &session->echo;

	if (echo->waiting && ++echo->lost >= ECHO_LOST)
		echo->rtt = 0;
	echo->due = sessions->now + ECHO_INTERVAL;
	echo->waiting = true;
	echo->id++;
	echo->asked = sessions->microseconds();
	echo_send(session, ECHO_REQUEST, echo->id);
}

bool echo_is(const uint8_t *content, size_t length)
{
	return length == ECHO_LENGTH && (content[0] == ECHO_REQUEST || content[0] == ECHO_REPLY);
}

static void reply_receive(struct session *session, uint32_t id)
{
	struct echo *echo = &session->echo;
	uint64_t now = session->owner->microseconds(),
		 took = now > echo->asked ? now - echo->asked : 1;

	if (!echo->waiting || id != echo->id)
		return;
	echo->waiting = false;
	if (took >= ECHO_INTERVAL * UINT64_C(1000))
		return;
	echo->lost = 0;
	echo->rtt = (uint32_t)(echo->rtt ? (UINT64_C(7) * echo->rtt + took) / 8 : took);
}

bool echo_receive(struct session *session, const uint8_t *content)
{
	struct echo *echo = &session->echo;
	uint64_t now = session->owner->now;

	if (content[0] == ECHO_REPLY) {
		reply_receive(session, get_u32(content + 4));
		return false;
	}
	if (echo->answered && now - echo->answered < ECHO_SPARE)
		return false;
	echo->answered = now;
	return true;
}

void echo_forget(struct session *session)
{
	struct echo *echo = &session->echo;

	echo->due = 0;
	echo->waiting = false;
	echo->lost = 0;
	echo->rtt = 0;
}

void echo_answer(struct session *session, const uint8_t *content)
{
	if (session_is_up(session))
		echo_send(session, ECHO_REPLY, get_u32(content + 4));
}
