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

/* A link with values; `rows` says of which rows, by bits of object_field's index. */
struct external_rows {
	struct object object;
	uint64_t rows;
};

struct external {
	struct object object;		      /* what it was */
	uint64_t rows;			      /* 0: there is no record */
	uint32_t index;			      /* of the link; 0: not known */
	struct external_rows set, former_set; /* what it was set to, last and before */
};

/* Whether this topology has records at all: asked once before many external_load. */
bool external_any(const struct scope *scope);

/*
 * No record is no error; lines that make no sense are left out. index: of the link, 0 for any; a record of another one,
 * that had the name before, is none.
 */
int external_load(struct external *ret, const struct scope *scope, const char *place,
		  const char *name, uint32_t index, struct arena *arena, struct error *err);
/* Replaces the record; without rows it is removed. */
int external_save(const struct external *external, const struct scope *scope, struct error *err);

/* Adds live's values of the rows in mask that are not recorded yet, and want's, which they will be set to. */
void external_note(struct external *external, const struct object *live, const struct object *want,
		   uint64_t mask, struct arena *arena);
/* The recorded rows but for those that somebody else changed since: these are not ours to put back. */
uint64_t external_unchanged(const struct external *external, const struct object *live);

/* Calls visit for every record; it may remove that one. */
typedef void external_visit(void *data, const char *place, const char *name);
void external_each(const struct scope *scope, external_visit *visit, void *data);

/* Removes what a run left that was killed while it wrote or removed a record. */
void external_mend(const struct scope *scope);

#endif
