/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving up what the data plane has no use for, before it reads the first byte of anybody.
 *
 * Afterwards the process has the descriptors that it holds and is handed, memory, time and random bytes:
 * no capabilities, no way to new ones, no files, no sockets of its own, no other program, no other
 * process, no core dump; and it ends with its parent.
 */
#ifndef BACKENDS_TUNNEL_WORKER_SANDBOX_H
#define BACKENDS_TUNNEL_WORKER_SANDBOX_H

#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/failure.h"

/*
 * *ret says in words what holds. What this kernel or processor lacks is missing, by name; what it has and
 * refuses is a failure: the caller then ends.
 */
int sandbox_enter(struct worker_sandbox *ret, struct failure *failure);

/*
 * Of all that another user where there is one, no capabilities, and an end with the parent: for a child that still
 * needs files.
 */
int sandbox_drop_privileges(struct failure *failure);

#endif
