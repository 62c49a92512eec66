/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of the state before an apply, and going back to it. */
#ifndef CMD_ROLLBACK_H
#define CMD_ROLLBACK_H

#include "cmd/options.h"

/* In the place of a topology: nothing of this one was there. */
#define ROLLBACK_TO_NOTHING "# nothing\n"

/*
 * Goes back in the place of the process that was to do it and has not. given: of the apply. STATUS_ROLLED_BACK, or
 * STATUS_HALF_DONE if it failed or somebody has begun.
 */
int rollback_overdue(const struct options *given, const char *name);

#endif
