/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/replay.h"

#define WORD_BITS 64u

static uint64_t *word_of(struct replay *replay, uint64_t number)
{
	return &replay->words[number / WORD_BITS % REPLAY_WORDS];
}

bool replay_is_fresh(const struct replay *replay, uint64_t number)
{
	uint64_t word = replay->words[number / WORD_BITS % REPLAY_WORDS];

	if (number >= replay->next)
		return true;
	return replay->next - number <= REPLAY_WINDOW && !(word >> number % WORD_BITS & 1);
}

void replay_note(struct replay *replay, uint64_t number)
{
	uint64_t first, last;

	if (number >= replay->next) {
		/* Words that the ring enters anew; the one of next - 1 is in use. */
		first = (replay->next + WORD_BITS - 1) / WORD_BITS;
		last = number / WORD_BITS;
		if (last >= first && last - first >= REPLAY_WORDS)
			first = last - REPLAY_WORDS + 1;
		for (; first <= last; first++)
			replay->words[first % REPLAY_WORDS] = 0;
		replay->next = number + 1;
	}
	*word_of(replay, number) |= (uint64_t)1 << number % WORD_BITS;
}
