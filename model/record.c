/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records as wholes, lists of records, and the usual single-value list elements. */
#include "model/field.h"

#include "model/node.h"
#include "model/text.h"

#include <string.h>

static void list_copy(const struct field *field, struct list *to, const struct list *from,
		      struct arena *arena)
{
	const struct record *record = field->record;
	size_t room = 1, i;

	while (room < from->n) /* as list_append expects it */
		room *= 2;
	to->n = from->n;
	to->items = arena_alloc(arena, room * record->size);
	if (from->n)
		memcpy(to->items, from->items, from->n * record->size);
	for (i = 0; i < from->n; i++)
		record_copy(record, list_item(to, record, i), list_item(from, record, i), arena);
}

void field_copy(const struct field *field, void *to, const void *from, struct arena *arena)
{
	void *member = field_member(field, to);
	const void *source = field_member_const(field, from);

	switch (field->type) {
	case FIELD_BOOL:
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_BE16:
	case FIELD_U32:
	case FIELD_ENUM8:
	case FIELD_ENUM16:
	case FIELD_ENUM32:
		field_set_number(field, to, field_get_number(field, from));
		return;
	case FIELD_STRING:
		*(const char **)member = arena_strdup(arena, *(const char *const *)source);
		return;
	case FIELD_REF: {
		const struct ref *ref = source;

		*(struct ref *)member = (struct ref){ .place = arena_strdup(arena, ref->place),
						      .name = arena_strdup(arena, ref->name) };
		return;
	}
	case FIELD_ADDR:
	case FIELD_PREFIX:
		*(struct addr *)member = *(const struct addr *)source;
		return;
	case FIELD_MAC:
		*(struct mac *)member = *(const struct mac *)source;
		return;
	case FIELD_RECORD:
		record_copy(field->record, member, source, arena);
		return;
	case FIELD_LIST:
	case FIELD_MAP:
		list_copy(field, member, source, arena);
		return;
	}
}

void *record_new(const struct record *record, struct arena *arena)
{
	void *data = arena_alloc(arena, record->size);

	if (record->defaults)
		memcpy(data, record->defaults, record->size);
	return data;
}

void record_copy(const struct record *record, void *to, const void *from, struct arena *arena)
{
	size_t i;

	if (record->has_item) {
		struct item *item = to;

		*item = *(const struct item *)from;
		item->name = arena_strdup(arena, item->name);
		item->position.file = arena_strdup(arena, item->position.file);
	}
	for (i = 0; i < record->n_fields; i++)
		field_copy(&record->fields[i], to, from, arena);
}

bool record_equal(const struct record *record, const void *a, const void *b)
{
	size_t i;

	for (i = 0; i < record->n_fields; i++)
		if (!field_equal(&record->fields[i], a, b))
			return false;
	return true;
}

struct node *record_to_node(const struct record *record, const void *data, struct arena *arena)
{
	struct node *map;
	size_t i;

	if (record->scalar)
		return field_to_node(&record->fields[0], data, arena);
	map = node_new(arena, NODE_MAP);
	for (i = 0; i < record->n_fields; i++) {
		const struct field *field = &record->fields[i];

		if (!(field->flags & FIELD_HIDDEN) && !field_is_default(field, record, data))
			node_add(arena, map, field->name, field_to_node(field, data, arena));
	}
	return map;
}

const struct field *record_field(const struct record *record, const char *name)
{
	size_t i;

	for (i = 0; i < record->n_fields; i++)
		if (!strcmp(record->fields[i].name, name))
			return &record->fields[i];
	return NULL;
}

void *list_item(const struct list *list, const struct record *record, size_t i)
{
	return (char *)list->items + i * record->size;
}

void *list_append(struct list *list, const struct record *record, struct arena *arena)
{
	void *element;

	/* Room is a power of two; it is full when n is one. */
	if ((list->n & (list->n - 1)) == 0) {
		void *items = arena_alloc(arena, (list->n ? 2 * list->n : 1) * record->size);

		if (list->n)
			memcpy(items, list->items, list->n * record->size);
		list->items = items;
	}
	element = list_item(list, record, list->n++);
	memset(element, 0, record->size);
	if (record->defaults)
		memcpy(element, record->defaults, record->size);
	return element;
}

static const struct field string_fields[] = { F_STRING(struct string_item, text, "text") };
const struct record record_string_item = {
	.name = "text",
	.size = sizeof(struct string_item),
	FIELDS(string_fields),
	.scalar = true,
};

static const struct field ifname_fields[] = {
	F_STRING(struct string_item, text, "interface", .flags = FIELD_NAME),
};
const struct record record_ifname_item = {
	.name = "interface name",
	.size = sizeof(struct string_item),
	FIELDS(ifname_fields),
	.scalar = true,
};

static const struct field prefix_fields[] = { F_PREFIX(struct prefix_item, prefix, "network") };
const struct record record_prefix_item = {
	.name = "network",
	.size = sizeof(struct prefix_item),
	FIELDS(prefix_fields),
	.scalar = true,
};

static const struct field address_fields[] = {
	F_PREFIX(struct prefix_item, prefix, "address", .flags = FIELD_HOST_BITS),
};
const struct record record_address_item = {
	.name = "interface address",
	.size = sizeof(struct prefix_item),
	FIELDS(address_fields),
	.scalar = true,
};

static const struct field addr_fields[] = { F_ADDR(struct addr_item, addr, "address") };
const struct record record_addr_item = {
	.name = "address",
	.size = sizeof(struct addr_item),
	FIELDS(addr_fields),
	.scalar = true,
};

static const struct field mac_fields[] = { F_MAC(struct mac_item, mac, "macaddress") };
const struct record record_mac_item = {
	.name = "MAC address",
	.size = sizeof(struct mac_item),
	FIELDS(mac_fields),
	.scalar = true,
};
