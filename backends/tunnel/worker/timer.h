/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One moment at which something is due, as a source of the event loop. */
#ifndef BACKENDS_TUNNEL_WORKER_TIMER_H
#define BACKENDS_TUNNEL_WORKER_TIMER_H

#include "backends/tunnel/worker/loop.h"

#define TIMER_NEVER UINT64_MAX

struct timer {
	struct event_source source;
	uint64_t due; /* in the loop's time; TIMER_NEVER */
	void (*expired)(struct timer *timer);
	void *owner;
};

/* EXPIRED is called once for each timer_set. */
int timer_open(struct timer *timer, struct loop *loop, void (*expired)(struct timer *timer),
	       void *owner, struct failure *failure);
void timer_set(struct timer *timer, uint64_t due);
void timer_close(struct timer *timer);

#endif
