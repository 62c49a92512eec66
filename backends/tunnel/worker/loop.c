/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop.
 */
#include "backends/tunnel/worker/loop.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>

#define EVENTS 16

/* Goes on while the machine sleeps: a key that is too old is so after a night's suspend, too. */
static uint64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int loop_open(struct loop *loop, struct failure *failure)
{
	*loop = (struct loop){ .epoll = epoll_create1(EPOLL_CLOEXEC), .now = clock_now() };
	if (loop->epoll < 0)
		return failure_set_errno(failure, errno, "epoll");
	return 0;
}

void loop_close(struct loop *loop)
{
	if (loop->epoll >= 0)
		close(loop->epoll);
	loop->epoll = -1;
}

int loop_watch(struct loop *loop, struct event_source *source, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = source };

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

void source_close(struct event_source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	source->fd = -1;
}

/* For epoll_wait: milliseconds, -1 without a deadline. */
static int loop_timeout(const struct loop *loop)
{
	if (!loop->deadline)
		return -1;
	return loop->deadline > loop->now ? (int)(loop->deadline - loop->now) : 0;
}

int loop_run(struct loop *loop)
{
	struct epoll_event events[EVENTS];
	struct event_source *source;
	int n;

	while (!loop->stopping) {
		n = epoll_wait(loop->epoll, events, EVENTS, loop_timeout(loop));
		if (n < 0 && errno != EINTR)
			return -errno;
		loop->now = clock_now();
		loop->stopping = loop->deadline && loop->now >= loop->deadline;
		for (int i = 0; i < n && !loop->stopping; i++) {
			source = events[i].data.ptr;
			if (source->fd >= 0)
				source->ready(source);
		}
	}
	return 0;
}
