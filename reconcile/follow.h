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
 * Wants of each live port that is a veth the cost that the kernel gives one, where it has another. Of other kinds it
 * depends on what is below them, and on the kernel: theirs stays until the port is made anew.
 */
void follow_costs(struct model *want, const struct model *have);

#endif
