/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the document to each host's part of it, read by the rows. The views of the other hosts are needed for what an
 * overlay knows about its peers, and so that a mistake in any host's part is told everywhere.
 */
#include "model/expand.h"

#include "model/read.h"
#include "model/text.h"

#include <string.h>

/* Maps merge, everything else that `over` writes wins, a null removes. */
static struct node *merge_under(const struct node *base, const struct node *over,
				struct arena *arena)
{
	struct node *merged, *child;
	const struct node *other;

	if (base->kind != NODE_MAP || over->kind != NODE_MAP)
		return node_copy(arena, over);
	merged = arena_memdup(arena, over, sizeof(*over));
	merged->first = merged->last = merged->next = NULL;
	merged->count = 0;
	NODE_FOR_EACH (child, base) {
		other = node_find(over, child->key);
		if (!other)
			node_append(merged, node_copy(arena, child));
		else if (!node_is_null(other))
			node_append(merged, merge_under(child, other, arena));
	}
	NODE_FOR_EACH (child, over) {
		if (!node_find(base, child->key))
			node_append(merged, node_copy(arena, child));
	}
	return merged;
}

static struct node *with_defaults(const struct node *namespaces, const struct node *defaults,
				  struct arena *arena)
{
	struct node *copy = arena_memdup(arena, namespaces, sizeof(*namespaces));
	struct node empty = { .kind = NODE_MAP };
	struct node *child, *merged;

	copy->first = copy->last = copy->next = NULL;
	copy->count = 0;
	NODE_FOR_EACH (child, namespaces) {
		if (node_is_null(child)) {
			empty.key = child->key;
			empty.position = child->position;
			empty.key_position = child->key_position;
			merged = merge_under(defaults, &empty, arena);
		} else {
			merged = merge_under(defaults, child, arena);
		}
		node_append(copy, merged);
	}
	return copy;
}

/* One host's tree without `hosts` and without keys that check_keys reported, defaults merged in. */
static struct node *view_tree(const struct document *document, const char *host,
			      struct arena *arena, struct diag *diag)
{
	struct node *merged = document_for_host(document, host, arena, diag);
	const struct node *defaults = node_find(node_find(merged, "defaults"), "namespaces");
	struct node *root = arena_memdup(arena, merged, sizeof(*merged));
	struct node *child, *copy;

	root->first = root->last = NULL;
	root->count = 0;
	NODE_FOR_EACH (child, merged) {
		if (!strcmp(child->key, "hosts") || !record_field(&record_view, child->key))
			continue;
		if (!strcmp(child->key, "namespaces") && child->kind == NODE_MAP && defaults &&
		    defaults->kind == NODE_MAP)
			copy = with_defaults(child, defaults, arena);
		else
			copy = arena_memdup(arena, child, sizeof(*child));
		node_append(root, copy);
	}
	return root;
}

/* Keys of the top level and of each host, where they stand: a view no longer tells the two apart. */
static void check_keys(const struct node *map, const struct record *record,
		       const struct record *other, const char *elsewhere, struct reader *reader)
{
	const struct node *child;

	if (map->kind != NODE_MAP)
		return;
	NODE_FOR_EACH (child, map) {
		if (record_field(record, child->key))
			continue;
		read_unknown_key(record, child, reader);
		if (record_field(other, child->key))
			diag_hint(reader->diag, "it belongs %s", elsewhere);
	}
}

static bool check_host(const struct node *host, struct reader *parent)
{
	struct reader reader = *parent;

	reader.parent = parent;
	reader.key = host->key;
	if (!name_is_valid(host->key)) {
		diag_error(reader.diag, &host->key_position,
			   "expected a host's name of letters, digits, '.', '_' and '-', not "
			   "\"%.80s\"",
			   host->key);
		return false;
	}
	if (host->kind != NODE_MAP && !node_is_null(host)) {
		read_error(&reader, host, "expected a map");
		return false;
	}
	check_keys(host, &record_host, &record_file, "to the top level", &reader);
	return true;
}

/* Names are what tables, alias texts and directories are called: no other characters. */
static void check_file_name(const struct file_syntax *file, const struct node *root,
			    struct diag *diag)
{
	const struct node *node = node_find(root, "name");
	size_t length;

	if (!file->name || !node)
		return;
	length = strlen(file->name);
	if (length >= 1 && length <= 32 &&
	    strspn(file->name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length)
		return;
	diag_error(diag, &node->position,
		   "name: expected 1 to 32 characters of a-z, 0-9 and '-', not \"%.60s\"",
		   file->name);
}

static struct file_syntax *read_view(const struct document *document, const char *host,
				     struct arena *arena, struct diag *diag)
{
	struct node *tree = view_tree(document, host, arena, diag);
	struct reader reader = { .arena = arena, .diag = diag };
	struct file_syntax *file = record_new(&record_view, arena);

	record_read(&record_view, tree, file, &reader);
	check_file_name(file, tree, diag);
	return file;
}

struct expand_view *expand_read(const struct document *document, size_t *n, struct arena *arena,
				struct diag *diag)
{
	const struct node *root = document_root(document), *hosts = node_find(root, "hosts"), *host;
	struct reader reader = { .arena = arena, .diag = diag };
	struct reader hosts_reader = {
		.arena = arena, .diag = diag, .parent = &reader, .key = "hosts"
	};
	struct expand_view *views;

	check_keys(root, &record_file, &record_host, "under hosts.HOST", &reader);
	*n = 0;
	if (!node_is_null(hosts) && hosts->kind != NODE_MAP)
		read_error(&hosts_reader, hosts, "expected a map of hosts by name");
	if (!hosts || hosts->kind != NODE_MAP || !hosts->count) {
		views = arena_alloc(arena, sizeof(*views));
		views[0].file = read_view(document, NULL, arena, diag);
		*n = 1;
		return views;
	}
	views = arena_alloc(arena, hosts->count * sizeof(*views));
	NODE_FOR_EACH (host, hosts) {
		if (!check_host(host, &hosts_reader))
			continue;
		views[*n].name = arena_strdup(arena, host->key);
		views[*n].position = host->key_position;
		views[*n].item = (struct item){ .position = host->key_position,
						.node = host->kind == NODE_MAP ? host : NULL };
		views[(*n)++].file = read_view(document, host->key, arena, diag);
	}
	return views;
}
