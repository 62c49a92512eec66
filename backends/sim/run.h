/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function in a process of its own, inside another's namespaces. */
#ifndef BACKENDS_SIM_RUN_H
#define BACKENDS_SIM_RUN_H

#include "backends/sim/process.h"

/* As sim_run, in the namespaces of `process`. */
int run_inside(const struct process *process, int (*run)(void *data), void *data, int *status,
	       struct error *err);

#endif
