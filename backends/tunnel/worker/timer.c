/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/timer.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>
#include <sys/timerfd.h>

static void timer_ready(struct event_source *source)
{
	struct timer *timer = source->owner;
	uint64_t count;

	if (read(source->fd, &count, sizeof(count)) < 0)
		return;
	timer->due = TIMER_NEVER;
	timer->expired(timer);
}

int timer_open(struct timer *timer, struct loop *loop, void (*expired)(struct timer *timer),
	       void *owner, struct failure *failure)
{
	int r;

	*timer = (struct timer){
		.source = { .fd = -1, .ready = timer_ready, .owner = timer },
		.due = TIMER_NEVER,
		.expired = expired,
		.owner = owner,
	};
	/* The clock of the loop. */
	timer->source.fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (timer->source.fd < 0)
		return failure_set_errno(failure, errno, "timer");
	r = loop_watch(loop, &timer->source, timer->source.fd);
	return r < 0 ? failure_set_errno(failure, -r, "epoll") : 0;
}

void timer_set(struct timer *timer, uint64_t due)
{
	struct itimerspec when = { 0 };

	if (due == timer->due)
		return;
	timer->due = due;
	/* A time of 0 would disarm it. */
	if (due != TIMER_NEVER) {
		when.it_value.tv_sec = (time_t)(due / 1000);
		when.it_value.tv_nsec = (long)(due % 1000 * 1000000) + 1;
	}
	(void)timerfd_settime(timer->source.fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void timer_close(struct timer *timer)
{
	source_close(&timer->source);
}
