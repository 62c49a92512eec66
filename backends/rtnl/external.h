/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a foreign link was before we changed it: rows and their values, in a file of its own under the topology's
 * run directory. It is written before the link is touched, and is what tells later that the link is to be released.
 */
#ifndef BACKENDS_RTNL_EXTERNAL_H
#define BACKENDS_RTNL_EXTERNAL_H

#include "model/arena.h"
#include "model/object.h"
#include "reconcile/backend.h"

#include "model/error.h"

/* A link with the recorded values; `rows` says which. */
struct external {
	struct object object;
	uint64_t rows; /* bits of object_field's index; 0: there is no record */
};

/* Whether this topology has records at all: asked once before many external_load. */
bool external_any(const struct scope *scope);

/* No record is no error; lines that make no sense are left out. */
int external_load(struct external *ret, const struct scope *scope, const char *place,
		  const char *name, struct arena *arena, struct error *err);
/* Replaces the record; without rows it is removed. */
int external_save(const struct external *external, const struct scope *scope, struct error *err);

/* Adds live's values of the rows in mask that are not recorded yet. */
void external_note(struct external *external, const struct object *live, uint64_t mask,
		   struct arena *arena);

/* Removes what a run left that was killed while it wrote or removed a record. */
void external_mend(const struct scope *scope);

#endif
