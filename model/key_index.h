/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds values by text in constant time: for duplicate keys, anchors and variables of large documents, where
 * node_find would be quadratic. Starts as { 0 }; keys and values are borrowed.
 */
#ifndef MODEL_KEY_INDEX_H
#define MODEL_KEY_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct node;

struct key_slot {
	const char *key; /* NULL: free */
	void *value;
	uint32_t hash;
};

struct key_index {
	struct key_slot *slots; /* open addressing, a power of two */
	size_t n_slots, count;
};

#define AUTO_KEY_INDEX __attribute__((cleanup(key_index_free)))

void key_index_free(struct key_index *index);
/* NULL: not there. */
void *key_index_find(const struct key_index *index, const char *key);
/* Sets key's value; value must not be NULL. Returns the one that it had before, NULL if it is new. */
void *key_index_set(struct key_index *index, const char *key, void *value);
/* All children of a map by their keys. */
void key_index_add_children(struct key_index *index, const struct node *map);

#endif
