/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * want × have → entries. Both models are sorted by the same key, so one walk over both decides all. Only what is
 * ours is ever changed or deleted; a foreign object with a wanted name is a refusal.
 */
#include "reconcile/diff.h"

#include "model/classes.h"
#include "model/link.h"
#include "model/text.h"

#include <assert.h>
#include <sys/socket.h>
#include <stdarg.h>
#include <string.h>

void diff_refuse(struct diff *diff, const struct object *object, const char *hint,
		 const char *format, ...)
{
	struct refusal *all = arena_alloc(diff->arena, (diff->n_refusals + 1) * sizeof(*all));
	va_list args;

	if (diff->n_refusals)
		memcpy(all, diff->refusals, diff->n_refusals * sizeof(*all));
	va_start(args, format);
	all[diff->n_refusals] = (struct refusal){ .position = object->position,
						  .text = arena_vprintf(diff->arena, format, args),
						  .hint = hint };
	va_end(args);
	diff->refusals = all;
	diff->n_refusals++;
}

static const char *path(const struct diff *diff, const struct object *object)
{
	AUTO_TEXT struct text text = { 0 };

	object_path(object, &text);
	return arena_strdup(diff->arena, text_get(&text));
}

/* "mtu 1500 → 1450" for the first row that differs, and how many more there are. */
static const char *describe_update(const struct diff *diff, const struct entry *entry)
{
	AUTO_TEXT struct text text = { 0 };
	const struct field *field;
	void *want, *have;
	size_t i, more = 0;

	for (i = 0; i < FIELD_MASK_BITS; i++) {
		if (!(entry->fields & 1ULL << i))
			continue;
		if (text.length) {
			more++;
			continue;
		}
		object_field(entry->have, i, &field, &have);
		object_field(entry->want, i, &field, &want);
		text_add(&text, "%s", field->name);
		if (field->type == FIELD_LIST || field->type == FIELD_MAP ||
		    field->type == FIELD_RECORD) {
			text_add(&text, " changed");
			continue;
		}
		text_add(&text, " ");
		field_is_unset(field, have) && !field_is_number(field)
			? text_add(&text, "unset")
			: field_format(field, have, &text);
		text_add(&text, " → ");
		field_is_unset(field, want) && !field_is_number(field)
			? text_add(&text, "unset")
			: field_format(field, want, &text);
	}
	if (more)
		text_add(&text, ", and %zu more", more);
	return arena_strdup(diff->arena, text_get(&text));
}

/* vxlan_nl2conf(): without an address it is one of IPv4. */
static bool family_differs(const struct field *field, const void *want, const void *have)
{
	const struct addr *after = field_member_const(field, want);
	const struct addr *before = field_member_const(field, have);

	return (after->family == AF_INET6) != (before->family == AF_INET6);
}

static bool needs_recreate(const struct entry *entry)
{
	const struct field *field, *same;
	void *data, *before;
	size_t i;

	for (i = 0; i < FIELD_MASK_BITS; i++) {
		if (!(entry->fields & 1ULL << i) || !object_field(entry->want, i, &field, &data))
			continue;
		if (field->flags & FIELD_RECREATE ||
		    (field->flags & FIELD_STICKY && object_field_is_default(entry->want, i)))
			return true;
		if (field->flags & FIELD_ONE_FAMILY &&
		    object_field(entry->have, i, &same, &before) &&
		    family_differs(field, data, before))
			return true;
	}
	return false;
}

static const char *describe_kind(const struct diff *diff, const struct entry *entry)
{
	const char *have = object_link(entry->have)->type, *want = object_link(entry->want)->type;

	return arena_printf(diff->arena, "type %s → %s", have ? have : "unknown",
			    want ? want : "unknown");
}

static void compare_both(struct diff *diff, struct entry *entry)
{
	const struct object *want = entry->want;

	if (!object_same_shape(want, entry->have)) {
		entry->fate = FATE_REPLACE;
		entry->because = describe_kind(diff, entry);
		return;
	}
	entry->fields = object_diff(want, entry->have);
	/* What we changed of a foreign link, and the file no longer writes: the backend puts it back. */
	if (want->external && entry->have->external)
		entry->fields |= entry->have->written & ~want->written;
	entry->fate = !entry->fields	      ? FATE_KEEP
		      : needs_recreate(entry) ? FATE_REPLACE
					      : FATE_UPDATE;
	if (entry->fields)
		entry->because = describe_update(diff, entry);
}

