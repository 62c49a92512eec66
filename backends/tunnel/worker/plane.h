/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The data plane, as its supervisor has it: a child process at the other end of a socket pair.
 *
 * Nothing here decides when it is started: the supervisor does.
 */
#ifndef BACKENDS_TUNNEL_WORKER_PLANE_H
#define BACKENDS_TUNNEL_WORKER_PLANE_H

#include <sys/types.h>
#include "backends/tunnel/worker/handover.h"
#include "backends/tunnel/worker/loop.h"

struct plane {
	struct loop *loop;
	const char *name;	    /* for ps(1); NULL: none */
	struct event_source socket; /* -1: it does not run */
	pid_t pid;
	uint32_t sequence;
	uint64_t started; /* milliseconds */
	struct worker_sandbox sandbox;
	void (*ended)(struct plane *plane); /* by itself; then plane_reap is to be called */
	void *owner;
	uint8_t *message; /* HANDOVER_MAX: the last that came */
};

/* Zero-initialise; then set loop, name, ended and owner. plane_stop does not undo it. */
int plane_init(struct plane *plane, struct failure *failure);
void plane_clear(struct plane *plane);

/* Start the process. It shuts its sandbox by itself, and ends by itself where it cannot. */
int plane_start(struct plane *plane, struct failure *failure);
bool plane_runs(const struct plane *plane);
/* End it, at first kindly, and wait for that. Accepts one that does not run. */
void plane_stop(struct plane *plane);
/*
 * Put away one that has ended, or that does not answer: then it is killed. Returns its exit status, -1 when it had
 * none, and says in TEXT how it ended: "killed by signal 9 (Killed)".
 */
int plane_reap(struct plane *plane, char text[WORKER_TEXT_SIZE]);

/*
 * Ask, and wait for the answer: *ret points at its body until the next call, *length is the body's. -ECONNRESET: it
 * has ended. -ETIMEDOUT: it does not answer. A HANDOVER_FAILED comes back as its error.
 */
int plane_ask(struct plane *plane, enum handover_kind kind, const void *body, size_t length,
	      const struct descriptors *fds, const uint8_t **ret, size_t *ret_length,
	      struct failure *failure);
/* Say, without an answer. */
void plane_tell(struct plane *plane, enum handover_kind kind, const void *body, size_t length);

#endif
