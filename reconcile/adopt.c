/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One walk over the wanted objects, in the order of their classes: what a namespace's mark makes ours to look into comes
 * after that mark. What the kernel made is left to it, and so is what the file only refers to.
 */
#include "reconcile/adopt.h"

#include "model/classes.h"
#include "model/link.h"
#include "model/text.h"

#include <string.h>

struct adopting {
	struct plan *plan;
	const struct model *want, *have;
	const struct adopt_choice *choice;
};

static bool is_meant(const struct adopting *adopting, const struct object *want)
{
	const struct adopt_choice *choice = adopting->choice;

	return !choice->is_meant || choice->is_meant(choice->data, want);
}

static const char *path(const struct adopting *adopting, const struct object *object)
{
	AUTO_TEXT struct text text = { 0 };

	object_path(object, &text);
	return arena_strdup(adopting->plan->arena, text_get(&text));
}

static void add_change(struct plan *plan, const struct object *want, const struct object *have)
{
	struct change *change = ARENA_NEW(plan->arena, struct change);

	*change = (struct change){
		.op = CHANGE_ADOPT, .want = want, .have = have, .because = "not marked"
	};
	plan->changes[plan->n_changes++] = change;
	plan->n_adopt++;
}

static void refuse_kind(const struct adopting *adopting, const struct object *want,
			const struct object *have)
{
	const char *is = object_link(have)->type, *shall_be = object_link(want)->type;

	plan_refuse(adopting->plan, &want->position,
		    "write in the file what it is, or remove it and let apply make it anew",
		    "%s is of type %s, not %s", path(adopting, want), is ? is : "unknown here",
		    shall_be ? shall_be : "unknown");
}

/* Whether what stands in the object's namespace is, or becomes, ours to look after. */
static bool has_home(const struct adopting *adopting, const struct object *want)
{
	const struct object *home, *wanted;

	if (!want->place[0])
		return true;
	home = model_find(adopting->have, &class_netns, "", want->place);
	if (home && home->owner == OWNER_OURS)
		return true;
	wanted = model_find(adopting->want, &class_netns, "", want->place);
	return wanted && !wanted->external && is_meant(adopting, wanted);
}

static void refuse_holder(const struct adopting *adopting, const struct object *want,
			  const struct object *have)
{
	plan_refuse(adopting->plan, &want->position, "give yours another name",
		    "%s bears the mark of topology %s", path(adopting, want), have->holder);
}

static bool is_held(const struct adopting *adopting, const struct object *have)
{
	return have->holder && strcmp(have->holder, adopting->choice->topology) != 0;
}

static void adopt_one(const struct adopting *adopting, const struct object *want)
{
	const struct object *have =
		model_find(adopting->have, want->class, want->place, want->name);

	if (!want->class->adoptable || want->external || !have || !is_meant(adopting, want))
		return;
	if (have->owner == OWNER_OURS) {
		adopting->plan->n_unchanged++;
		return;
	}
	if (have->owner == OWNER_KERNEL)
		return;
	/* Held by this very topology, and not ours: a namespace's second name. */
	if (is_held(adopting, have) || (have->holder && have->class == &class_netns))
		refuse_holder(adopting, want, have);
	else if (!object_same_shape(want, have))
		refuse_kind(adopting, want, have);
	else if (!has_home(adopting, want))
		plan_refuse(adopting->plan, &want->position, "adopt the namespace with it",
			    "%s stands in namespace %s, which is not ours", path(adopting, want),
			    want->place);
	else
		add_change(adopting->plan, want, have);
}

/*
 * What in a namespace bears our number by chance (it was chosen before) would be ours with the namespace, and, since the
 * file does not name it, be removed.
 */
static void refuse_coincidence(const struct adopting *adopting, const struct object *have)
{
	const struct object *home;

	if (!have->place[0] || !have->holder || is_held(adopting, have) ||
	    model_find(adopting->want, have->class, have->place, have->name))
		return;
	home = model_find(adopting->want, &class_netns, "", have->place);
	if (!home || home->external || !is_meant(adopting, home))
		return;
	plan_refuse(adopting->plan, &home->position, "give it another number, or remove it",
		    "%s %s has the protocol number that marks what is ours, and is not in the file",
		    have->class->name, path(adopting, have));
}

struct plan *adopt_build(const struct model *want, const struct model *have,
			 const struct adopt_choice *choice)
{
	struct arena *arena = arena_new();
	struct plan *plan = ARENA_NEW(arena, struct plan);
	const struct adopting adopting = {
		.plan = plan, .want = want, .have = have, .choice = choice
	};
	size_t i;

	plan->arena = arena;
	plan->changes = arena_alloc(arena, (model_count(want) + 1) * sizeof(plan->changes[0]));
	for (i = 0; i < model_count(want); i++)
		adopt_one(&adopting, model_at(want, i));
	for (i = 0; i < model_count(have); i++)
		refuse_coincidence(&adopting, model_at(have, i));
	return plan;
}
