/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan: everything that is to be done, in order, decided before anything is touched. It borrows its objects from
 * the two models it was made from, which must outlive it.
 */
#ifndef RECONCILE_PLAN_H
#define RECONCILE_PLAN_H

#include "model/error.h"
#include "model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * ADOPT gives our mark to a live object that has none, DISOWN gives it back the one that it had: what undoes ADOPT.
 * Neither changes anything else of it.
 */
enum change_op { CHANGE_CREATE, CHANGE_UPDATE, CHANGE_DELETE, CHANGE_ADOPT, CHANGE_DISOWN };

/* What a change does to traffic that uses the object now. */
enum disruption {
	DISRUPTION_NONE,
	DISRUPTION_FLAP,
	DISRUPTION_TRAFFIC_LOSS,
	DISRUPTION_CONTROL, /* it may end the connection that the caller came by */
};

struct change {
	enum change_op op;
	const struct object *want; /* NULL for DELETE */
	const struct object *have; /* NULL for CREATE */
	uint64_t fields;	   /* of UPDATE, and of a remade object: rows that differ */
	struct change *pair;	   /* the other half of a remade object: DELETE and CREATE */
	/*
	 * The kernel does this as part of another change (an address goes with its link, a veth's end with its
	 * peer, everything with its namespace): printed, never sent. NULL: sent.
	 */
	const struct change *implied_by;
	const char *
		because; /* "missing", "no longer in the file", "mtu 1500 → 1450", "bridge br0 is remade" */
	enum disruption disruption;
	bool is_of_control; /* set by who knows the caller's connection: it goes by this object */
	bool is_done;	    /* set by plan_execute: it took effect */
};

/* Something that forbids the plan: a foreign object with a wanted name, a protected object, … */
struct refusal {
	struct position position;
	const char *text;
	const char *hint; /* NULL: none */
	const struct object
		*adoptable; /* the wanted object, if adopting the live one helps; else NULL */
};

struct plan {
	struct arena *arena;
	struct change **changes; /* in order of execution */
	size_t n_changes;
	struct refusal *refusals; /* if any, the plan must not be executed */
	size_t n_refusals;
	size_t n_create, n_update, n_replace, n_delete, n_adopt,
		n_unchanged; /* objects; a remade one counts once */
};

/*
 * The difference of two models as an ordered plan. want may be an empty model (destroy). Fails with -ELOOP on a cycle
 * of references, named in err.
 */
int plan_build(struct plan **ret, const struct model *want, const struct model *have,
	       struct error *err);
/* With what the caller's connection makes of it. */
enum disruption change_disruption(const struct change *change);
/* One more reason why the plan must not be executed; its text is copied, the hint borrowed. */
void plan_refuse(struct plan *plan, const struct position *position, const char *hint,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
void plan_free(struct plan *plan); /* accepts NULL */

bool plan_is_empty(const struct plan *plan);

#endif
