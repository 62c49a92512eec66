/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another build of the program in the place of the running one: the supervisor executes it. It stays the same process,
 * and the control socket, the interface, the sockets and, until the new one has one of its own, the data plane go over
 * to it. The configuration is read from its file.
 */
#ifndef BACKENDS_TUNNEL_WORKER_REPLACE_H
#define BACKENDS_TUNNEL_WORKER_REPLACE_H

#include "backends/tunnel/worker/descriptors.h"

/* What goes over; descriptors that are none are -1. */
struct replacement {
	int listener, client; /* who asked for it, and waits for an answer */
	struct descriptors descriptors;
	int plane_socket; /* closing it ends the old data plane */
	int plane_pid;
};
#define REPLACEMENT_NONE                                                                           \
	{                                                                                          \
		-1, -1, DESCRIPTORS_NONE, -1, -1                                                   \
	}

/*
 * Execute PROGRAM, an absolute path, as the worker at CONTROL; NAME may be NULL. Returns only when that
 * fails, and nothing has changed then.
 */
int replace_exec(const char *program, const char *control, const char *name,
		 const struct replacement *replacement, struct failure *failure);
/* The argument that replace_exec gave it. False: it makes no sense. */
bool replace_parse(const char *text, struct replacement *ret);

#endif
