/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens during a run, as JSON lines on standard output: one object for each event, nothing without -o json. */
#ifndef CMD_EVENTS_H
#define CMD_EVENTS_H

#include "cmd/session.h"

/* A new event, a map in arena with its name and time; NULL: events are not wanted. */
struct node *event_new(const struct session *session, const char *name, struct arena *arena);
/* Prints it, at once; NULL is fine. */
void event_print(const struct node *event);

void event_plan(const struct session *session);
void event_step(const struct session *session, const struct change *change, bool finished);
/* "verify", "rollback", "check": how it went, and a text where it went wrong. */
void event_result(const struct session *session, const char *name, bool good, const char *text);
void event_summary(const struct session *session, const struct plan *plan, int status);

#endif
