/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mark of our links, and of our namespaces on their lo: IFLA_GROUP, which the kernel honours at creation, and
 * IFLA_IFALIAS, which it does not. Both must match, but inside a namespace of ours the group is enough: the far end
 * of a veth has it before its alias can be sent.
 */
#ifndef BACKENDS_MARK_H
#define BACKENDS_MARK_H

#include "reconcile/backend.h"

#include <stdbool.h>
#include <stdint.h>

struct nl_msg;

/* Where doomed links of ours are gathered, to be deleted at once. */
uint32_t mark_trash_group(const struct scope *scope);
/* alias NULL: none. inside: the link stands in a namespace of ours. */
bool mark_is_ours(const struct scope *scope, uint32_t group, const char *alias, bool inside);
/* Adds the alias attribute to a message about a link. */
void mark_put_alias(struct nl_msg *message, const struct scope *scope, const char *place,
		    const char *name);

#endif
