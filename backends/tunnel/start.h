/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a worker that outlives its starter.
 */
#ifndef BACKENDS_TUNNEL_START_H
#define BACKENDS_TUNNEL_START_H

#include "model/error.h"

struct worker_start {
	const char *control; /* path of the control socket; its directory is made, mode 0700 */
	const char *name;    /* shown by ps(1): TOPOLOGY/TUNNEL */
	const char *unit;    /* name of the unit where systemd runs the worker */
	const char *netns;   /* path of the network namespace to work in; NULL: the caller's */
	const char *program; /* NULL: vnettunnel beside this program, in LIBEXECDIR, in sbin */
};

/*
 * Start a worker and connect to it; *ret is a file descriptor of the caller. It has no configuration:
 * a stored one is forgotten first. Where systemd runs this machine it becomes a transient unit, else
 * a daemon of its own session, whose standard error goes to a ".log" file beside the socket.
 * On failure err has the last line that the worker wrote.
 */
int worker_start(const struct worker_start *start, int *ret, struct error *err);

#endif
