/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of maps, lists and scalars. Lookup is linear: maps are as long as people write them. */
#include "model/node.h"

#include "model/text.h"

#include <stdlib.h>
#include <string.h>

struct node *node_new(struct arena *arena, enum node_kind kind)
{
	struct node *node = ARENA_NEW(arena, struct node);

	node->kind = kind;
	return node;
}

struct node *node_new_text(struct arena *arena, enum node_type type, const char *text)
{
	struct node *node = node_new(arena, NODE_SCALAR);

	node->type = type;
	node->text = arena_strdup(arena, text ? text : "");
	return node;
}

struct node *node_append(struct node *list, struct node *child)
{
	child->next = NULL;
	if (list->last)
		list->last->next = child;
	else
		list->first = child;
	list->last = child;
	list->count++;
	return child;
}

struct node *node_add(struct arena *arena, struct node *map, const char *key, struct node *child)
{
	child->key = arena_strdup(arena, key);
	return node_append(map, child);
}

void node_set_text(struct arena *arena, struct node *map, const char *key, const char *value)
{
	if (value)
		node_add(arena, map, key, node_new_text(arena, NODE_TEXT, value));
}

void node_set_number(struct arena *arena, struct node *map, const char *key, long long value)
{
	node_add(arena, map, key,
		 node_new_text(arena, NODE_NUMBER, arena_printf(arena, "%lld", value)));
}

void node_set_bool(struct arena *arena, struct node *map, const char *key, bool value)
{
	node_add(arena, map, key, node_new_text(arena, NODE_BOOL, value ? "true" : "false"));
}

struct node *node_child(struct arena *arena, struct node *map, const char *key, enum node_kind kind)
{
	struct node *child = node_find(map, key);

	return child ? child : node_add(arena, map, key, node_new(arena, kind));
}

struct node *node_find(const struct node *map, const char *key)
{
	struct node *child;

	if (!map || map->kind != NODE_MAP)
		return NULL;
	NODE_FOR_EACH (child, map) {
		if (!strcmp(child->key, key))
			return child;
	}
	return NULL;
}

bool node_is_null(const struct node *node)
{
	return !node || (node->kind == NODE_SCALAR && node->type == NODE_NULL);
}

const char *node_text_at(const struct node *map, const char *key)
{
	const struct node *node = node_find(map, key);

	return node_is_null(node) ? NULL : node->text;
}

struct node *node_copy(struct arena *arena, const struct node *node)
{
	struct node *copy = arena_memdup(arena, node, sizeof(*node));
	const struct node *child;

	copy->first = copy->last = copy->next = NULL;
	copy->count = 0;
	NODE_FOR_EACH (child, node) {
		node_append(copy, node_copy(arena, child));
	}
	return copy;
}

static bool list_equal(const struct node *a, const struct node *b)
{
	const struct node *x, *y;

	for (x = a->first, y = b->first; x && y; x = x->next, y = y->next)
		if (!node_equal(x, y))
			return false;
	return !x && !y;
}

static bool map_equal(const struct node *a, const struct node *b)
{
	const struct node *child, *other;

	if (a->count != b->count)
		return false;
	NODE_FOR_EACH (child, a) {
		other = node_find(b, child->key);
		if (!other || !node_equal(child, other))
			return false;
	}
	return true;
}

bool node_equal(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case NODE_SCALAR:
		return (a->type == NODE_NULL) == (b->type == NODE_NULL) &&
		       !strcmp(a->text, b->text);
	case NODE_MAP:
		return map_equal(a, b);
	case NODE_LIST:
		return list_equal(a, b);
	}
	return false;
}

static int compare_keys(const void *a, const void *b)
{
	const struct node *const *x = a, *const *y = b;

	return text_compare_natural((*x)->key, (*y)->key);
}

void node_sort(struct node *map)
{
	struct node **children, *child;
	size_t count = map->count, i = 0;

	if (count < 2)
		return;
	children = calloc(count, sizeof(struct node *));
	if (!children)
		abort();
	NODE_FOR_EACH (child, map) {
		children[i++] = child;
	}
	qsort(children, count, sizeof(struct node *), compare_keys);
	map->first = map->last = NULL;
	map->count = 0;
	for (i = 0; i < count; i++)
		node_append(map, children[i]);
	free(children);
}
