/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building a plan: diff, cascade, order, count. */
#include "reconcile/plan.h"

#include "reconcile/diff.h"
#include "reconcile/order.h"

#include "model/text.h"

#include <stdarg.h>
#include <string.h>

static void count(struct plan *plan, const struct diff *diff)
{
	size_t i;

	for (i = 0; i < diff->n; i++) {
		switch (diff->entries[i].fate) {
		case FATE_IGNORE:
			break;
		case FATE_KEEP:
			plan->n_unchanged++;
			break;
		case FATE_CREATE:
			plan->n_create++;
			break;
		case FATE_UPDATE:
			plan->n_update++;
			break;
		case FATE_REPLACE:
			plan->n_replace++;
			break;
		case FATE_DELETE:
			plan->n_delete++;
			break;
		}
	}
}

/*
 * What the file says now decides over remaking; what it said when it was last applied, which the live object bears,
 * over removing, since the file no longer names that object.
 */
static void refuse_protected(struct diff *diff)
{
	size_t i;

	for (i = 0; i < diff->n; i++) {
		const struct entry *entry = &diff->entries[i];
		AUTO_TEXT struct text text = { 0 };

		if (entry->fate == FATE_REPLACE && entry->want->protect) {
			object_path(entry->want, &text);
			diff_refuse(diff, entry->want, "take protect: true away first",
				    "%s is protected, and would be remade (%s)", text_get(&text),
				    entry->because);
		} else if (entry->fate == FATE_DELETE && entry->have->protect) {
			object_path(entry->have, &text);
			diff_refuse(diff, entry->have,
				    "apply a file that has it without protect: true first",
				    "%s is protected, and would be removed", text_get(&text));
		}
	}
}

int plan_build(struct plan **ret, const struct model *want, const struct model *have,
	       struct error *err)
{
	struct arena *arena = arena_new();
	struct plan *plan = ARENA_NEW(arena, struct plan);
	struct diff diff;
	int r;

	plan->arena = arena;
	diff_build(&diff, want, have, arena);
	refuse_protected(&diff);
	r = order_build(plan, &diff, err);
	if (r < 0) {
		plan_free(plan);
		return r;
	}
	plan->refusals = diff.refusals;
	plan->n_refusals = diff.n_refusals;
	count(plan, &diff);
	*ret = plan;
	return 0;
}

enum disruption change_disruption(const struct change *change)
{
	return change->is_of_control ? DISRUPTION_CONTROL : change->disruption;
}

void plan_refuse(struct plan *plan, const struct position *position, const char *hint,
		 const char *format, ...)
{
	struct refusal *all = arena_alloc(plan->arena, (plan->n_refusals + 1) * sizeof(*all));
	va_list args;

	if (plan->n_refusals)
		memcpy(all, plan->refusals, plan->n_refusals * sizeof(*all));
	va_start(args, format);
	all[plan->n_refusals++] =
		(struct refusal){ .position = *position,
				  .text = arena_vprintf(plan->arena, format, args),
				  .hint = hint };
	va_end(args);
	plan->refusals = all;
}

void plan_free(struct plan *plan)
{
	if (plan)
		arena_free(plan->arena);
}

bool plan_is_empty(const struct plan *plan)
{
	return plan->n_changes == 0;
}
