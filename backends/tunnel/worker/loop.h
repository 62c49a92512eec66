/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thread, one epoll set, level-triggered. A handler works off a bounded amount and returns;
 * what is left makes its descriptor ready again, so no source starves another.
 */
#ifndef BACKENDS_TUNNEL_WORKER_LOOP_H
#define BACKENDS_TUNNEL_WORKER_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include "backends/tunnel/worker/failure.h"

struct loop {
	int epoll;
	bool stopping;
	uint64_t deadline; /* stop then; 0: never */
	uint64_t now;	   /* milliseconds, CLOCK_BOOTTIME, read once per wakeup */
};

/*
 * Sources live as long as the loop: an event that was fetched before its source was closed still
 * calls READY, which finds nothing to read.
 */
struct event_source {
	int fd; /* -1: none */
	void (*ready)(struct event_source *source);
	void *owner;
};

int loop_open(struct loop *loop, struct failure *failure);
void loop_close(struct loop *loop);
/* Watch FD for input on behalf of SOURCE; source->fd is left to the caller. 0 or -errno. */
int loop_watch(struct loop *loop, struct event_source *source, int fd);
/* Closing a descriptor ends its being watched. Accepts -1. */
void source_close(struct event_source *source);
/* Run until loop->stopping. -errno when epoll fails. */
int loop_run(struct loop *loop);

#endif
