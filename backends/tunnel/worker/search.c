/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/search.h"

static void stage_enter(struct search *search, enum search_stage stage, size_t size)
{
	search->stage = stage;
	search->size = size;
	search->tries = 0;
}

bool search_is_waiting(const struct search *search)
{
	return search->stage != SEARCH_IDLE && search->tries;
}

static void search_rest(struct search *search, uint64_t now)
{
	stage_enter(search, SEARCH_IDLE, 0);
	search->due = now + SEARCH_CONFIRM;
}

/* Nobody is there, or nobody hears us: what was known before may still hold. */
static void search_give_up(struct search *search, uint64_t now)
{
	search->low = 0;
	stage_enter(search, SEARCH_IDLE, 0);
	search->due = now + SEARCH_RETRY;
}

/* LOW was answered, and longer ones may be. */
static void search_go_between(struct search *search, uint64_t now)
{
	if (search->low + 1 < search->high)
		stage_enter(search, SEARCH_BETWEEN, search->low + (search->high - search->low) / 2);
	else if (search->low < search->high)
		stage_enter(search, SEARCH_CLOSE, search->high);
	else
		search_rest(search, now);
}

/* SIZE was lost as often as it takes. */
static void search_go_down(struct search *search, size_t size)
{
	search->high = search->ceiling = size;
	search->low = 0;
	if (size > SEARCH_BASE)
		stage_enter(search, SEARCH_FLOOR, SEARCH_BASE);
	else
		stage_enter(search, SEARCH_BOTTOM, SEARCH_LEAST);
}

static void question_lost(struct search *search, uint64_t now)
{
	/* In the narrowing one loss is enough to go on, as its end is tried again. */
	unsigned most = search->stage == SEARCH_BETWEEN ? 1
			: search->stage == SEARCH_CLOSE ? SEARCH_TRIES - 1
							: SEARCH_TRIES;

	if (search->tries < most)
		return;
	switch (search->stage) {
	case SEARCH_IDLE:
		break;
	case SEARCH_TOP:
		if (!search->low || search->low >= search->size) {
			search_go_down(search, search->size);
			break;
		}
		search->limit = search->low;
		search->high = search->ceiling = search->size;
		search_go_between(search, now);
		break;
	case SEARCH_STANDS:
	case SEARCH_FLOOR:
		search_go_down(search, search->size);
		break;
	case SEARCH_BOTTOM:
		search_give_up(search, now);
		break;
	case SEARCH_BETWEEN:
		search->high = search->size;
		search_go_between(search, now);
		break;
	case SEARCH_CLOSE:
		search_rest(search, now);
		break;
	}
}

void search_answered(struct search *search, size_t size, uint64_t now)
{
	if (search->stage == SEARCH_IDLE || size > search->top) /* nobody asked that */
		return;
	if (size > search->low)
		search->low = size;
	if (search->low >= search->top) {
		search->limit = 0;
		search_rest(search, now);
	} else if (search->stage == SEARCH_STANDS) {
		if (size >= search->size)
			search_rest(search, now);
	} else if (search->stage != SEARCH_TOP) {
		search->limit = search->low;
		if (size >= search->high) /* it was taken for lost */
			search->high = search->ceiling;
		if (size < search->size)
			return;
		search->due = now;
		search_go_between(search, now);
	}
}

void search_pause(struct search *search)
{
	stage_enter(search, SEARCH_IDLE, 0);
	search->due = 0;
}

/* The first question, or what a rest is to end with. */
static void search_begin(struct search *search, const struct search_terms *terms, uint64_t now)
{
	size_t most = terms->most;

	if (!search->low || most > search->top || (search->low < most && now >= search->raise)) {
		search->top = most;
		search->raise = now + terms->raise;
		stage_enter(search, SEARCH_TOP, most);
	} else {
		stage_enter(search, SEARCH_STANDS, search->low < most ? search->low : most);
	}
}

size_t search_step(struct search *search, const struct search_terms *terms, uint64_t now)
{
	if (now < search->due)
		return 0;
	if (terms->most <= SEARCH_LEAST) { /* that wide is every path */
		*search = (struct search){ .due = now + SEARCH_RETRY };
		return 0;
	}
	if (search->stage == SEARCH_IDLE) {
		search_begin(search, terms, now);
	} else if (search->size > terms->most) { /* the kernel heard why it was not answered */
		search->top = terms->most;
		stage_enter(search, SEARCH_TOP, terms->most);
	} else if (search->tries) {
		question_lost(search, now);
	}
	if (search->stage == SEARCH_IDLE)
		return 0;
	search->tries++;
	search->due = now + (terms->wait > SEARCH_WAIT ? terms->wait : SEARCH_WAIT);
	return search->size;
}
