/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The listening control socket: one worker per path, and who may connect.
 */
#ifndef BACKENDS_TUNNEL_WORKER_LISTENER_H
#define BACKENDS_TUNNEL_WORKER_LISTENER_H

#include "backends/tunnel/worker/failure.h"

/* A non-blocking SOCK_SEQPACKET listener at PATH, mode 0600. See control_open for the errors. */
int listener_open(const char *path, struct failure *failure);
/* A non-blocking connection of the same user or root; -errno when there is none or it is refused. */
int listener_accept(int fd);

#endif
