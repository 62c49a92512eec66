/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dependencies follow from classes, but for links, which refer to one another: they are sorted topologically by
 * depth (a bridge 0, its port 1, a macvlan on that 2). A change's place in the plan is then one number, its
 * stage, and within a stage the order of the file.
 */
#include "reconcile/order.h"
#include "reconcile/refs.h"

#include "model/classes.h"
#include "model/cleanup.h"
#include "model/kinds.h"
#include "model/link.h"
#include "model/route.h"
#include "model/sysctl.h"
#include "model/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum stage {
	STAGE_SCOPE, /* the host's table: it carries the protocol number of everything after it */
	STAGE_NETNS,
	STAGE_RULES,
	STAGE_RESOLVER,
	STAGE_EARLY_SYSCTL,
	STAGE_SYSCTL,
	STAGE_LINK,
	STAGE_LINK_SYSCTL, /* of one interface */
	STAGE_FDB,
	STAGE_ADDRESS,
	STAGE_ROUTE,	 /* without a gateway */
	STAGE_VIA_ROUTE, /* needs a way to its gateway */
	STAGE_TUNNEL,
};

struct slot {
	struct change *change;
	enum { TURN_ROOM, TURN_MAKE, TURN_DROP } turn;
	enum stage stage;
	unsigned depth; /* of a link */
	uint32_t sequence;
};

/* "net/ipv4/conf/eth0/…" but not conf/all and conf/default. */
static bool is_of_interface(const char *name)
{
	static const char *const groups[] = { "conf", "neigh" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		const char *at = strstr(name, groups[i]);

		if (at && (at += strlen(groups[i]) + 1, 1))
			return !text_starts_with(at, "all") && !text_starts_with(at, "default");
	}
	return false;
}

static enum stage stage_of(const struct object *object)
{
	const struct class *class = object->class;
	const struct route *route;

	if (class == &class_nft_table)
		return object->place[0] ? STAGE_RULES : STAGE_SCOPE;
	if (class == &class_netns)
		return STAGE_NETNS;
	if (class == &class_resolver)
		return STAGE_RESOLVER;
	if (class == &class_sysctl)
		return ((const struct sysctl *)object->data)->early ? STAGE_EARLY_SYSCTL
		       : is_of_interface(object->name)		    ? STAGE_LINK_SYSCTL
								    : STAGE_SYSCTL;
	if (class == &class_link)
		return STAGE_LINK;
	if (class == &class_fdb)
		return STAGE_FDB;
	if (class == &class_address)
		return STAGE_ADDRESS;
	if (class == &class_tunnel)
		return STAGE_TUNNEL;
	route = object->data;
	return addr_is_set(&route->via) || route->nexthops.n ? STAGE_VIA_ROUTE : STAGE_ROUTE;
}

/* ---- depth of links ---- */

enum { DEPTH_UNKNOWN, DEPTH_VISITING, DEPTH_FIRST };

struct depths {
	const struct diff *diff;
	bool wanted;	  /* of the wanted links, or of the live ones */
	unsigned *depth;  /* by entry; DEPTH_FIRST and up */
	unsigned deepest; /* below the link that is being visited */
	const struct object *cycle;
};

static unsigned depth_of(struct depths *depths, const struct entry *entry);

static void visit_parent(void *data, const struct object *object, const struct field *field,
			 const struct ref *ref)
{
	struct depths *depths = data;
	struct ref full = object_ref(object, ref);
	const struct entry *parent = diff_find(depths->diff, &class_link, full.place, full.name);
	unsigned depth;

	if (!parent || !strcmp(field->name, "peer"))
		return;
	depth = depth_of(depths, parent);
	if (depth + 1 > depths->deepest)
		depths->deepest = depth + 1;
}

static unsigned depth_of(struct depths *depths, const struct entry *entry)
{
	const struct object *object = depths->wanted ? entry->want : entry->have;
	size_t i = (size_t)(entry - depths->diff->entries);
	unsigned outer = depths->deepest;

	if (!object || object->class != &class_link)
		return DEPTH_FIRST;
	if (depths->depth[i] == DEPTH_VISITING)
		depths->cycle = object;
	if (depths->depth[i] != DEPTH_UNKNOWN)
		return depths->depth[i];
	depths->depth[i] = DEPTH_VISITING;
	depths->deepest = DEPTH_FIRST;
	refs_for_each(object, visit_parent, depths);
	depths->depth[i] = depths->deepest;
	depths->deepest = outer;
	return depths->depth[i];
}

