/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The caller's own SSH connection: a plan that may cut it wants a way back. */
#ifndef CMD_SSH_PATH_H
#define CMD_SSH_PATH_H

#include "cmd/session.h"

/*
 * Marks the changes of the session's plan that touch the way of the caller's SSH connection, and sets session->control
 * to a text about the first one.
 */
void ssh_path_mark(struct session *session);
/* Takes the marks off: a saved plan is the same for whoever applies it. */
void ssh_path_unmark(struct session *session);

/* "192.0.2.1 50000 192.0.2.2 22": both ends of $SSH_CONNECTION. False: it is none. */
bool ssh_path_parse(const char *text, struct addr *client, struct addr *server);

#endif
