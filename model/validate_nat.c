/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Port maps that want the same packets: the same protocol, overlapping ports, and addresses, interfaces and sources that
 * do not tell them apart. The order of rules would decide silently; so it is an error.
 */
#include "model/classes.h"
#include "model/nft_table.h"
#include "model/text.h"
#include "model/validate_rules.h"

#include <stdlib.h>

struct port_map {
	const struct object *table;
	const struct dnat *rule;
	uint8_t family, protocol; /* NAT_TCP or NAT_UDP */
	struct port_range ports;
	uint32_t index;
};

static int compare_port_map(const void *a, const void *b)
{
	const struct port_map *x = a, *y = b;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	if (x->ports.first != y->ports.first)
		return x->ports.first < y->ports.first ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static bool sources_overlap(const struct list *a, const struct list *b)
{
	size_t i, j;

	if (!a->n || !b->n)
		return true;
	for (i = 0; i < a->n; i++) {
		const struct prefix_item *x = list_item(a, &record_prefix_item, i);

		for (j = 0; j < b->n; j++) {
			const struct prefix_item *y = list_item(b, &record_prefix_item, j);

			if (addr_overlaps(&x->prefix, &y->prefix))
				return true;
		}
	}
	return false;
}

static bool rules_overlap(const struct dnat *a, const struct dnat *b)
{
	if (addr_is_set(&a->listen) && addr_is_set(&b->listen) &&
	    !addr_same_host(&a->listen, &b->listen))
		return false;
	if (a->in && b->in && strcmp(a->in, b->in) != 0)
		return false;
	return sources_overlap(&a->source, &b->source);
}

static void report(const struct validation *v, const struct port_map *one,
		   const struct port_map *other)
{
	const char *protocol = one->protocol == NAT_TCP ? "tcp" : "udp";

	/* The later one in the file is the one to change. */
	if (one->index > other->index) {
		const struct port_map *swap = one;

		one = other;
		other = swap;
	}
	diag_error(v->diag, &other->rule->item.position, "port %s/%s is already mapped to %s%s",
		   other->rule->port, protocol, one->rule->to,
		   validation_at(v, &other->rule->item.position, &one->rule->item.position));
	diag_hint(v->diag, "use another port, or a listen address of its own for each");
}

/* One map per protocol; those that do not parse have been reported. */
static void collect(const struct object *table, const struct dnat *rule, uint32_t index,
		    struct port_map *maps, size_t *n)
{
	struct port_map map = { .table = table, .rule = rule, .index = index };
	struct addr first, last;
	struct port_range to;
	uint8_t protocol;

	if (!port_range_parse(&map.ports, rule->port) ||
	    !nat_target_parse(&first, &last, &to, rule->to))
		return;
	map.family = first.family;
	for (protocol = NAT_TCP; protocol <= NAT_UDP; protocol++) {
		map.protocol = protocol;
		if (rule->protocol == protocol || rule->protocol == NAT_TCP_UDP)
			maps[(*n)++] = map;
	}
}

static void check_table(const struct validation *v, const struct object *object)
{
	const struct nft_table *table = object->data;
	struct port_map *maps = arena_alloc(v->arena, (2 * table->dnat.n + 1) * sizeof(*maps));
	size_t n = 0, i, j;

	for (i = 0; i < table->dnat.n; i++)
		collect(object, list_item(&table->dnat, &record_dnat, i), (uint32_t)i, maps, &n);
	qsort(maps, n, sizeof(*maps), compare_port_map);
	for (i = 0; i < n && !validation_is_full(v); i++)
		for (j = i + 1; j < n && maps[j].family == maps[i].family &&
				maps[j].protocol == maps[i].protocol &&
				maps[j].ports.first <= maps[i].ports.last;
		     j++)
			if (rules_overlap(maps[i].rule, maps[j].rule))
				report(v, &maps[i], &maps[j]);
}

void validate_port_maps(struct validation *v)
{
	struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, v->model, i) {
		if (object->class == &class_nft_table)
			check_table(v, object);
	}
}