/* ---- slots ---- */

/* What kinds the plan creates of which the kernel may let exist one only: a VNI, a place on a parent. */
struct created {
	bool kind[64]; /* by index in kinds */
};

static size_t kind_index(const struct link_kind *kind)
{
	size_t i = 0;

	while (kinds[i] && kinds[i] != kind)
		i++;
	return i;
}

static void note_created(struct created *created, const struct entry *entry)
{
	const struct object *want = entry->want;

	if (entry->fate != FATE_CREATE && entry->fate != FATE_REPLACE)
		return;
	if (want->class == &class_link && object_link(want)->kind &&
	    !object_link(want)->kind->reserved)
		created->kind[kind_index(object_link(want)->kind)] = true;
}

/* The old one must go before the new one comes. */
static bool makes_room(const struct entry *entry, const struct created *created)
{
	const struct object *have = entry->have;

	if (entry->fate == FATE_REPLACE)
		return true;
	if (have->class == &class_tunnel)
		return true; /* and before its tap, which may go early */
	return have->class == &class_link && object_link(have)->kind &&
	       created->kind[kind_index(object_link(have)->kind)];
}

static enum disruption disruption_of(const struct entry *entry)
{
	static const char *const flapping[] = { "master", "macaddress", "up",
						"port",	  "local",	"outdated" };
	const struct field *field;
	void *data;
	size_t i, j;

	for (i = 0; i < FIELD_MASK_BITS; i++)
		if (entry->fields & 1ULL << i && object_field(entry->want, i, &field, &data))
			for (j = 0; j < ARRAY_SIZE(flapping); j++)
				if (!strcmp(field->name, flapping[j]))
					return DISRUPTION_FLAP;
	return DISRUPTION_NONE;
}

static struct change *new_change(struct plan *plan, const struct entry *entry, enum change_op op)
{
	struct change *change = ARENA_NEW(plan->arena, struct change);

	change->op = op;
	change->want = op == CHANGE_DELETE ? NULL : entry->want;
	change->have = op == CHANGE_CREATE ? NULL : entry->have;
	change->fields = entry->fields;
	change->because = entry->because;
	return change;
}

static void make_changes(struct plan *plan, struct entry *entry)
{
	if (entry->fate == FATE_DELETE || entry->fate == FATE_REPLACE) {
		entry->removal = new_change(plan, entry, CHANGE_DELETE);
		entry->removal->disruption = DISRUPTION_TRAFFIC_LOSS;
	}
	if (entry->fate == FATE_CREATE || entry->fate == FATE_REPLACE)
		entry->creation = new_change(plan, entry, CHANGE_CREATE);
	if (entry->fate == FATE_UPDATE) {
		entry->creation = new_change(plan, entry, CHANGE_UPDATE);
		entry->creation->disruption = disruption_of(entry);
	}
	if (entry->removal && entry->creation) {
		entry->removal->pair = entry->creation;
		entry->creation->pair = entry->removal;
		entry->creation->disruption = DISRUPTION_TRAFFIC_LOSS;
	}
}

static int compare_slots(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;
	bool reverse = x->turn != TURN_MAKE;
	long order = (long)x->turn - (long)y->turn;

	if (order)
		return order < 0 ? -1 : 1;
	order = (long)x->stage - (long)y->stage;
	if (!order)
		order = (long)x->depth - (long)y->depth;
	if (!order)
		order = (long)x->sequence - (long)y->sequence;
	if (!order) /* both of one sequence: one lives in the other model */
		order = x->change < y->change ? -1 : x->change > y->change;
	order = reverse ? -order : order;
	return order < 0 ? -1 : order > 0;
}

struct ordering {
	struct plan *plan;
	struct diff *diff;
	struct depths want, have;
	struct created created;
	struct slot *slots;
	size_t n;
};

/* What goes with something goes when that goes. */
static bool goes_early(const struct ordering *ordering, const struct entry *entry)
{
	while (entry->cause)
		entry = entry->cause;
	return makes_room(entry, &ordering->created);
}

