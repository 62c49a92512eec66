/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trees and messages as short texts, for comparing in tests. */
#ifndef TESTS_UNIT_TREE_TEXT_H
#define TESTS_UNIT_TREE_TEXT_H

#include "model/diag.h"
#include "model/node.h"
#include "model/text.h"

static inline void tree_text(const struct node *node, struct text *ret)
{
	const struct node *child;

	if (node->kind == NODE_SCALAR) {
		text_add(ret, "%s", node->type == NODE_NULL ? "~" : node->text);
		return;
	}
	text_add(ret, node->kind == NODE_MAP ? "{" : "[");
	NODE_FOR_EACH (child, node) {
		if (child != node->first)
			text_add(ret, ", ");
		if (node->kind == NODE_MAP)
			text_add(ret, "%s: ", child->key);
		tree_text(child, ret);
	}
	text_add(ret, node->kind == NODE_MAP ? "}" : "]");
}

/* One line each: "a.yaml:1:2+3: error: text (hint)", "+3" being the length, left out where it is 0. */
static inline void diag_text(const struct diag *diag, struct text *ret)
{
	size_t i;

	for (i = 0; i < diag_count(diag); i++) {
		const struct diag_message *message = diag_get(diag, i);
		const struct position *at = &message->position;

		if (i)
			text_add(ret, "\n");
		if (at->file)
			text_add(ret, "%s:%u:%u", at->file, at->line, at->column);
		if (at->file && at->length)
			text_add(ret, "+%u", at->length);
		text_add(ret, "%s%s: %s", at->file ? ": " : "",
			 message->severity == DIAG_ERROR ? "error" : "warning", message->text);
		if (message->hint)
			text_add(ret, " (%s)", message->hint);
	}
}

#endif
