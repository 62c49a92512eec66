/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: who may talk, and the answer to each request.
 *
 * Clients are the worker's own user and root (SO_PEERCRED). A client that does not read its
 * answer is dropped; nothing it does can stop the frames.
 */
#ifndef BACKENDS_TUNNEL_WORKER_CONTROL_H
#define BACKENDS_TUNNEL_WORKER_CONTROL_H

#include <limits.h>
#include <stdbool.h>
#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/loop.h"
#include "backends/tunnel/worker/supervisor.h"

#define CONTROL_CLIENTS 8

struct control {
	struct loop *loop;
	struct supervisor *supervisor;
	struct event_source listener, clients[CONTROL_CLIENTS];
	unsigned next_client; /* the slot that a newcomer takes when all are in use */
	const char *name;     /* for a program that takes our place; NULL: none */
	char path[108], store[PATH_MAX];
	const struct event_source *client; /* whose request is being answered */
	bool stopped;			   /* by request: the configuration is not kept */
	uint8_t request[WORKER_MESSAGE_MAX + 1], reply[WORKER_MESSAGE_MAX];
};

/*
 * Listen at PATH, with LISTENER if it is not -1. -EADDRINUSE: another worker answers there. A dead worker's socket is
 * replaced.
 */
int control_open(struct control *control, const char *path, int listener, struct loop *loop,
		 struct supervisor *supervisor, struct failure *failure);
/* Apply the stored configuration, if there is one. */
int control_restore(struct control *control, struct failure *failure);
/* The same with what REPLACEMENT has; then who asked for it is answered. */
void control_resume(struct control *control, const struct replacement *replacement);
/* Remove the socket and, after STOP, the stored configuration. Clients learn it last, by end of file. */
void control_close(struct control *control);

/* The answer to one request, in control->reply; its length. */
int control_answer(struct control *control, const uint8_t *request, size_t length);

#endif
