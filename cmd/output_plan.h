/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan for people. + will be made, - removed, ~ changed in place, -/+ remade, ! look here: the signs carry the
 * meaning, colour only repeats it. Sorted by place and name, never in the kernel's order.
 */
#ifndef CMD_OUTPUT_PLAN_H
#define CMD_OUTPUT_PLAN_H

#include "reconcile/plan.h"

#include <stdio.h>

struct plan_heading {
	const char *name; /* of the topology */
	const char *host; /* NULL: the file has no hosts */
	bool color;
};

/* Heading with counts, one entry for each object with its rows below it, legend. One line if there is nothing to do. */
void output_plan(FILE *file, const struct plan *plan, const struct plan_heading *heading);

/* One line, after it was done: "two-hosts on alpha: 3 created, 1 changed  (9 unchanged)". */
void output_summary(FILE *file, const struct plan *plan, const struct plan_heading *heading);

#endif
