/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mark of our links, and of our namespaces on their lo: IFLA_GROUP, which the kernel honours at creation, and
 * IFLA_IFALIAS, which it does not. Both must match, but inside a namespace of ours the group is enough: the far end
 * of a veth has it before its alias can be sent.
 */
#ifndef BACKENDS_MARK_H
#define BACKENDS_MARK_H

#include "model/arena.h"
#include "reconcile/backend.h"

#include <stdbool.h>
#include <stdint.h>

struct nl_msg;
struct nl_sock;

/* Where doomed links of ours are gathered, to be deleted at once. */
uint32_t mark_trash_group(const struct scope *scope);
/*
 * Deletes what is gathered there, in the place of the socket. Another topology whose group happens to be the same may
 * have left something in it, when it was killed: then ours go one by one. inside: the place is a namespace of ours.
 */
int mark_delete_trash(struct nl_sock *socket, const struct scope *scope, bool inside,
		      struct error *err);
/* alias NULL: none. inside: the link stands in a namespace of ours. */
bool mark_is_ours(const struct scope *scope, uint32_t group, const char *alias, bool inside);
/* The topology that an alias names, in arena. NULL: it is no mark, or our own. */
const char *mark_holder(const struct scope *scope, const char *alias, struct arena *arena);
/* Adds the alias attribute to a message about a link. */
void mark_put_alias(struct nl_msg *message, const struct scope *scope, const char *place,
		    const char *name);

/* Group and alias of a link as they stand. */
struct mark {
	uint32_t group;
	char alias[SCOPE_ALIAS_MAX + 1];
};
int mark_read(struct nl_sock *socket, const char *link, struct mark *ret, struct error *err);
/* Both by one message, so that there is never half a mark. */
int mark_write(struct nl_sock *socket, const char *link, const struct mark *mark,
	       struct error *err);

#endif
