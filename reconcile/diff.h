/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The merge walk: one entry per key that is wanted or live, with what becomes of it. Then the cascade: what goes
 * with something that goes, and what must be made again because of it. Order is order.c's.
 */
#ifndef RECONCILE_DIFF_H
#define RECONCILE_DIFF_H

#include "reconcile/plan.h"

enum fate {
	FATE_IGNORE, /* not ours, not wanted */
	FATE_KEEP,   /* as wanted */
	FATE_CREATE,
	FATE_UPDATE,  /* in place */
	FATE_REPLACE, /* delete and create */
	FATE_DELETE,
};

struct entry {
	const struct object *want, *have;
	enum fate fate;
	uint64_t fields; /* rows that differ, over want's */
	const struct entry
		*cause; /* the kernel deletes the live object with this one's; NULL: not */
	bool is_sent;	/* its removal is, whatever else goes */
	const char *because;
	struct change *removal, *creation; /* made by order.c; creation is also the update */
};

struct diff {
	struct arena *arena;
	struct entry *entries; /* sorted by (class, place, name) */
	size_t n;
	struct refusal *refusals;
	size_t n_refusals;
};

/* In arena; entries borrow from the models. */
void diff_build(struct diff *ret, const struct model *want, const struct model *have,
		struct arena *arena);

/* The entry of a key; NULL: neither wanted nor live. */
struct entry *diff_find(const struct diff *diff, const struct class *class, const char *place,
			const char *name);

void diff_refuse(struct diff *diff, const struct object *object, const char *hint,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Makes those anew that hold what others shall have: the port of a tunnel, the first place in a network. */
void ports_build(struct diff *diff);
void primary_build(struct diff *diff);

/* Extends the entries by what follows from deletions and replacements. */
void cascade_build(struct diff *diff);

#endif
