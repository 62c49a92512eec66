/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first IPv4 address of a network on a link is the source of what is sent there, and the kernel takes for it the one
 * that came first. The file's first shall be it, whatever the link had before: those that would be before it are removed
 * and come after it.
 */
#include "reconcile/diff.h"

#include "model/address.h"
#include "model/classes.h"
#include "model/text.h"

#include <string.h>
#include <sys/socket.h>

static const struct object *object_of(const struct entry *entry)
{
	return entry->want ? entry->want : entry->have;
}

/* Addresses of one network on one link. */
static bool are_together(const struct entry *a, const struct entry *b)
{
	const struct object *x = object_of(a), *y = object_of(b);
	const struct address *one = x->data, *other = y->data;

	return x->class == &class_address && y->class == &class_address &&
	       !strcmp(x->place, y->place) && ref_equal(&one->interface, &other->interface) &&
	       one->address.family == AF_INET && other->address.family == AF_INET &&
	       one->address.length == other->address.length &&
	       addr_contains(&one->address, &other->address);
}

/* A live address that stays, and where it stands: all primaries come before all secondaries. */
static bool stands_before(const struct entry *a, const struct entry *b)
{
	const struct address *one = a->have->data, *other = b->have->data;

	if (one->secondary != other->secondary)
		return !one->secondary;
	return a->have->sequence < b->have->sequence;
}

/* Entries [first, end) are those of one link; `primary` is the live first of a network. */
static void put_in_order(struct diff *diff, struct entry *first, struct entry *end,
			 const struct entry *primary)
{
	const struct entry *wanted = NULL, *leading = NULL;
	AUTO_TEXT struct text text = { 0 };
	struct entry *entry;

	for (entry = first; entry < end; entry++) {
		if (!are_together(entry, primary))
			continue;
		if (entry->want && (!wanted || entry->want->sequence < wanted->want->sequence))
			wanted = entry;
		if (entry->fate == FATE_KEEP && entry->have->owner == OWNER_OURS &&
		    (!leading || stands_before(entry, leading)))
			leading = entry;
	}
	if (!wanted || !leading || leading == wanted)
		return;
	object_path(wanted->want, &text);
	for (entry = first; entry < end; entry++) {
		if (entry == wanted || entry->fate != FATE_KEEP ||
		    entry->have->owner != OWNER_OURS || !are_together(entry, primary))
			continue;
		entry->fate = FATE_REPLACE;
		entry->is_sent = true;
		entry->because = arena_printf(diff->arena, "%s comes before it", text_get(&text));
	}
}

/* Of somebody else's there is nothing to be said: it cannot be moved. */
static bool is_our_primary(const struct entry *entry)
{
	const struct address *address = entry->have ? entry->have->data : NULL;

	return address && entry->have->owner == OWNER_OURS && !address->secondary &&
	       address->address.family == AF_INET;
}

static bool are_of_one_link(const struct entry *a, const struct entry *b)
{
	const struct object *x = object_of(a), *y = object_of(b);

	return y->class == &class_address && !strcmp(x->place, y->place) &&
	       ref_equal(&((const struct address *)x->data)->interface,
			 &((const struct address *)y->data)->interface);
}

void primary_build(struct diff *diff)
{
	struct entry *first = diff->entries, *stop = first + diff->n, *end, *entry;

	for (; first < stop; first = end) {
		end = first + 1;
		if (object_of(first)->class != &class_address)
			continue;
		while (end < stop && are_of_one_link(first, end))
			end++;
		for (entry = first; entry < end; entry++)
			if (is_our_primary(entry))
				put_in_order(diff, first, end, entry);
	}
}
