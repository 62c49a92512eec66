/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Being told that some interface or address of this network namespace changed: rtnetlink(7). */
#ifndef BACKENDS_TUNNEL_WORKER_LINK_WATCH_H
#define BACKENDS_TUNNEL_WORKER_LINK_WATCH_H

#include "backends/tunnel/worker/loop.h"

struct link_watch {
	struct event_source source;
	void (*changed)(void *owner,
			bool is_address); /* what changed is to be asked for: events are hints */
	void *owner;
};

int link_watch_open(struct link_watch *watch, struct loop *loop,
		    void (*changed)(void *owner, bool is_address), void *owner,
		    struct failure *failure);
void link_watch_close(struct link_watch *watch);

#endif
