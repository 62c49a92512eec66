/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tries again until it is as expected or the time is over. */
#include "backends/probe.h"

#include "backends/probe/attempt.h"

#include <poll.h>

/* The first tries are short, so that a packet lost on the way costs little; later ones bear a slow path. */
#define FIRST_TRY_US   1000000
#define LONGEST_TRY_US 8000000
/* So long must silence last before it is believed, or as long as the check allows if that is less. */
#define SILENCE_US  2000000
#define SHORTEST_US 50000
#define PAUSE_MS    100

static int attempt(const struct probe *probe, struct listener *listener, int64_t end,
		   struct probe_result *ret, struct error *err)
{
	ret->reached = ret->verified = false;
	ret->why[0] = '\0';
	switch (probe->kind) {
	case PROBE_PING:
		return attempt_ping(probe, end, ret, err);
	case PROBE_TCP:
		return attempt_tcp(probe, listener, end, ret, err);
	case PROBE_UDP:
		return attempt_udp(probe, listener, end, ret, err);
	}
	return 0;
}

static int64_t try_end(const struct probe *probe, int64_t start, int64_t last, int64_t length)
{
	const int64_t within = (int64_t)probe->within_ms * 1000;

	if (probe->unreachable)
		length = within < SILENCE_US ? within : SILENCE_US;
	else if (start + length > last)
		length = last - start;
	return start + (length > SHORTEST_US ? length : SHORTEST_US);
}

static int try_until(const struct probe *probe, struct listener *listener, struct probe_result *ret,
		     struct error *err)
{
	const int64_t last = probe_now() + (int64_t)probe->within_ms * 1000;
	int64_t start, length = FIRST_TRY_US;
	int r;

	for (;;) {
		start = probe_now();
		r = attempt(probe, listener, try_end(probe, start, last, length), ret, err);
		if (r < 0)
			return r;
		ret->microseconds = (uint64_t)(probe_now() - start);
		ret->passed = probe->unreachable ? !ret->reached : ret->reached && !*ret->why;
		if (ret->passed || probe_left(last) <= PAUSE_MS)
			return 0;
		(void)poll(NULL, 0, PAUSE_MS);
		length = length * 2 < LONGEST_TRY_US ? length * 2 : LONGEST_TRY_US;
	}
}

int probe_run(const struct probe *probe, struct probe_result *ret, struct error *err)
{
	struct listener listener = LISTENER_CLOSED;
	int r = 0;

	*ret = (struct probe_result){ 0 };
	if (probe->at >= 0 && probe->kind != PROBE_PING)
		r = listener_open(&listener, probe->at, probe->target.family,
				  probe->kind == PROBE_TCP ? SOCK_STREAM : SOCK_DGRAM,
				  probe->at_port, err);
	if (r == 0)
		r = try_until(probe, &listener, ret, err);
	listener_close(&listener);
	return r;
}
