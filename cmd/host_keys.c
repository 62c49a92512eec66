/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies the keys by which a host is found, from the file's tree to a printed one. */
#include "cmd/host_keys.h"

#include "model/cleanup.h"

#include <string.h>

static const char *const keys[] = { "address", "endpoint", "match", "uplink" };

void host_keys_add(struct node *tree, const struct document *document, const char *host,
		   struct arena *arena)
{
	struct node *map = host ? node_find(node_find(tree, "hosts"), host) : NULL;
	const struct node *written, *value;
	struct node *rest, *next;
	size_t i;

	if (!map || !document)
		return;
	written = node_find(node_find(document_root(document), "hosts"), host);
	rest = map->first;
	map->first = map->last = NULL;
	map->count = 0;
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		value = node_find(written, keys[i]);
		if (value)
			node_append(map, node_copy(arena, value));
	}
	for (; rest; rest = next) {
		next = rest->next;
		node_append(map, rest);
	}
}
