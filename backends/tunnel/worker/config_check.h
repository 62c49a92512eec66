/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a decoded configuration makes sense, before anything is opened.
 */
#ifndef BACKENDS_TUNNEL_WORKER_CONFIG_CHECK_H
#define BACKENDS_TUNNEL_WORKER_CONFIG_CHECK_H

#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/failure.h"

/* -EINVAL with the reason. Peers with one address and repeated MACs are found by their tables. */
int config_check(const struct worker_config *config, struct failure *failure);
/* Whether addresses of FAMILY can be sent to from the local addresses. */
bool config_has_local_family(const struct worker_config *config, uint16_t family);

#endif
