/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions of a session that are as long as what the path is to carry, and what their answers say (search.h). They are
 * asked while frames are sent, and the next one when the one before was answered or its time is over; then no more.
 *
 * Content of a question: kind 3, 0, id 4, and zeroes as far as it is to be long, which make an Ethernet source address
 * that no frame has. The answer: kind 4, 0, id 4, 0 0. Only a peer whose handshake says so (SESSION_ANSWERS_PROBES) is
 * asked: an earlier worker takes a question for a bad frame and drops it.
 */
#ifndef BACKENDS_TUNNEL_WORKER_PROBE_H
#define BACKENDS_TUNNEL_WORKER_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;

/* A frame was sent, and session->search.due is over. */
void probe_ask(struct session *session);
/* The same by the clock, for a question that was not answered. */
void probe_tick(struct session *session);
/* Whether authentic content is a question or an answer. */
bool probe_is(const uint8_t *content, size_t length);
/* Take one that probe_is knows: answer it, or go on. */
void probe_receive(struct session *session, const uint8_t *content);
/* The path is another one: nothing is known of it. */
void probe_forget(struct session *session);

#endif
