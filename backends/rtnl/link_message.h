/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A link as the kernel tells of it (RTM_NEWLINK), and its values as struct link. Pure: talks to nobody. */
#ifndef BACKENDS_RTNL_LINK_MESSAGE_H
#define BACKENDS_RTNL_LINK_MESSAGE_H

#include "backends/request.h"
#include "model/link.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

/* Parsed, all pointers into the message. */
struct link_message {
	uint32_t index, flags, group, master;
	uint32_t link;	   /* parent or peer; 0: none */
	bool is_elsewhere; /* link is an index of another namespace: */
	int32_t nsid;	   /* as the reader's namespace numbers it */
	uint8_t family;
	uint16_t hardware; /* ARPHRD_* */
	const char *name, *alias;
	const char *kind; /* NULL: a device of its own */
	const struct nlattr *table[IFLA_MAX + 1];
	const struct nlattr *info[IFLA_INFO_MAX + 1];
};

/* False: no link, or malformed. */
bool link_message_parse(struct link_message *ret, const struct nlmsghdr *message);

/* The kind by its name in netlink and what tells several of that name apart; NULL: not known here. */
const struct link_kind *link_message_kind(const struct link_message *message);

/*
 * Fills kind, values of the kind and of a bridge port, MAC, MTU and flags; not the refs. Where the kernel says
 * nothing (port rows without a bridge, autoconf without IPv6), want's value stands, or the default: it cannot
 * differ. want may be NULL.
 */
void link_message_fill(struct link *ret, const struct link_message *message,
		       const struct link *want, struct arena *arena);

#endif
