/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel deletes besides: with a link go its addresses, its routes, the links on it and its veth peer; with a
 * namespace goes everything in it; with a primary IPv4 address may go its secondaries. What is wanted of that is made again. A remade
 * bridge forgets its ports, which are then put back.
 */
#include "reconcile/diff.h"
#include "reconcile/refs.h"

#include "model/address.h"
#include "model/classes.h"
#include "model/link.h"
#include "model/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct dependant {
	struct entry *entry;
	const struct field *field; /* the row that refers */
	struct dependant *next;
};

struct cascade {
	struct diff *diff;
	struct dependant **of; /* of[i]: live objects that refer to entry i */
	struct entry *referring;
	struct entry **placed; /* entries with a live object, sorted by its place */
	size_t n_placed;
};

static void note_ref(void *data, const struct object *object, const struct field *field,
		     const struct ref *ref)
{
	struct cascade *cascade = data;
	struct ref full = object_ref(object, ref);
	struct entry *target = diff_find(cascade->diff, &class_link, full.place, full.name);
	struct dependant *dependant;
	size_t i;

	if (!target)
		return;
	i = (size_t)(target - cascade->diff->entries);
	dependant = ARENA_NEW(cascade->diff->arena, struct dependant);
	*dependant = (struct dependant){ .entry = cascade->referring,
					 .field = field,
					 .next = cascade->of[i] };
	cascade->of[i] = dependant;
}

static bool goes(const struct entry *entry)
{
	return entry->fate == FATE_DELETE || entry->fate == FATE_REPLACE;
}

static void removed(struct cascade *cascade, const struct entry *entry);

static const char *because_of(const struct cascade *cascade, const struct entry *cause)
{
	AUTO_TEXT struct text text = { 0 };

	object_path(cause->have, &text);
	return arena_printf(cascade->diff->arena, "%s is %s", text_get(&text),
			    cause->fate == FATE_REPLACE ? "remade" : "removed");
}

/* The kernel deletes entry's live object with cause's: it need not be deleted, and is made again if wanted. */
static void goes_with(struct cascade *cascade, struct entry *entry, const struct entry *cause)
{
	bool is_worker =
		entry->have->class == &class_tunnel; /* a process: nobody stops it but we */
	bool is_new = !goes(entry);

	if (entry->have->owner != OWNER_OURS)
		return;
	if (!entry->cause && !is_worker && !entry->is_sent)
		entry->cause = cause;
	if (!is_new)
		return;
	entry->fate = entry->want ? FATE_REPLACE : FATE_DELETE;
	entry->because = because_of(cascade, cause);
	removed(cascade, entry);
}

/* The port survives its bridge, but not its membership: put it back if that is wanted. */
static void loses_master(struct cascade *cascade, struct entry *entry, const struct field *master,
			 const struct entry *cause)
{
	struct section sections[SECTION_MAX];
	const struct field *field;
	size_t port_first, i;
	void *data;

	if (!entry->want || goes(entry) || !ref_is_set(&object_link(entry->want)->master) ||
	    (entry->want->external && entry->fate == FATE_IGNORE))
		return;
	object_sections(entry->want, sections);
	port_first = sections[0].record->n_fields;
	for (i = 0; object_field(entry->want, i, &field, &data); i++)
		if (field == master || (i >= port_first && data == sections[1].data &&
					!field_is_default(field, sections[1].record, data)))
			entry->fields |= 1ULL << i;
	entry->fate = FATE_UPDATE;
	entry->because = because_of(cascade, cause);
}

/* Veth ends name each other: both would be the other's cause. The first that goes is. */
static void link_removed(struct cascade *cascade, const struct entry *entry)
{
	struct dependant *dependant;

	for (dependant = cascade->of[entry - cascade->diff->entries]; dependant;
	     dependant = dependant->next) {
		bool is_peer = !strcmp(dependant->field->name, "peer");

		if (!strcmp(dependant->field->name, "master"))
			loses_master(cascade, dependant->entry, dependant->field, entry);
		else if (!is_peer || entry->cause != dependant->entry)
			goes_with(cascade, dependant->entry, entry);
	}
}

/*
 * A wire that leads out is deleted by name: its far end would outlive the namespace, which the kernel tears down
 * in the background.
 */
static bool leads_out(const struct object *have)
{
	return have->class == &class_link && ref_is_set(&object_link(have)->peer) &&
	       strcmp(object_ref(have, &object_link(have)->peer).place, have->place) != 0;
}

