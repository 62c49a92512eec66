/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree of maps, lists and scalars: what a document is read into, and what render, state and plan are
 * printed from. Each node remembers where it was written. Nodes live in an arena and are never freed singly.
 */
#ifndef MODEL_NODE_H
#define MODEL_NODE_H

#include "model/arena.h"
#include "model/position.h"

#include <stdbool.h>
#include <stddef.h>

enum node_kind { NODE_SCALAR, NODE_MAP, NODE_LIST };

/*
 * How a scalar is printed in JSON and whether YAML needs quotes. Read documents know only TEXT and
 * NULL: there the schema types the text, never its looks.
 */
enum node_type { NODE_TEXT, NODE_NUMBER, NODE_BOOL, NODE_NULL };

struct node {
	enum node_kind kind;
	enum node_type type;	  /* of a scalar */
	bool quoted;		  /* a scalar written in quotes, or as a block */
	const char *text;	  /* of a scalar; "" for NODE_NULL */
	const char *key;	  /* if it stands in a map */
	struct position position; /* of the value */
	struct position key_position;
	struct node *first, *last, *next; /* children in the order written; next sibling */
	size_t count;			  /* of children */
};

#define NODE_FOR_EACH(child, parent) for (child = (parent)->first; child; child = child->next)

struct node *node_new(struct arena *arena, enum node_kind kind);
struct node *node_new_text(struct arena *arena, enum node_type type, const char *text);

/* Appends, and returns child. In a map the caller makes sure that the key is new; key is copied. */
struct node *node_add(struct arena *arena, struct node *map, const char *key, struct node *child);
struct node *node_append(struct node *list, struct node *child);
/* Adds a scalar in one step: node_set_text(a, map, "name", "red"). A NULL value adds nothing. */
void node_set_text(struct arena *arena, struct node *map, const char *key, const char *value);
void node_set_number(struct arena *arena, struct node *map, const char *key, long long value);
void node_set_bool(struct arena *arena, struct node *map, const char *key, bool value);
/* The map or list under key, made if it is not there. */
struct node *node_child(struct arena *arena, struct node *map, const char *key,
			enum node_kind kind);

struct node *node_find(const struct node *map, const char *key);   /* NULL: not there */
bool node_is_null(const struct node *node);			   /* NULL pointer or null scalar */
const char *node_text_at(const struct node *map, const char *key); /* NULL: not there, or null */
struct node *node_copy(struct arena *arena, const struct node *node); /* deep; key kept */
/* Same kinds, keys (in any order), texts and lists; positions, quotes and scalar types do not count. */
bool node_equal(const struct node *a, const struct node *b);
/* Sorts a map's children by text_compare_natural of their keys. */
void node_sort(struct node *map);

#endif
