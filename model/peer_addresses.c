/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom a host talks to: the underlay addresses of the hosts that share an overlay with it, and of its own tunnels'
 * peers. Read from the tree before anything is checked, because the paths' MTUs are needed to expand it.
 */
#include "model/topology.h"

#include "model/text.h"

#include <stdlib.h>
#include <string.h>

struct address_set {
	struct arena *arena;
	struct list list; /* struct addr_item */
};

static int compare_items(const void *a, const void *b)
{
	const struct addr_item *x = a, *y = b;

	return addr_compare(&x->addr, &y->addr);
}

/* Each once, sorted. */
static size_t take_addresses(struct address_set *set, struct addr **ret)
{
	struct addr_item *items = set->list.items;
	struct addr *addresses;
	size_t n = 0, i;

	if (set->list.n)
		qsort(items, set->list.n, sizeof(*items), compare_items);
	addresses = arena_alloc(set->arena, set->list.n * sizeof(*addresses));
	for (i = 0; i < set->list.n; i++)
		if (!n || !addr_equal(&addresses[n - 1], &items[i].addr))
			addresses[n++] = items[i].addr;
	*ret = addresses;
	return n;
}

/* "192.0.2.1", "192.0.2.1:40000", "[2001:db8::1]:40000"; a name has no address here. */
static void add_text(struct address_set *set, const char *text)
{
	AUTO_TEXT struct text host = { 0 };
	struct addr_item *item;
	const char *end;
	struct addr addr;

	if (text[0] == '[' && (end = strchr(text, ']')))
		text_add_bytes(&host, text + 1, (size_t)(end - text - 1));
	else if (addr_parse(&addr, text) || !(end = strrchr(text, ':')))
		text_add(&host, "%s", text);
	else
		text_add_bytes(&host, text, (size_t)(end - text));
	if (!addr_parse(&addr, text_get(&host)))
		return;
	item = list_append(&set->list, &record_addr_item, set->arena);
	item->addr = addr;
}

/* A text, or all of a list. */
static void add_texts(struct address_set *set, const struct node *node)
{
	const struct node *child;

	if (node_is_null(node))
		return;
	if (node->kind == NODE_SCALAR)
		add_text(set, node->text);
	NODE_FOR_EACH (child, node) {
		if (child->kind == NODE_SCALAR)
			add_text(set, child->text);
	}
}

static bool is_member(const struct node *overlay, const char *host)
{
	const struct node *members = node_find(overlay, "members"), *child;

	if (node_is_null(members))
		return true;
	if (members->kind == NODE_MAP)
		return node_find(members, host) != NULL;
	NODE_FOR_EACH (child, members) {
		if (child->kind == NODE_SCALAR && !strcmp(child->text, host))
			return true;
	}
	return false;
}

/* What it has as its endpoint there; NULL: nothing of its own. */
static const struct node *member_endpoint(const struct node *overlay, const char *host)
{
	const struct node *members = node_find(overlay, "members"), *member;

	member = members && members->kind == NODE_MAP ? node_find(members, host) : NULL;
	return member && member->kind == NODE_MAP ? node_find(member, "endpoint") : NULL;
}

static void add_members(struct address_set *set, const struct node *overlay,
			const struct node *hosts, const char *host)
{
	const struct node *other;

	if (!is_member(overlay, host))
		return;
	NODE_FOR_EACH (other, hosts) {
		if (!strcmp(other->key, host) || !is_member(overlay, other->key))
			continue;
		add_texts(set, node_find(other, "address"));
		add_texts(set, node_find(other, "endpoint"));
		add_texts(set, member_endpoint(overlay, other->key));
	}
}

static void add_tunnels(struct address_set *set, const struct node *place)
{
	const struct node *tunnels = node_find(place, "tunnels"), *tunnel, *peers, *peer;

	if (!tunnels || tunnels->kind != NODE_MAP)
		return;
	NODE_FOR_EACH (tunnel, tunnels) {
		peers = node_find(tunnel, "peers");
		if (!peers || peers->kind != NODE_LIST)
			continue;
		NODE_FOR_EACH (peer, peers) {
			add_texts(set, node_find(peer, "endpoint"));
			add_texts(set, node_find(peer, "other-endpoints"));
		}
	}
}

size_t topology_peer_addresses(const struct document *document, const char *host,
			       struct arena *arena, struct addr **ret)
{
	const struct node *root = document_root(document);
	const struct node *hosts = node_find(root, "hosts"), *overlays, *overlay;
	struct address_set set = { .arena = arena };

	overlays = node_find(root, "overlays");
	if (host && hosts && hosts->kind == NODE_MAP && overlays && overlays->kind == NODE_MAP)
		NODE_FOR_EACH (overlay, overlays) {
			add_members(&set, overlay, hosts, host);
		}
	add_tunnels(&set, root);
	if (host)
		add_tunnels(&set, node_find(hosts, host));
	return take_addresses(&set, ret);
}
