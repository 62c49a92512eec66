/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is alive, on record: a directory for each simulation with a file `holder` and a file `host.NAME` for each host,
 * each with a process number and its start time. A record whose process is gone is stale.
 */
#ifndef BACKENDS_SIM_RECORD_H
#define BACKENDS_SIM_RECORD_H

#include "backends/sim/process.h"

#include <limits.h>
#include <stddef.h>

#define RECORD_HOLDER	   "holder"
#define RECORD_HOST_PREFIX "host."

/* The caller's directory of records, checked to be nobody else's if it is there; not made. */
int sim_record_base(char ret[PATH_MAX], struct error *err);
/* Makes the base if needed and locks it; a descriptor. -EAGAIN: somebody else has it. */
int sim_record_lock(const char *base, int timeout_ms, struct error *err);

/* pid 0 where there is no such file, or it makes no sense. */
struct process sim_record_read(const char *directory, const char *file);
/* Makes the directory if needed. */
int sim_record_write(const char *directory, const char *file, const struct process *process,
		     struct error *err);
int sim_record_remove(const char *directory, const char *file, struct error *err);
/* The directory with all its files, and the base if it is empty then. */
int sim_record_clear(const char *base, const char *directory, struct error *err);

#endif
