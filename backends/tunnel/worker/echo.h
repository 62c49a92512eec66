/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a peer takes to answer. A session that frames are sent in asks at most every ECHO_INTERVAL, and its peer
 * answers by a message of the same length; an idle one asks nothing, so there is no timer for it.
 *
 * Content of both: kind 1, 0 0 0, id 4. No Ethernet frame is that short, so a worker that does not know of this drops it
 * as such.
 */
#ifndef BACKENDS_TUNNEL_WORKER_ECHO_H
#define BACKENDS_TUNNEL_WORKER_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECHO_LENGTH   8u
#define ECHO_INTERVAL 10000u /* milliseconds; what takes longer is lost */
#define ECHO_SPARE                                                                                 \
	1000u	     /* between two answers: more are asked for by nobody who keeps to the rules */
#define ECHO_LOST 3u /* requests in a row, after which nothing is known any more */

struct session;

/* Milliseconds, but where it says otherwise. */
struct echo {
	uint64_t due;	   /* when the next request may be sent */
	uint64_t answered; /* when the peer got its last answer; 0: never */
	uint64_t asked;	   /* microseconds: when the last request was sent */
	uint32_t id;	   /* of that */
	bool waiting;	   /* it is not answered yet */
	unsigned lost;	   /* that many were not */
	uint32_t rtt;	   /* microseconds, smoothed as in RFC 6298; 0: not known */
};

/* A frame was sent, and a request is due. */
void echo_ask(struct session *session);
/* Whether authentic content is a request or an answer. */
bool echo_is(const uint8_t *content, size_t length);
/* Take one; true: it is to be answered by echo_answer. */
bool echo_receive(struct session *session, const uint8_t *content);
/* The peer is somewhere else: nothing is known of the time, and the next frame asks. */
void echo_forget(struct session *session);
/* CONTENT is that of the request. */
void echo_answer(struct session *session, const uint8_t *content);

#endif
