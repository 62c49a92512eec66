/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the supervisor may do of what its starter may. The data plane, which can do none of it, is in sandbox.h.
 */
#ifndef BACKENDS_TUNNEL_WORKER_CAPABILITIES_H
#define BACKENDS_TUNNEL_WORKER_CAPABILITIES_H

#include <stdbool.h>
#include "backends/tunnel/worker/failure.h"

/*
 * Give up every capability that a supervisor has no use for, for good, also for programs that it executes; those that
 * it does not have stay missing. MOUNTS: keep what looking up names in a network namespace of a name needs, too. Needs no
 * privilege, and may be called again to give up more.
 */
int capabilities_limit(bool mounts, struct failure *failure);

/* Keys shall be locked in memory, also by a data plane that may not raise its limit: it inherits this one. */
void capabilities_use_for_memory(void);

#endif
