/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses on the segment that an overlay makes of several hosts. Twice on one host is validate_address.c's; here the hosts
 * are compared with one another, from what the file says of each of them.
 */
#include "model/expand.h"

#include "model/text.h"

#include <stdlib.h>
#include <string.h>

struct claim {
	const struct address_syntax *address;
	const struct expand_view *view;
	const char *place;
	size_t order;
};

struct claims {
	struct list list; /* struct claim */
	struct arena *arena;
};

static const struct record record_claim = { .name = "claim", .size = sizeof(struct claim) };

static void collect(void *data, const struct overlay_end *end)
{
	struct claims *claims = data;
	size_t i;

	for (i = 0; i < end->addresses->n; i++) {
		struct claim *claim = list_append(&claims->list, &record_claim, claims->arena);

		claim->address = list_item(end->addresses, &record_address, i);
		claim->view = end->view;
		claim->place = end->place[0] ? end->place : "host";
		claim->order = claims->list.n;
	}
}

static int compare_addr(const struct claim *a, const struct claim *b)
{
	struct addr x = addr_host(&a->address->address), y = addr_host(&b->address->address);

	return addr_compare(&x, &y);
}

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = compare_addr(x, y);

	return order ? order : x->order < y->order ? -1 : 1;
}

/* Written once for all hosts, it stands at one place and is on each of them. */
static void report(struct expansion *x, const struct overlay_syntax *overlay,
		   const struct claim *first, const struct claim *other)
{
	const struct position *at = &first->address->item.position;
	const struct position *position = &other->address->item.position;
	char text[ADDR_TEXT_MAX];

	addr_format_prefix(&other->address->address, text);
	if (at->line == position->line && at->column == position->column &&
	    text_equal(at->file, position->file)) {
		diag_error(x->diag, position,
			   "%s is on every host that overlay %s joins into one segment", text,
			   overlay->item.name);
		diag_hint(x->diag, "write one for each under \"hosts\"");
		return;
	}
	diag_error(x->diag, position,
		   "%s is already used by %s/%s (%s%sline %u), and overlay %s "
		   "joins both",
		   text, first->view->name, first->place,
		   text_equal(at->file, position->file) ? "" : at->file,
		   text_equal(at->file, position->file) ? "" : " ", at->line, overlay->item.name);
}

void expand_check_segment(struct expansion *x, const struct overlay_syntax *overlay)
{
	struct claims claims = { .arena = x->arena };
	const struct claim *first, *claim;
	size_t i;

	if (!overlay->bridge)
		return;
	for (i = 0; i < x->n_views; i++)
		if (overlay_has_member(overlay, x->views[i].name))
			overlay_each_end(x, &x->views[i], overlay->bridge, collect, &claims);
	if (!claims.list.n)
		return;
	qsort(claims.list.items, claims.list.n, sizeof(struct claim), compare_claims);
	first = list_item(&claims.list, &record_claim, 0);
	for (i = 1; i < claims.list.n; i++) {
		claim = list_item(&claims.list, &record_claim, i);
		if (compare_addr(first, claim) != 0)
			first = claim;
		else if (first->view != claim->view)
			report(x, overlay, first, claim);
	}
}
