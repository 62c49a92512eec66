/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A route as the kernel tells of it, and back (struct rtmsg of linux/rtnetlink.h). Pure: talks to nobody. */
#ifndef BACKENDS_RTNL_ROUTE_MESSAGE_H
#define BACKENDS_RTNL_ROUTE_MESSAGE_H

#include "backends/rtnl/attr.h"
#include "model/route.h"

/*
 * False: no route that this program can describe (a cached one, one by type of service or source address,
 * another family). Texts and lists into arena; *protocol is who made it.
 */
bool route_message_parse(struct route *ret, uint8_t *protocol, const struct nlmsghdr *message,
			 const struct attr_names *names, struct arena *arena);

/* -E2BIG: more next hops than a message takes. */
int route_message_new(struct nl_msg **ret, uint16_t type, int flags, const struct route *route,
		      uint8_t protocol, const struct attr_names *names, struct error *err);

#endif
