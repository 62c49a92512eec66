/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of a peer's addresses datagrams are sent to. The first is used while the peer can be reached there, and then
 * the others in turn:
 *
 *   the kernel refuses to send to it, or heard by ICMP that it is in vain      the next, at once
 *   in clear: nothing comes from it for REACH_SILENCE of asking                the next
 *   in clear: nothing comes from it, but something does from another one       that one, after REACH_ASIDE
 *   encrypted: a handshake is not answered, and nothing else is heard          the next, with each handshake
 *
 * While a later one is used one before it is tried every REACH_TRIAL. In clear the peer gets one frame there as well, and
 * whoever hears the other from an address before the one it uses takes that. Encrypted it is a handshake, whose answer
 * tells. So both sides come back together.
 *
 * Nothing here reads a clock: times are milliseconds, and 0 is never.
 */
#ifndef BACKENDS_TUNNEL_WORKER_REACH_H
#define BACKENDS_TUNNEL_WORKER_REACH_H

#include <stdint.h>
#include "backends/tunnel/worker/address.h"

#define REACH_SILENCE 15000u /* at the first: doubled each time that moving did not help */
#define REACH_GAP                                                                                  \
	10000u /* what is asked after such a pause has nothing to do with what was before */
#define REACH_ASIDE	3000u
#define REACH_JITTER	2000u /* more, at random: the two sides shall not change places */
#define REACH_FAILED	5000u /* what the kernel refused is not used again for so long */
#define REACH_TRIAL	20000u
#define REACH_HOLD	10000u /* before an address that was left is returned to; doubled each time … */
#define REACH_STABLE	600000u /* … unless the one that is left was used for so long */
#define REACH_DOUBLINGS 3u	/* at most */
#define REACH_ELSEWHERE UINT32_MAX

struct reach {
	union socket_address all[WORKER_ENDPOINTS_MAX]; /* in the order of the configuration */
	uint64_t heard[WORKER_ENDPOINTS_MAX], failed[WORKER_ENDPOINTS_MAX];
	uint32_t count,
		current;  /* REACH_ELSEWHERE: where the peer was heard, which is none of them */
	uint64_t arrived; /* when the current one was taken */
	uint64_t unanswered,
		asked; /* first and last question to the current one since it was heard from */
	uint64_t trial, back; /* when one before it may be tried, and taken when it is heard from */
	unsigned rounds, holds;
	uint32_t tried, chance;
	bool broken; /* sending to the current one failed; whoever sends next deals with it */
};

/* CHANCE: any number. */
void reach_init(struct reach *reach, const struct worker_peer *peer, uint32_t chance);
/* Whether both have the same addresses, in the same order. */
bool reach_is_same(const struct reach *a, const struct reach *b);
/* Whether there is something to choose. */
static inline bool reach_has_choice(const struct reach *reach)
{
	return reach->count > (reach->current != REACH_ELSEWHERE);
}
/* The number of ADDRESS, whatever its port; REACH_ELSEWHERE: none. */
uint32_t reach_find(const struct reach *reach, const union socket_address *address);

/*
 * These return true when `current` is another one from now on. Something is about to be sent; in clear it may be a
 * question, which wants an answer:
 */
bool reach_sending(struct reach *reach, bool question, uint64_t now);
/* One in clear came from number NUMBER. */
bool reach_heard(struct reach *reach, uint32_t number, uint64_t now);
/* The current one is of no use. */
bool reach_next(struct reach *reach, uint64_t now);

/* What is authentic came from there: it is the current one. */
void reach_follow(struct reach *reach, const union socket_address *from, uint64_t now);
/* Whether one before the current one is to be tried now, and its number. */
bool reach_try(struct reach *reach, uint64_t now, uint32_t *ret);

#endif
