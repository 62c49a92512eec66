/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open addressing with linear steps, never more than half full; nothing is removed singly. */
#include "model/key_index.h"

#include "model/arena.h"
#include "model/node.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 16

void key_index_free(struct key_index *index)
{
	free(index->slots);
	*index = (struct key_index){ 0 };
}

/* FNV-1a */
static uint32_t hash_text(const char *text)
{
	uint32_t hash = 2166136261U;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619U;
	return hash;
}

/* The slot of key, or the free one where it belongs. There is always a free one. */
static struct key_slot *find_slot(const struct key_index *index, const char *key, uint32_t hash)
{
	size_t i = hash & (index->n_slots - 1);

	while (index->slots[i].key &&
	       (index->slots[i].hash != hash || strcmp(index->slots[i].key, key) != 0))
		i = (i + 1) & (index->n_slots - 1);
	return &index->slots[i];
}

static void grow(struct key_index *index)
{
	struct key_index larger = { .n_slots = index->n_slots ? 2 * index->n_slots : SLOTS_MIN,
				    .count = index->count };
	size_t i;

	larger.slots = arena_check(calloc(larger.n_slots, sizeof(*larger.slots)));
	for (i = 0; i < index->n_slots; i++) {
		const struct key_slot *slot = &index->slots[i];

		if (slot->key)
			*find_slot(&larger, slot->key, slot->hash) = *slot;
	}
	free(index->slots);
	*index = larger;
}

void *key_index_find(const struct key_index *index, const char *key)
{
	return index->count ? find_slot(index, key, hash_text(key))->value : NULL;
}

void *key_index_set(struct key_index *index, const char *key, void *value)
{
	uint32_t hash = hash_text(key);
	struct key_slot *slot;
	void *before;

	if (2 * (index->count + 1) > index->n_slots)
		grow(index);
	slot = find_slot(index, key, hash);
	before = slot->value;
	if (!slot->key)
		index->count++;
	*slot = (struct key_slot){ .key = key, .value = value, .hash = hash };
	return before;
}

void key_index_add_children(struct key_index *index, const struct node *map)
{
	struct node *child;

	NODE_FOR_EACH (child, map) {
		key_index_set(index, child->key, child);
	}
}
