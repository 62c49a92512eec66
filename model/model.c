/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model keeps a sorted array of pointers. Adding appends and marks it unsorted, and the next look-up by
 * key or position sorts: a model is filled once and then only read, so this costs one sort. A hash of the
 * keys makes "is it there already" constant while filling.
 */
#include "model/model.h"

#include "model/classes.h"
#include "model/link.h"
#include "model/text.h"

#include <stdlib.h>
#include <string.h>

struct slot {
	struct object *object; /* NULL: free */
	uint32_t hash;
};

struct model {
	struct arena *arena;
	struct object **objects;
	size_t count, room;
	struct slot *slots; /* open addressing, a power of two */
	size_t n_slots;
	uint32_t sequence;
	bool sorted;
};

#define TOMBSTONE ((struct object *)-1)

struct model *model_new(void)
{
	struct arena *arena = arena_new();
	struct model *model = ARENA_NEW(arena, struct model);

	model->arena = arena;
	model->sorted = true;
	model->n_slots = 64;
	model->slots = arena_alloc(arena, model->n_slots * sizeof(struct slot));
	model->room = 32;
	model->objects = arena_alloc(arena, model->room * sizeof(struct object *));
	return model;
}

void model_free(struct model *model)
{
	if (model)
		arena_free(model->arena);
}

struct arena *model_arena(struct model *model)
{
	return model->arena;
}

/* FNV-1a over class, place and name. */
static uint32_t hash_key(const struct class *class, const char *place, const char *name)
{
	uint32_t hash = 2166136261U ^ (uint32_t)class_rank(class);
	const char *c;

	for (c = place; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619U;
	hash = (hash ^ 0xff) * 16777619U;
	for (c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619U;
	return hash;
}

static bool is_key(const struct object *object, const struct class *class, const char *place,
		   const char *name)
{
	return object->class == class && !strcmp(object->name, name) &&
	       !strcmp(object->place, place);
}

/* The slot with that key, or the free one where it belongs. */
static struct slot *find_slot(const struct model *model, uint32_t hash, const struct class *class,
			      const char *place, const char *name)
{
	size_t i = hash & (model->n_slots - 1);

	while (model->slots[i].object) {
		const struct slot *slot = &model->slots[i];

		if (slot->object != TOMBSTONE && slot->hash == hash &&
		    is_key(slot->object, class, place, name))
			break;
		i = (i + 1) & (model->n_slots - 1);
	}
	return &model->slots[i];
}

static void rehash(struct model *model)
{
	size_t i;

	model->n_slots *= 2;
	model->slots = arena_alloc(model->arena, model->n_slots * sizeof(struct slot));
	for (i = 0; i < model->count; i++) {
		struct object *object = model->objects[i];
		uint32_t hash = hash_key(object->class, object->place, object->name);

		*find_slot(model, hash, object->class, object->place, object->name) =
			(struct slot){ .object = object, .hash = hash };
	}
}

static void append(struct model *model, struct object *object)
{
	if (model->count == model->room) {
		struct object **objects;

		model->room *= 2;
		objects = arena_alloc(model->arena, model->room * sizeof(struct object *));
		memcpy(objects, model->objects, model->count * sizeof(struct object *));
		model->objects = objects;
	}
	model->objects[model->count++] = object;
	model->sorted = false;
}

struct object *model_add(struct model *model, const struct class *class, const char *place,
			 const char *name)
{
	uint32_t hash = hash_key(class, place, name);
	struct slot *slot = find_slot(model, hash, class, place, name);
	struct object *object;

	if (slot->object)
		return NULL;
	object = ARENA_NEW(model->arena, struct object);
	object->class = class;
	object->place = arena_strdup(model->arena, place);
	object->name = arena_strdup(model->arena, name);
	object->data = record_new(&class->record, model->arena);
	object->sequence = ++model->sequence;
	*slot = (struct slot){ .object = object, .hash = hash };
	append(model, object);
	if (2 * model->sequence > model->n_slots)
		rehash(model);
	return object;
}

struct object *model_find(const struct model *model, const struct class *class, const char *place,
			  const char *name)
{
	return find_slot(model, hash_key(class, place, name), class, place, name)->object;
}

struct object *model_find_ref(const struct model *model, const struct object *object,
			      const struct ref *ref)
{
	struct ref full = object_ref(object, ref);

	return full.name ? model_find(model, &class_link, full.place, full.name) : NULL;
}

size_t model_count(const struct model *model)
{
	return model->count;
}

static int compare(const void *a, const void *b)
{
	const struct object *const *x = a, *const *y = b;

	return object_compare(*x, *y);
}

struct object *model_at(const struct model *model, size_t index)
{
	if (!model->sorted) {
		qsort(model->objects, model->count, sizeof(struct object *), compare);
		((struct model *)(uintptr_t)model)->sorted = true; /* a cache, not a change */
	}
	return model->objects[index];
}

void model_remove(struct model *model, struct object *object)
{
	struct slot *slot = find_slot(model, hash_key(object->class, object->place, object->name),
				      object->class, object->place, object->name);
	size_t i;

	slot->object = TOMBSTONE;
	for (i = 0; model->objects[i] != object; i++)
		;
	memmove(&model->objects[i], &model->objects[i + 1],
		(model->count - i - 1) * sizeof(struct object *));
	model->count--;
}

struct object *model_copy_object(struct model *to, const struct object *object)
{
	struct object *copy = model_add(to, object->class, object->place, object->name);
	struct section from[SECTION_MAX], into[SECTION_MAX];
	size_t n, i;

	if (!copy)
		return NULL;
	copy->owner = object->owner;
	copy->holder = arena_strdup(to->arena, object->holder);
	copy->external = object->external;
	copy->protect = object->protect;
	copy->written = object->written;
	copy->position = object->position;
	copy->position.file = arena_strdup(to->arena, object->position.file);
	record_copy(&object->class->record, copy->data, object->data, to->arena);
	if (object->class == &class_link && object_link(object)->kind)
		link_set_kind(copy->data, object_link(object)->kind, to->arena);
	/* Which sections there are follows from the first one's values. */
	n = object_sections(object, from);
	object_sections(copy, into);
	for (i = 1; i < n; i++)
		record_copy(from[i].record, into[i].data, from[i].data, to->arena);
	return copy;
}
