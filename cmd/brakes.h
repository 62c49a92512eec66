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
/*
 * Adds one for each link that is not ours and would go with one of ours that it stands on, as the kernel does not ask.
 * Those in namespaces that we do not look into are not seen.
 */
void brakes_spare_foreign(struct session *session);

/* Sets protect on the live objects that the record names. */
void brakes_mark_protected(struct session *session);
/* Lets go of what the wish protects, so that it does not stand in its own way; it is recorded all the same. */
void brakes_release(struct session *session);
/*
 * The record of what the wish protects, around the changes: brakes_begin adds to it, as it is not yet certain what will
 * be live; brakes_finish leaves only what is wanted, brakes_abandon what stood there before. -errno: as it was.
 */
int brakes_begin(struct session *session, struct error *err);
int brakes_finish(struct session *session, struct error *err);
void brakes_abandon(struct session *session);

#endif
