/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What apply does, for others that apply on the way: the hosts of a simulation. */
#ifndef CMD_APPLY_H
#define CMD_APPLY_H

#include "cmd/session.h"

#include <stdbool.h>

/*
 * From a session that was only initialised, or has its document already, to the end. shows_plan: prints the plan
 * before carrying it out. Returns the exit status.
 */
int apply_session(struct session *session, bool shows_plan);

#endif
