/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An object is one thing that exists, or shall exist, in a place: a namespace, a link, an address.
 * Its class says what rows describe it. Identity is (class, place, name); names never hold an ifindex.
 *
 * A place is where interfaces live: "" is the host itself, else the name of a network namespace on it.
 */
#ifndef MODEL_OBJECT_H
#define MODEL_OBJECT_H

#include "model/field.h"
#include "model/position.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diag;
struct model;
struct object;
struct text;

/* A record of an object together with the struct that it describes. */
struct section {
	const struct record *record;
	void *data;
};

#define SECTION_MAX	3
#define FIELD_MASK_BITS 64

struct class
{
	const char *name; /* "link": in messages and JSON */
	struct record record;
	/*
	 * An object's sections in a fixed order: its own record first, then what its values bring with
	 * them (a link's bridge port, its kind). NULL: the record alone. Returns how many.
	 */
	size_t (*sections)(const struct object *object, struct section ret[SECTION_MAX]);
	/*
	 * Whether want and have are one object whose sections line up, so that they can be compared row
	 * by row; false: only delete and create (another kind of link). NULL: always.
	 */
	bool (*same_shape)(const struct object *want, const struct object *have);
	bool adoptable; /* it bears a mark of its own, which a live one can be given later */
	/* Rules within one object that no row can say. NULL: none. */
	void (*check)(const struct object *want, const struct model *model, struct diag *diag);
};

/* Whose a live object is. Only OURS is ever changed or removed. */
enum owner {
	OWNER_OURS, /* bears this topology's mark */
	OWNER_KERNEL, /* made by the kernel beside something: lo, a link-local address, a local route */
	OWNER_FOREIGN, /* anybody else's */
};

struct object {
	const struct class *class;
	const char *place; /* "": the host's own */
	const char *name;
	void *data;	  /* the class's struct */
	enum owner owner; /* of a live object; OURS in a wanted one */
	/* Of a live foreign object: the topology whose mark it bears. NULL: nobody's. */
	const char *holder;
	/*
	 * Wanted, but made elsewhere (a NIC, lo, an uplink): it must exist, it is never created or
	 * removed, and only the rows in `written` are ours.
	 */
	bool external;
	bool protect;		  /* a plan that removes or recreates it is refused */
	uint64_t written;	  /* rows the file wrote, by the index of object_field */
	uint32_t sequence;	  /* order of model_add: objects are made in the order written */
	struct position position; /* where the file asked for it */
};

size_t object_sections(const struct object *object, struct section ret[SECTION_MAX]);
/* Row `index` over all sections in their order; false past the last. data is the section's struct. */
bool object_field(const struct object *object, size_t index, const struct field **field,
		  void **data);

/* Whether row `index` has its record's default. */
bool object_field_is_default(const struct object *object, size_t index);

/* (class order, place, name): the order of a model. */
int object_compare(const struct object *a, const struct object *b);

/*
 * Bit mask of rows that differ, over object_field's index. LOOSE rows count only where want sets them; for
 * an external want only `written` rows count. Requires same_shape.
 */
uint64_t object_diff(const struct object *want, const struct object *have);
bool object_same_shape(const struct object *want, const struct object *have);

/* "ns1/veth11", "host/br0", "namespace ns1": for messages, without the host. Appends. */
void object_path(const struct object *object, struct text *ret);

/* A ref of `object` as (place, name): its NULL place becomes the object's. */
struct ref object_ref(const struct object *object, const struct ref *ref);

#endif
