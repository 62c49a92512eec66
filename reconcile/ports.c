/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tunnel that changes its port in place still holds the former one until then. Where another wants that, it is ended
 * before, and started again. So ports can be swapped, or handed on, in one run.
 */
#include "reconcile/diff.h"

#include "model/classes.h"
#include "model/text.h"
#include "model/tunnel.h"

#include <string.h>

static bool share_port(const struct object *a, const struct object *b)
{
	const struct tunnel *x = a->data, *y = b->data;

	return !strcmp(a->place, b->place) && x->port == y->port && tunnel_locals_overlap(x, y);
}

/* Another entry, that is to have what the live tunnel of `holder` has; NULL: none. */
static const struct entry *find_taker(const struct diff *diff, const struct entry *holder)
{
	const struct entry *entry;

	for (entry = diff->entries; entry < diff->entries + diff->n; entry++)
		if (entry != holder && entry->want && entry->want->class == &class_tunnel &&
		    share_port(entry->want, holder->have))
			return entry;
	return NULL;
}

void ports_build(struct diff *diff)
{
	struct entry *entry;

	for (entry = diff->entries; entry < diff->entries + diff->n; entry++) {
		const struct entry *taker;
		AUTO_TEXT struct text text = { 0 };

		if (entry->fate != FATE_UPDATE || entry->want->class != &class_tunnel)
			continue;
		taker = find_taker(diff, entry);
		if (!taker)
			continue;
		object_path(taker->want, &text);
		entry->fate = FATE_REPLACE;
		entry->because = arena_printf(diff->arena, "%s takes its port", text_get(&text));
	}
}
