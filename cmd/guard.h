/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file's guard tests, with --confirm guard: they must hold before an apply, and confirm it when they hold again
 * afterwards. Who tests afterwards is the process that goes back otherwise: it has neither the file nor the terminal, so
 * the tests are kept as a record of the topology.
 */
#ifndef CMD_GUARD_H
#define CMD_GUARD_H

#include "cmd/session.h"

/* Before anything is changed: STATUS_REFUSED, said, where a test fails or there is none; else 0. */
int guard_check_before(struct session *session);
/*
 * Keeps the tests for guard_await, in the topology as it will be, and opens session->findings, where it writes which
 * fail. -errno: they could not be kept.
 */
int guard_record(struct session *session, struct error *err);
/* Removes what was kept; the findings stay readable where they are open. */
void guard_forget(const char *name);

/*
 * In the other process, once the apply is through: tests until all hold, and confirms then, or until the time is over or
 * the waiting has ended otherwise. Without a record it does nothing.
 */
void guard_await(const struct options *options, const char *name);

#endif
