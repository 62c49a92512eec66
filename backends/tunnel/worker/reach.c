/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/reach.h"

/* The same until the next draw. The generator's low bits repeat soon. */
static uint64_t jitter(const struct reach *reach)
{
	return (reach->chance >> 16) % REACH_JITTER;
}

/* The multiplier is that of Numerical Recipes' generator. */
static uint64_t jitter_draw(struct reach *reach)
{
	reach->chance = reach->chance * 1664525u + 1013904223u;
	return jitter(reach);
}

void reach_init(struct reach *reach, const struct worker_peer *peer, uint32_t chance)
{
	*reach = (struct reach){ .current = REACH_ELSEWHERE, .chance = chance };
	(void)jitter_draw(reach); /* numbers that are alike are not, from now on */
	if (peer->endpoint.family == AF_UNSPEC)
		return;
	endpoint_to_address(&peer->endpoint, &reach->all[reach->count++]);
	for (uint32_t i = 0; i < peer->other_count; i++)
		endpoint_to_address(&peer->others[i], &reach->all[reach->count++]);
	reach->current = 0;
}

bool reach_is_same(const struct reach *a, const struct reach *b)
{
	if (a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (!address_equal(&a->all[i], &b->all[i]))
			return false;
	return true;
}

uint32_t reach_find(const struct reach *reach, const union socket_address *address)
{
	for (uint32_t i = 0; i < reach->count; i++)
		if (address_compare(&reach->all[i], address) == 0)
			return i;
	return REACH_ELSEWHERE;
}

static bool take(struct reach *reach, uint32_t number, uint64_t now)
{
	if (number == reach->current)
		return false;
	reach->current = number;
	reach->arrived = now;
	reach->unanswered = 0;
	reach->trial = now + REACH_TRIAL + jitter_draw(reach);
	reach->broken = false;
	return true;
}

static uint64_t doubled(uint64_t time, unsigned times)
{
	return time << (times < REACH_DOUBLINGS ? times : REACH_DOUBLINGS);
}

/* It is not returned to just yet. */
static bool leave(struct reach *reach, uint32_t number, uint64_t now)
{
	if (now - reach->arrived >= REACH_STABLE)
		reach->holds = 0;
	reach->back = now + doubled(REACH_HOLD, reach->holds++);
	return take(reach, number, now);
}

bool reach_next(struct reach *reach, uint64_t now)
{
	uint32_t from = reach->current == REACH_ELSEWHERE ? reach->count - 1 : reach->current;
	uint32_t number;

	for (uint32_t i = 1; i <= reach->count; i++) {
		number = (from + i) % reach->count;
		if (number != reach->current &&
		    (!reach->failed[number] || now - reach->failed[number] >= REACH_FAILED))
			return leave(reach, number, now);
	}
	return false;
}

/* Where the peer was heard just now, other than at the current one. */
static uint32_t heard_aside(const struct reach *reach, uint64_t now)
{
	uint32_t best = REACH_ELSEWHERE;

	for (uint32_t i = 0; i < reach->count; i++)
		if (i != reach->current && reach->heard[i] && now - reach->heard[i] < REACH_ASIDE &&
		    (best == REACH_ELSEWHERE || reach->heard[i] > reach->heard[best]))
			best = i;
	return best;
}

static bool silence_look(struct reach *reach, uint64_t now)
{
	uint64_t waited = now - reach->unanswered;
	uint32_t aside;

	if (waited < REACH_ASIDE)
		return false;
	aside = heard_aside(reach, now);
	if (aside != REACH_ELSEWHERE)
		return waited >= REACH_ASIDE + jitter(reach) && leave(reach, aside, now);
	/* Who is silent anywhere may just have nothing to say: then the first is the likeliest. */
	if (waited <
	    doubled(REACH_SILENCE, reach->current == 0 ? reach->rounds : 0) + jitter(reach))
		return false;
	if (reach->current == 0)
		reach->rounds++;
	return reach_next(reach, now);
}

bool reach_sending(struct reach *reach, bool question, uint64_t now)
{
	if (reach->broken) {
		reach->broken = false;
		if (reach->current != REACH_ELSEWHERE)
			reach->failed[reach->current] = now;
		if (reach_next(reach, now))
			return true;
	}
	if (!question)
		return false;
	if (!reach->unanswered || now - reach->asked >= REACH_GAP)
		reach->unanswered = now;
	reach->asked = now;
	return silence_look(reach, now);
}

bool reach_heard(struct reach *reach, uint32_t number, uint64_t now)
{
	reach->heard[number] = now;
	reach->failed[number] = 0;
	if (number == reach->current) {
		reach->unanswered = 0;
		reach->rounds = 0;
	}
	return number < reach->current && now >= reach->back && take(reach, number, now);
}

void reach_follow(struct reach *reach, const union socket_address *from, uint64_t now)
{
	uint32_t number = reach_find(reach, from);

	if (number != REACH_ELSEWHERE) {
		reach->heard[number] = now;
		reach->failed[number] = 0;
		/* Another port is another place: what a NAT made of it. */
		if (!address_equal(&reach->all[number], from))
			number = REACH_ELSEWHERE;
	}
	(void)take(reach, number, now);
}

bool reach_try(struct reach *reach, uint64_t now, uint32_t *ret)
{
	if (reach->current == 0 || reach->current == REACH_ELSEWHERE || now < reach->trial)
		return false;
	reach->trial = now + REACH_TRIAL + jitter_draw(reach);
	reach->tried = (reach->tried + 1) % reach->current;
	*ret = reach->tried;
	return true;
}
