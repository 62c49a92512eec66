/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Brakes on a plan. All of them end as refusals in the plan itself, so that a dry run, JSON and an apply say the same. The
 * record of protected objects has one line "class<TAB>place<TAB>name" for each; a name has no control characters.
 */
#include "cmd/brakes.h"

#include "cmd/run_directory.h"

#include "model/arena.h"
#include "model/classes.h"
#include "model/link.h"
#include "model/text.h"

#include <fnmatch.h>
#include <string.h>

#define NAMED_MAX 10 /* refusals of one kind that are printed singly */

/* ---- options ---- */

static const struct object *subject(const struct change *change)
{
	return change->want ? change->want : change->have;
}

static void limit_deletions(struct session *session)
{
	const struct options *options = session->options;
	struct plan *plan = session->plan;
	size_t live = plan->n_delete + plan->n_update + plan->n_replace + plan->n_unchanged;
	const char *percent = options->max_delete_is_percent ? "%" : "";

	if (options->max_delete_is_percent
		    ? plan->n_delete * 100 <= (size_t)options->max_delete * live
		    : plan->n_delete <= options->max_delete)
		return;
	plan_refuse(plan, &(struct position){ 0 },
		    "look at the plan; if that is meant, raise --max-delete",
		    "%zu of %zu objects would be removed, and --max-delete is %u%s", plan->n_delete,
		    live, options->max_delete, percent);
}

static const char *disruption_words(enum disruption disruption)
{
	switch (disruption) {
	case DISRUPTION_NONE:
		return "disrupts nothing";
	case DISRUPTION_FLAP:
		return "interrupts traffic for a moment";
	case DISRUPTION_TRAFFIC_LOSS:
		return "loses traffic";
	case DISRUPTION_CONTROL:
		return "may cut your SSH connection";
	}
	return "";
}

static void limit_disruption(struct session *session)
{
	struct plan *plan = session->plan;
	size_t i, n = 0;

	for (i = 0; i < plan->n_changes; i++) {
		const struct change *change = plan->changes[i];

		/* What goes with something else is told with that. */
		if (change_disruption(change) <= session->options->max_disruption ||
		    change->implied_by || (change->pair && change->op == CHANGE_DELETE) ||
		    n++ >= NAMED_MAX)
			continue;
		plan_refuse(plan, &subject(change)->position, NULL,
			    "%s: %s, which --max-disruption forbids",
			    change_address(subject(change), session->arena),
			    disruption_words(change_disruption(change)));
	}
	if (n > NAMED_MAX)
		plan_refuse(plan, &(struct position){ 0 }, NULL,
			    "and %zu more changes that --max-disruption forbids", n - NAMED_MAX);
}

static void refuse_patterns(struct session *session)
{
	const struct options *options = session->options;
	struct plan *plan = session->plan;
	size_t i, j;

	for (i = 0; i < plan->n_changes; i++) {
		const struct change *change = plan->changes[i];
		const char *address;

		if (change->op != CHANGE_DELETE)
			continue;
		address = change_address(change->have, session->arena);
		for (j = 0; j < options->n_protect; j++) {
			if (fnmatch(options->protect[j], address, 0) != 0)
				continue;
			plan_refuse(plan, &change->have->position, NULL,
				    "%s would be %s, and --protect %s forbids that", address,
				    change->pair ? "remade" : "removed", options->protect[j]);
			break;
		}
	}
}

void brakes_add(struct session *session)
{
	uint64_t given = session->options->given;

	if (given & OPTION_MAX_DELETE)
		limit_deletions(session);
	if (given & OPTION_MAX_DISRUPTION)
		limit_disruption(session);
	if (given & OPTION_PROTECT)
		refuse_patterns(session);
}

/* ---- what goes along ---- */

static bool is_deleted(const struct plan *plan, const struct object *object)
{
	size_t i;

	for (i = 0; object && i < plan->n_changes; i++)
		if (plan->changes[i]->op == CHANGE_DELETE && plan->changes[i]->have == object)
			return true;
	return false;
}

static const char *path(const struct object *object, struct arena *arena)
{
	AUTO_TEXT struct text text = { 0 };

	object_path(object, &text);
	return arena_strdup(arena, text_get(&text));
}

void brakes_spare_foreign(struct session *session)
{
	struct plan *plan = session->plan;
	const struct object *object, *parent;
	size_t i;

	MODEL_FOR_EACH (object, session->have, i) {
		if (object->class != &class_link || object->owner != OWNER_FOREIGN ||
		    !ref_is_set(&object_link(object)->link))
			continue;
		parent = model_find_ref(session->have, object, &object_link(object)->link);
		if (!parent || parent->external || !is_deleted(plan, parent) ||
		    is_deleted(plan, model_find(session->have, &class_netns, "", object->place)))
			continue;
		plan_refuse(plan, &parent->position, "remove or move that one first",
			    "%s, which is not ours, stands on %s and would go with it",
			    path(object, session->arena), path(parent, session->arena));
	}
}

/* ---- protect: true ---- */

static const struct class *find_class(const char *name)
{
	size_t i;

	for (i = 0; classes[i]; i++)
		if (!strcmp(classes[i]->name, name))
			return classes[i];
	return NULL;
}

/* The live object that a line names; NULL: none. Cuts the line up. */
static struct object *find_named(const struct model *have, char *line)
{
	char *place = strchr(line, '\t'), *name = place ? strchr(place + 1, '\t') : NULL;
	const struct class *class;

	if (!name)
		return NULL;
	*place++ = '\0';
	*name++ = '\0';
	class = find_class(line);
	return class ? model_find(have, class, place, name) : NULL;
}

void brakes_mark_protected(struct session *session)
{
	char *text = run_record_text(session->name, RUN_PROTECTED, session->arena), *line,
	     *rest = NULL;
	struct object *object;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		object = find_named(session->have, line);
		if (object && object->owner == OWNER_OURS)
			object->protect = true;
	}
}

/* One line for each protected object of a wish, in the session's arena. */
static const char *protected_lines(const struct model *want, struct arena *arena)
{
	AUTO_TEXT struct text text = { 0 };
	const struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, want, i)
		if (object->protect)
			text_add(&text, "%s\t%s\t%s\n", object->class->name, object->place,
				 object->name);
	return arena_strdup(arena, text_get(&text));
}

void brakes_release(struct session *session)
{
	struct object *object;
	size_t i;

	session->protects = protected_lines(session->want, session->arena);
	MODEL_FOR_EACH (object, session->want, i)
		object->protect = false;
}

static int replace(const struct session *session, const char *from, const char *to,
		   struct error *err)
{
	return strcmp(from, to) == 0 ? 0
				     : run_record_replace(session->name, RUN_PROTECTED, to, err);
}

/* Lines that stand there twice do no harm, nor do those of objects that are gone. */
static const char *both(const struct session *session)
{
	return arena_printf(
		session->arena, "%s%s", session->protected_before,
		strcmp(session->protected_before, session->protects) == 0 ? "" : session->protects);
}

int brakes_begin(struct session *session, struct error *err)
{
	if (!session->protects)
		session->protects = protected_lines(session->want, session->arena);
	session->protected_before = run_record_text(session->name, RUN_PROTECTED, session->arena);
	return replace(session, session->protected_before, both(session), err);
}

int brakes_finish(struct session *session, struct error *err)
{
	return replace(session, both(session), session->protects, err);
}

void brakes_abandon(struct session *session)
{
	struct error ignored;

	(void)replace(session, both(session), session->protected_before, &ignored);
}
