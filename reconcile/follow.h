/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel derives where the file says nothing, but for an object that was once given it. Whether it was, the kernel
 * does not tell: the MTU of a bridge that has none of its own and a port that is not ours, which follows its ports, and
 * the path cost of a port.
 */
#ifndef RECONCILE_FOLLOW_H
#define RECONCILE_FOLLOW_H

#include "model/model.h"

/* Wants of each such live bridge what its ports have, where it differs from that. */
void follow_ports(struct model *want, const struct model *have);
/*
 * Wants of each live port the cost that the kernel would give it, where it has another and that is known: see
 * backends/rtnl/port_cost.h. Otherwise it stays until the port is made anew.
 */
void follow_costs(struct model *want, const struct model *have);

#endif