/* A sysctl is a value that always exists: it is held, not owned. */
static bool is_shared(const struct object *object)
{
	return object->class == &class_sysctl;
}

static void decide_both(struct diff *diff, struct entry *entry)
{
	const struct object *want = entry->want, *have = entry->have;

	if (want->external || have->owner == OWNER_OURS || is_shared(want)) {
		compare_both(diff, entry);
		return;
	}
	entry->fate = FATE_KEEP;
	if (have->owner == OWNER_KERNEL && object_same_shape(want, have) &&
	    !object_diff(want, have))
		return; /* the kernel made just what is wanted, such as a connected route */
	if (have->holder) {
		diff_refuse(diff, want, "give yours another name",
			    "%s exists already and bears the mark of topology %s", path(diff, want),
			    have->holder);
		return;
	}
	diff_refuse(diff, want, "give yours another name, or remove that one first",
		    "%s exists already and is not ours: it bears no mark of this topology",
		    path(diff, want));
	if (want->class->adoptable && have->owner == OWNER_FOREIGN && object_same_shape(want, have))
		diff->refusals[diff->n_refusals - 1].adoptable = want;
}

/* lo comes with its namespace, whether that exists yet or not. */
static bool is_lo_of_namespace(const struct object *want)
{
	return want->class == &class_link && want->place[0] && !strcmp(want->name, "lo");
}

static void decide_wanted(struct diff *diff, struct entry *entry)
{
	const struct object *want = entry->want;

	entry->fate = FATE_CREATE;
	entry->because = "missing";
	if (want->external && !is_lo_of_namespace(want)) {
		entry->fate = FATE_KEEP;
		diff_refuse(
			diff, want, "give it a type to have it made, or make it elsewhere first",
			"%s does not exist, and nothing in the file makes it", path(diff, want));
	}
}

static void decide_live(struct entry *entry)
{
	const struct object *have = entry->have;

	entry->fate = FATE_IGNORE;
	assert(have);
	if (have->owner != OWNER_OURS)
		return;
	/* lo of a namespace of ours goes with it; a foreign link that we changed is released */
	if (have->class == &class_link && !object_link(have)->kind && !have->external)
		return;
	entry->fate = FATE_DELETE;
	entry->because = have->class == &class_link && have->external
				 ? "no longer in the file: given back, not removed"
				 : "no longer in the file";
}

static void decide(struct diff *diff, struct entry *entry)
{
	if (entry->want && entry->have)
		decide_both(diff, entry);
	else if (entry->want)
		decide_wanted(diff, entry);
	else
		decide_live(entry);
}

void diff_build(struct diff *ret, const struct model *want, const struct model *have,
		struct arena *arena)
{
	size_t n_want = model_count(want), n_have = model_count(have), i = 0, j = 0;

	*ret = (struct diff){ .arena = arena };
	ret->entries = arena_alloc(arena, (n_want + n_have + 1) * sizeof(struct entry));
	while (i < n_want || j < n_have) {
		struct entry *entry = &ret->entries[ret->n++];
		int order = i == n_want	  ? 1
			    : j == n_have ? -1
					  : object_compare(model_at(want, i), model_at(have, j));

		if (order <= 0)
			entry->want = model_at(want, i++);
		if (order >= 0)
			entry->have = model_at(have, j++);
		decide(ret, entry);
	}
	ports_build(ret);
	primary_build(ret);
	cascade_build(ret);
}

struct entry *diff_find(const struct diff *diff, const struct class *class, const char *place,
			const char *name)
{
	const struct object key = { .class = class, .place = place, .name = name };
	size_t low = 0, high = diff->n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		struct entry *entry = &diff->entries[middle];
		int order = object_compare(&key, entry->want ? entry->want : entry->have);

		if (order == 0)
			return entry;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
