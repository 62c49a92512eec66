/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking over what exists: a plan that gives our mark to live objects with wanted names, and changes nothing else of
 * them. What they differ in is the next plan's.
 */
#ifndef RECONCILE_ADOPT_H
#define RECONCILE_ADOPT_H

#include "reconcile/plan.h"

/* By whom, and which of the wanted objects are meant; is_meant NULL: all. */
struct adopt_choice {
	const char *topology;
	bool (*is_meant)(void *data, const struct object *want);
	void *data;
};

/*
 * Namespaces come first, then links, addresses and routes. Refused are objects that bear another topology's mark, links
 * of another kind, and what stands in a namespace that is neither ours nor meant. Never fails: a refusal is in the plan.
 */
struct plan *adopt_build(const struct model *want, const struct model *have,
			 const struct adopt_choice *choice);

#endif
