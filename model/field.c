/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows, one member at a time: access, compare, print. Parsing: field_parse.c; whole records: record.c. */
#include "model/field.h"

#include "model/node.h"
#include "model/text.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

void *field_member(const struct field *field, void *data)
{
	return (char *)data + field->offset;
}

const void *field_member_const(const struct field *field, const void *data)
{
	return (const char *)data + field->offset;
}

bool field_is_number(const struct field *field)
{
	return field->type <= FIELD_ENUM32;
}

size_t field_number_size(const struct field *field)
{
	switch (field->type) {
	case FIELD_BOOL:
	case FIELD_U8:
	case FIELD_ENUM8:
		return 1;
	case FIELD_U16:
	case FIELD_BE16:
	case FIELD_ENUM16:
		return 2;
	case FIELD_U32:
	case FIELD_ENUM32:
		return 4;
	case FIELD_STRING:
	case FIELD_REF:
	case FIELD_ADDR:
	case FIELD_PREFIX:
	case FIELD_MAC:
	case FIELD_RECORD:
	case FIELD_LIST:
	case FIELD_MAP:
		break;
	}
	assert(false && "not a number");
	return 0;
}

uint64_t field_get_number(const struct field *field, const void *data)
{
	const void *member = field_member_const(field, data);

	switch (field_number_size(field)) {
	case 1:
		return *(const uint8_t *)member;
	case 2:
		return *(const uint16_t *)member;
	}
	return *(const uint32_t *)member;
}

void field_set_number(const struct field *field, void *data, uint64_t value)
{
	void *member = field_member(field, data);

	if (field->type == FIELD_BOOL)
		value = value != 0;
	switch (field_number_size(field)) {
	case 1:
		*(uint8_t *)member = (uint8_t)value;
		return;
	case 2:
		*(uint16_t *)member = (uint16_t)value;
		return;
	}
	*(uint32_t *)member = (uint32_t)value;
}

static const struct list *member_list(const struct field *field, const void *data)
{
	return field_member_const(field, data);
}

bool field_is_unset(const struct field *field, const void *data)
{
	const void *member = field_member_const(field, data);

	switch (field->type) {
	case FIELD_BOOL:
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_BE16:
	case FIELD_U32:
	case FIELD_ENUM8:
	case FIELD_ENUM16:
	case FIELD_ENUM32:
		return field_get_number(field, data) == 0;
	case FIELD_STRING:
		return !*(const char *const *)member;
	case FIELD_REF:
		return !ref_is_set(member);
	case FIELD_ADDR:
	case FIELD_PREFIX:
		return !addr_is_set(member);
	case FIELD_MAC:
		return !mac_is_set(member);
	case FIELD_RECORD:
		return false;
	case FIELD_LIST:
	case FIELD_MAP:
		return member_list(field, data)->n == 0;
	}
	return false;
}

bool field_is_default(const struct field *field, const struct record *record, const void *data)
{
	if (record->defaults)
		return field_equal(field, data, record->defaults);
	if (field->type == FIELD_RECORD) {
		const void *member = field_member_const(field, data);
		size_t i;

		for (i = 0; i < field->record->n_fields; i++)
			if (!field_is_default(&field->record->fields[i], field->record, member))
				return false;
		return true;
	}
	return field_is_unset(field, data);
}

static bool list_has(const struct list *list, const struct record *record, const void *element)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (record_equal(record, list_item(list, record, i), element))
			return true;
	return false;
}

static const char *item_name(const struct list *list, const struct record *record, size_t i)
{
	return ((const struct item *)list_item(list, record, i))->name;
}

static bool list_equal(const struct field *field, const struct list *a, const struct list *b)
{
	const struct record *record = field->record;
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		const void *x = list_item(a, record, i);

		if (field->type == FIELD_MAP &&
		    !text_equal(item_name(a, record, i), item_name(b, record, i)))
			return false;
		if (record_equal(record, x, list_item(b, record, i)))
			continue; /* lists that are sets are mostly sorted */
		if (!(field->flags & FIELD_UNORDERED) || !list_has(b, record, x) ||
		    !list_has(a, record, list_item(b, record, i)))
			return false;
	}
	return true;
}

