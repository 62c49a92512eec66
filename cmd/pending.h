/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An apply that waits for confirmation, as a record of its topology: who confirms, rolls back or waits may be three
 * processes. Each change from one state to another is atomic, so that what was confirmed is never rolled back.
 */
#ifndef CMD_PENDING_H
#define CMD_PENDING_H

#include "model/error.h"

#include <stdbool.h>
#include <stdint.h>

enum pending_state {
	PENDING_NONE,	      /* no apply asked for confirmation, or none knows */
	PENDING_PREPARING,    /* nothing was changed yet, and nobody is there yet to go back */
	PENDING_APPLYING,     /* not through yet: nothing to confirm */
	PENDING_WAITING,      /* until the deadline */
	PENDING_CONFIRMED,    /* it stays */
	PENDING_ROLLING_BACK, /* somebody is at it */
	PENDING_ROLLED_BACK,  /* it is as before */
	PENDING_FAILED,	      /* rolling back did not succeed */
};

struct pending {
	enum pending_state state;
	uint64_t deadline_ms; /* of pending_clock */
};

/* Milliseconds since boot, sleep included. */
uint64_t pending_clock(void);

struct pending pending_read(const char *topology);
/* Whether an apply waits, or is on its way, and whoever was to end that had his time. */
bool pending_is_waiting(const struct pending *pending);

/* PREPARING, before whoever goes back is started; APPLYING comes after that and before the first change. */
int pending_start(const char *topology, unsigned timeout_ms, struct error *err);
/* From APPLYING to WAITING, with the time from now on; -ESTALE: it was given up. */
int pending_await(const char *topology, unsigned timeout_ms, struct error *err);
/* Ends the time of what waits; -ESTALE: nothing does. */
int pending_expire(const char *topology, struct error *err);
/* From one state to another. -ESTALE: it is not in `from`. */
int pending_change(const char *topology, enum pending_state from, enum pending_state to,
		   struct error *err);
void pending_remove(const char *topology);

/*
 * Sleeps until the record is no longer in `state`, the deadline is over, or, with fd >= 0, something can be read from
 * fd. Returns what it is then.
 */
struct pending pending_wait(const char *topology, enum pending_state state, int fd, bool *readable);

#endif
