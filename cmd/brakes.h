/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the command line lets a plan do: --max-delete, --max-disruption, --protect. And protect: true of the file, which
 * is recorded under /run/vnetapply when it is applied: an object that the file no longer names cannot say it itself.
 */
#ifndef CMD_BRAKES_H
#define CMD_BRAKES_H

#include "cmd/session.h"

/* Adds to the session's plan a refusal for each thing in it that the options forbid. */
void brakes_add(struct session *session);

/* Sets protect on the live objects that the record names. */
void brakes_mark_protected(struct session *session);
/*
 * Records the protected objects that are wanted. keep_former: and those recorded before, for while it is not yet certain
 * which of both will be live. -errno: the record could not be kept.
 */
int brakes_record_protected(const struct session *session, bool keep_former, struct error *err);

#endif