bool field_equal(const struct field *field, const void *a, const void *b)
{
	const void *x = field_member_const(field, a), *y = field_member_const(field, b);

	switch (field->type) {
	case FIELD_BOOL:
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_BE16:
	case FIELD_U32:
	case FIELD_ENUM8:
	case FIELD_ENUM16:
	case FIELD_ENUM32:
		return field_get_number(field, a) == field_get_number(field, b);
	case FIELD_STRING:
		return text_equal(*(const char *const *)x, *(const char *const *)y);
	case FIELD_REF:
		return ref_equal(x, y);
	case FIELD_ADDR:
	case FIELD_PREFIX:
		return addr_equal(x, y);
	case FIELD_MAC:
		return mac_equal(x, y);
	case FIELD_RECORD:
		return record_equal(field->record, x, y);
	case FIELD_LIST:
	case FIELD_MAP:
		return list_equal(field, x, y);
	}
	return false;
}

const char *enum_name(const struct enum_name *names, uint32_t value)
{
	for (; names->name; names++)
		if (names->value == value)
			return names->name;
	return NULL;
}

bool enum_value(uint32_t *ret, const struct enum_name *names, const char *name)
{
	for (; names->name; names++) {
		if (!strcmp(names->name, name)) {
			*ret = names->value;
			return true;
		}
	}
	return false;
}

static void format_ref(const struct ref *ref, struct text *ret)
{
	if (!ref_is_set(ref))
		return;
	if (ref->place)
		text_add(ret, "%s:", ref->place[0] ? ref->place : "host");
	text_add(ret, "%s", ref->name);
}

static void format_enum(const struct field *field, const void *data, struct text *ret)
{
	uint64_t value = field_get_number(field, data);
	const char *name = enum_name(field->names, (uint32_t)value);

	if (name)
		text_add(ret, "%s", name);
	else
		text_add(ret, "%" PRIu64, value); /* a newer kernel's word */
}

void field_format(const struct field *field, const void *data, struct text *ret)
{
	const void *member = field_member_const(field, data);
	char buffer[ADDR_TEXT_MAX];

	switch (field->type) {
	case FIELD_BOOL:
		text_add(ret, "%s", field_get_number(field, data) ? "true" : "false");
		return;
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_BE16:
	case FIELD_U32:
		text_add(ret, "%" PRIu64, field_get_number(field, data));
		return;
	case FIELD_ENUM8:
	case FIELD_ENUM16:
	case FIELD_ENUM32:
		format_enum(field, data, ret);
		return;
	case FIELD_STRING:
		if (*(const char *const *)member)
			text_add(ret, "%s", *(const char *const *)member);
		return;
	case FIELD_REF:
		format_ref(member, ret);
		return;
	case FIELD_ADDR:
		text_add(ret, "%s", addr_format(member, buffer));
		return;
	case FIELD_PREFIX:
		text_add(ret, "%s", addr_format_prefix(member, buffer));
		return;
	case FIELD_MAC:
		if (mac_is_set(member))
			text_add(ret, "%s", mac_format(member, buffer));
		return;
	case FIELD_RECORD:
	case FIELD_LIST:
	case FIELD_MAP:
		return; /* field_to_node */
	}
}

static struct node *list_to_node(const struct field *field, const struct list *list,
				 struct arena *arena)
{
	struct node *node = node_new(arena, field->type == FIELD_MAP ? NODE_MAP : NODE_LIST);
	size_t i;

	for (i = 0; i < list->n; i++) {
		struct node *child =
			record_to_node(field->record, list_item(list, field->record, i), arena);

		if (field->type == FIELD_MAP)
			node_add(arena, node, item_name(list, field->record, i), child);
		else
			node_append(node, child);
	}
	return node;
}

struct node *field_to_node(const struct field *field, const void *data, struct arena *arena)
{
	AUTO_TEXT struct text text = { 0 };
	enum node_type type = NODE_TEXT;

	switch (field->type) {
	case FIELD_RECORD:
		return record_to_node(field->record, field_member_const(field, data), arena);
	case FIELD_LIST:
	case FIELD_MAP:
		return list_to_node(field, field_member_const(field, data), arena);
	case FIELD_BOOL:
		type = NODE_BOOL;
		break;
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_BE16:
	case FIELD_U32:
		type = NODE_NUMBER;
		break;
	case FIELD_ENUM8:
	case FIELD_ENUM16:
	case FIELD_ENUM32:
	case FIELD_STRING:
	case FIELD_REF:
	case FIELD_ADDR:
	case FIELD_PREFIX:
	case FIELD_MAC:
		break;
	}
	field_format(field, data, &text);
	return node_new_text(arena, type, text_get(&text));
}

bool ref_is_set(const struct ref *ref)
{
	return ref->name != NULL;
}

bool ref_equal(const struct ref *a, const struct ref *b)
{
	return text_equal(a->name, b->name) && (!a->name || text_equal(a->place, b->place));
}
