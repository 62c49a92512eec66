/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A topology kept as a record under /run/vnetapply: written by one run, and the file of another one's session. */
#ifndef CMD_KEPT_H
#define CMD_KEPT_H

#include "cmd/session.h"

/* The model without sugar, as the session's host has it, with the keys that say which host that is. In its arena. */
struct node *kept_tree(struct session *session, const struct model *model);
const char *kept_text(struct session *session, const struct node *tree);

/*
 * A session whose only file is the record. *options, which must outlive it, are those given otherwise, without what they
 * say of another file.
 */
void kept_session_init(struct session *session, struct options *options,
		       const struct options *given, const char *name, const char *record);
/* As session_load; the record says which host it is of. */
int kept_session_load(struct session *session, struct options *options);

#endif