static int compare_places(const void *a, const void *b)
{
	struct entry *const *x = a, *const *y = b;
	int order = strcmp((*x)->have->place, (*y)->have->place);

	return order ? order : *x < *y ? -1 : *x > *y;
}

static void sort_by_place(struct cascade *cascade)
{
	struct diff *diff = cascade->diff;
	size_t i;

	cascade->placed = arena_alloc(diff->arena, (diff->n + 1) * sizeof(struct entry *));
	for (i = 0; i < diff->n; i++)
		if (diff->entries[i].have)
			cascade->placed[cascade->n_placed++] = &diff->entries[i];
	qsort(cascade->placed, cascade->n_placed, sizeof(struct entry *), compare_places);
}

/* Where the live objects of a place begin among those sorted by it. */
static size_t first_in(const struct cascade *cascade, const char *place)
{
	size_t low = 0, high = cascade->n_placed;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(cascade->placed[middle]->have->place, place) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What does not go with a link already. Its sysctls do not: their records lie outside of it. */
static void netns_removed(struct cascade *cascade, const struct entry *entry)
{
	size_t i;

	for (i = first_in(cascade, entry->have->name); i < cascade->n_placed; i++) {
		struct entry *inside = cascade->placed[i];

		if (strcmp(inside->have->place, entry->have->name) != 0)
			return;
		if (inside->have->class != &class_sysctl && goes(inside) &&
		    !leads_out(inside->have))
			goes_with(cascade, inside, entry);
	}
}

/* Whether two entries are addresses of one interface: those stand side by side. */
static bool are_of_one_link(const struct entry *a, const struct entry *b)
{
	const struct object *x = a->have ? a->have : a->want, *y = b->have;
	const struct address *one, *other = y->data;

	if (x->class != &class_address || strcmp(x->place, y->place) != 0)
		return false;
	one = x->data;
	return ref_equal(&one->interface, &other->interface);
}

/* Whether the kernel takes the live address of `entry` away with the primary `gone`. */
static bool is_secondary_of(const struct entry *entry, const struct entry *gone)
{
	const struct address *primary = gone->have->data, *address;

	if (!entry->have || entry == gone)
		return false;
	address = entry->have->data;
	return address->secondary && address->address.length == primary->address.length &&
	       addr_contains(&primary->address, &address->address);
}

/*
 * inet_del_ifaddr() of net/ipv4/devinet.c, unless promote_secondaries is set. It is set for the moment where one of them
 * is not ours (backends/rtnl/promote.c): then all stay.
 */
static void primary_removed(struct cascade *cascade, const struct entry *entry)
{
	struct entry *entries = cascade->diff->entries, *end = entries + cascade->diff->n;
	struct entry *first = entries + (entry - entries), *last = first + 1, *other;
	const struct address *gone = entry->have->data;

	if (gone->address.family != AF_INET || gone->secondary)
		return;
	while (first > entries && are_of_one_link(first - 1, entry))
		first--;
	while (last < end && are_of_one_link(last, entry))
		last++;
	for (other = first; other < last; other++)
		if (is_secondary_of(other, entry) && other->have->owner != OWNER_OURS)
			return;
	for (other = first; other < last; other++)
		if (is_secondary_of(other, entry))
			goes_with(cascade, other, entry);
}

static void removed(struct cascade *cascade, const struct entry *entry)
{
	const struct class *class;

	assert(entry->have);
	class = entry->have->class;
	if (entry->have->external)
		return; /* it is only released */
	if (class == &class_link)
		link_removed(cascade, entry);
	else if (class == &class_address && !entry->cause)
		primary_removed(cascade, entry);
}

void cascade_build(struct diff *diff)
{
	struct cascade cascade = { .diff = diff };
	size_t i;

	sort_by_place(&cascade);
	cascade.of = arena_alloc(diff->arena, (diff->n + 1) * sizeof(struct dependant *));
	for (i = 0; i < diff->n; i++) {
		cascade.referring = &diff->entries[i];
		if (diff->entries[i].have)
			refs_for_each(diff->entries[i].have, note_ref, &cascade);
	}
	for (i = 0; i < diff->n; i++)
		if (goes(&diff->entries[i]))
			removed(&cascade, &diff->entries[i]);
	/* Last: what goes with a link goes when that does, before its namespace. */
	for (i = 0; i < diff->n; i++)
		if (goes(&diff->entries[i]) && diff->entries[i].have->class == &class_netns)
			netns_removed(&cascade, &diff->entries[i]);
}