/* But what is wanted again must be gone before it is made: it does not wait for something that goes last. */
static void break_late_causes(struct ordering *ordering)
{
	struct entry *entry;
	size_t i;

	for (i = 0; i < ordering->diff->n; i++) {
		entry = &ordering->diff->entries[i];
		if (entry->fate == FATE_REPLACE && !goes_early(ordering, entry))
			entry->cause = NULL;
	}
}

static struct slot removal_slot(struct ordering *ordering, const struct entry *entry)
{
	return (struct slot){
		.change = entry->removal,
		.turn = goes_early(ordering, entry) ? TURN_ROOM : TURN_DROP,
		.stage = stage_of(entry->have),
		.depth = depth_of(&ordering->have, entry),
		.sequence = entry->have->sequence,
	};
}

/* ---- routes over several links ---- */

struct first_cause {
	struct ordering *ordering;
	const struct entry
		*link; /* of those seen, the one whose removal comes first; NULL: none goes */
	struct slot slot;
};

static void note_cause(void *data, const struct object *object, const struct field *field,
		       const struct ref *ref)
{
	struct first_cause *first = data;
	struct ref full = object_ref(object, ref);
	const struct entry *link =
		diff_find(first->ordering->diff, &class_link, full.place, full.name);
	const struct entry *root = link;
	struct slot slot;

	(void)field;
	if (!link || !link->removal || link->have->external)
		return;
	while (root->cause)
		root = root->cause;
	slot = removal_slot(first->ordering, root);
	if (first->link && compare_slots(&first->slot, &slot) <= 0)
		return;
	first->link = link;
	first->slot = slot;
}

/* With the first of its links the kernel takes the whole route: an IPv4 one, see fib_sync_down_dev(). */
static void choose_first_cause(struct ordering *ordering, struct entry *entry)
{
	struct first_cause first = { .ordering = ordering };

	if (!entry->cause || entry->have->class != &class_route)
		return;
	refs_for_each(entry->have, note_cause, &first);
	if (first.link)
		entry->cause = first.link;
}

static void add_slots(struct ordering *ordering, struct entry *entry)
{
	if (entry->removal)
		ordering->slots[ordering->n++] = removal_slot(ordering, entry);
	if (entry->creation)
		ordering->slots[ordering->n++] = (struct slot){
			.change = entry->creation,
			.turn = TURN_MAKE,
			.stage = stage_of(entry->want),
			.depth = depth_of(&ordering->want, entry),
			.sequence = entry->want->sequence,
		};
}

static void link_causes(const struct diff *diff)
{
	size_t i;

	for (i = 0; i < diff->n; i++)
		if (diff->entries[i].removal && diff->entries[i].cause)
			diff->entries[i].removal->implied_by = diff->entries[i].cause->removal;
}

int order_build(struct plan *plan, struct diff *diff, struct error *err)
{
	struct ordering ordering = { .plan = plan, .diff = diff };
	size_t depth_size = (diff->n + 1) * sizeof(unsigned), i;

	ordering.want = (struct depths){ .diff = diff,
					 .wanted = true,
					 .depth = arena_alloc(plan->arena, depth_size) };
	ordering.have =
		(struct depths){ .diff = diff, .depth = arena_alloc(plan->arena, depth_size) };
	ordering.slots = arena_alloc(plan->arena, (2 * diff->n + 1) * sizeof(struct slot));
	for (i = 0; i < diff->n; i++) {
		make_changes(plan, &diff->entries[i]);
		note_created(&ordering.created, &diff->entries[i]);
	}
	for (i = 0; i < diff->n; i++)
		choose_first_cause(&ordering, &diff->entries[i]);
	break_late_causes(&ordering);
	for (i = 0; i < diff->n; i++)
		add_slots(&ordering, &diff->entries[i]);
	if (ordering.want.cycle)
		return error_set(err, ELOOP, "links refer to one another in a circle through %s",
				 ordering.want.cycle->name);
	link_causes(diff);
	qsort(ordering.slots, ordering.n, sizeof(struct slot), compare_slots);
	plan->changes = arena_alloc(plan->arena, (ordering.n + 1) * sizeof(struct change *));
	for (i = 0; i < ordering.n; i++)
		plan->changes[i] = ordering.slots[i].change;
	plan->n_changes = ordering.n;
	return 0;
}
