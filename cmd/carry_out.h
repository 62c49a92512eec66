/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Doing what a session planned: ask, execute, look again, undo what did not become as wanted. For apply and destroy. */
#ifndef CMD_CARRY_OUT_H
#define CMD_CARRY_OUT_H

#include "cmd/session.h"

/* Carries out session->plan, prints the summary, and returns the exit status. question: "Apply?" */
int carry_out(struct session *session, const char *question);

#endif
