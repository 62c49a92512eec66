/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Process 1 of a pid namespace that keeps other namespaces alive: the holder, and one for each host. */
#ifndef BACKENDS_SIM_INIT_H
#define BACKENDS_SIM_INIT_H

#include "backends/sim/process.h"

struct init_options {
	/* The holder, for a host; NULL: the new process is a holder, and without root gets a user namespace. */
	const struct process *holder;
	const char *host; /* its network namespace's name and its hostname; NULL for a holder */
};

/*
 * Starts one and waits until it is ready. It ends by itself unless init_confirm says that it is on record: *release
 * is for that, and is closed either way.
 */
int init_start(struct process *ret, int *release, const struct init_options *options,
	       struct error *err);
int init_confirm(int release, struct error *err);

#endif
