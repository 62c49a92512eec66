/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way back: the state before an apply is kept under /run/vnetapply, and with --confirm a process of its own goes back
 * to it unless somebody confirms in time. It needs neither the terminal nor the process that applied.
 */
#ifndef CMD_CONFIRM_H
#define CMD_CONFIRM_H

#include "cmd/session.h"

/* Whether an apply of this topology waits for confirmation, which is said then: STATUS_REFUSED, else 0. */
int confirm_check_waiting(const struct session *session);
/* Before the first change: keeps the present state, and starts who goes back to it. Exit status; 0: go on. */
int confirm_prepare(struct session *session);
/* After the last one: status says how it went. A failed apply, which was undone, needs no way back. */
void confirm_settle(struct session *session, int status);
/* Waits for the confirmation, if one was asked for, without the lock: 0, STATUS_ROLLED_BACK or STATUS_HALF_DONE. */
int confirm_await(struct session *session);

#endif
