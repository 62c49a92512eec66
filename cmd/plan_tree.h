/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan as a tree for machines, format_version 1.0: a reader ignores keys it does not know; only a new major version
 * takes keys away or changes their meaning.
 */
#ifndef CMD_PLAN_TREE_H
#define CMD_PLAN_TREE_H

#include "model/diag.h"
#include "model/document.h"
#include "model/node.h"
#include "reconcile/plan.h"

struct plan_context {
	const char *name, *host; /* host NULL: the file has no hosts */
	const char *created;	 /* ISO 8601, UTC */
	const struct document_input *inputs;
	size_t n_inputs;
	const char *live_digest; /* of what was observed */
	bool inputs_changed;	 /* since the last apply: tells "changed" from "drift" */
	const struct diag *diag; /* its warnings; NULL: none */
};

/* Everything in arena. */
struct node *plan_tree(const struct plan *plan, const struct plan_context *context,
		       struct arena *arena);

/* "create", "update", "delete", "replace"; for events too. */
const char *change_action(const struct change *change);
/* "namespaces/blue/interfaces/eth0". In arena. */
const char *change_address(const struct object *object, struct arena *arena);
/*
 * Whether a shell pattern may match addresses of some objects: "taps/vm*" never does. A namespace's name may be anything; what
 * stands before the first wildcard decides.
 */
bool change_pattern_is_possible(const char *pattern);

#endif
