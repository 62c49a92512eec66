/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rows cannot say about a link kind. A short table: past ten entries the row types are wrong. */
#ifndef BACKENDS_RTNL_LINK_HOOKS_H
#define BACKENDS_RTNL_LINK_HOOKS_H

#include "backends/rtnl/attr.h"
#include "backends/rtnl/rtnl.h"
#include "model/link.h"

struct link_hooks {
	const char *kind; /* the kind's name */
	/* Tells kinds apart that share a name in netlink, by IFLA_INFO_DATA. NULL: need not. */
	bool (*is_kind)(const struct nlattr *const *data);
	/* Attribute of IFLA_INFO_DATA that holds the parent's ifindex, where IFLA_LINK does not. 0: it does. */
	uint16_t parent;
	/* After the rows were read. NULL: nothing to add. */
	void (*get)(struct link *link, const struct nlattr *const *data);
	/* Before the rows are sent: writes what is irregular and takes its bits (of the kind's rows) out of *mask. */
	void (*put)(struct nl_msg *message, const struct link *link, uint32_t link_index,
		    uint64_t *mask);
	/* A switch that must be off, where it is to be, before other rows can change. NULL: there is none. */
	const char *off_first;
	/* Makes the link some other way than by one RTM_NEWLINK; marked, and not up. */
	int (*create)(struct backend_ctx *ctx, const struct object *want, struct error *err);
	/* Changes rows of the kind (their bits) some other way than by RTM_NEWLINK. */
	int (*update)(struct backend_ctx *ctx, const struct object *want, uint64_t mask,
		      struct error *err);
};

/* NULL: the kind needs none. kind may be NULL. */
const struct link_hooks *link_hooks_find(const struct link_kind *kind);

#endif
