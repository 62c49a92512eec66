/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Doing what a session planned: ask, execute, look again, undo what did not become as wanted. For apply and destroy. */
#ifndef CMD_CARRY_OUT_H
#define CMD_CARRY_OUT_H

#include "cmd/session.h"

/* Carries out session->plan, prints the summary, and returns the exit status. question: "Apply?" */
int carry_out(struct session *session, const char *question);

/*
 * Carries out a plan of adoptions, which disrupts nothing and needs no question; undoes it if it fails. Exit status; what
 * became of it is for the caller to look at, who then prints the summary or undoes.
 */
int carry_out_marks(struct session *session);
int carry_out_undo(struct session *session, const struct error *why);
void carry_out_summary(const struct session *session);

/*
 * What was there before, as a wish: our objects, and of those made elsewhere what this topology sets. Values that were
 * not ours before are left out, so that they are given back as on removal. The caller frees it.
 */
struct model *carry_out_former(const struct model *want, const struct model *before);

#endif
