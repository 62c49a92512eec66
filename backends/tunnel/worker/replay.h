/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which message numbers of one key have been seen, by the method of RFC 6479: a ring of bits of which
 * a word is cleared when the window moves into it. Numbers may come in any order within the window.
 */
#ifndef BACKENDS_TUNNEL_WORKER_REPLAY_H
#define BACKENDS_TUNNEL_WORKER_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_WINDOW 2048u
#define REPLAY_WORDS  64u /* a power of two, and more bits than the window by a word at least */

/* Zero-initialised: nothing was seen. */
struct replay {
	uint64_t next; /* the highest number seen + 1 */
	uint64_t words[REPLAY_WORDS];
};

/* Whether NUMBER, below UINT64_MAX, is neither seen nor too old. Changes nothing. */
bool replay_is_fresh(const struct replay *replay, uint64_t number);
/* Note a fresh number, after its message proved authentic. */
void replay_note(struct replay *replay, uint64_t number);
/* Whether NUMBER, which was noted, is the highest. */
static inline bool replay_is_newest(const struct replay *replay, uint64_t number)
{
	return number + 1 == replay->next;
}

#endif
