/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MTU of a bridge that has none of its own and a port that is not ours: the kernel lets it follow its ports, but for a
 * bridge that was once given one. Whether it was, the kernel does not tell.
 */
#ifndef RECONCILE_FOLLOW_H
#define RECONCILE_FOLLOW_H

#include "model/model.h"

/* Wants of each such live bridge what its ports have, where it differs from that. */
void follow_ports(struct model *want, const struct model *have);

#endif
