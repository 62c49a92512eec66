/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes as a YAML file: read, then seen as each of its hosts. What was read has positions inside the text and keys
 * that differ; what was not read has a message.
 */
#include "model/document.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_position(const struct position *position, const struct diag *diag)
{
	const char *line;
	size_t length;

	require(position->line > 0 && position->column > 0);
	/* A CR before the line's end, which is no part of it, and the end of the text are positions too. */
	if (diag_source_line(diag, position->file, position->line, &line, &length))
		require(position->column - 1 + position->length <= length + 2);
}

static void check_tree(const struct node *node, const struct diag *diag)
{
	const struct node *child;
	size_t count = 0;

	check_position(&node->position, diag);
	NODE_FOR_EACH (child, node) {
		count++;
		require((node->kind == NODE_MAP) == (child->key != NULL));
		if (child->key) {
			check_position(&child->key_position, diag);
			require(count > 200 || node_find(node, child->key) == child);
		}
		check_tree(child, diag);
	}
	require(count == node->count);
	require(node->kind != NODE_SCALAR || (!count && node->text));
}

static void check_document(const struct document *document, struct diag *diag)
{
	const struct node *root = document_root(document), *hosts, *host;
	struct arena *arena = arena_new();
	unsigned n = 0;

	check_tree(root, diag);
	check_tree(document_for_host(document, NULL, arena, diag), diag);
	hosts = node_find(root, "hosts");
	if (hosts && hosts->kind == NODE_MAP)
		NODE_FOR_EACH (host, hosts) {
			if (n++ < 4)
				check_tree(document_for_host(document, host->key, arena, diag),
					   diag);
		}
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag *diag = diag_new();
	struct document *document = NULL;
	struct error err;
	int result = document_load_text(&document, "f", (const char *)data, size, diag, &err);
	size_t i;

	if (!result)
		check_document(document, diag);
	else
		require(result == -EFBIG || (result == -EBADMSG && diag_errors(diag) > 0));
	for (i = 0; i < diag_count(diag); i++)
		if (diag_get(diag, i)->position.file)
			check_position(&diag_get(diag, i)->position, diag);
	document_free(document);
	diag_free(diag);
	return 0;
}
