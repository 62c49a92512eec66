/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model: all objects of one host, wanted or live, sorted by (class, place, name). It owns an arena in which
 * its objects and their strings live.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "model/arena.h"
#include "model/object.h"

#include <stddef.h>

struct model;

struct model *model_new(void);
void model_free(struct model *model); /* accepts NULL */
struct arena *model_arena(struct model *model);

/*
 * Adds an object with its class's defaults; place and name are copied, ->data is the class's struct for the
 * caller to fill (strings from model_arena). Returns NULL if (class, place, name) is there already.
 * The pointer stays valid until model_free.
 */
struct object *model_add(struct model *model, const struct class *class, const char *place,
			 const char *name);

/* NULL: not there. */
struct object *model_find(const struct model *model, const struct class *class, const char *place,
			  const char *name);
/* The link a ref of `object` means; NULL: not there, or the ref is unset. */
struct object *model_find_ref(const struct model *model, const struct object *object,
			      const struct ref *ref);

size_t model_count(const struct model *model);
/* Object `index` in sorted order. Adding invalidates indexes, not pointers. */
struct object *model_at(const struct model *model, size_t index);

#define MODEL_FOR_EACH(object, model, i)                                                           \
	for (i = 0; i < model_count(model) && ((object) = model_at(model, i), 1); i++)

/* Removes from the model (memory stays in the arena). For the fake backend and for observers. */
void model_remove(struct model *model, struct object *object);
/* A deep copy of an object into another model; NULL if its key is taken there. */
struct object *model_copy_object(struct model *to, const struct object *object);

#endif
