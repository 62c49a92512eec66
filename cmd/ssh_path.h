/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The caller's own SSH connection: a plan that may cut it wants a way back. */
#ifndef CMD_SSH_PATH_H
#define CMD_SSH_PATH_H

#include "cmd/session.h"

/* What of the session's plan touches the way of the caller's SSH connection, in the session's arena; NULL: nothing. */
const char *ssh_path_touched(struct session *session);

/* "192.0.2.1 50000 192.0.2.2 22": both ends of $SSH_CONNECTION. False: it is none. */
bool ssh_path_parse(const char *text, struct addr *client, struct addr *server);

#endif
