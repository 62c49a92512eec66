/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking names up without waiting: a short-lived child process asks getaddrinfo(3), one name after the other, and
 * writes what it learned to a pipe. It has none of our privileges and none of our descriptors.
 */
#ifndef BACKENDS_TUNNEL_WORKER_RESOLVER_H
#define BACKENDS_TUNNEL_WORKER_RESOLVER_H

#include <sys/types.h>
#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/loop.h"

#define RESOLVER_ADDRESSES WORKER_ENDPOINTS_MAX /* of one name that are looked at */

struct resolver_answer {
	uint32_t number, count;
	uint8_t family[RESOLVER_ADDRESSES]; /* 4 or 6 */
	uint8_t addresses[RESOLVER_ADDRESSES][16];
};

struct resolver {
	struct loop *loop;
	struct event_source pipe; /* -1: nothing is under way */
	pid_t child;
	uint64_t started;
	/* One name was looked up; count 0: there is no such name, or nobody answered. */
	void (*answered)(void *owner, const struct resolver_answer *answer);
	void *owner;
};

struct resolver_question {
	uint32_t number; /* of the answer */
	const char *host;
};

void resolver_init(struct resolver *resolver, struct loop *loop,
		   void (*answered)(void *owner, const struct resolver_answer *answer),
		   void *owner);
bool resolver_is_busy(const struct resolver *resolver);
/*
 * Ask COUNT questions, of addresses of FAMILY (AF_UNSPEC: any). NETNS: the name of the network namespace whose files in
 * /etc/netns stand for those in /etc, as ip-netns(8) has it; NULL: none.
 */
int resolver_ask(struct resolver *resolver, const struct resolver_question *questions, size_t count,
		 int family, const char *netns, struct failure *failure);
/* End what is under way, unanswered. */
void resolver_cancel(struct resolver *resolver);

#endif
