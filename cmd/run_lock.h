/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lock that keeps writers apart. Readers do not take it: they look whether a writer was at work while they read, and
 * then read again.
 */
#ifndef CMD_RUN_LOCK_H
#define CMD_RUN_LOCK_H

#include "model/error.h"

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/*
 * Takes the lock, waiting up to timeout_ms; makes /run/vnetapply if it is not there. *ret is for run_unlock(). command
 * is what others are told of its holder. -EAGAIN: another run holds it, err says which. -EPERM: the directory belongs to
 * somebody else or others may write to it, so that nothing in it can be trusted.
 */
int run_lock(int *ret, const char *command, unsigned timeout_ms, struct error *err);
/* Gives the lock back, -1 for none, and removes the directory where nothing is left in it. */
void run_unlock(int *lock);

/* Which writer was the last, as a reader saw it. */
struct run_watch {
	dev_t device;
	ino_t inode; /* of the lock; 0: there is none */
	unsigned long long turn;
	struct timespec
		around; /* without a lock: when something came to or went from the directory around */
};

/* Waits up to timeout_ms until no writer is at work. -EAGAIN: one still is, err says which. */
int run_watch(struct run_watch *ret, unsigned timeout_ms, struct error *err);
/* Whether no writer has been at work since. */
bool run_watch_holds(const struct run_watch *watch);

#endif
