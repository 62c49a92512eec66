/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process known by number and start time, which together are never used again. */
#ifndef BACKENDS_SIM_PROCESS_H
#define BACKENDS_SIM_PROCESS_H

#include "model/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
	pid_t pid;	/* as the caller sees it; 0: none */
	uint64_t start; /* field 22 of /proc/PID/stat */
};

/* Fills start of a running process. -ESRCH: there is none. */
int process_identify(struct process *ret, pid_t pid, struct error *err);
bool process_is_alive(const struct process *process);
/* A pidfd. -ESRCH: it is no more. */
int process_open(const struct process *process, struct error *err);
/* SIGKILL, and waits until it is gone. It being gone already is no error. */
int process_end(const struct process *process, struct error *err);
/*
 * Moves the caller into namespaces of a process: flags of setns(2) on a pidfd. CLONE_NEWUSER is left out where
 * both are in the same one.
 */
int process_enter(const struct process *process, int flags, struct error *err);

#endif
