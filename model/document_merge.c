/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The three ways in which trees are merged; only maps that are in both trees are made anew. */
#include "model/document_merge.h"

#include "model/key_index.h"
#include "model/text.h"

struct node *document_share(const struct node *node, struct arena *arena)
{
	struct node *copy = arena_memdup(arena, node, sizeof(*node));

	copy->next = NULL;
	return copy;
}

static struct node *new_like(const struct node *node, struct arena *arena)
{
	struct node *copy = document_share(node, arena);

	copy->first = copy->last = NULL;
	copy->count = 0;
	return copy;
}

static void append_all(struct node *list, const struct node *from, struct arena *arena)
{
	const struct node *child;

	NODE_FOR_EACH (child, from) {
		node_append(list, document_share(child, arena));
	}
}

static void set_twice(const struct node *base, const struct node *over, struct diag *diag)
{
	const struct position *first = &base->key_position;

	if (text_equal(first->file, over->key_position.file))
		diag_error(diag, &over->key_position, "\"%s\" is set twice, first in line %u",
			   over->key, first->line);
	else
		diag_error(diag, &over->key_position, "\"%s\" is set twice, first in %s:%u",
			   over->key, first->file, first->line);
	diag_hint(diag, "to override, give the file to a later -f");
}

/* What stands for two values of one key; NULL: nothing. */
static struct node *merge_values(const struct node *base, const struct node *over,
				 enum document_merge mode, struct arena *arena, struct diag *diag)
{
	struct node *list;

	if (base->kind == NODE_MAP && over->kind == NODE_MAP)
		return document_share(document_merge(base, over, mode, arena, diag), arena);
	if (mode == DOCUMENT_JOIN) {
		set_twice(base, over, diag);
		return document_share(base, arena);
	}
	if (node_is_null(over))
		return NULL;
	if (mode == DOCUMENT_HOST && base->kind == NODE_LIST && over->kind == NODE_LIST) {
		list = new_like(over, arena);
		append_all(list, base, arena);
		append_all(list, over, arena);
		return list;
	}
	return document_share(over, arena);
}

const struct node *document_merge(const struct node *base, const struct node *over,
				  enum document_merge mode, struct arena *arena, struct diag *diag)
{
	AUTO_KEY_INDEX struct key_index in_base = { 0 };
	AUTO_KEY_INDEX struct key_index in_over = { 0 };
	const struct node *child;
	struct node *merged;

	if (!base || !over)
		return base ? base : over;
	merged = new_like(base, arena);
	key_index_add_children(&in_base, base);
	key_index_add_children(&in_over, over);
	NODE_FOR_EACH (child, base) {
		const struct node *other = key_index_find(&in_over, child->key);
		struct node *value = other ? merge_values(child, other, mode, arena, diag)
					   : document_share(child, arena);

		if (value)
			node_append(merged, value);
	}
	NODE_FOR_EACH (child, over) {
		if (!key_index_find(&in_base, child->key))
			node_append(merged, document_share(child, arena));
	}
	return merged;
}
