/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Peers whose address is a name: when to look it up, and what it means then. Which of its addresses is used is for the
 * data plane to find out.
 *
 *   not known yet              after 1 s, 2 s, 4 s … 60 s
 *   the peer is not heard      after 10 s, 20 s … 120 s: it may have moved
 *   heard                      every 5 minutes
 */
#ifndef BACKENDS_TUNNEL_WORKER_NAMES_H
#define BACKENDS_TUNNEL_WORKER_NAMES_H

#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/resolver.h"
#include "backends/tunnel/worker/timer.h"

struct name {
	uint64_t asked;	   /* when; 0: never */
	unsigned attempts; /* without success, in a row */
	bool silent;	   /* the peer was not heard when we asked */
};

struct names {
	struct loop *loop;
	const struct worker_config *config; /* of the supervisor */
	struct name *names;		    /* by number of the peer; NULL: no peer has a name */
	struct timer timer;
	struct resolver resolver;
	/* What the peers counted, to know who is heard; as supervisor_report. */
	int (*report)(void *owner, struct worker_state *ret, struct failure *failure);
	/* Peer NUMBER has these addresses from now on, COUNT of them, of which the first is the best. */
	void (*moved)(void *owner, uint32_t number, const struct worker_endpoint *endpoints,
		      uint32_t count);
	void *owner;
};

/* LOOP, CONFIG, REPORT, MOVED and OWNER are set by the caller. */
int names_open(struct names *names, struct failure *failure);
void names_close(struct names *names);
/* NEXT shall replace the configuration: names that stay keep the addresses that are known of them. */
void names_carry(const struct names *names, struct worker_config *next);
/* It has: forget what was under way, and look up what is not known. */
void names_begin(struct names *names);

#endif
