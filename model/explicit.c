/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model as a tree: places, and in each what is not a link. Links are in explicit_link.c. What is printed, and under
 * which key, follows from the rows; a value at its default is left out.
 */
#include "model/explicit.h"

#include "model/classes.h"
#include "model/explicit_place.h"
#include "model/nft_table.h"
#include "model/route.h"
#include "model/sysctl.h"
#include "model/text.h"

#include <stdlib.h>
#include <string.h>

/* Keys of a place in the order printed; before them stands what is not in this list. */
static const char *const place_keys[] = {
	"sysctls",   "interfaces", "links",	  "bridges",	 "tunnels",    "nat", "policy",
	"mss-clamp", "routes",	   "nameservers", "extra-hosts", "namespaces", NULL,
};

bool explicit_is_shown(const struct explicit_writer *writer, const struct object *object)
{
	return object->external || object->owner == OWNER_OURS || writer->options->foreign;
}

/* ---- places ---- */

static int compare_place(const void *key, const void *place)
{
	return text_compare_natural(key, ((const struct explicit_place *)place)->name);
}

struct node *explicit_place_map(const struct explicit_writer *writer, const char *place)
{
	const struct explicit_place *found = bsearch(place, writer->places, writer->n_places,
						     sizeof(*writer->places), compare_place);

	return found ? found->map : NULL;
}

static int compare_link(const void *key, const void *link)
{
	return object_compare(key, ((const struct explicit_link *)link)->link);
}

struct explicit_link *explicit_find_link(const struct explicit_writer *writer, const char *place,
					 const char *name)
{
	const struct object key = { .class = &class_link, .place = place, .name = name };

	return bsearch(&key, writer->links, writer->n_links, sizeof(*writer->links), compare_link);
}

static void add_place(struct explicit_writer *writer, const char *name, struct node *map)
{
	writer->places[writer->n_places++] = (struct explicit_place){ name, map };
}

/* The host's own, and each namespace inside it. The empty name sorts first. */
static void make_places(struct explicit_writer *writer, struct node *host)
{
	struct node *maps;
	struct object *object;
	size_t i;

	writer->places = arena_alloc(writer->arena,
				     (model_count(writer->model) + 1) * sizeof(*writer->places));
	add_place(writer, "", host);
	MODEL_FOR_EACH (object, writer->model, i) {
		if (object->class != &class_netns || !explicit_is_shown(writer, object))
			continue;
		maps = node_child(writer->arena, host, "namespaces", NODE_MAP);
		add_place(writer, object->name,
			  node_add(writer->arena, maps, object->name,
				   node_new(writer->arena, NODE_MAP)));
		if (object->protect)
			node_set_bool(writer->arena, maps->last, "protect", true);
		explicit_add_owner(writer, object, maps->last);
	}
}

static size_t key_rank(const struct node *child, const char *const keys[], bool others_first)
{
	size_t i;

	for (i = 0; keys[i]; i++)
		if (!strcmp(keys[i], child->key))
			return i + 1;
	return others_first ? 0 : i + 1;
}

void explicit_order_keys(struct node *map, const char *const keys[], bool others_first)
{
	struct node *rest = map->first, *child, **link;
	size_t n = map->count, rank;

	map->first = map->last = NULL;
	map->count = 0;
	for (rank = 0; map->count < n; rank++) {
		link = &rest;
		while ((child = *link)) {
			if (key_rank(child, keys, others_first) != rank) {
				link = &child->next;
				continue;
			}
			*link = child->next;
			node_append(map, child);
		}
	}
}

/* ---- records ---- */

static void localize_list(const struct field *field, void *data, const char *place,
			  struct arena *arena)
{
	struct list *list = field_member(field, data);
	size_t i;

	for (i = 0; i < list->n; i++) {
		void *item = list_item(list, field->record, i);

		memcpy(item, explicit_localize(field->record, item, place, arena),
		       field->record->size);
	}
}

const void *explicit_localize(const struct record *record, const void *data, const char *place,
			      struct arena *arena)
{
	void *copy = arena_memdup(arena, data, record->size);
	struct ref *ref;
	size_t i;

	record_copy(record, copy, data, arena);
	for (i = 0; i < record->n_fields; i++) {
		const struct field *field = &record->fields[i];

		if (field->type == FIELD_LIST || field->type == FIELD_MAP)
			localize_list(field, copy, place, arena);
		if (field->type != FIELD_REF)
			continue;
		ref = field_member(field, copy);
		if (ref->place && !strcmp(ref->place, place))
			ref->place = NULL;
	}
	return copy;
}

void explicit_add_owner(const struct explicit_writer *writer, const struct object *object,
			struct node *map)
{
	enum node_type type =
		object->owner == OWNER_OURS && !object->external ? NODE_TEXT : NODE_NULL;

