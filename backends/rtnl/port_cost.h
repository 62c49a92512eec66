/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The path cost that the kernel gives a port of a bridge by itself: port_cost() of net/bridge/br_if.c, which goes by the
 * speed that the link's driver tells when it becomes a port, and when its carrier comes. Once one is set the kernel takes
 * its own no more, and does not say whether one was.
 */
#ifndef BACKENDS_RTNL_PORT_COST_H
#define BACKENDS_RTNL_PORT_COST_H

#include "model/link.h"

struct nl_sock;

/*
 * That of LINK, a live port called NAME in the place of SOCKET; 0: not known, as versions of Linux differ at that speed,
 * or as the one that it has may be the kernel's of another time: the speed is that of a link below.
 */
uint32_t port_cost_of_kernel(const struct link *link, struct nl_sock *socket, const char *name);

#endif
