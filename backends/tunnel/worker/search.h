/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a path carries, found out by padded questions and their answers alone: a router that drops what is too large and
 * says nothing is noticed like this. In the manner of RFC 8899, with two things turned round, as a tunnel starts from
 * what the kernel knows: the longest datagram is tried first, and only what is lost again and again while shorter ones
 * are answered makes the path narrow. Where nothing is answered nothing is concluded.
 *
 * Lengths are those of datagrams, without the headers of UDP and IP; times are milliseconds. Nothing here sends, reads a
 * clock or has a timer: whoever uses it asks for what is to be sent when a frame was, when an answer came, and
 * when a question is not answered in time. A search ends by itself.
 */
#ifndef BACKENDS_TUNNEL_WORKER_SEARCH_H
#define BACKENDS_TUNNEL_WORKER_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEARCH_BASE                                                                                \
	1172u /* in an IPv4 packet of 1200 bytes: BASE_PLPMTU for UDP (RFC 8899, 5.1.2) */
#define SEARCH_LEAST 548u /* in one of 576: what every IPv4 host takes (RFC 791, 3.2) */

#define SEARCH_WAIT    1000u   /* PROBE_TIMER is no less (RFC 8899, 5.1.1) */
#define SEARCH_TRIES   3u      /* MAX_PROBES */
#define SEARCH_CONFIRM 5000u   /* between two looks whether the path still carries what it did */
#define SEARCH_RAISE   600000u /* PMTU_RAISE_TIMER */
#define SEARCH_RETRY   30000u  /* after nothing at all was answered */

enum search_stage {
	SEARCH_IDLE,	/* nothing is asked */
	SEARCH_TOP,	/* the longest that may be sent */
	SEARCH_STANDS,	/* what was answered before */
	SEARCH_FLOOR,	/* SEARCH_BASE, as something longer was lost */
	SEARCH_BOTTOM,	/* SEARCH_LEAST, as that was lost, too */
	SEARCH_BETWEEN, /* half-way between what was answered and what was lost */
	SEARCH_CLOSE, /* once more the shortest that was lost, now that a shorter one is answered */
};

/* All zero: nothing is known. */
struct search {
	enum search_stage stage;
	size_t size;	/* of the question that is not answered yet */
	unsigned tries; /* questions of this stage that were sent */
	size_t low;	/* the longest that was answered; 0: none */
	size_t high;	/* the shortest that was lost */
	size_t ceiling; /* and one that was lost SEARCH_TRIES times */
	size_t top;	/* what the search began with */
	size_t limit;	/* longer ones are known to be lost; 0: none is */
	uint64_t due;	/* when to ask for what is next */
	uint64_t raise; /* when to try whether the path became wider */
};

struct search_terms {
	size_t most;	/* the longest datagram that the kernel lets pass and anybody needs */
	uint64_t wait;	/* how long an answer may take; SEARCH_WAIT at least is waited */
	uint64_t raise; /* SEARCH_RAISE */
};

/* The length of a question to send now, or 0. search->due is set anew. */
size_t search_step(struct search *search, const struct search_terms *terms, uint64_t now);
/* A question of SIZE was answered; ask for what is next then. */
void search_answered(struct search *search, size_t size, uint64_t now);
/* Nothing can be sent: begin with what is known by then. */
void search_pause(struct search *search);
/* Whether an answer is waited for, until search->due. */
bool search_is_waiting(const struct search *search);

#endif