	if (writer->options->owners)
		node_add(writer->arena, map, "owner",
			 node_new_text(writer->arena, type,
				       type == NODE_TEXT ? writer->options->name : ""));
}

/* ---- what is not a link ---- */

/* "default" where the gateway tells the family; else 0.0.0.0/0 and ::/0 stay as they are. */
static void say_default(const struct route *route, struct node *map, struct arena *arena)
{
	if (route->to.length == 0 && addr_is_set(&route->via))
		node_find(map, "to")->text = arena_strdup(arena, "default");
}

static void write_route(const struct explicit_writer *writer, const struct object *object,
			struct node *place)
{
	const struct record *record = &object->class->record;
	const void *data = explicit_localize(record, object->data, object->place, writer->arena);
	struct node *map = node_append(node_child(writer->arena, place, "routes", NODE_LIST),
				       record_to_node(record, data, writer->arena));

	say_default(object->data, map, writer->arena);
	if (object->protect)
		node_set_bool(writer->arena, map, "protect", true);
	explicit_add_owner(writer, object, map);
}

static void write_sysctl(const struct explicit_writer *writer, const struct object *object,
			 struct node *place)
{
	const struct sysctl *sysctl = object->data;
	uint64_t number;
	bool is_number = text_parse_number(&number, sysctl->value);

	node_add(writer->arena, node_child(writer->arena, place, "sysctls", NODE_MAP), object->name,
		 node_new_text(writer->arena, is_number ? NODE_NUMBER : NODE_TEXT, sysctl->value));
}

/* Translations stand under `nat`, everything else in the place itself. */
static void write_table(const struct explicit_writer *writer, const struct object *object,
			struct node *place)
{
	const struct record *record = &object->class->record;
	size_t i;

	for (i = 0; i < record->n_fields; i++) {
		const struct field *field = &record->fields[i];
		bool is_nat = field->record == &record_masquerade ||
			      field->record == &record_snat || field->record == &record_dnat;

		if (field->flags & FIELD_HIDDEN || field_is_unset(field, object->data))
			continue;
		node_add(writer->arena,
			 is_nat ? node_child(writer->arena, place, "nat", NODE_MAP) : place,
			 field->name, field_to_node(field, object->data, writer->arena));
	}
}

static void write_resolver(const struct explicit_writer *writer, const struct object *object,
			   struct node *place)
{
	const struct record *record = &object->class->record;
	size_t i;

	for (i = 0; i < record->n_fields; i++) {
		const struct field *field = &record->fields[i];

		if (!(field->flags & FIELD_HIDDEN) && !field_is_unset(field, object->data))
			node_add(writer->arena, place, field->name,
				 field_to_node(field, object->data, writer->arena));
	}
}

static void write_object(const struct explicit_writer *writer, const struct object *object)
{
	bool is_resolver = object->class == &class_resolver;
	struct node *place = explicit_place_map(writer, is_resolver ? object->name : object->place);

	if (!place || !explicit_is_shown(writer, object))
		return;
	if (is_resolver)
		write_resolver(writer, object, place);
	else if (object->class == &class_route)
		write_route(writer, object, place);
	else if (object->class == &class_sysctl)
		write_sysctl(writer, object, place);
	else if (object->class == &class_nft_table)
		write_table(writer, object, place);
}

/* The map of the host's own place: the root, or hosts.<host> in it. */
static struct node *make_host(const struct explicit_options *options, struct node *root,
			      struct arena *arena)
{
	struct node *host, *addresses;
	char text[ADDR_TEXT_MAX];
	size_t i;

	if (!options->host)
		return root;
	host = node_child(arena, node_child(arena, root, "hosts", NODE_MAP), options->host,
			  NODE_MAP);
	if (!options->addresses || !options->addresses->n)
		return host;
	addresses = node_child(arena, host, "address", NODE_LIST);
	for (i = 0; i < options->addresses->n; i++) {
		const struct addr_item *item = list_item(options->addresses, &record_addr_item, i);

		node_append(addresses,
			    node_new_text(arena, NODE_TEXT, addr_format(&item->addr, text)));
	}
	return host;
}

struct node *explicit_tree(const struct model *model, const struct explicit_options *options,
			   struct arena *arena)
{
	struct explicit_writer writer = { .model = model, .options = options, .arena = arena };
	struct node *root = node_new(arena, NODE_MAP);
	struct object *object;
	size_t i;

	node_set_number(arena, root, "version", 1);
	node_set_text(arena, root, "name", options->name);
	if (options->labels)
		node_add(arena, root, "labels", node_copy(arena, options->labels));
	make_places(&writer, make_host(options, root, arena));
	explicit_write_links(&writer);
	MODEL_FOR_EACH (object, model, i) {
		write_object(&writer, object);
	}
	for (i = 0; i < writer.n_places; i++)
		explicit_order_keys(writer.places[i].map, place_keys, true);
	return root;
}
