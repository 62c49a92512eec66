/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a table, and the difference of two in elements. Knows nothing of what the rules mean. */
#include "backends/nft/script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct set_info {
	const char *name, *type;
	bool interval;
};

#define PORT "inet_proto . inet_service"

static const struct set_info set_infos[SET_COUNT] = {
	[SET_PORTS4] = { "ports4", PORT " : ipv4_addr . inet_service", false },
	[SET_PORTS6] = { "ports6", PORT " : ipv6_addr . inet_service", false },
	[SET_RANGES4] = { "ranges4", PORT " : ipv4_addr", true },
	[SET_RANGES6] = { "ranges6", PORT " : ipv6_addr", true },
	[SET_LISTEN4] = { "listen4", "ipv4_addr . " PORT " : ipv4_addr . inet_service", false },
	[SET_LISTEN6] = { "listen6", "ipv6_addr . " PORT " : ipv6_addr . inet_service", false },
	[SET_LISTEN_RANGES4] = { "listen_ranges4", "ipv4_addr . " PORT " : ipv4_addr", true },
	[SET_LISTEN_RANGES6] = { "listen_ranges6", "ipv6_addr . " PORT " : ipv6_addr", true },
	[SET_HAIRPIN4] = { "hairpin4", "ipv4_addr", false },
	[SET_HAIRPIN6] = { "hairpin6", "ipv6_addr", false },
};

const char *script_set_name(enum script_set set)
{
	return set_infos[set].name;
}

struct script *script_new(const char *table, uint8_t protocol)
{
	struct arena *arena = arena_new();
	struct script *script = ARENA_NEW(arena, struct script);

	script->arena = arena;
	script->table = arena_strdup(arena, table);
	script->protocol = protocol;
	return script;
}

void script_free(struct script *script)
{
	if (!script)
		return;
	text_free(&script->chains);
	arena_free(script->arena);
}

void script_add_element(struct script *script, enum script_set set, struct script_element element)
{
	struct script_elements *elements = &script->sets[set];

	if (elements->n == elements->room) {
		struct script_element *items;

		elements->room = elements->room ? 2 * elements->room : 8;
		items = arena_alloc(script->arena, elements->room * sizeof(*items));
		if (elements->n)
			memcpy(items, elements->items, elements->n * sizeof(*items));
		elements->items = items;
	}
	elements->items[elements->n++] = element;
}

static int element_compare(const void *a, const void *b)
{
	const struct script_element *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	order = order ? order : text_compare(x->value, y->value);
	return order ? order : text_compare(x->comment, y->comment);
}

static int finish_set(struct script_elements *elements, struct error *err)
{
	struct script_element *items = elements->items;
	size_t i, n = 0;

	if (elements->n == 0)
		return 0;
	qsort(items, elements->n, sizeof(*items), element_compare);
	for (i = 1; i < elements->n; i++) {
		if (element_compare(&items[n], &items[i]) == 0)
			continue;
		if (strcmp(items[n].key, items[i].key) == 0)
			return error_set(err, EINVAL, "two port maps for one port: %s, and %s",
					 items[n].comment, items[i].comment);
		items[++n] = items[i];
	}
	elements->n = n + 1;
	return 0;
}

int script_finish(struct script *script, struct error *err)
{
	size_t set;
	int r = 0;

	for (set = 0; r >= 0 && set < SET_COUNT; set++)
		r = finish_set(&script->sets[set], err);
	return r;
}

static void add_element(struct text *text, const struct script_element *element)
{
	text_add(text, "%s", element->key);
	if (element->comment)
		text_add(text, " comment \"%s\"", element->comment);
	if (element->value)
		text_add(text, " : %s", element->value);
}

static void add_set(struct text *text, const struct set_info *info,
		    const struct script_elements *elements)
{
	size_t i;

	text_add(text, "\t%s %s {\n\t\ttype %s\n", elements->items[0].value ? "map" : "set",
		 info->name, info->type);
	if (info->interval)
		text_add(text, "\t\tflags interval\n");
	text_add(text, "\t\telements = { ");
	for (i = 0; i < elements->n; i++) {
		text_add(text, "%s", i ? ",\n\t\t\t     " : "");
		add_element(text, &elements->items[i]);
	}
	text_add(text, " }\n\t}\n\n");
}

void script_text(const struct script *script, struct text *ret)
{
	size_t set;

	text_add(ret, "table inet %s {\n\tcomment \"vnetapply", script->table);
	if (script->protocol)
		text_add(ret, " %u", script->protocol);
	text_add(ret, "\"\n");
	for (set = 0; set < SET_COUNT; set++)
		if (script->sets[set].n)
			add_set(ret, &set_infos[set], &script->sets[set]);
	text_add(ret, "%s}\n", text_get(&script->chains));
}

bool script_same_rules(const struct script *a, const struct script *b)
{
	size_t set;

	for (set = 0; set < SET_COUNT; set++)
		if (!a->sets[set].n != !b->sets[set].n)
			return false;
	return a->protocol == b->protocol && strcmp(a->table, b->table) == 0 &&
	       strcmp(text_get(&a->chains), text_get(&b->chains)) == 0;
}

/* Appends to text those of `from` that `other` has not; both are sorted. */
static void add_missing(const struct script *script, const char *verb, enum script_set set,
			const struct script_elements *from, const struct script_elements *other,
			struct text *text)
{
	bool first = true;
	size_t i, j = 0;

	for (i = 0; i < from->n; i++) {
		while (j < other->n && element_compare(&other->items[j], &from->items[i]) < 0)
			j++;
		if (j < other->n && element_compare(&other->items[j], &from->items[i]) == 0)
			continue;
		if (first)
			text_add(text, "%s element inet %s %s { ", verb, script->table,
				 set_infos[set].name);
		else
			text_add(text, ", ");
		add_element(text, &from->items[i]);
		first = false;
	}
	if (!first)
		text_add(text, " }\n");
}

/* A key whose value changes is deleted first: within one transaction nobody sees it missing. */
void script_element_changes(const struct script *from, const struct script *to, struct text *ret)
{
	size_t set;

	for (set = 0; set < SET_COUNT; set++) {
		add_missing(to, "delete", (enum script_set)set, &from->sets[set], &to->sets[set],
			    ret);
		add_missing(to, "add", (enum script_set)set, &to->sets[set], &from->sets[set], ret);
	}
}
